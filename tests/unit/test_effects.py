"""Once a mail was seen to leave, the cases it is about count as asked: every batch of a digest."""

from dataclasses import replace

import pytest

from notifications import effects
from reviews.model import BatchId, Step
from reviews.records import QUESTIONS, MailKind, OwedMail
from reviews.remediation import FORGETS_AFTER
from sandbox.memory import MemoryLedger
from tests.builders import NOW
from tests.letters import batch, keep_batch
from tests.outbox import REQUEST

OTHER = BatchId("0ff1ce0ff1ce0ff1ce0ff1ce0ff1ce00")


@pytest.mark.parametrize("kind", sorted(QUESTIONS))
async def test_a_question_counts_as_put_in_every_batch_it_holds(kind: MailKind) -> None:
    ledger = MemoryLedger()
    await keep_batch(ledger, batch(2))
    other = batch(1)
    await ledger.begin_batch(replace(other, id=OTHER), [])
    guest = other.guests[0]
    ledger._cases[guest] = replace(ledger._cases[guest], batch_id=OTHER)
    await effects.apply(replace(REQUEST, kind=kind, facts={"also": OTHER}), ledger, NOW)
    assert {case.step for case in await ledger.live_cases()} == {Step.ASKED}


async def test_the_word_of_a_deletion_opens_the_way_back_on_the_page_once() -> None:
    ledger = MemoryLedger()
    whole = batch(1)
    await keep_batch(ledger, whole)
    guest = whole.guests[0]
    case = replace(ledger._cases[guest], step=Step.DELETED, deleted_at=NOW)
    ledger._cases[guest] = case
    told = OwedMail(
        home=f"guest:{guest}",
        id=f"removal-done.{case.id}",
        kind=MailKind.REMOVAL_DONE,
        to="s@contoso.example",
        language="en",
        facts={"case": case.id},
        owed_at=NOW,
    )
    for _ in range(2):
        await effects.apply(told, ledger, NOW)
    stored = await ledger.batch(whole.id)
    assert stored is not None
    assert [(one.case_id, one.until) for one in stored.removed] == [(case.id, NOW + FORGETS_AFTER)]


async def test_a_reminder_moves_no_case() -> None:
    ledger = MemoryLedger()
    await keep_batch(ledger, batch(2))
    await effects.apply(replace(REQUEST, kind=MailKind.REVIEW_REMINDER), ledger, NOW)
    assert {case.step for case in await ledger.live_cases()} == {Step.OPENED}
