"""Native access reviews: cohort groups and definitions in Entra."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reviews.model import Answer, Batch, BatchId, Choice, Covers, GuestId, NativeItem, NativeRound, PersonId
from reviews.policy import CostGuard

OUR_MARK = "[gatehouse "
"""What ``AccessReviews.record`` ends our justifications with: such a decision is ours, mirrored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeDecision:
    """A decision item of a native review instance. ``by`` is None when nobody has decided."""

    guest_id: GuestId
    choice: Choice | None
    """None for NotReviewed and for words we do not know."""
    decision: str
    """The directory's own word."""
    by: PersonId | None
    at: datetime | None
    justification: str
    resource_id: str | None = None
    """Id of what the guest is reviewed for: a group, or the policy of a package."""
    resource_name: str | None = None

    @property
    def is_ours(self) -> bool:
        """Say whether we wrote it, for somebody who answered on our page."""
        return OUR_MARK in self.justification


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeReview:
    """A definition's only instance. ``status`` is kept as text: the service may use words we do not know."""

    definition_id: str
    instance_id: str | None
    status: str


class AccessReviews(Protocol):
    """Cohort groups and access-review definitions in Entra."""

    async def find_group(self, batch_id: BatchId) -> str | None:
        """Find the cohort group of a batch by its marker; its id, or None."""
        ...

    async def create_group(self, batch: Batch) -> str:
        """Create the cohort group of a batch with its guests as members; return its id. Raises Ambiguous."""
        ...

    async def missing_members(self, group_id: str, guests: Sequence[GuestId]) -> tuple[GuestId, ...]:
        """Return those of ``guests`` the group does not hold (yet)."""
        ...

    async def add_members(self, group_id: str, guests: Sequence[GuestId]) -> None:
        """Add guests to the group, 20 a call. Safe to repeat: who is in already stays in."""
        ...

    async def remove_group(self, group_id: str) -> None:
        """Delete a cohort group; a group that is gone counts as removed."""
        ...

    async def find_definition(self, batch_id: BatchId) -> str | None:
        """Find the definition of a batch by its marker; its id, or None."""
        ...

    async def create_definition(self, batch: Batch, fallback: Sequence[PersonId], guard: CostGuard) -> str:
        """Create the review of a batch's group by its reviewer; return its id.

        Raises:
            Ambiguous: it may have been created: look for its marker.
            Malformed: it would bill guests, and the policy does not allow that, or not so many.

        """
        ...

    async def review(self, definition_id: str) -> NativeReview | None:
        """Read a definition and its instance; None when somebody deleted it."""
        ...

    async def decisions(self, definition_id: str, instance_id: str) -> tuple[NativeDecision, ...]:
        """Read all decision items of an instance, page by page."""
        ...

    async def record(self, batch: Batch, guest_id: GuestId, answer: Answer) -> None:
        """Write an answer to the native review. Safe to repeat. Always names both guest and group.

        Raises:
            NotSupported: the instance takes no decisions (not started, or over).

        """
        ...

    async def rounds(self, covers: Covers) -> tuple[NativeRound, ...]:
        """Read every running round about one sort of thing that others opened."""
        ...

    async def contacted(self, definition_id: str, instance_id: str) -> tuple[PersonId, ...]:
        """Read who was written to about a round by the service itself: proof that somebody was asked."""
        ...

    async def record_elsewhere(self, item: NativeItem, guest_id: GuestId, answer: Answer) -> None:
        """Write an answer to a review that others opened, at the guest's place in it; as ``record``."""
        ...
