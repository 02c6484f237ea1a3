"""The answer page: a batch's cards with what was answered, what was typed and what is amiss."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notifications import composing
from notifications.composing import Setting
from notifications.names import LONGEST_ADDRESS
from notifications.pages.cards import Bulk, PageCard, bulk, earliest_end, page_card, say_error
from notifications.pages.standing import standing
from notifications.pages.typed import LONGEST_REASON, PAGE, Attempt, bulk_name
from notifications.pages.undoing import may_ask_undo
from notifications.render import page
from reviews.alone import is_in_my_access
from reviews.attention import alike
from reviews.model import Batch, Card, GuestId, Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of the page: guests alike with one question about them all, or one guest."""

    bulk: Bulk | None = None
    card: PageCard | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Another open batch of the same reviewer."""

    path: str
    said: str


def answer_page(
    batch: Batch,
    cards: Sequence[Card],
    latest: Mapping[GuestId, Submission],
    setting: Setting,
    *,
    style_nonce: str,
    attempt: Attempt | None = None,
    others: Sequence[Batch] = (),
) -> str:
    """Render the page of a batch as HTML; with ``attempt`` it shows what was typed and what is amiss."""
    words, tried = setting.words, attempt or Attempt()
    ordered = composing.in_order(cards)
    shown = tuple(page_card(batch, card, latest.get(card.guest_id), tried, setting) for card in ordered)
    here = [card for card in shown if not card.record.is_elsewhere]
    parts = _parts(ordered, shown, tried, setting)
    values: dict[str, Any] = {
        **_frame(batch, setting),
        "my_access_url": composing.MY_ACCESS if is_in_my_access(batch, cards) else "",
        "parts": parts,
        "cards": shown,
        "elsewhere": tuple(card for card in shown if card.record.is_elsewhere),
        "count": len(here),
        "done": sum(1 for card in here if card.record.answer),
        "failed": _failed(parts),
        "page_error": say_error(tried.errors.get(PAGE), setting),
        "is_hurried": tried.is_hurried,
        "undoable": frozenset(
            card.guest_id for card in cards if may_ask_undo(batch, card, latest.get(card.guest_id), setting)
        ),
        "others": tuple(_other(one, setting) for one in others if one.id != batch.id),
        "style_nonce": style_nonce,
    }
    return page("page/answer.html", values, words)


def _frame(batch: Batch, setting: Setting) -> dict[str, Any]:
    """Return what is the same for every guest of the page."""
    words = setting.words
    return {
        "standing": str(standing(batch, setting)),
        "reviewer_name": composing.reviewer_name(batch.reviewer, words),
        "deadline": words.day(batch.deadline),
        "deadline_time": words.time(batch.deadline),
        "organisation": setting.organisation,
        "contact": setting.contact,
        "no_answer": composing.no_answer(setting),
        "batch_id": batch.id,
        "nonce": batch.nonce,
        "shown_at": int(setting.now.timestamp()),
        "longest_reason": LONGEST_REASON,
        "longest_address": LONGEST_ADDRESS,
        "earliest_end": earliest_end(setting),
    }


def _parts(
    ordered: Sequence[Card], shown: Sequence[PageCard], tried: Attempt, setting: Setting
) -> tuple[Part, ...]:
    """Put guests alike together where the first of them stands; a guest that went elsewhere is left out."""
    by_id = {card.id: card for card in shown}
    waiting = [card for card in ordered if not by_id[card.guest_id].record.answer]
    first = {group[0].guest_id: group for group in alike(waiting)}
    grouped = {card.guest_id for group in first.values() for card in group}
    parts = []
    for card in shown:
        if card.id in first:
            group = first[card.id]
            together = bulk(bulk_name(group), [by_id[one.guest_id] for one in group], tried, setting)
            parts.append(Part(bulk=together))
        elif card.id not in grouped and not card.record.is_elsewhere:
            parts.append(Part(card=card))
    return tuple(parts)


def _failed(parts: Sequence[Part]) -> tuple[tuple[str, str, str], ...]:
    """Return anchor, name and error of everything that is amiss, from top to bottom."""
    return tuple(_errors(parts))


def _errors(parts: Sequence[Part]) -> Iterator[tuple[str, str, str]]:
    for part in parts:
        if part.bulk is not None and part.bulk.error:
            yield f"g{part.bulk.name}", ", ".join(card.name for card in part.bulk.cards[:3]), part.bulk.error
        for card in part.bulk.cards if part.bulk else (part.card,):
            if card is not None and card.error:
                yield f"g{card.id}", card.name, card.error


def _other(batch: Batch, setting: Setting) -> Elsewhere:
    said = setting.words.say("page.other", count=len(batch.guests), day=setting.words.day(batch.deadline))
    return Elsewhere(path=f"/r/{batch.id}", said=said)
