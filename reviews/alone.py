"""A guest who is reviewed alone: a native review of our own over a group that nobody else is in."""

from collections.abc import Iterable
from dataclasses import replace

from reviews.evidence import digest
from reviews.model import Alone, Batch, BatchId, Card, GuestId


def intended(batch: Batch, guest_id: GuestId) -> Alone:
    """Return the review of one guest of a batch before anything of it is made: the same every time."""
    return Alone(id=BatchId(digest(f"alone|{batch.id}|{guest_id}".encode())[:32]))


def alone_in(batch: Batch, cards: Iterable[Card]) -> tuple[tuple[Card, Alone], ...]:
    """Return the cards of the guests of a batch who are reviewed alone, each with that review."""
    found = ((card, card.alone) for card in cards if card.guest_id in batch.guests)
    return tuple((card, alone) for card, alone in found if alone is not None)


def is_in_my_access(batch: Batch, cards: Iterable[Card]) -> bool:
    """Say whether the reviewer of a batch finds a review of ours about any of these guests in My Access."""
    ours = (batch.definition_id, *(alone.definition_id for _, alone in alone_in(batch, cards)))
    return any(one is not None for one in ours)


def batch_of_one(batch: Batch, guest_id: GuestId, alone: Alone) -> Batch:
    """Return a batch as if it were about one guest, under the marker and ids of that guest's review."""
    return replace(
        batch,
        id=alone.id,
        guests=(guest_id,),
        group_id=alone.group_id,
        definition_id=alone.definition_id,
        instance_id=alone.instance_id,
        stage_id=alone.stage_id,
        native=alone.native,
        contacted=alone.contacted,
    )


def as_found(alone: Alone, one: Batch) -> Alone:
    """Return a guest's own review with what was made or read of it under the batch of one."""
    return replace(
        alone,
        group_id=one.group_id,
        definition_id=one.definition_id,
        instance_id=one.instance_id,
        stage_id=one.stage_id,
        native=one.native,
        contacted=one.contacted,
    )
