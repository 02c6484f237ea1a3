"""Groups that guests are in, and native reviews of such a group."""

from typing import Protocol

from reviews.model import GroupReview, GuestGroup, NativeRound


class GroupReviews(Protocol):
    """Groups with guests in them, and the reviews of one group that Gatehouse opens for its owners."""

    async def with_guests(self, only: str | None = None) -> tuple[GuestGroup, ...]:
        """Read every group that guests are direct members of, without owners; our cohort groups left out.

        With ``only``, the id of a group, that group alone is read.

        All of them or an error: half a list would look like a tenant well covered.
        """
        ...

    async def find(self, review: GroupReview) -> str | None:
        """Find the definition of a review by its marker; its id, or None."""
        ...

    async def create(self, review: GroupReview) -> str:
        """Open a review; return the definition's id. Raises Ambiguous, after which ``find`` tells."""
        ...

    def is_ours(self, one: NativeRound) -> bool:
        """Say whether a round belongs to a review that ``create`` opened."""
        ...

    async def apply_again(self, one: NativeRound) -> None:
        """Have the service carry out once more what was decided in a round that is over. Safe to repeat."""
        ...
