"""What the answer page shows: a batch's cards with what was answered, what was typed and what is amiss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from notifications import composing, names
from notifications.composing import Setting
from notifications.render import page
from notifications.words import Words
from reviews.model import Batch, BatchStep, Card, Choice, GuestId, Recommendation, Submission

LONGEST_REASON: Final = 500
"""Characters of a reason that a reviewer may type; Graph takes 1,024 and our marker needs room."""

_TELL_LAST_SUCCESS: Final = frozenset({"silent", "signed-in"})
_TELL_BEGINNING: Final = frozenset({"guest-since", "invitation-open", "invitation-recent", "never-signed-in"})


class Standing(StrEnum):
    """Whether a batch takes answers."""

    PREPARING = "preparing"
    OPEN = "open"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a reviewer chose and typed for one guest, before it is an answer; ``seen`` is its version."""

    choice: Choice | None
    why: str
    seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer to choose, with what it leads to."""

    value: str
    label: str
    follows: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCard:
    """One guest on the page."""

    id: GuestId
    name: str
    about: str
    facts: tuple[str, ...]
    suggestion: str
    tone: str
    options: tuple[Option, ...]
    asks_why: bool
    needs_why: bool
    why: str
    error: str
    recorded: str
    recorded_why: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A form that could not be taken: everything in it, and what is amiss with which guest."""

    typed: Mapping[GuestId, Typed] = field(default_factory=dict)
    errors: Mapping[GuestId, str] = field(default_factory=dict)
    """A key of the catalogue per guest; an empty guest id stands for the page as a whole."""


def standing(batch: Batch, setting: Setting) -> Standing:
    """Say whether a batch takes answers now."""
    if batch.step is BatchStep.CLOSED or setting.now > batch.deadline:
        return Standing.OVER
    return Standing.OPEN if batch.step is BatchStep.OPEN else Standing.PREPARING


def needs_reason(card: Card, setting: Setting) -> bool:
    """Say whether keeping this guest needs a reason in words."""
    rule = setting.policy.reviews.justification_on_keep
    return rule == "always" or (
        rule == "when-suggested-remove" and card.recommendation is Recommendation.REMOVE
    )


def answer_page(
    batch: Batch,
    cards: Sequence[Card],
    latest: Mapping[GuestId, Submission],
    setting: Setting,
    *,
    style_nonce: str,
    attempt: Attempt | None = None,
) -> str:
    """Render the page of a batch as HTML; with ``attempt`` it shows what was typed and what is amiss."""
    words = setting.words
    tried = attempt or Attempt()
    ordered = composing.in_order(cards)
    shown = tuple(_card(card, latest.get(card.guest_id), tried, setting) for card in ordered)
    values: dict[str, Any] = {
        "standing": str(standing(batch, setting)),
        "reviewer_name": composing.reviewer_name(batch.reviewer, words),
        "cards": shown,
        "count": len(shown),
        "done": sum(1 for card in shown if card.recorded),
        "failed": tuple(card for card in shown if card.error),
        "page_error": words.say(tried.errors[GuestId("")]) if GuestId("") in tried.errors else "",
        "deadline": words.day(batch.deadline),
        "deadline_time": words.time(batch.deadline),
        "organisation": setting.organisation,
        "contact": setting.contact,
        "no_answer": composing.no_answer(setting),
        "my_access_url": composing.MY_ACCESS,
        "batch_id": batch.id,
        "nonce": batch.nonce,
        "longest_reason": LONGEST_REASON,
        "style_nonce": style_nonce,
    }
    return page("page/answer.html", values, words)


def message_page(key: str, words: Words, *, style_nonce: str, switch_to: str = "") -> str:
    """Render a page that says one thing; ``switch_to`` offers to sign in anew and come back to that path."""
    values = {"key": key, "switch_to": switch_to, "style_nonce": style_nonce}
    return page("page/message.html", values, words)


def _card(card: Card, last: Submission | None, tried: Attempt, setting: Setting) -> PageCard:
    words = setting.words
    typed = tried.typed.get(card.guest_id)
    answer = last.answer if last else None
    chosen = typed.choice if typed else (answer.choice if answer else None)
    error = tried.errors.get(card.guest_id)
    return PageCard(
        id=card.guest_id,
        name=words.guest(card.name, card.mail),
        about=composing.about(card, words),
        facts=_facts(card, words),
        suggestion=_suggestion(card, words),
        tone=str(card.recommendation),
        options=tuple(_option(choice, chosen, setting) for choice in Choice),
        asks_why=setting.policy.reviews.justification_on_keep != "never",
        needs_why=needs_reason(card, setting),
        why=typed.why if typed else (answer.justification if answer else ""),
        error=words.say(error, count=LONGEST_REASON) if error else "",
        recorded=words.say(f"choice.{answer.choice}") if answer else "",
        recorded_why=names.clean(answer.justification, LONGEST_REASON) if answer else "",
        version=last.version if last else 0,
    )


def _suggestion(card: Card, words: Words) -> str:
    if card.recommendation is Recommendation.CANNOT_TELL:
        return words.say("page.no-suggestion")
    return words.say("page.suggestion", suggestion=words.say(f"recommendation.{card.recommendation}"))


def _option(choice: Choice, chosen: Choice | None, setting: Setting) -> Option:
    return Option(
        value=str(choice),
        label=setting.words.say(f"choice.{choice}"),
        follows=composing.what_follows(choice, setting.now, setting),
        chosen=choice is chosen,
    )


def _facts(card: Card, words: Words) -> tuple[str, ...]:
    """Say what we know in two or three sentences; the reasons come first, dates they lack after them."""
    told = {code.code for code in card.reasons}
    facts = [words.reason(reason) for reason in card.reasons]
    if card.last_success_at and not told & _TELL_LAST_SUCCESS:
        facts.append(words.say("page.last-success", on=card.last_success_at))
    if card.invited_at and not told & _TELL_BEGINNING:
        facts.append(words.say("page.invited", on=card.invited_at))
    return tuple(facts)
