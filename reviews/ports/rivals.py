"""What else acts on guests by itself, where no other port reads it."""

from typing import Protocol

from reviews.model import LifecyclePolicy, Unreadable


class LifecyclePolicies(Protocol):
    """The guest lifecycle policies of the tenant (Microsoft Entra ID Governance, a preview)."""

    async def in_force(self) -> tuple[LifecyclePolicy, ...] | Unreadable:
        """Read those that are switched on; none where the tenant has no such feature.

        Raises:
            Transient: it could not be read just now.

        """
        ...
