"""Bad input of every kind: named, set aside or parked; never a smaller tenant, never something lost."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from reviews.errors import Permanent, Transient
from reviews.messages import RunJob
from reviews.records import RunStep
from sandbox.stories import STARTS_AT, a_handful
from sandbox.tenant import Fault
from sandbox.world import served
from tests.stories.telling import moment, telling


async def test_odd_accounts_are_set_aside_and_listed_and_the_night_goes_on(tmp_path: Path) -> None:
    async with telling(tmp_path) as tale:
        tenant = tale.quick.tenant
        tenant.change(tale.id("ada"), displayName="x" * 20_000)
        tenant.change(tale.id("mo"), accountEnabled=None)
        tenant.change(tale.id("max"), externalUserState="Teleported")
        tenant.change(tale.id("may"), createdDateTime="the day before")

        await tale.night(0)
        plan = await tale.plan()

        odd = {str(one.guest_id): one.field for one in plan.receipt.set_aside}
        assert set(odd) == {tale.id(name) for name in ("ada", "mo", "max", "may")}
        assert odd[tale.id("mo")] == "accountEnabled"
        named = {action.guest_id for action in plan.actions} | {held.action.guest_id for held in plan.held}
        assert not named & set(odd)
        assert plan.receipt.rows == 50


async def test_hostile_names_reach_the_sponsor_harmlessly(tmp_path: Path) -> None:
    async with telling(tmp_path) as tale:
        await tale.night(0)
        mail = tale.quick.tenant.inbox("sara@contoso.example")[-1]
        async with tale.browser("sara") as client:
            page = await client.get(tale.link("sara"))

        for shown in (mail.html or "", page.text):
            assert "<img" not in shown
            assert "\u202e" not in shown
        assert "alert(1)" not in mail.subject


async def test_a_directory_that_refuses_is_tried_three_times_and_then_told(tmp_path: Path) -> None:
    async with telling(tmp_path) as tale:
        tale.quick.tenant.faults = lambda operation, _path: (
            Fault(when="before", status=400, code="Request_BadRequest") if operation == "GET /users" else None
        )
        slot = STARTS_AT + timedelta(hours=1, minutes=30)
        tale.quick.clock.move(slot + timedelta(minutes=10))
        for _ in range(3):
            with pytest.raises(Permanent):
                await tale.quick.house.work(RunJob(job="night", slot=slot))
        tale.quick.tenant.faults = None
        assert await tale.quick.house.night.run(slot) is None, "given up: the next night is another slot"
        await tale.quick.work()

        run = await tale.newest_night()
        assert run.step is RunStep.FINISHED
        assert run.summary["tries"] == 3
        assert run.plan_hash is None
        assert len(tale.mails_to("operators@contoso.example")) == 1
        assert await tale.quick.ledger.live_cases() == ()


async def test_a_directory_that_is_away_is_tried_until_it_is_back(tmp_path: Path) -> None:
    async with telling(tmp_path) as tale:
        tale.quick.tenant.faults = lambda operation, _path: (
            Fault(when="before", status=503) if operation == "GET /users" else None
        )
        slot = STARTS_AT + timedelta(hours=1, minutes=30)
        tale.quick.clock.move(slot + timedelta(minutes=10))
        with pytest.raises(Transient):
            await tale.quick.house.work(RunJob(job="night", slot=slot))
        assert await tale.quick.ledger.live_cases() == ()

        tale.quick.tenant.faults = None
        await tale.quick.tick(slot + timedelta(minutes=45))

        run = await tale.newest_night()
        assert (run.slot, run.step, run.guests) == (slot, RunStep.FINISHED, 50)


async def test_a_malformed_message_is_parked_and_the_alarm_is_raised(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    people = a_handful().population
    async with served(people, folder=tmp_path, start=moment(0, 3), policy={}) as world:
        queue = world.house.storage.queues.get_queue_client("actions")
        await queue.send_message("eyJ2IjoxLCJkbyI6ImRhbmNlIn0=")  # {"v":1,"do":"dance"}
        done = await world.host.drain(retry_now=True)
        assert done.poisoned == 1
        assert await world.house.queue.parked() == {"actions-poison": 1}

        with caplog.at_level(logging.ERROR):
            await world.host.fire_timers()
        assert "queue.parked" in caplog.text
        poison = world.house.storage.queues.get_queue_client("actions-poison")
        (kept,) = await poison.peek_messages(5)
        assert kept.content == "eyJ2IjoxLCJkbyI6ImRhbmNlIn0="


async def test_logs_carry_ids_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="gatehouse"):
        async with telling(tmp_path, caps={"harmful_share": 1.0}) as tale:
            await tale.night(0)
            await tale.quick.clock.sleep(tale.quick.tenant.start_delay * 2)
            await tale.answer("sara", {"ada": "remove", "just-over": "keep"})
            for day in (1, 9, 40):
                await tale.night(day)

    ours = [
        record.getMessage() + repr(record.__dict__.get("args"))
        for record in caplog.records
        if record.name.partition(".")[0] in {"gatehouse", "adapters", "notifications", "reviews"}
    ]
    assert len(ours) > 20
    for line in ours:
        assert "@" not in line, line
        assert "http" not in line, line
        assert "Lovelace" not in line, line
