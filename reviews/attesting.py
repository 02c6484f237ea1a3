"""What guests said of themselves before their reviewer is asked: shown as a fact, and never deciding."""

from dataclasses import replace
from datetime import datetime, timedelta

from reviews.model import Batch, Card, Choice, Reason
from reviews.reasons import because

PATIENCE = timedelta(days=1)
"""How long the reviewer waits for a native stage that should be over and is not."""
_CODES = {Choice.KEEP: "guest-needs-it", Choice.REMOVE: "guest-is-done"}
_TOLD = frozenset({*_CODES.values(), "guest-was-silent"})


def are_asked(batch: Batch, now: datetime) -> bool:
    """Say whether a batch's guests are being asked themselves, so that its reviewer has to wait."""
    return batch.attests_until is not None and now < batch.attests_until


def may_still_answer(batch: Batch, now: datetime, *, is_over: bool) -> bool:
    """Say whether to give guests a little more time, whose native stage is late to end."""
    return not is_over and batch.attests_until is not None and now < batch.attests_until + PATIENCE


def told(card: Card, choice: Choice | None, at: datetime | None) -> Card:
    """Return the card with what its guest said; told again, it says it once."""
    code = _CODES.get(choice) if choice is not None and at is not None else None
    fact: Reason = because("guest-was-silent")
    if code is not None and at is not None:
        fact = because(code, on=at.date().isoformat())
    return replace(card, reasons=(*(one for one in card.reasons if one.code not in _TOLD), fact))
