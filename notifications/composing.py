"""From records to what a mail says: pure, in the reader's language, with every guest's text made harmless."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from notifications import names
from notifications.contexts import (
    AnswerLine,
    AnswerReceipt,
    CountLine,
    GuestLine,
    GuestNotice,
    RemovalDone,
    Restored,
    ReviewRequest,
    RunDigest,
)
from notifications.words import Words
from reviews.decisions import rests_until
from reviews.model import Answer, Batch, BatchId, Card, Case, Choice, GuestId, Person, Recommendation, RunId
from reviews.policy import NoAnswer, Policy
from reviews.records import Plan, Run
from reviews.remediation import FORGETS_AFTER

MY_ACCESS: Final = "https://myaccess.microsoft.com/#/access-reviews"
"""Where a reviewer finds the native review."""

_URGENCY: Final[Mapping[Recommendation, int]] = {
    Recommendation.REMOVE: 0,
    Recommendation.LOOK_CLOSER: 1,
    Recommendation.CANNOT_TELL: 2,
    Recommendation.KEEP: 3,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What every mail of one reader shares: their words, the policy, the moment, the address of our pages."""

    words: Words
    policy: Policy
    now: datetime
    public_url: str

    @property
    def organisation(self) -> str:
        """The tenant's own domain, as people know it; that of the sender when the policy names none."""
        homes = self.policy.tenant.home_domains
        return homes[0] if homes else self.contact.rpartition("@")[2]

    @property
    def contact(self) -> str:
        """The address people may write to."""
        return self.policy.mail.sender

    def answer_url(self, batch_id: BatchId) -> str:
        """Return the address of a batch's answer page."""
        return f"{self.public_url.rstrip('/')}/r/{batch_id}"


def in_order(cards: Sequence[Card]) -> tuple[Card, ...]:
    """Return cards as they are shown: those we suggest to remove first, then by name."""
    return tuple(sorted(cards, key=lambda c: (_URGENCY[c.recommendation], c.name.casefold(), c.guest_id)))


def about(card: Card) -> str:
    """Return address and company of a guest on one line, as far as they can be shown."""
    company = names.readable(card.company, None) if card.company else None
    return " \u00b7 ".join(part for part in (names.address(card.mail), company) if part)


def follows(answer: Answer, setting: Setting) -> str:
    """Say what happens after an answer, with its date where there is one."""
    if answer.choice is Choice.KEEP:
        until = rests_until(answer, answer.at, setting.policy)
        return setting.words.say("follows.keep", until=until)
    return what_follows(answer.choice, answer.at, setting)


def what_follows(choice: Choice, at: datetime, setting: Setting) -> str:
    """Say what happens after a choice made at a moment."""
    words, policy = setting.words, setting.policy
    match choice:
        case Choice.KEEP:
            return words.say("follows.keep", until=at + policy.reviews.rest_after_keep)
        case Choice.REMOVE:
            first = at + policy.actions.grace
            if policy.actions.soft_delete:
                return words.say("follows.remove", on=first, days=policy.actions.quarantine.days)
            return words.say("follows.remove-block-only", on=first)
        case Choice.DONT_KNOW:
            return words.say("follows.dont-know")
        case Choice.NOT_MINE:
            return words.say("follows.not-mine")


def no_answer(setting: Setting) -> str:
    """Say what happens when nobody answers."""
    ends = setting.policy.actions.on_no_answer is NoAnswer.BLOCK
    return setting.words.say("no-answer.block" if ends else "no-answer.escalate")


def reviewer_name(reviewer: Person | None, words: Words) -> str:
    """Return what a reviewer is called in a salutation."""
    return (reviewer and names.clean(reviewer.name)) or words.say("reviewer.nameless")


def review_request(batch: Batch, cards: Sequence[Card], setting: Setting) -> ReviewRequest:
    """Compose the question about the guests of a batch."""
    words = setting.words
    return ReviewRequest(
        reviewer_name=reviewer_name(batch.reviewer, words),
        count=len(cards),
        deadline=words.day(batch.deadline),
        deadline_time=words.time(batch.deadline),
        guests=tuple(_guest_line(card, words) for card in in_order(cards)),
        no_answer=no_answer(setting),
        answer_url=setting.answer_url(batch.id),
        my_access_url=MY_ACCESS,
        organisation=setting.organisation,
        contact=setting.contact,
    )


def _guest_line(card: Card, words: Words) -> GuestLine:
    return GuestLine(
        name=words.guest(card.name, card.mail),
        about=about(card),
        because=tuple(words.reason(reason) for reason in card.reasons),
        suggestion=words.say(f"recommendation.{card.recommendation}"),
    )


def answer_receipt(
    batch: Batch, cards: Sequence[Card], cases: Mapping[GuestId, Case], setting: Setting
) -> AnswerReceipt:
    """Compose the receipt from the answers that the cases of a batch hold."""
    words = setting.words
    answered = [(card, case.answer) for card in in_order(cards) if (case := cases.get(card.guest_id))]
    lines = tuple(
        AnswerLine(
            name=words.guest(card.name, card.mail),
            answer=words.say(f"choice.{answer.choice}"),
            follows=follows(answer, setting),
        )
        for card, answer in answered
        if answer is not None
    )
    return AnswerReceipt(
        reviewer_name=reviewer_name(batch.reviewer, words),
        answers=lines,
        open_count=len(answered) - len(lines),
        deadline=words.day(batch.deadline),
        answer_url=setting.answer_url(batch.id),
        organisation=setting.organisation,
        contact=setting.contact,
    )


def guest_notice(card: Card, reviewer: Person | None, setting: Setting) -> GuestNotice:
    """Compose the warning to a guest; grace is counted from now, the moment it is about to leave."""
    words, actions = setting.words, setting.policy.actions
    deleted = words.say("unit.days", count=actions.quarantine.days) if actions.soft_delete else ""
    return GuestNotice(
        guest_name=words.guest(card.name, card.mail),
        blocked_from=words.day(setting.now + actions.grace),
        deleted_after=deleted,
        contact_name=names.clean(reviewer.name) if reviewer else "",
        organisation=setting.organisation,
        contact=setting.contact,
    )


def removal_done(card: Card, reviewer: Person | None, deleted_at: datetime, setting: Setting) -> RemovalDone:
    """Compose the word that an account was deleted."""
    words = setting.words
    return RemovalDone(
        reviewer_name=reviewer_name(reviewer, words),
        guest_name=words.guest(card.name, card.mail),
        deleted_on=words.day(deleted_at),
        restorable_until=words.day(deleted_at + FORGETS_AFTER),
        organisation=setting.organisation,
        contact=setting.contact,
    )


def restored(
    card: Card, reviewer: Person | None, case: Case, owed_at: datetime, setting: Setting
) -> Restored:
    """Compose the word that a guest has access again."""
    words = setting.words
    return Restored(
        reviewer_name=reviewer_name(reviewer, words),
        guest_name=words.guest(card.name, card.mail),
        restored_on=words.day(case.closed_at or owed_at),
        rests_until=words.day(case.rests_until) if case.rests_until else "",
        organisation=setting.organisation,
        contact=setting.contact,
    )


def run_digest(run_id: RunId, run: Run | None, plan: Plan | None, alert: str, setting: Setting) -> RunDigest:
    """Compose what operators are told of a night, or the alarm about a run that is overdue."""
    words = setting.words
    kinds = Counter(action.kind for action in plan.actions) if plan else Counter()
    held = Counter(one.held_by for one in plan.held) if plan else Counter()
    alarm = (words.say(f"alert.{alert}"),) if alert else ()
    return RunDigest(
        night=words.day(run.slot if run else slot_of(run_id)),
        lead="" if alert else _lead(run, plan, setting),
        actions=tuple(CountLine(what=words.say(f"act.{kind}"), count=n) for kind, n in sorted(kinds.items())),
        held=tuple(CountLine(what=words.held(by), count=n) for by, n in sorted(held.items())),
        alerts=alarm + (tuple(words.reason(one) for one in plan.alerts) if plan else ()),
        notes=_notes(plan, words) if plan else (),
        plan_hash=plan.plan_hash if plan else "",
        organisation=setting.organisation,
        contact=setting.contact,
    )


def slot_of(run_id: RunId) -> datetime:
    """Read the slot back from a run's id: ``night:2026-11-20T01:30Z``."""
    return datetime.fromisoformat(run_id.partition(":")[2])


def _lead(run: Run | None, plan: Plan | None, setting: Setting) -> str:
    guests = plan.guests if plan else (run.guests if run else None) or 0
    mode = setting.words.say(f"mode.{setting.policy.mode}")
    return setting.words.say("run-digest.lead", count=guests, mode=mode)


def _notes(plan: Plan, words: Words) -> tuple[CountLine, ...]:
    receipt = plan.receipt
    figures = {
        "set-aside": len(receipt.set_aside),
        "duplicates": receipt.duplicates,
        "nameless-sponsors": receipt.nameless_sponsors,
        "without-sign-ins": receipt.without_sign_ins,
    }
    return tuple(CountLine(what=words.say(f"note.{name}"), count=n) for name, n in figures.items() if n)
