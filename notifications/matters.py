"""What an owed mail is about: the records it needs, read afresh, or why its reason has passed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from notifications import composing
from notifications.composing import Asked, PassedOn, Setting
from notifications.contexts import (
    CONTEXTS,
    PASSED,
    Candidate,
    Context,
    Escalation,
    FinalReminder,
    Handover,
    Question,
    ReviewReminder,
    ReviewRequest,
)
from reviews.errors import Malformed
from reviews.model import (
    Batch,
    BatchId,
    BatchStep,
    Card,
    Case,
    Choice,
    GuestId,
    Outcome,
    Person,
    Reason,
    RunId,
    Step,
)
from reviews.policy import Exemption, Policy
from reviews.ports import Archive, Ledger
from reviews.reasons import PARAMS, because
from reviews.records import Act, MailKind, OwedMail, Plan, Run, RunStep
from reviews.schedule import local_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """The reason for a mail has passed; ``why`` is a code of ``contexts.PASSED``."""

    why: str

    def __post_init__(self) -> None:
        """Refuse a code that docs/mail.md does not explain."""
        if self.why not in PASSED:
            raise ValueError(f"{self.why!r} is no reason to drop a mail: add it to notifications.contexts")


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutQuestions:
    """A mail that asks a reviewer; ``colleague`` is who was asked before, when the mail is a handover."""

    mail: OwedMail
    asked: Sequence[Asked]
    colleague: Person | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutAnswers:
    """A mail to a reviewer about the answers in a batch; ``passed_on`` are guests they passed on."""

    mail: OwedMail
    batch: Batch
    cards: Sequence[Card]
    cases: Mapping[GuestId, Case]
    passed_on: Mapping[GuestId, PassedOn]


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutGuest:
    """A mail to or about one guest."""

    mail: OwedMail
    case: Case
    card: Card
    reviewer: Person | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutExemption:
    """A mail about an exemption that ends; ``card`` is the last one a reviewer was shown of its guest."""

    mail: OwedMail
    exemption: Exemption
    card: Card | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutRun:
    """A mail to the operators about a run; ``run`` is None for an alarm about one that never began."""

    mail: OwedMail
    run_id: RunId
    run: Run | None
    plan: Plan | None
    cases: Mapping[GuestId, Case] = field(default_factory=dict)
    """The cases of guests the run asked about, for the summary of a round, or closed, for its digest."""


Matter = AboutQuestions | AboutAnswers | AboutGuest | AboutExemption | AboutRun

_ASKING: Final[Mapping[MailKind, type[Question]]] = {
    one.KIND: one for one in (ReviewRequest, Candidate, Escalation, Handover, ReviewReminder, FinalReminder)
}
_HOME: Final = {one.KIND: one.HOME.partition(":")[0] for one in CONTEXTS}
_WAITING = frozenset({Step.OPENED, Step.ASKED})
_TO_BE_TOLD = frozenset({Step.DENIED, Step.LAPSED})
_BACK = frozenset({Step.RESTORED, Step.CLOSED})


async def matter(
    mail: OwedMail, ledger: Ledger, archive: Archive, now: datetime, policy: Policy
) -> Matter | Passed:
    """Read what a mail is about.

    Raises:
        Malformed: its home or its facts do not fit its kind.

    """
    home, _, name = mail.home.partition(":")
    if home != _HOME[mail.kind]:
        raise Malformed(f"mail {mail.id} of kind {mail.kind} is at home in the wrong place")
    match mail.kind:
        case MailKind.ANSWER_RECEIPT:
            return await _about_answers(mail, BatchId(name), ledger)
        case MailKind.EXCEPTION_EXPIRING:
            return await _about_exemption(mail, GuestId(name), ledger, now, policy)
        case MailKind.RUN_DIGEST | MailKind.PAUSED | MailKind.ROUND_SUMMARY:
            return await _about_run(mail, RunId(name), ledger, archive)
    if mail.kind in _ASKING:
        return await _about_questions(mail, ledger, now)
    return await _about_guest(mail, GuestId(name), ledger)


def compose(matter: Matter, setting: Setting) -> Context:
    """Compose the mail about a matter."""
    match matter:
        case AboutQuestions():
            return _question(matter, setting)
        case AboutAnswers(batch=batch, cards=cards, cases=cases, passed_on=passed_on):
            return composing.answer_receipt(batch, cards, cases, setting, passed_on)
        case AboutGuest():
            return _of_guest(matter, setting)
        case AboutExemption(exemption=exemption, card=card):
            return composing.exception_expiring(exemption, card, setting)
        case AboutRun():
            return _of_run(matter, setting)


def _question(about: AboutQuestions, setting: Setting) -> Context:
    kind = _ASKING[about.mail.kind]
    if kind is Handover:
        by = composing.handed_by(about.colleague, str(about.mail.facts.get("why") or ""), setting)
        return composing.question(Handover, about.asked, setting, handed_by=by)
    return composing.question(kind, about.asked, setting)  # type: ignore[return-value]


def _of_guest(about: AboutGuest, setting: Setting) -> Context:
    mail, case, card, reviewer = about.mail, about.case, about.card, about.reviewer
    match mail.kind:
        case MailKind.GUEST_NOTICE:
            return composing.guest_notice(card, reviewer, setting)
        case MailKind.REMOVAL_DONE:
            return composing.removal_done(card, reviewer, case, setting)
        case MailKind.MANUAL_TASK:
            return composing.manual_task(card, reviewer, case, _reason(mail), setting)
        case _:
            return composing.restored(card, reviewer, case, mail.owed_at, setting)


def _of_run(about: AboutRun, setting: Setting) -> Context:
    if about.plan is not None and about.mail.kind is MailKind.PAUSED:
        return composing.paused(about.run_id, about.plan, setting)
    if about.plan is not None and about.mail.kind is MailKind.ROUND_SUMMARY:
        return composing.round_summary(about.run_id, about.plan, about.cases, setting)
    alert = str(about.mail.facts.get("alert") or "")
    return composing.run_digest(about.run_id, about.run, about.plan, alert, setting, about.cases)


def _reason(mail: OwedMail) -> Reason:
    code = str(mail.facts.get("because"))
    params = {name: mail.facts.get(name) for name in PARAMS.get(code, ())}
    if code not in PARAMS or None in params.values():
        raise Malformed(f"mail {mail.id} does not say why a person must act")
    return because(code, **{name: value for name, value in params.items() if value is not None})


def batches_of(mail: OwedMail) -> tuple[BatchId, ...]:
    """Return the batches a mail asks about: the one it is at home in, and those its facts name."""
    also = str(mail.facts.get("also") or "").split()
    return tuple(BatchId(one) for one in dict.fromkeys([mail.home.partition(":")[2], *also]))


async def _about_questions(mail: OwedMail, ledger: Ledger, now: datetime) -> AboutQuestions | Passed:
    found = [await _asked(batch_id, ledger, now) for batch_id in batches_of(mail)]
    asked = [one for one in found if isinstance(one, Asked)]
    if not asked:
        return next(one for one in found if isinstance(one, Passed))
    before = await ledger.batch(BatchId(str(mail.facts["from"]))) if mail.facts.get("from") else None
    return AboutQuestions(mail=mail, asked=asked, colleague=before.reviewer if before else None)


async def _asked(batch_id: BatchId, ledger: Ledger, now: datetime) -> Asked | Passed:
    batch = await ledger.batch(batch_id)
    if batch is None:
        return Passed(why="batch-gone")
    if batch.step is BatchStep.CLOSED or now > batch.deadline:
        return Passed(why="batch-closed")
    cases = await _cases(batch, ledger)
    waiting = [card for card in await ledger.cards(batch.id) if _waits(cases.get(card.guest_id))]
    if not waiting:
        return Passed(why="answered-already")
    is_new = any(case.step is Step.OPENED for case in cases.values())
    return Asked(batch=batch, cards=waiting, is_new=is_new)


def _waits(case: Case | None) -> bool:
    return case is not None and case.step in _WAITING


async def _cases(batch: Batch, ledger: Ledger) -> dict[GuestId, Case]:
    found = [await ledger.case(guest_id) for guest_id in batch.guests]
    return {case.guest_id: case for case in found if case is not None and case.batch_id == batch.id}


async def _about_answers(mail: OwedMail, batch_id: BatchId, ledger: Ledger) -> AboutAnswers | Passed:
    batch = await ledger.batch(batch_id)
    if batch is None:
        return Passed(why="batch-gone")
    cases = await _cases(batch, ledger)
    passed_on = {}
    for submission in await ledger.answers(batch.id):
        if submission.guest_id not in cases and submission.answer.choice is Choice.NOT_MINE:
            to = await _asked_instead(submission.guest_id, batch, ledger)
            passed_on[submission.guest_id] = PassedOn(answer=submission.answer, to=to)
    cards = [card for card in await ledger.cards(batch.id) if card.guest_id in {*cases, *passed_on}]
    return AboutAnswers(mail=mail, batch=batch, cards=cards, cases=cases, passed_on=passed_on)


async def _asked_instead(guest_id: GuestId, batch: Batch, ledger: Ledger) -> Person | None:
    case = await ledger.case(guest_id)
    after = await ledger.batch(case.batch_id) if case is not None and case.batch_id != batch.id else None
    return after.reviewer if after else None


async def _about_guest(mail: OwedMail, guest_id: GuestId, ledger: Ledger) -> AboutGuest | Passed:
    case = await ledger.case(guest_id)
    if case is None or case.id != case_of(mail):
        return Passed(why="case-replaced")
    if not _still_holds(mail.kind, case):
        return Passed(why="case-moved-on")
    card = await _card(case, ledger)
    if card is None:
        raise Malformed(f"batch {case.batch_id} has no card of guest {guest_id}")
    batch = await ledger.batch(case.batch_id)
    return AboutGuest(mail=mail, case=case, card=card, reviewer=batch.reviewer if batch else None)


async def _card(case: Case, ledger: Ledger) -> Card | None:
    cards = await ledger.cards(case.batch_id)
    return next((one for one in cards if one.guest_id == case.guest_id), None)


async def _about_exemption(
    mail: OwedMail, guest_id: GuestId, ledger: Ledger, now: datetime, policy: Policy
) -> AboutExemption | Passed:
    exemption = policy.exemption(guest_id, local_date(policy.tenant.zone, now))
    if exemption is None or exemption.until.isoformat() != mail.facts.get("until"):
        return Passed(why="exemption-changed")
    case = await ledger.case(guest_id)
    card = await _card(case, ledger) if case is not None else None
    return AboutExemption(mail=mail, exemption=exemption, card=card)


async def _about_run(mail: OwedMail, run_id: RunId, ledger: Ledger, archive: Archive) -> AboutRun | Passed:
    run = await ledger.run(run_id)
    alert = str(mail.facts.get("alert") or "")
    if alert:
        if alert.endswith("-overdue") and run is not None and run.step is RunStep.FINISHED:
            return Passed(why="run-finished")
        return AboutRun(mail=mail, run_id=run_id, run=run, plan=None)
    plan = await archive.plan(run_id) if run is not None else None
    if run is None or (plan is None and mail.kind is not MailKind.RUN_DIGEST):
        return Passed(why="run-gone")
    if mail.kind is MailKind.PAUSED and plan is not None:
        if not plan.held:
            return Passed(why="nothing-held")
        if await ledger.approved(plan.plan_hash):
            return Passed(why="approved-already")
    cases: Mapping[GuestId, Case] = {}
    if plan is not None and mail.kind is MailKind.ROUND_SUMMARY:
        cases = await _asked_by(plan, run, ledger)
    elif plan is not None and mail.kind is MailKind.RUN_DIGEST:
        cases = await _closed_by(plan, ledger)
    return AboutRun(mail=mail, run_id=run_id, run=run, plan=plan, cases=cases)


async def _closed_by(plan: Plan, ledger: Ledger) -> dict[GuestId, Case]:
    """Return the cases a plan closes, as they are now."""
    closes = {action.case_id: action.guest_id for action in plan.actions if action.kind is Act.CLOSE}
    found = await ledger.cases(tuple(closes.values()))
    return {guest: case for guest, case in found.items() if case.id in closes}


async def _asked_by(plan: Plan, run: Run, ledger: Ledger) -> dict[GuestId, Case]:
    """Return the cases of a round that are still the current ones of their guests."""
    asks = [action for action in plan.actions if action.kind is Act.ASK]
    found = [(ask, await ledger.case(ask.guest_id)) for ask in asks]
    return {
        ask.guest_id: case
        for ask, case in found
        if case is not None and (case.id == ask.case_id or case.run_id == run.id)
    }


def case_of(mail: OwedMail) -> str:
    """Return the id of the case a mail about a guest belongs to: ``guest-notice.<case id>``."""
    return mail.id.removeprefix(f"{mail.kind}.").partition(".")[0]


def _still_holds(kind: MailKind, case: Case) -> bool:
    if kind is MailKind.GUEST_NOTICE:
        return case.step in _TO_BE_TOLD
    if kind is MailKind.MANUAL_TASK:
        return case.step not in _BACK | {Step.KEPT}
    if kind is MailKind.REMOVAL_DONE:
        return (case.deleted_at is not None and case.step not in _BACK | {Step.MANUAL}) or (
            case.step is Step.CLOSED and case.outcome is Outcome.REMOVED
        )
    return case.step in _BACK and case.outcome in {None, Outcome.RESTORED}
