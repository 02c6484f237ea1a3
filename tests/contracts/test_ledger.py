"""What every ledger does with runs and cases, in memory and in Table Storage."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from reviews.errors import Conflict, Gone, Malformed
from reviews.evidence import verify_chain
from reviews.model import AskedAs, CaseId, Choice, Outcome, RunId, Step
from reviews.ports import Ledger
from reviews.records import RunStep
from tests.contracts.ledger_samples import (
    ANN,
    BOB,
    EVE,
    LEASE,
    NOW,
    RUN,
    SLOT,
    SPONSOR,
    a_case,
    a_mail,
    a_move,
    an_answer,
)

# --- runs ------------------------------------------------------------------------------------------


async def test_twenty_starts_of_one_slot_give_one_run(ledger: Ledger) -> None:
    started = await asyncio.gather(
        *(ledger.begin_run("night", SLOT, owner=f"o{n}", now=NOW, lease=LEASE) for n in range(20))
    )

    [run] = [run for run in started if run is not None]
    assert run.id == RUN
    assert run.leased_until == NOW + LEASE
    assert await ledger.run(RUN) == run


async def test_a_run_is_taken_over_by_one_of_twenty_once_its_lease_is_over(ledger: Ledger) -> None:
    first = await ledger.begin_run("night", SLOT, owner="a", now=NOW, lease=LEASE)
    assert await ledger.begin_run("night", SLOT, owner="b", now=NOW + LEASE / 2, lease=LEASE) is None

    later = NOW + LEASE
    taken = await asyncio.gather(
        *(ledger.begin_run("night", SLOT, owner=f"o{n}", now=later, lease=LEASE) for n in range(20))
    )

    assert first is not None
    [run] = [run for run in taken if run is not None]
    assert (run.nonce, run.version) == (first.nonce, first.version + 1)
    with pytest.raises(Conflict):
        await ledger.save_run(replace(first, step=RunStep.PLANNED))


async def test_the_same_owner_holds_its_run_again(ledger: Ledger) -> None:
    first = await ledger.begin_run("night", SLOT, owner="a", now=NOW, lease=LEASE)
    again = await ledger.begin_run("night", SLOT, owner="a", now=NOW + LEASE / 2, lease=LEASE)

    assert first is not None
    assert again is not None
    assert again.nonce == first.nonce
    assert again.leased_until == NOW + LEASE / 2 + LEASE


async def test_a_finished_run_is_never_begun_again(ledger: Ledger) -> None:
    run = await ledger.begin_run("night", SLOT, owner="a", now=NOW, lease=LEASE)
    assert run is not None
    digest = a_mail(f"run:{RUN}", "run-digest")

    saved = await ledger.save_run(replace(run, step=RunStep.FINISHED, finished_at=NOW), owes=[digest])

    assert saved.version == run.version + 1
    assert await ledger.run(RUN) == saved
    assert await ledger.owed_mails() == ((f"run:{RUN}", "run-digest"),)
    assert await ledger.begin_run("night", SLOT, owner="a", now=NOW + 9 * LEASE, lease=LEASE) is None


async def test_of_racing_saves_of_a_run_one_wins(ledger: Ledger) -> None:
    run = await ledger.begin_run("night", SLOT, owner="a", now=NOW, lease=LEASE)
    assert run is not None
    saves = [ledger.save_run(replace(run, guests=number)) for number in range(8)]

    results = await asyncio.gather(*saves, return_exceptions=True)

    assert [type(result) for result in results].count(Conflict) == 7
    assert await ledger.run(RUN) in results


async def test_recent_runs_come_newest_first_and_only_of_their_job(ledger: Ledger) -> None:
    slots = [SLOT + timedelta(days=number) for number in (3, 0, 2, 1)]
    for slot in slots:
        await ledger.begin_run("night", slot, owner="a", now=NOW, lease=LEASE)
    await ledger.begin_run("track", SLOT + timedelta(days=9), owner="a", now=NOW, lease=LEASE)
    await ledger.owe(a_mail(f"run:{RUN}", "run-digest"))

    assert [run.slot for run in await ledger.recent_runs("night", 3)] == sorted(slots, reverse=True)[:3]
    assert len(await ledger.recent_runs("night", 10)) == 4
    assert await ledger.recent_runs("seal", 10) == ()


async def test_a_run_that_was_never_begun_cannot_be_saved(ledger: Ledger) -> None:
    run = await ledger.begin_run("night", SLOT, owner="a", now=NOW, lease=LEASE)
    assert run is not None

    with pytest.raises(Gone):
        await ledger.save_run(
            replace(run, id=RunId("night:2026-11-21T01:30Z"), slot=SLOT + timedelta(days=1))
        )


@pytest.mark.parametrize("job", ["", "Night", "night/1"])
async def test_a_job_with_a_strange_name_is_refused(ledger: Ledger, job: str) -> None:
    with pytest.raises(Malformed):
        await ledger.begin_run(job, SLOT, owner="a", now=NOW, lease=LEASE)


async def test_an_approval_is_kept(ledger: Ledger) -> None:
    assert not await ledger.approved("h" * 64)

    await ledger.approve("h" * 64, by="operator", at=NOW)
    await ledger.approve("h" * 64, by="another", at=NOW)

    assert await ledger.approved("h" * 64)
    assert not await ledger.approved("g" * 64)


# --- cases -----------------------------------------------------------------------------------------


async def test_a_move_changes_the_case_says_why_and_owes_the_mail(ledger: Ledger) -> None:
    mail = a_mail(f"guest:{ANN}")
    case = a_case()

    assert await ledger.move(a_move(case, owes=(mail,))) == case

    assert await ledger.case(ANN) == case
    [event] = await ledger.events(ANN)
    assert (event.seq, event.kind, event.case, event.at) == (1, "case-opened", case, NOW)
    assert event.facts == {"n": 1, "mail": None, "why": "because"}
    assert await ledger.owed_mail(f"guest:{ANN}", mail.id) == mail
    assert await ledger.owed_mails() == ((f"guest:{ANN}", mail.id),)
    assert await ledger.live_cases() == (case,)
    assert await ledger.case(BOB) is None
    assert await ledger.events(BOB) == ()


async def test_the_same_move_twice_is_one(ledger: Ledger) -> None:
    move = a_move(a_case(), owes=(a_mail(f"guest:{ANN}"),))
    await ledger.move(move)
    await ledger.move(move)

    assert len(await ledger.events(ANN)) == 1


@pytest.mark.parametrize(
    "other",
    [
        a_move(a_case(), "another-kind"),
        a_move(a_case(step=Step.ASKED)),
        a_move(a_case(version=3)),
    ],
)
async def test_another_move_to_a_version_that_is_there_is_a_conflict(ledger: Ledger, other: object) -> None:
    await ledger.move(a_move(a_case()))

    with pytest.raises(Conflict):
        await ledger.move(other)  # type: ignore[arg-type]
    assert len(await ledger.events(ANN)) == 1


async def test_a_first_move_at_a_later_version_is_a_conflict(ledger: Ledger) -> None:
    with pytest.raises(Conflict):
        await ledger.move(a_move(a_case(version=2)))
    assert await ledger.events(ANN) == ()


async def test_of_racing_moves_one_wins_and_nothing_of_the_others_stays(ledger: Ledger) -> None:
    await ledger.move(a_move(a_case()))
    moves = [
        a_move(a_case(version=2, step=Step.ASKED), f"k{n}", owes=(a_mail(f"guest:{ANN}", f"m.{n}"),))
        for n in range(8)
    ]

    results = await asyncio.gather(*(ledger.move(move) for move in moves), return_exceptions=True)

    won = [move for move, result in zip(moves, results, strict=True) if not isinstance(result, BaseException)]
    assert len(won) == 1
    assert all(isinstance(result, Conflict) for result in results if isinstance(result, BaseException))
    assert [event.kind for event in await ledger.events(ANN)] == ["case-opened", won[0].kind]
    assert await ledger.owed_mails() == ((f"guest:{ANN}", won[0].owes[0].id),)


async def test_two_interleaved_writers_lose_nothing(ledger: Ledger) -> None:
    async def write(name: str) -> None:
        done = 0
        while done < 10:
            case = await ledger.case(ANN)
            version = 1 if case is None else case.version + 1
            try:
                await ledger.move(a_move(a_case(version=version), f"{name}{done}"))
            except Conflict:
                continue
            done += 1

    await asyncio.gather(write("a"), write("b"))

    events = await ledger.events(ANN)
    case = await ledger.case(ANN)
    assert case is not None
    assert case.version == len(events) == 20
    assert verify_chain(ANN, events) == ()
    for name in "ab":
        assert [event.kind for event in events if event.kind[0] == name] == [f"{name}{n}" for n in range(10)]


async def test_a_closed_case_rests_and_is_no_longer_live(ledger: Ledger) -> None:
    until = NOW + timedelta(days=180)
    await ledger.move(a_move(a_case()))
    await ledger.move(a_move(a_case(BOB)))
    closed = a_case(version=2, step=Step.CLOSED, outcome=Outcome.KEPT, rests_until=until)
    await ledger.move(a_move(closed, "closed"))

    assert await ledger.live_cases() == (a_case(BOB),)
    assert await ledger.case(ANN) == closed
    assert await ledger.resting(NOW) == {ANN: until}
    assert await ledger.resting(until) == {}
    assert await ledger.vouched(NOW) == {}


async def test_resting_guests_whom_somebody_new_answered_for_are_found(ledger: Ledger) -> None:
    until = NOW + timedelta(days=180)
    kept: dict[str, Any] = {
        "outcome": Outcome.KEPT,
        "rests_until": until,
        "answer": an_answer(choice=Choice.KEEP),
    }
    for guest, asked_as in ((ANN, AskedAs.CANDIDATE), (BOB, AskedAs.SPONSOR), (EVE, AskedAs.CANDIDATE)):
        await ledger.move(a_move(a_case(guest)))
        await ledger.move(a_move(a_case(guest, 2, Step.CLOSED, asked_as=asked_as, **kept), "closed"))
    await ledger.move(a_move(a_case(EVE, 3, id=CaseId("another"))))

    found = await ledger.vouched(NOW)

    assert found == {ANN: await ledger.case(ANN)}
    written = a_case(ANN, 3, Step.CLOSED, asked_as=AskedAs.CANDIDATE, **kept, sponsor_added=SPONSOR)
    await ledger.move(a_move(written, "sponsor-added"))
    assert await ledger.vouched(NOW) == {ANN: written}
    assert await ledger.vouched(until) == {}


async def test_a_new_case_replaces_the_closed_one_and_ends_the_rest(ledger: Ledger) -> None:
    until = NOW + timedelta(days=180)
    await ledger.move(a_move(a_case()))
    await ledger.move(a_move(a_case(version=2, step=Step.CLOSED, rests_until=until), "closed"))

    second = a_case(version=3, id=CaseId("another"))
    await ledger.move(a_move(second))

    assert await ledger.live_cases() == (second,)
    assert await ledger.resting(NOW) == {}
    assert verify_chain(ANN, await ledger.events(ANN)) == ()


async def test_closing_without_a_rest_ends_an_earlier_rest(ledger: Ledger) -> None:
    until = NOW + timedelta(days=180)
    await ledger.move(a_move(a_case(rests_until=until)))
    assert await ledger.resting(NOW) == {ANN: until}

    await ledger.move(a_move(a_case(version=2, step=Step.CLOSED, outcome=Outcome.VANISHED), "closed"))

    assert await ledger.resting(NOW) == {}
    assert await ledger.live_cases() == ()


async def test_who_was_touched_since_a_day(ledger: Ledger) -> None:
    await ledger.move(a_move(a_case(EVE), days=2))
    await ledger.move(a_move(a_case(ANN), days=1))
    await ledger.move(a_move(a_case(BOB)))
    await ledger.move(a_move(a_case(BOB, 2, Step.ASKED), "question-delivered", days=2))

    assert await ledger.touched(date(2026, 11, 20)) == (ANN, BOB, EVE)
    assert await ledger.touched(date(2026, 11, 22)) == (BOB, EVE)
    assert await ledger.touched(date(2026, 11, 23)) == ()
    assert await ledger.touched(date.min) == (ANN, BOB, EVE)


async def test_a_mail_of_another_home_cannot_be_owed_by_a_move(ledger: Ledger) -> None:
    with pytest.raises(Malformed):
        await ledger.move(a_move(a_case(), owes=(a_mail(f"guest:{BOB}"),)))
    assert await ledger.case(ANN) is None
    assert await ledger.owed_mails() == ()
