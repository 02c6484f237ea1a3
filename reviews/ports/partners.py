"""Partner organisations: the tenant's cross-tenant settings, and which tenant a domain belongs to."""

from collections.abc import Collection, Mapping
from typing import Protocol

from reviews.model import Organisation, Partner, Unreadable


class Partners(Protocol):
    """What is known of other tenants. What was read is kept for the night."""

    async def partners(self) -> tuple[Partner, ...] | Unreadable:
        """Return the partners with settings of their own, by tenant id; Unreadable without permission."""
        ...

    async def tenants_of(self, domains: Collection[str]) -> Mapping[str, Organisation | Unreadable | None]:
        """Return the tenant of each domain (in lower case); None where no tenant has it."""
        ...
