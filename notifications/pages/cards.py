"""One guest on the page: who it is, what decides, what can be answered, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from notifications import composing, names
from notifications.composing import Setting
from notifications.pages.standing import handed_over, refused_hand_over
from notifications.pages.typed import LONGEST_REASON, Attempt, Typed
from notifications.words import Words
from reviews.handover import OF_THE_COLLEAGUE
from reviews.model import Batch, Card, Choice, GuestId, HandOver, Recommendation, Submission
from reviews.schedule import local_date

_TELL_LAST_SUCCESS: Final = frozenset({"silent", "signed-in"})
_TELL_BEGINNING: Final = frozenset({"guest-since", "invitation-open", "invitation-recent", "never-signed-in"})
IN_BULK: Final = (Choice.KEEP, Choice.REMOVE)
"""What may be said of several guests in one go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer to choose, with what it leads to."""

    value: str
    label: str
    follows: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What decides about a guest, the newest first."""

    changed: tuple[str, ...]
    because: tuple[str, ...]
    reach: str
    beyond: tuple[str, ...]
    """What a removal leaves, and who can take it away."""
    unread: str
    why_you: str
    suggestion: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What was answered, and what became of it; empty while nothing was."""

    answer: str = ""
    details: tuple[str, ...] = ()
    trouble: str = ""
    """Why the question could not be passed on; the reviewer is asked again."""
    is_elsewhere: bool = False
    """True when somebody else is asked now: there is nothing left to answer here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCard:
    """One guest on the page."""

    id: GuestId
    case_id: str
    name: str
    about: str
    risk: str
    facts: Facts
    options: tuple[Option, ...]
    asks_why: bool
    needs_why: bool
    typed: Typed
    error: str
    record: Record
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """Guests alike that may be answered in one go."""

    name: str
    cards: tuple[PageCard, ...]
    suggestion: str
    options: tuple[Option, ...]
    asks_why: bool
    needs_why: bool
    typed: Typed
    error: str


def needs_reason(card: Card, setting: Setting) -> bool:
    """Say whether keeping this guest needs a reason in words."""
    rule = setting.policy.reviews.justification_on_keep
    return rule == "always" or (
        rule == "when-suggested-remove" and card.recommendation is Recommendation.REMOVE
    )


def page_card(
    batch: Batch, card: Card, last: Submission | None, tried: Attempt, setting: Setting
) -> PageCard:
    """Return all the page shows of one guest."""
    words = setting.words
    typed = tried.typed.get(card.guest_id) or _typed_before(last)
    error = tried.errors.get(card.guest_id)
    return PageCard(
        id=card.guest_id,
        case_id=card.case_id,
        name=words.guest(card.name, card.mail),
        about=composing.about(card, words),
        risk=composing.risk(card, words),
        facts=_facts(card, words),
        options=options(tuple(Choice), typed, setting),
        asks_why=bool(error) or setting.policy.reviews.justification_on_keep != "never",
        needs_why=needs_reason(card, setting),
        typed=typed,
        error=say_error(error, setting),
        record=_record(batch, card, last, setting),
        version=last.version if last else 0,
    )


def bulk(name: str, cards: Sequence[PageCard], tried: Attempt, setting: Setting) -> Bulk:
    """Return the one question about guests alike."""
    typed = tried.bulk.get(name) or Typed(choice=None)
    return Bulk(
        name=name,
        cards=tuple(cards),
        suggestion=cards[0].facts.suggestion,
        options=options(IN_BULK, typed, setting),
        asks_why=setting.policy.reviews.justification_on_keep != "never",
        needs_why=any(card.needs_why for card in cards),
        typed=typed,
        error=say_error(tried.errors.get(name), setting),
    )


def options(choices: Sequence[Choice], typed: Typed, setting: Setting) -> tuple[Option, ...]:
    """Return the answers to choose from, each with what it leads to."""
    return tuple(
        Option(
            value=str(choice),
            label=setting.words.say(f"choice.{choice}"),
            follows=composing.what_follows(choice, setting.now, setting),
            chosen=choice is typed.choice,
        )
        for choice in choices
    )


def say_error(key: str | None, setting: Setting) -> str:
    """Return what is amiss in words; empty when nothing is."""
    return setting.words.say(key, count=LONGEST_REASON) if key else ""


def earliest_end(setting: Setting) -> str:
    """Return the first day that a guest may be kept until: tomorrow."""
    tomorrow = local_date(setting.policy.tenant.zone, setting.now) + timedelta(days=1)
    return tomorrow.isoformat()


def _typed_before(last: Submission | None) -> Typed:
    if last is None:
        return Typed(choice=None)
    answer = last.answer
    return Typed(
        choice=answer.choice,
        keeps_why=answer.justification if answer.choice is Choice.KEEP else "",
        removes_why=answer.justification if answer.choice is Choice.REMOVE else "",
        until=answer.until.isoformat() if answer.until else "",
        passes_to=answer.passes_to or "",
        seen=last.version,
    )


def _facts(card: Card, words: Words) -> Facts:
    return Facts(
        changed=composing.changed(card, words),
        because=_because(card, words),
        reach=composing.reach(card, words),
        beyond=composing.by_hand(card, words),
        unread=composing.unread(card, words),
        why_you=composing.why_you(card, words),
        suggestion=_suggestion(card, words),
        tone=str(card.recommendation),
    )


def _because(card: Card, words: Words) -> tuple[str, ...]:
    """Say what we know in two or three sentences; the reasons come first, dates they lack after them."""
    told = {code.code for code in card.reasons}
    facts = [words.reason(reason) for reason in card.reasons]
    if card.last_success_at and not told & _TELL_LAST_SUCCESS:
        facts.append(words.say("page.last-success", on=card.last_success_at))
    if card.invited_at and not told & _TELL_BEGINNING:
        facts.append(words.say("page.invited", on=card.invited_at))
    return tuple(facts)


def _suggestion(card: Card, words: Words) -> str:
    if card.recommendation is Recommendation.CANNOT_TELL:
        return words.say("page.no-suggestion")
    return words.say("page.suggestion", suggestion=words.say(f"recommendation.{card.recommendation}"))


def _record(batch: Batch, card: Card, last: Submission | None, setting: Setting) -> Record:
    words = setting.words
    elsewhere = handed_over(batch, card.guest_id)
    answer = words.say(f"choice.{last.answer.choice}") if last else ""
    if elsewhere is not None:
        return Record(
            answer=answer or words.say("page.passed-on"),
            details=_went_to(elsewhere, words),
            is_elsewhere=True,
        )
    refused = refused_hand_over(batch, last)
    if refused is not None:
        return Record(trouble=words.say("page.not-passed-on", why=words.reason(refused.because)))
    return Record(answer=answer, details=_details(last, words) if last else ())


def _went_to(hand_over: HandOver, words: Words) -> tuple[str, ...]:
    asked = words.say("page.asked-instead", name=composing.reviewer_name(hand_over.to, words))
    told = hand_over.because.code in OF_THE_COLLEAGUE
    return (words.reason(hand_over.because), asked) if told else (asked,)


def _details(last: Submission, words: Words) -> tuple[str, ...]:
    answer = last.answer
    details = []
    if answer.justification:
        details.append(words.say("page.recorded-why", why=names.clean(answer.justification, LONGEST_REASON)))
    if answer.until is not None:
        details.append(words.say("page.recorded-until", until=answer.until))
    if answer.choice is Choice.NOT_MINE:
        details.append(words.say("page.passing-on"))
    return tuple(details)
