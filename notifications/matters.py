"""What an owed mail is about: the records it needs, read afresh, or why its reason has passed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from notifications import composing
from notifications.composing import Setting
from notifications.contexts import Context
from reviews.errors import Malformed
from reviews.model import Batch, BatchId, BatchStep, Card, Case, GuestId, Outcome, Person, RunId, Step
from reviews.ports import Archive, Ledger
from reviews.records import MailKind, OwedMail, Plan, Run, RunStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """The reason for a mail has passed; ``why`` is a code."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutBatch:
    """A mail to a reviewer about the guests of a batch."""

    mail: OwedMail
    batch: Batch
    cards: Sequence[Card]
    cases: Mapping[GuestId, Case]


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutGuest:
    """A mail to or about one guest."""

    mail: OwedMail
    case: Case
    card: Card
    reviewer: Person | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutRun:
    """A mail to the operators about a run; ``run`` is None for an alarm about one that never began."""

    mail: OwedMail
    run_id: RunId
    run: Run | None
    plan: Plan | None


Matter = AboutBatch | AboutGuest | AboutRun

_WAITING = frozenset({Step.OPENED, Step.ASKED})
_TO_BE_TOLD = frozenset({Step.DENIED, Step.LAPSED})
_BACK = frozenset({Step.RESTORED, Step.CLOSED})


async def matter(mail: OwedMail, ledger: Ledger, archive: Archive, now: datetime) -> Matter | Passed:
    """Read what a mail is about.

    Raises:
        Malformed: its home or its facts do not fit its kind.

    """
    home, _, name = mail.home.partition(":")
    if home == "batch":
        return await _about_batch(mail, BatchId(name), ledger, now)
    if home == "guest":
        return await _about_guest(mail, GuestId(name), ledger)
    if home == "run":
        return await _about_run(mail, RunId(name), ledger, archive)
    raise Malformed(f"mail {mail.id} has no home we know")


def compose(matter: Matter, setting: Setting) -> Context:
    """Compose the mail about a matter."""
    match matter:
        case AboutBatch(mail=OwedMail(kind=MailKind.REVIEW_REQUEST), batch=batch, cards=cards, cases=cases):
            waiting = [card for card in cards if cases[card.guest_id].step in _WAITING]
            return composing.review_request(batch, waiting, setting)
        case AboutBatch(mail=OwedMail(kind=MailKind.ANSWER_RECEIPT), batch=batch, cards=cards, cases=cases):
            return composing.answer_receipt(batch, cards, cases, setting)
        case AboutGuest(mail=OwedMail(kind=MailKind.GUEST_NOTICE), card=card, reviewer=reviewer):
            return composing.guest_notice(card, reviewer, setting)
        case AboutGuest(mail=OwedMail(kind=MailKind.REMOVAL_DONE), case=case, card=card, reviewer=reviewer):
            return composing.removal_done(card, reviewer, case.deleted_at or setting.now, setting)
        case AboutGuest(mail=OwedMail(kind=MailKind.RESTORED) as mail, case=case, card=card, reviewer=who):
            return composing.restored(card, who, case, mail.owed_at, setting)
        case AboutRun(mail=mail, run_id=run_id, run=run, plan=plan) if mail.kind is MailKind.RUN_DIGEST:
            return composing.run_digest(run_id, run, plan, str(mail.facts.get("alert") or ""), setting)
    raise Malformed(f"mail {matter.mail.id} of kind {matter.mail.kind} is at home in the wrong place")


async def _about_batch(
    mail: OwedMail, batch_id: BatchId, ledger: Ledger, now: datetime
) -> AboutBatch | Passed:
    batch = await ledger.batch(batch_id)
    if batch is None:
        return Passed(why="batch-gone")
    cases = {}
    for guest_id in batch.guests:
        case = await ledger.case(guest_id)
        if case is not None and case.batch_id == batch.id:
            cases[guest_id] = case
    cards = [card for card in await ledger.cards(batch.id) if card.guest_id in cases]
    if mail.kind is MailKind.REVIEW_REQUEST:
        if batch.step is BatchStep.CLOSED or now > batch.deadline:
            return Passed(why="batch-closed")
        if not any(case.step in _WAITING for case in cases.values()):
            return Passed(why="answered-already")
    return AboutBatch(mail=mail, batch=batch, cards=cards, cases=cases)


async def _about_guest(mail: OwedMail, guest_id: GuestId, ledger: Ledger) -> AboutGuest | Passed:
    case = await ledger.case(guest_id)
    if case is None or case.id != case_of(mail):
        return Passed(why="case-replaced")
    if not _still_holds(mail.kind, case):
        return Passed(why="case-moved-on")
    cards = await ledger.cards(case.batch_id)
    card = next((one for one in cards if one.guest_id == guest_id), None)
    if card is None:
        raise Malformed(f"batch {case.batch_id} has no card of guest {guest_id}")
    batch = await ledger.batch(case.batch_id)
    return AboutGuest(mail=mail, case=case, card=card, reviewer=batch.reviewer if batch else None)


async def _about_run(mail: OwedMail, run_id: RunId, ledger: Ledger, archive: Archive) -> AboutRun | Passed:
    run = await ledger.run(run_id)
    alarm = bool(mail.facts.get("alert"))
    if run is None and not alarm:
        return Passed(why="run-gone")
    if alarm and run is not None and run.step is RunStep.FINISHED:
        return Passed(why="run-finished")
    return AboutRun(mail=mail, run_id=run_id, run=run, plan=None if alarm else await archive.plan(run_id))


def case_of(mail: OwedMail) -> str:
    """Return the id of the case a mail about a guest belongs to: ``guest-notice.<case id>``."""
    return mail.id.removeprefix(f"{mail.kind}.").partition(".")[0]


def _still_holds(kind: MailKind, case: Case) -> bool:
    if kind is MailKind.GUEST_NOTICE:
        return case.step in _TO_BE_TOLD
    if kind is MailKind.REMOVAL_DONE:
        return (case.deleted_at is not None and case.step not in _BACK | {Step.MANUAL}) or (
            case.step is Step.CLOSED and case.outcome is Outcome.REMOVED
        )
    return case.step in _BACK and case.outcome in {None, Outcome.RESTORED}
