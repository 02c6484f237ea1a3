"""Facts about the tenant as a whole; each may turn out to be unreadable."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from adapters.graph.client import GraphClient, decoded
from adapters.graph.operations import LIST_SKUS, READ_GUEST_ROLE, READ_ORGANIZATION
from reviews.errors import Forbidden, Gone, Malformed, NotSupported
from reviews.model import GuestRole, Licence, Unreadable

T = TypeVar("T")


_PLANS = {
    "AAD_PREMIUM": Licence.P1,
    "AAD_PREMIUM_P2": Licence.P2,
    "ENTRA_IDENTITY_GOVERNANCE": Licence.GOVERNANCE,
}
_ROLES = {
    "a0b1b346-4d3e-4e8b-98f8-753987be4970": GuestRole.AS_MEMBERS,
    "10dae51f-b6af-4016-8d66-8c2a99b929b3": GuestRole.LIMITED,
    "2af84b1e-32c8-42b7-82bc-daa82404023b": GuestRole.RESTRICTED,
}
_ORDER = tuple(Licence)
_ACTIVE = frozenset({"Enabled", "Warning"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """The tenant: its id, its name, the domains that are its own."""

    id: str
    name: str
    domains: tuple[str, ...]


class _Domain(msgspec.Struct, gc=False):
    name: str


class _Organization(msgspec.Struct, rename="camel", gc=False):
    id: str
    display_name: str | None = None
    verified_domains: list[_Domain] = []


class _Plan(msgspec.Struct, rename="camel", gc=False):
    service_plan_name: str | None = None
    provisioning_status: str | None = None


class _Sku(msgspec.Struct, rename="camel", gc=False):
    capability_status: str | None = None
    service_plans: list[_Plan] = []


class _Policy(msgspec.Struct, rename="camel", gc=False):
    guest_user_role_id: str | None = None


async def _unless_refused(ask: Callable[[], Awaitable[T]]) -> T | Unreadable:
    """Return what was asked for, or why it cannot be read: ``no-permission``, ``not-supported`` ..."""
    try:
        return await ask()
    except Forbidden:
        return Unreadable(why="no-permission")
    except (NotSupported, Gone):
        return Unreadable(why="not-supported")
    except Malformed:
        return Unreadable(why="not-understood")


class GraphTenantFacts:
    """``reviews.ports.TenantFacts`` over Graph. Passing failures are raised (Transient)."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    async def organization(self) -> Organization | Unreadable:
        """Read the tenant's name and verified domains."""
        return await _unless_refused(self._organization)

    async def licence(self) -> Licence | Unreadable:
        """Read the best licence among the subscriptions that are active."""
        return await _unless_refused(self._licence)

    async def guest_role(self) -> GuestRole | Unreadable:
        """Read what guests may see of the directory."""
        return await _unless_refused(self._guest_role)

    async def _organization(self) -> Organization:
        rows = self._client.rows(
            READ_ORGANIZATION, self._client.urls.organization, select=["id", "displayName", "verifiedDomains"]
        )
        async for row in rows:
            one = decoded(READ_ORGANIZATION, row, _Organization)
            domains = tuple(sorted(domain.name.lower() for domain in one.verified_domains))
            return Organization(id=one.id, name=one.display_name or "", domains=domains)
        raise Malformed(f"{READ_ORGANIZATION.name}: no organization")

    async def _licence(self) -> Licence:
        best = Licence.NONE
        async for row in self._client.rows(LIST_SKUS, self._client.urls.subscribed_skus):
            sku = decoded(LIST_SKUS, row, _Sku)
            if sku.capability_status not in _ACTIVE:
                continue
            for plan in sku.service_plans:
                tier = _PLANS.get((plan.service_plan_name or "").upper(), Licence.NONE)
                if plan.provisioning_status != "Disabled":
                    best = max(best, tier, key=_ORDER.index)
        return best

    async def _guest_role(self) -> GuestRole:
        content = await self._client.read(READ_GUEST_ROLE, self._client.urls.policies.authorization_policy)
        role = decoded(READ_GUEST_ROLE, content, _Policy).guest_user_role_id
        return _ROLES.get((role or "").lower(), GuestRole.UNKNOWN)
