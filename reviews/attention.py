"""How much attention an answer takes: which guests may be answered in one go, and what is too fast."""

from collections.abc import Sequence
from datetime import timedelta

from reviews.model import Card, Recommendation, Risk

FEWEST_ALIKE = 3
"""Fewer guests than this are answered one by one: it is as quick."""
FEWEST_HASTY = 5
"""Keeping fewer guests than this is never called hasty."""
READING = timedelta(seconds=3)
"""The least time it takes to read about one guest."""

_CLEAR = frozenset({Recommendation.KEEP, Recommendation.REMOVE})


def alike(cards: Sequence[Card]) -> tuple[tuple[Card, ...], ...]:
    """Return the groups of guests that may be answered in one go, in the order of their first card.

    Alike are guests of low risk who got the same suggestion for the same sort of reasons. A risk nobody
    looked at is not low, and where something changed, was not read, or stays behind after a removal, the
    guest deserves a look of its own. docs/sponsors.md holds the table.
    """
    groups: dict[tuple[str, ...], list[Card]] = {}
    for card in cards:
        if may_be_answered_in_bulk(card):
            groups.setdefault(_likeness(card), []).append(card)
    return tuple(tuple(group) for group in groups.values() if len(group) >= FEWEST_ALIKE)


def may_be_answered_in_bulk(card: Card) -> bool:
    """Say whether a guest is harmless and clear enough to be answered together with others."""
    sight = card.sight
    return (
        card.recommendation in _CLEAR
        and sight is not None
        and sight.risk is Risk.LOW
        and not (sight.changed or sight.beyond or sight.unread)
    )


def is_hasty(kept: int, took: timedelta) -> bool:
    """Say whether so many guests were kept, each by a choice of its own, faster than anybody reads."""
    return kept >= FEWEST_HASTY and took < kept * READING


def _likeness(card: Card) -> tuple[str, ...]:
    return (card.recommendation, card.asked_as, *(reason.code for reason in card.reasons))
