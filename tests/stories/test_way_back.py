"""A reviewer takes a removal back: the page wrote the wish down, the worker grants it and says so."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reviews.messages import Undo
from reviews.model import Case, PersonId, Step, UndoRequest
from tests.stories.telling import Tale, moment, telling
from tests.stories.test_promises import OPEN_CAPS, asked_and_denied


@pytest.fixture
async def tale(tmp_path: Path) -> AsyncIterator[Tale]:
    async with telling(tmp_path, caps=OPEN_CAPS) as told:
        yield told


async def wish(tale: Tale, case: Case, by: PersonId) -> str | None:
    """Wish a guest back as somebody; why it was refused, or None."""
    house, case_id = tale.quick.house, case.id
    request = UndoRequest(
        batch_id=case.batch_id, guest_id=case.guest_id, case_id=case_id, by=by, at=house.clock.now()
    )
    await house.ledger.ask_undo(request)
    await house.queue.put(Undo(batch_id=case.batch_id))
    await tale.quick.work()
    batch = await house.ledger.batch(case.batch_id)
    assert batch is not None
    [became] = [one for one in batch.undone if one.case_id == case_id]
    return became.because.code if became.because else None


async def test_a_reviewer_has_a_deleted_guest_back_and_a_stranger_has_not(tale: Tale) -> None:
    await asked_and_denied(tale, "ada", "may")
    for day in (1, 9, 40):
        await tale.night(day)
    tale.quick.clock.move(moment(60))
    ada, may = await tale.case("ada"), await tale.case("may")
    assert {ada.step, may.step} == {Step.DELETED}
    batch = await tale.quick.house.ledger.batch(ada.batch_id)
    assert batch is not None
    assert ada.id in {one.case_id for one in batch.removed}, "the page knows until when"

    assert await wish(tale, ada, ada.reviewer) is None
    assert await wish(tale, may, PersonId(tale.id("may"))) == "not-a-reviewer"

    back, gone = tale.guest("ada"), tale.guest("may")
    assert back is not None
    assert back["accountEnabled"] is True
    assert gone is None
    assert "restored" in await tale.kinds("ada")
