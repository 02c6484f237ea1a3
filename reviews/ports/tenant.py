"""What is true of the tenant as a whole."""

from typing import Protocol

from reviews.model import GuestRole, Licence, Unreadable


class TenantFacts(Protocol):
    """What the tenant has bought, and what it lets guests see. Each fact may be unreadable by itself."""

    async def licence(self) -> Licence | Unreadable:
        """Read the best licence among the subscriptions that are active."""
        ...

    async def guest_role(self) -> GuestRole | Unreadable:
        """Read what guests may see of the directory."""
        ...
