"""Entitlement management: the policies of access packages, who holds a package, what happens without one."""

from dataclasses import dataclass
from typing import Protocol

from reviews.model import GuestId, Holding, PackageLifecycle, PackagePolicy, PackageReview
from reviews.policy import CostGuard


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """A policy's document before and after a change, as canonical JSON: what is kept, shown and undone."""

    policy_id: str
    before: bytes
    after: bytes


class Packages(Protocol):
    """The policies of access packages. Every method raises Forbidden without licence or permission."""

    async def policies(self) -> tuple[PackagePolicy, ...]:
        """Read every assignment policy of the tenant."""
        ...

    async def policy(self, policy_id: str) -> PackagePolicy | None:
        """Read one policy afresh; None when it is gone."""
        ...

    async def holders(self, policy_id: str) -> tuple[GuestId, ...]:
        """Read who holds a package under a policy now, guests or not."""
        ...

    async def draft(self, package: PackagePolicy, review: PackageReview, guard: CostGuard) -> PolicyChange:
        """Lay a review into the policy's present document, everything else untouched. Writes nothing.

        Raises:
            Conflict: the policy is no longer as it was read. Gone: there is no such policy.
            Malformed: it would bill guests it did not bill before, and our policy does not allow that, or
                not so many.

        """
        ...

    async def document(self, policy_id: str) -> bytes | None:
        """Read a policy's whole document as it is now; None when it is gone."""
        ...

    async def write(self, change: PolicyChange) -> None:
        """Write a change, whole, if the policy is still as it was before it.

        Raises:
            Conflict: somebody changed the policy meanwhile; nothing was written.
            Ambiguous: it may have been written: look whether the document is as ``after`` says.
            Gone: there is no such policy.

        """
        ...

    async def stands(self, change: PolicyChange) -> bool:
        """Say whether the policy is as a change wanted it: its review in meaning, all else to the letter."""
        ...

    async def lifecycle(self) -> PackageLifecycle:
        """Read what happens to guests who lose their last package."""
        ...

    async def held_by(self, guest_id: GuestId) -> tuple[Holding, ...]:
        """Read which packages a guest holds now, under which policies."""
        ...
