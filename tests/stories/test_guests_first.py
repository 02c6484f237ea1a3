"""Guests are asked themselves first, where the policy says so: their reviewer is told, and decides."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.graph.operations import LIST_STAGES
from reviews.model import Batch, BatchId, BatchStep, Step
from sandbox.tenant import Fault, NotAllowed
from sandbox.tenant_review_records import Review
from tests.stories.telling import Tale, telling
from tests.tables import DOCS, table

FIRST = {"guest_attests_first": "P7D"}
ASKED_ON = 8
"""The day of the story on whose morning the reviewer is asked."""


@pytest.fixture
async def tale(tmp_path: Path) -> AsyncIterator[Tale]:
    """A first night of a policy that asks guests first; then the native review has begun."""
    async with telling(tmp_path, quiet=False, reviews=FIRST, caps={"harmful_share": 1.0}) as told:
        await told.night(0)
        await told.quick.clock.sleep(told.quick.tenant.start_delay * 2)
        yield told
        assert told.check is None or told.check.violations == []


async def batch_of(tale: Tale, guest: str) -> Batch:
    batch = await tale.quick.ledger.batch(BatchId((await tale.case(guest)).batch_id))
    assert batch is not None
    return batch


async def review_of(tale: Tale, guest: str) -> Review:
    batch = await batch_of(tale, guest)
    return next(one for one in tale.quick.tenant.definitions() if one.id == batch.definition_id)


async def attest(tale: Tale, guest: str, decision: str, by: str | None = None) -> None:
    """Let a guest answer about itself in My Access, or let somebody else try to."""
    review = await review_of(tale, guest)
    tale.quick.tenant.decide(
        review.id, review.instance_id, tale.id(guest), decision, "me", tale.id(by or guest)
    )


async def morning(tale: Tale, since: int = 1) -> str:
    """Go on to the morning on which the reviewer is asked; return the page they then open."""
    for day in range(since, ASKED_ON + 1):
        await tale.noon(day)
    async with tale.browser("sara") as browser:
        return (await browser.get(tale.link("sara", (await batch_of(tale, "ada")).id))).text


async def test_the_reviewer_is_asked_when_the_guests_have_had_their_say(tale: Tale) -> None:
    batch = await batch_of(tale, "ada")
    assert (batch.step, batch.stage_id) == (BatchStep.DEFINED, None)
    assert tale.mails("sara") == []
    assert "A review waits for your decision" in tale.mails("ada")
    await attest(tale, "ada", "Approve")
    await attest(tale, "pim", "Deny")
    page = await morning(tale)

    assert (await tale.case("ada")).step is (await tale.case("pim")).step is Step.ASKED
    assert "they still need access" in page
    assert "they need no access any more" in page
    batch = await batch_of(tale, "ada")
    assert batch.step is BatchStep.OPEN
    assert batch.stage_id is not None
    deadline = batch.deadline - batch.opened_at
    assert timedelta(days=21) <= deadline <= timedelta(days=22), "the reviewer has all of reviews.duration"
    assert "answer-refused" not in await tale.kinds("ada")


@pytest.mark.parametrize("row", table("What a guest says, and what follows", DOCS / "reviews.md"), ids=str)
async def test_what_a_guest_says_decides_nothing(tale: Tale, row: dict[str, str]) -> None:
    if row["the guest says"] != "-":
        await attest(tale, "ada", row["the guest says"])
    await morning(tale)
    batch = await batch_of(tale, "ada")
    card = next(one for one in await tale.quick.ledger.cards(batch.id) if one.guest_id == tale.id("ada"))
    assert [one.code for one in card.reasons if one.code.startswith("guest-")][-1] == row["the card says"]
    if row["the reviewer says"] != "-":
        await tale.answer("sara", {"ada": row["the reviewer says"]})
    assert (await tale.case("ada")).step.value == row["the case"]
    stages = (await review_of(tale, "ada")).instances[0].stages
    held = [next(i for (who, _), i in one.items.items() if who == tale.id("ada")).decision for one in stages]
    said = row["the guest says"] if row["the guest says"] != "-" else "NotReviewed"
    assert held == [said, row["the second stage holds"]]


async def test_each_may_decide_in_their_own_stage_only(tale: Tale) -> None:
    with pytest.raises(NotAllowed):
        await attest(tale, "ada", "Deny", by="sara")
    await morning(tale)
    with pytest.raises(NotAllowed):
        await attest(tale, "ada", "Approve")
    await attest(tale, "ada", "Deny", by="sara")
    await tale.noon(ASKED_ON + 1)
    assert (await tale.case("ada")).step is Step.DENIED, "an answer in My Access counts as ever"


async def test_whose_review_was_deleted_meanwhile_is_asked_about_all_the_same(tale: Tale) -> None:
    tale.quick.tenant.reviews.remove(await review_of(tale, "ada"))
    page = await morning(tale)
    assert (await tale.case("ada")).step is Step.ASKED
    assert "has not said so" not in page


async def test_a_stage_that_does_not_end_keeps_the_reviewer_waiting_for_a_day(tale: Tale) -> None:
    instance = (await review_of(tale, "ada")).instances[0]
    instance.stages[0].ends_at += timedelta(days=60)
    await tale.noon(7.2)
    assert (await batch_of(tale, "ada")).step is BatchStep.DEFINED
    await tale.noon(8.2)
    batch = await batch_of(tale, "ada")
    assert batch.step is BatchStep.OPEN
    await tale.noon(9)
    await tale.answer("sara", {"ada": "keep"})
    assert instance.stages[0].items[tale.id("ada"), str(batch.group_id)].decision == "NotReviewed", (
        "the reviewer's word is never written into the guests' stage"
    )
    assert (await tale.case("ada")).step is Step.KEPT


@pytest.mark.parametrize(("status", "opens"), [(503, "later"), (403, "at once")])
async def test_stages_that_cannot_be_read_hold_the_question_only_for_a_while(
    tale: Tale, status: int, opens: str
) -> None:
    await attest(tale, "ada", "Approve")
    refused = Fault(when="before", status=status, code="Refused")
    tale.quick.tenant.faults = lambda operation, _: refused if operation == LIST_STAGES.name else None
    await tale.noon(7)
    assert (await batch_of(tale, "ada")).step is (BatchStep.OPEN if opens == "at once" else BatchStep.DEFINED)
    tale.quick.tenant.faults = None
    page = await morning(tale, since=ASKED_ON)
    assert ("they still need access" in page) is (opens == "later")


async def test_without_a_native_review_the_reviewer_is_asked_at_once(tmp_path: Path) -> None:
    async with telling(tmp_path, premium=False, reviews=FIRST) as tale:
        await tale.night(0)
        await tale.noon(0)
        asked = [case for case in await tale.quick.ledger.live_cases() if case.step is Step.ASKED]
        assert asked
        for case in asked:
            batch = await tale.quick.ledger.batch(BatchId(case.batch_id))
            assert batch is not None
            assert batch.attests_until is None


async def test_a_question_handed_on_is_not_put_to_the_guests_again(tale: Tale) -> None:
    await morning(tale)
    await tale.answer("sara", {"ada": "not-mine"})
    await tale.noon(ASKED_ON + 1)
    batch = await batch_of(tale, "ada")
    assert batch.before is not None
    assert (batch.attests_until, batch.step) == (None, BatchStep.OPEN)
    assert not (await review_of(tale, "ada")).instances[0].stages
