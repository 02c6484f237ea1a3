"""The mails about what was answered and done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from notifications import names
from notifications.composing.following import follows
from notifications.composing.guests import in_order
from notifications.composing.setting import Setting, reviewer_name
from notifications.contexts import AnswerLine, AnswerReceipt, GuestNotice, RemovalDone, Restored
from reviews.model import Answer, Batch, Card, Case, GuestId, Person
from reviews.remediation import FORGETS_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOn:
    """A guest the reviewer passed on, and who is asked now; None while that is not known."""

    answer: Answer
    to: Person | None


def answer_receipt(
    batch: Batch,
    cards: Sequence[Card],
    cases: Mapping[GuestId, Case],
    setting: Setting,
    passed_on: Mapping[GuestId, PassedOn] | None = None,
) -> AnswerReceipt:
    """Compose the receipt from the answers that the cases of a batch hold, and the guests passed on."""
    words, gone = setting.words, passed_on or {}
    lines = []
    for card in in_order(cards):
        case, passed = cases.get(card.guest_id), gone.get(card.guest_id)
        answer = passed.answer if passed else case.answer if case else None
        if answer is not None:
            lines.append(
                AnswerLine(
                    name=words.guest(card.name, card.mail),
                    answer=words.say(f"choice.{answer.choice}"),
                    follows=_next(answer, passed, setting),
                )
            )
    return AnswerReceipt(
        **setting.foot,
        reviewer_name=reviewer_name(batch.reviewer, words),
        answers=tuple(lines),
        open_count=sum(1 for guest, case in cases.items() if case.answer is None and guest not in gone),
        deadline=words.day(batch.deadline),
        answer_url=setting.answer_url(batch.id),
    )


def _next(answer: Answer, passed: PassedOn | None, setting: Setting) -> str:
    if passed is None or passed.to is None:
        return follows(answer, setting)
    return setting.words.say("follows.passed-on", name=reviewer_name(passed.to, setting.words))


def guest_notice(card: Card, reviewer: Person | None, setting: Setting) -> GuestNotice:
    """Compose the warning to a guest; grace is counted from now, the moment it is about to leave."""
    words, actions = setting.words, setting.policy.actions
    deleted = words.say("unit.days", count=actions.quarantine.days) if actions.soft_delete else ""
    return GuestNotice(
        **setting.foot,
        guest_name=words.guest(card.name, card.mail),
        blocked_from=words.day(setting.now + actions.grace),
        deleted_after=deleted,
        contact_name=names.clean(reviewer.name) if reviewer else "",
        added=names.paragraphs(setting.wording.guest_notice),
    )


def removal_done(card: Card, reviewer: Person | None, case: Case, setting: Setting) -> RemovalDone:
    """Compose the word that an account was deleted."""
    words = setting.words
    deleted_at = case.deleted_at or setting.now
    return RemovalDone(
        **setting.foot,
        reviewer_name=reviewer_name(reviewer, words),
        guest_name=words.guest(card.name, card.mail),
        deleted_on=words.day(deleted_at),
        restorable_until=words.day(deleted_at + FORGETS_AFTER),
        undo_url=setting.undo_url(case.batch_id, case.id),
    )


def restored(
    card: Card, reviewer: Person | None, case: Case, owed_at: datetime, setting: Setting
) -> Restored:
    """Compose the word that a guest has access again."""
    words = setting.words
    return Restored(
        **setting.foot,
        reviewer_name=reviewer_name(reviewer, words),
        guest_name=words.guest(card.name, card.mail),
        restored_on=words.day(case.closed_at or owed_at),
        rests_until=words.day(case.rests_until) if case.rests_until else "",
    )
