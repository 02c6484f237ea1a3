"""New rules look on first: when they would go further with many guests, some nights only show it."""

import hashlib
from dataclasses import dataclass

from reviews.model import Reason
from reviews.policy import Breakers
from reviews.reasons import because
from reviews.snapshots import Night


@dataclass(frozen=True, slots=True, kw_only=True)
class LookingOn:
    """Why a night of new rules only looks on."""

    moved: int
    """How many guests the new rules would go further with than the rules in force did."""
    limit: int
    night: int
    nights: int

    def reason(self) -> Reason:
        """Say so."""
        return because(
            "rules-changed", count=self.moved, limit=self.limit, night=self.night, nights=self.nights
        )


def fingerprint(policy_hash: str, release: str) -> str:
    """Name the rules of a night: what the policy says, and how the code of this release reads it."""
    return hashlib.sha256(f"rules|{policy_hash}|{release}".encode()).hexdigest()


def looking_on(
    before: Night | None, rules: str, *, moved: int, guests: int, approved: bool, breakers: Breakers
) -> LookingOn | None:
    """Say whether tonight's rules only look on; None when they are in force.

    ``approved``: an operator approved the plan of the last night of the same rules that looked on.
    """
    if before is None or rules == before.in_force:
        return None
    limit = max(breakers.moved_guests, int(breakers.moved_share * guests))
    nights = before.looked_on if before.rules == rules else 0
    freed = approved and nights > 0
    if moved <= limit or freed or nights >= breakers.look_on_nights:
        return None
    return LookingOn(moved=moved, limit=limit, night=nights + 1, nights=breakers.look_on_nights)
