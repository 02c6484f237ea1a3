"""A question that reached the wrong person, told from the first mail to the answer of the right one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reviews.messages import WeighAnswers
from reviews.model import (
    Answer,
    AskedAs,
    BatchId,
    Choice,
    GuestId,
    Outcome,
    PersonId,
    Source,
    Step,
    Submission,
)
from tests.stories.telling import Tale, telling


@pytest.fixture
async def tale(tmp_path: Path) -> AsyncIterator[Tale]:
    async with telling(tmp_path, caps={"harmful_share": 1.0}, quiet=False) as told:
        await told.night(0)
        await told.quick.clock.sleep(told.quick.tenant.start_delay * 2)
        yield told


async def says_not_mine(tale: Tale, guest: str, names: str | None = None) -> BatchId:
    """Have a guest's reviewer say on the page that the guest is not theirs."""
    case = await tale.case(guest)
    address = None if names is None else (tale.guest(names) or {}).get("mail", names)
    answer = Answer(
        id=f"{case.id}-not-mine",
        choice=Choice.NOT_MINE,
        by=case.reviewer,
        at=tale.quick.clock.now(),
        source=Source.PAGE,
        passes_to=address,
    )
    taken = Submission(batch_id=case.batch_id, guest_id=case.guest_id, version=1, answer=answer)
    assert await tale.quick.ledger.append_answer(taken)
    await tale.quick.queue.put(WeighAnswers(batch_id=case.batch_id))
    await tale.quick.work()
    return case.batch_id


async def test_the_colleague_a_sponsor_names_is_asked_and_answers(tale: Tale) -> None:
    old = await says_not_mine(tale, "ada", names="joost")
    assert (await tale.case("ada")).step is Step.OPENED, "Joost has had his mail of the day"
    await tale.noon(1)

    case = await tale.case("ada")
    assert (case.step, case.reviewer, case.asked_as) == (Step.ASKED, tale.id("joost"), AskedAs.HANDED_OVER)
    assert (case.hops, case.asked_before) == (1, (PersonId(tale.id("sara")),))
    assert case.deadline > tale.quick.clock.now()
    assert len(tale.mails("joost")) == 2, "his own guests, and Sara's"
    assert "Your answer is recorded" in tale.mails("sara"), "and to whom the question went"
    first = await tale.quick.ledger.batch(old)
    assert first is not None
    assert [(one.to.name if one.to else None) for one in first.handed_over] == ["Joost de Vries"]

    await tale.answer("joost", {"ada": "remove"})
    assert (await tale.case("ada")).step is Step.DENIED
    await tale.noon(2)
    decisions = [
        r.items[tale.id("ada")].decision for r in tale.quick.tenant.definitions() if tale.id("ada") in r.items
    ]
    assert sorted(decisions) == ["Deny", "DontKnow"], "Joost's own review, and Sara's"


async def test_without_a_name_the_next_on_the_ladder_is_asked(tale: Tale) -> None:
    await says_not_mine(tale, "two-sponsors")
    await tale.noon(1)

    case = await tale.case("two-sponsors")
    assert (case.step, case.asked_as, case.hops) == (Step.ASKED, AskedAs.HANDED_OVER, 1)
    others = {tale.id(name) for name in ("joost", "mieke")} - {case.asked_before[0]}
    assert {case.reviewer} == others


async def test_a_question_goes_round_once_and_then_waits_for_its_deadline(tale: Tale) -> None:
    for _ in ("sara", "fay"):
        await says_not_mine(tale, "ada")

    case = await tale.case("ada")
    batch = await tale.quick.ledger.batch(BatchId(case.batch_id))
    assert batch is not None
    assert [one.because.code for one in batch.handed_over] == ["nobody-left-to-ask"]
    assert len({*case.asked_before, case.reviewer}) == case.hops + 1
    for day in (2, 15, 16, 17):
        await tale.night(day)
        await tale.noon(day)
    over = await tale.case("ada")
    assert (over.step, over.outcome) == (Step.CLOSED, Outcome.UNANSWERED)
    ada = tale.guest("ada")
    assert ada is not None
    assert ada["accountEnabled"] is True


async def test_a_reviewer_who_left_is_replaced_at_the_next_tracking(tale: Tale) -> None:
    asked = [
        case.guest_id for case in await tale.quick.ledger.live_cases() if case.reviewer == tale.id("sara")
    ]
    tale.quick.tenant.delete(tale.id("sara"))

    await tale.noon(1)
    await tale.noon(2)

    after = [await tale.quick.ledger.case(GuestId(guest)) for guest in asked]
    assert tale.id("sara") not in {case.reviewer for case in after if case}
    assert (await tale.case("ada")).reviewer == tale.id("fay")
    assert {case.asked_as for case in after if case} == {AskedAs.HANDED_OVER}
    assert len([one for one in tale.mails("fay") if "passed on to you" in one]) == 1, "one mail for them all"


async def test_a_reviewer_on_leave_keeps_their_questions_when_they_are_back_in_time(tale: Tale) -> None:
    tale.quick.tenant.change(tale.id("sara"), accountEnabled=False)
    await tale.noon(1)
    await tale.noon(5)
    assert (await tale.case("ada")).reviewer == tale.id("sara")
    tale.quick.tenant.change(tale.id("sara"), accountEnabled=True)
    await tale.noon(6)
    batch = await tale.quick.ledger.batch((await tale.case("ada")).batch_id)
    assert batch is not None
    assert batch.absent_since is None

    tale.quick.tenant.change(tale.id("sara"), accountEnabled=False)
    await tale.noon(6.5)
    await tale.noon(13.6)
    assert (await tale.case("ada")).reviewer == tale.id("fay")


async def test_an_answer_of_the_first_reviewer_comes_too_late_once_the_question_is_handed_over(
    tale: Tale,
) -> None:
    old = await says_not_mine(tale, "ada", names="joost")
    answer = Answer(
        id="second-thoughts",
        choice=Choice.REMOVE,
        by=PersonId(tale.id("sara")),
        at=tale.quick.clock.now(),
        source=Source.PAGE,
    )
    guest = GuestId(tale.id("ada"))
    await tale.quick.ledger.append_answer(Submission(batch_id=old, guest_id=guest, version=2, answer=answer))
    await tale.quick.queue.put(WeighAnswers(batch_id=old))
    await tale.quick.work()
    assert (await tale.case("ada")).step is Step.OPENED


async def test_two_people_of_one_mind_are_asked_one_after_the_other(tmp_path: Path) -> None:
    async with telling(tmp_path, reviews={"quorum": "two-people"}, caps={"harmful_share": 1.0}) as tale:
        await tale.night(0)
        first = (await tale.case("two-sponsors")).reviewer
        names = {tale.id(name): name for name in ("joost", "mieke", "fay")}
        await tale.answer(names[first], {"two-sponsors": "remove"})
        await tale.noon(1)
        asked = await tale.case("two-sponsors")
        assert (asked.step, asked.hops) == (Step.ASKED, 0)
        assert asked.reviewer != first
        await tale.answer(names[asked.reviewer], {"two-sponsors": "keep"})
        await tale.noon(2)
        third = await tale.case("two-sponsors")
        assert (third.step, names[third.reviewer]) == (Step.ASKED, "fay")
        await tale.answer("fay", {"two-sponsors": "remove"})
        denied = await tale.case("two-sponsors")
    assert denied.step is Step.DENIED
    assert [word.choice for word in denied.answers] == [Choice.REMOVE, Choice.KEEP, Choice.REMOVE]


async def test_a_sponsor_who_moved_to_another_department_is_asked_whether_the_guest_is_still_theirs(
    tmp_path: Path,
) -> None:
    async with telling(tmp_path, quiet=False, reviews={"rest_after_keep": "P30D"}) as tale:
        tale.quick.tenant.change(tale.id("sara"), department="Procurement")
        await tale.night(0)
        await tale.answer("sara", {"ada": "keep", "pim": "keep"})
        first = (await tale.case("ada")).batch_id
        tale.quick.tenant.change(tale.id("sara"), department="Legal")
        for day in (15, 50):
            await tale.noon(day)
            await tale.night(day + 1)
        again = (await tale.case("ada")).batch_id
        assert again != first
        async with tale.browser("sara") as browser:
            page = (await browser.get(tale.link("sara", BatchId(again)))).text
        assert "You worked in Procurement when you were last asked about this guest" in page
