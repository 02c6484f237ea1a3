"""What every ledger forgets when it is old, in memory and in Table Storage."""

from dataclasses import replace
from datetime import timedelta

from reviews.model import BatchStep
from reviews.ports import Ledger
from tests.builders import a_person
from tests.contracts.ledger_samples import (
    ANN,
    BATCH,
    a_batch,
    a_card,
    a_submission,
    an_ask,
)


async def test_names_and_addresses_go_when_they_are_old_and_the_record_still_holds(ledger: Ledger) -> None:
    batch = replace(a_batch(), guests=(ANN,), reviewer=a_person(name="Sara Sponsor"))
    deadline = batch.deadline.date()
    await ledger.begin_batch(batch, [an_ask(ANN)])
    await ledger.save_cards(BATCH, [a_card(ANN)])
    await ledger.append_answer(a_submission(ANN))
    open_ = await ledger.save_batch(replace(batch, step=BatchStep.OPEN))
    assert await ledger.forget(deadline + timedelta(days=1)) == 0, "what is open is needed"
    await ledger.save_batch(replace(open_, step=BatchStep.CLOSED))
    assert await ledger.forget(deadline) == 0, "what is young is kept"
    assert await ledger.cards(BATCH)

    assert await ledger.forget(deadline + timedelta(days=1)) == 1
    assert await ledger.forget(deadline + timedelta(days=1)) == 0
    assert await ledger.cards(BATCH) == ()
    assert await ledger.asks(BATCH) == ()
    stored = await ledger.batch(BATCH)
    assert stored is not None
    assert stored.reviewer is not None
    assert (stored.reviewer.id, stored.reviewer.name, stored.reviewer.mail) == (a_person().id, "", None)
    assert await ledger.answers(BATCH) == (a_submission(ANN),)
