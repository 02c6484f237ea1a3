"""What a mail means once it was seen to have left: a question delivered, a notice given, a way back open."""

from dataclasses import replace
from datetime import datetime

from notifications.matters import batches_of, case_of
from reviews import steps
from reviews.model import BatchId, Case, GuestId, Removed, Step
from reviews.ports import Ledger
from reviews.records import QUESTIONS, MailKind, Move, OwedMail
from reviews.remediation import FORGETS_AFTER


async def apply(mail: OwedMail, ledger: Ledger, now: datetime) -> None:
    """Move the cases that waited for this mail, as of the moment it left.

    Safe to repeat; a case that has moved on is left alone.

    Raises:
        Conflict: somebody else moved a case at this moment; what is left is done at the next try.

    """
    sent_at = mail.sent_at or now
    home = mail.home.partition(":")[2]
    if mail.kind in QUESTIONS:
        for batch_id in batches_of(mail):
            await _question_delivered(mail, batch_id, ledger, now, sent_at)
    elif mail.kind is MailKind.GUEST_NOTICE:
        case = await ledger.case(GuestId(home))
        if case is not None and case.id == case_of(mail) and case.step in {Step.DENIED, Step.LAPSED}:
            await ledger.move(_move(steps.noticed(case, sent_at), "notice-sent", mail, now))
    elif mail.kind is MailKind.REMOVAL_DONE:
        await _way_back_told(mail, GuestId(home), ledger)


async def _way_back_told(mail: OwedMail, guest_id: GuestId, ledger: Ledger) -> None:
    """Write into the batch until when its reviewer may undo the removal: the page reads nothing else."""
    case = await ledger.case(guest_id)
    batch = await ledger.batch(case.batch_id) if case is not None and case.id == case_of(mail) else None
    if case is None or case.deleted_at is None or batch is None:
        return
    told = Removed(guest_id=guest_id, case_id=case.id, until=case.deleted_at + FORGETS_AFTER)
    if told not in batch.removed:
        await ledger.save_batch(replace(batch, removed=(*batch.removed, told)))


async def _question_delivered(
    mail: OwedMail, batch_id: BatchId, ledger: Ledger, now: datetime, sent_at: datetime
) -> None:
    batch = await ledger.batch(batch_id)
    for guest_id in batch.guests if batch else ():
        case = await ledger.case(guest_id)
        if case is not None and case.batch_id == batch_id and case.step is Step.OPENED:
            await ledger.move(_move(steps.asked(case, sent_at), "question-delivered", mail, now))


def _move(case: Case, kind: str, mail: OwedMail, now: datetime) -> Move:
    facts = {"mail": mail.id, "internet_message_id": mail.internet_message_id}
    return Move(case=case, kind=kind, actor="gatehouse", at=now, run_id=case.run_id, facts=facts)
