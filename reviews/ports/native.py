"""Native access reviews: cohort groups and definitions in Entra."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reviews.model import (
    Answer,
    Batch,
    BatchId,
    Choice,
    Covers,
    Definition,
    GuestId,
    NativeItem,
    NativeRound,
    PersonId,
)
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
    by_person: bool = False
    """Whether who decided is known to be a person: not the service itself, and not an app."""

    applied: str = ""
    """What became of it, in the directory's own word; ``reviews.native.applied`` reads it."""

    @property
    def is_kept_by_others(self) -> bool:
        """Say whether another person than the guest kept it, without us."""
        by_others = self.by_person and self.by not in {None, str(self.guest_id)}
        return self.choice is Choice.KEEP and by_others and not self.is_ours

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """The first stage of a review of ours, in which guests answer about themselves."""

    is_over: bool
    stage_id: str
    """The stage in which the reviewer is asked after that."""
    said: Mapping[GuestId, NativeDecision]
    """What each guest said so far; who said nothing is not in it."""


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

        Where guests answer first (``batch.attests_until``) it has two stages: theirs, then the reviewer's.

        Raises:
            Ambiguous: it may have been created: look for its marker.
            Malformed: it would bill guests, and the policy does not allow that, or not so many.

        """
        ...

    async def attested(self, definition_id: str) -> Attested | None:
        """Read what guests said of themselves; None when the review is gone, or has no stages (yet)."""
        ...

    async def review(self, definition_id: str) -> NativeReview | None:
        """Read a definition and its instance; None when somebody deleted it."""
        ...

    async def decisions(self, definition_id: str, instance_id: str) -> tuple[NativeDecision, ...]:
        """Read all decision items of an instance, page by page."""
        ...

    async def record(self, batch: Batch, guest_id: GuestId, answer: Answer) -> None:
        """Write an answer to the native review, in the reviewer's own stage. Safe to repeat.

        It always names both guest and group.

        Raises:
            NotSupported: the instance, or the stage, takes no decisions (not started, or over).

        """
        ...

    async def definitions(self) -> tuple[Definition, ...]:
        """Read every definition of the tenant but those over our cohort groups."""
        ...

    async def rounds(self, *covers: Covers, since: datetime | None = None) -> tuple[NativeRound, ...]:
        """Read every running round about some sorts of things that is none of our cohort groups'.

        With ``since`` also those that ended after that moment, and those that have not begun.
        """
        ...

    async def contacted(self, definition_id: str, instance_id: str) -> tuple[PersonId, ...]:
        """Read who was written to about a round by the service itself: proof that somebody was asked."""
        ...

    async def record_elsewhere(self, item: NativeItem, guest_id: GuestId, answer: Answer) -> None:
        """Write an answer to a review that others opened, at the guest's place in it; as ``record``."""
        ...
