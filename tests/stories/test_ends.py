"""Reviews that do not end as planned, and blocks that do not hold: what is told, and what goes on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reviews.model import Batch, BatchId, Outcome, Step
from reviews.native import DELETED
from sandbox.tenant import Fault
from sandbox.tenant_review_records import Review
from tests.stories.telling import Tale, telling

OPERATORS = {"sender": "guest-desk@contoso.example", "operators": ["ops@contoso.example"]}


@pytest.fixture
async def tale(tmp_path: Path) -> AsyncIterator[Tale]:
    """A first night and Sara's answers; then the native review is three hours old."""
    async with telling(tmp_path, caps={"harmful_share": 1.0}, mail=OPERATORS) as told:
        await told.night(0)
        await told.quick.clock.sleep(told.quick.tenant.start_delay * 2)
        await told.answer("sara", {"ada": "remove", "pim": "keep"})
        await told.noon(0.2)
        yield told


async def batch_of(tale: Tale, guest: str) -> Batch:
    batch = await tale.quick.ledger.batch(BatchId((await tale.case(guest)).batch_id))
    assert batch is not None
    return batch


async def review_of(tale: Tale, guest: str) -> Review:
    batch = await batch_of(tale, guest)
    return next(one for one in tale.quick.tenant.definitions() if one.id == batch.definition_id)


async def test_whom_the_native_review_asked_is_on_record(tale: Tale) -> None:
    assert (await batch_of(tale, "ada")).contacted == (tale.id("sara"),)


async def test_a_deleted_review_is_told_once_and_the_question_goes_on(
    tale: Tale, caplog: pytest.LogCaptureFixture
) -> None:
    tale.quick.tenant.reviews.remove(await review_of(tale, "ada"))
    await tale.noon(1)
    await tale.noon(2)
    assert (await batch_of(tale, "ada")).native == DELETED
    told = [one for one in caplog.records if getattr(one, "event", "") == "native.ended"]
    assert len(told) == 1
    await tale.answer("sara", {"ada": "keep"})
    assert (await tale.case("ada")).step is Step.KEPT
    batch = await batch_of(tale, "ada")
    again = [one for one in tale.quick.tenant.definitions() if batch.id in str(one.body["displayName"])]
    assert again == [], "it is not made again"


async def test_a_stopped_review_takes_no_answers_and_ours_stand(tale: Tale) -> None:
    review = await review_of(tale, "ada")
    assert review.newest is not None
    tale.quick.tenant.reviews.life.stop(review.newest, tale.quick.clock.now(), applies=True)
    await tale.noon(1)
    assert (await tale.case("ada")).step in {Step.DENIED, Step.NOTICED}
    await tale.answer("sara", {"pim": "remove"})
    case = await tale.case("pim")
    assert (case.step, case.mirrored == (case.answer and case.answer.id)) == (Step.DENIED, False)


async def test_a_reset_is_noted_once_and_nothing_is_fought_over(tale: Tale) -> None:
    review = await review_of(tale, "ada")
    assert review.newest is not None
    tale.quick.tenant.reviews.reset(review.newest, tale.quick.clock.now())
    await tale.noon(1)
    await tale.noon(2)
    assert (await tale.kinds("ada")).count("native-reset") == 1
    assert (await tale.case("ada")).step in {Step.DENIED, Step.NOTICED}
    assert review.items[tale.id("ada")].decision == "NotReviewed"


async def test_a_deleted_guest_ends_its_case_and_leaves_no_rest(tale: Tale) -> None:
    tale.quick.tenant.delete(tale.id("ada"))
    await tale.night(1)
    old = await tale.case("ada")
    assert (old.step, old.outcome, old.rests_until) == (Step.CLOSED, Outcome.VANISHED, None)


async def test_a_block_that_something_keeps_lifting_becomes_a_task_for_a_person(tale: Tale) -> None:
    tenant, ada = tale.quick.tenant, tale.id("ada")
    await tale.night(1)

    def switch_on_again(operation: str, path: str) -> None:
        if operation == "GET /users/{user-id}" and ada in path:
            tenant.change(ada, accountEnabled=True)

    tenant.faults = switch_on_again
    for day in (9, 10, 11, 12, 13):
        await tale.night(day)
    case = await tale.case("ada")
    assert case.step is Step.MANUAL
    record = await tale.events("ada")
    assert record[-1].facts["because"] == "block-does-not-hold"
    tasks = [mail for mail in await tale.quick.ledger.owed_mails() if "manual-task" in mail[1]]
    assert tasks == [], "the operators got it"
    assert any("hand" in subject for subject in tale.mails_to("ops@contoso.example"))


async def test_a_guest_whom_the_directory_lets_nobody_change_becomes_a_task_for_a_person(tale: Tale) -> None:
    """As in an administrative unit with restricted management: the permission is there, Graph says 403."""
    ada = tale.id("ada")
    await tale.night(1)

    def refuse(operation: str, path: str) -> Fault | None:
        if operation == "PATCH /users/{user-id}" and ada in path:
            return Fault(when="before", status=403, code="Authorization_RequestDenied")
        return None

    tale.quick.tenant.faults = refuse
    await tale.night(9)
    assert (await tale.case("ada")).step is Step.MANUAL
    assert (await tale.events("ada"))[-1].facts["because"] == "directory-refuses"
    guest = tale.guest("ada")
    assert guest is not None
    assert guest["accountEnabled"]
