"""The eight promises of the README, each kept before the reader's eyes."""

from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.data.tables import UpdateMode

from adapters.graph.operations import BATCH, CREATE_DRAFT, SEND_DRAFT
from adapters.tables.audit import audit
from reviews.jobs.night import carry_out
from reviews.messages import RunJob
from reviews.model import GuestId, Outcome, RunId, Step
from reviews.policy import Mode
from reviews.records import HARMFUL, Act, MailStep
from sandbox.stories import STARTS_AT, a_handful
from sandbox.tenant import DEFAULT_GRANTED
from sandbox.world import served
from tests.stories.telling import Tale, moment, telling

OPEN_CAPS = {"harmful_per_run": 100, "harmful_share": 1.0}


@pytest.fixture
async def tale(tmp_path: Path) -> AsyncIterator[Tale]:
    async with telling(tmp_path, caps=OPEN_CAPS) as told:
        yield told


async def asked_and_denied(tale: Tale, *guests: str) -> None:
    """Ask on night 0; have each guest's sponsor say remove the same morning."""
    await tale.night(0)
    await tale.quick.clock.sleep(tale.quick.tenant.start_delay * 2)
    for guest in guests:
        case = await tale.case(guest)
        sponsor = next(
            name for name in ("sara", "joost", "mieke", "lukasz", "fay") if tale.id(name) == case.reviewer
        )
        await tale.answer(sponsor, {guest: "remove"})


def blocked(tale: Tale) -> set[str]:
    """Return the guests who are blocked or deleted now and were not at the start."""
    found = set()
    for number in range(tale.cast.guest_count):
        before = tale.cast.guest(number)
        now = tale.quick.tenant.user(before["id"])
        if before["accountEnabled"] and (now is None or not now["accountEnabled"]):
            found.add(before["id"])
    return found


async def test_missing_facts_members_new_exempt_and_returned_guests_are_never_acted_on(
    tmp_path: Path,
) -> None:
    exempt = {"guest": "", "reason": "legal hold", "until": "2027-01-01"}
    async with telling(tmp_path, caps=OPEN_CAPS) as tale:
        spared = ("pim", "mo", "max", "just-over")
        await asked_and_denied(tale, *spared, "may")
        tenant = tale.quick.tenant
        # Pim becomes a member, Mo is exempted, Max signs in after the notice, just-over is made anew.
        await tale.night(1)
        assert (await tale.case("max")).step is Step.NOTICED
        tenant.sign_in(tale.id("max"), moment(3))
        tenant.change(tale.id("pim"), userType="Member")
        tenant.change(tale.id("just-over"), createdDateTime="2026-09-05T00:00:00Z")
        tale.change_policy(caps=OPEN_CAPS, exemptions=[{**exempt, "guest": tale.id("mo")}])
        await tale.night(9)
        await tale.night(10)

        gone = blocked(tale)

        assert tale.id("may") in gone, "the one with nothing in its favour is blocked, so the test can fail"
        for name in spared:
            assert tale.id(name) not in gone, name
        assert (await tale.case("max")).outcome is Outcome.SIGNED_IN
        assert (await tale.case("mo")).outcome is Outcome.EXEMPTED
        assert (await tale.case("pim")).outcome is Outcome.CONVERTED

    async with telling(tmp_path, caps=OPEN_CAPS) as tale:
        await asked_and_denied(tale, "ada", "may")
        await tale.night(1)
        # From now on nobody's sign-ins can be read.
        tale.quick.tenant.granted = DEFAULT_GRANTED - {"AuditLog.Read.All"}
        await tale.night(9)

        assert (await tale.plan()).receipt.sign_ins == "no-permission"
        assert {held.held_by for held in (await tale.plan()).held} >= {"sign-ins-unreadable"}
        assert blocked(tale) == set()


async def test_a_fresh_install_changes_nothing_until_policy_and_permission_both_allow_it(
    tmp_path: Path,
) -> None:
    async with telling(tmp_path, mode=Mode.REPORT) as tale:
        await tale.night(0)
        writes = [call.operation for call in tale.quick.tenant.calls if not call.operation.startswith("GET")]
        writes = [name for name in writes if name != BATCH.name]  # what it carries is counted by itself
        assert (await tale.plan()).actions
        assert tale.quick.tenant.definitions() == ()
        assert tale.quick.tenant.groups_created() == ()
        assert {to for mail in tale.quick.tenant.sent() for to in mail.to} <= {"operators@contoso.example"}
        assert set(writes) <= {CREATE_DRAFT.name, SEND_DRAFT.name, BATCH.name}

    only_reading = DEFAULT_GRANTED - {"User.EnableDisableAccount.All", "User.DeleteRestore.All"}
    async with telling(tmp_path, caps=OPEN_CAPS, granted=sorted(only_reading)) as tale:
        await asked_and_denied(tale, "ada")
        for day in (1, 9, 10):
            await tale.night(day)
        assert blocked(tale) == set()
        assert (await tale.case("ada")).step is Step.MANUAL
        newest = (await tale.events("ada"))[-1]
        assert newest.facts["because"] == "directory-refuses"


async def test_over_a_cap_or_a_strange_directory_nothing_harmful_happens_and_the_plan_waits(
    tmp_path: Path,
) -> None:
    async with telling(tmp_path, caps={"harmful_per_run": 1, "harmful_share": 1.0}) as tale:
        await asked_and_denied(tale, "ada", "may")
        await tale.night(1)
        run, plan = await tale.newest_night(), await tale.plan()
        waiting = [held.action for held in plan.held if held.held_by == "cap-harmful"]

        assert {action.kind for action in waiting} == {Act.NOTICE}
        assert len(waiting) == 2
        assert "cap-harmful" in [reason.code for reason in plan.alerts]
        assert tale.mails("ada") == tale.mails("may") == []

        await tale.quick.ledger.approve(plan.plan_hash, by="operator", at=tale.quick.clock.now())
        for action in waiting:
            await tale.quick.queue.put(carry_out(action, run))
        await tale.quick.work()
        assert len(tale.mails("ada")) == len(tale.mails("may")) == 1

        # Half of the tenant is missing on the next reading: nothing at all is done.
        for number in range(25):
            if tale.cast.guest(number)["id"] not in {tale.id("ada"), tale.id("may")}:
                tale.quick.tenant.delete(tale.cast.guest(number)["id"])
        await tale.night(9)
        plan = await tale.plan()
        assert plan.actions == ()
        assert "guests-shrunk" in {reason.code for reason in plan.alerts}
        assert not {tale.id("ada"), tale.id("may")} & blocked(tale)


async def test_one_command_undoes_a_run_or_a_guest_until_the_directory_forgets(tale: Tale) -> None:
    await asked_and_denied(tale, "ada", "may", "mia")
    for day in (1, 9):
        await tale.night(day)
    assert {tale.id(name) for name in ("ada", "may", "mia")} <= blocked(tale)

    undone = await tale.quick.house.undoing.run(RunId((await tale.newest_night()).id), by="operator")
    await tale.quick.work()
    assert {case.guest_id for case in undone} == {tale.id(name) for name in ("ada", "may", "mia")}
    assert blocked(tale) == set()
    assert "restored" in await tale.kinds("mia")


async def test_a_deleted_guest_comes_back_within_thirty_days_and_not_after(tale: Tale) -> None:
    await asked_and_denied(tale, "ada", "may")
    for day in (1, 9, 40):
        await tale.night(day)

    tale.quick.clock.move(moment(60))
    assert await tale.quick.house.undoing.guest(GuestId(tale.id("ada")), by="operator") is not None
    ada = tale.guest("ada")
    assert ada is not None
    assert ada["accountEnabled"] is True

    await tale.night(75)
    may = await tale.case("may")
    assert (may.step, may.outcome) == (Step.CLOSED, Outcome.REMOVED)
    assert await tale.quick.house.undoing.guest(GuestId(tale.id("may")), by="operator") is None


async def test_opening_a_link_never_decides_anything(tale: Tale) -> None:
    await tale.night(0)
    link = tale.link("sara")
    before = repr(vars(tale.quick.ledger))

    async with tale.browser("sara") as client:
        for _ in range(100):
            for method in ("GET", "HEAD", "OPTIONS"):
                answer = await client.request(method, link, params={"c": "remove"})
                assert answer.status_code in {200, 405}

    assert repr(vars(tale.quick.ledger)) == before
    assert tale.quick.queue.messages == ()


async def test_a_night_that_did_not_happen_is_told_within_two_hours(tale: Tale) -> None:
    await tale.night(0)
    # The message that starts the next night is lost on its way, over and over.
    slot = STARTS_AT + timedelta(days=1, hours=1, minutes=30)
    minutes = 0
    while minutes <= 120:
        tale.quick.clock.move(slot + timedelta(minutes=minutes))
        await tale.quick.house.tick.run()
        while (message := tale.quick.queue.take()) is not None:
            if not isinstance(message, RunJob) or message.job != "night":
                await tale.quick.house.work(message)
        minutes += 15

    mail = await tale.quick.ledger.owed_mail("run:night:2026-09-02T01:30Z", "alert-night-overdue.1")
    assert mail is not None
    assert mail.step is MailStep.VERIFIED
    assert mail.sent_at is not None
    assert mail.sent_at - slot <= timedelta(hours=2, minutes=1)
    about_that_night = [one for one in tale.mails_to("operators@contoso.example") if "Wednesday 2" in one]
    assert len(about_that_night) == 1, "told once, not at every tick"


async def test_any_edit_of_the_record_is_found(tmp_path: Path) -> None:
    start = STARTS_AT + timedelta(hours=1, minutes=40)
    people = a_handful().population
    async with served(people, folder=tmp_path, start=start, policy={}) as world:
        await world.host.fire_timers()
        await world.host.drain(retry_now=True)
        clean = await audit(world.house.storage)
        assert clean.faults == ()
        assert clean.events >= 8

        missed = []
        for name in ("guests", "batches", "runs"):
            table = world.house.storage.tables.get_table_client(name)
            for row in _two_of_each_sort([dict(row) async for row in table.list_entities()]):
                for edited in _edits(row):
                    await table.upsert_entity(edited, mode=UpdateMode.REPLACE)
                    if not (await audit(world.house.storage)).faults:
                        missed.append((name, row["RowKey"]))
                await table.upsert_entity(row, mode=UpdateMode.REPLACE)
        assert missed == []
        assert (await audit(world.house.storage)).faults == ()


def _two_of_each_sort(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep two rows of each sort: rows that are keyed alike are checked alike."""
    sorts: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        sorts.setdefault(row["RowKey"].partition("|")[0], []).append(row)
    return [row for alike in sorts.values() for row in alike[:2]]


def _edits(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the row with one character changed, once in each of its own text columns."""
    for column, value in row.items():
        if isinstance(value, str) and value and column not in {"PartitionKey", "RowKey"}:
            place = len(value) // 2
            other = "0" if value[place] != "0" else "1"
            yield {**row, column: value[:place] + other + value[place + 1 :]}


def test_harm_is_told_from_help() -> None:
    assert {Act.NOTICE, Act.BLOCK, Act.DELETE} == HARMFUL
