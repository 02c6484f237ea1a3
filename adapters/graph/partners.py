"""Other tenants: what was agreed with partners, and whose a domain is. Read once, kept for the night."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec

from adapters.graph.batching import Item, exchange_all
from adapters.graph.client import GraphClient, decoded
from adapters.graph.operations import FIND_TENANT, LIST_PARTNERS
from adapters.graph.refusals import TOKEN, Reply
from reviews.errors import Forbidden, Malformed, NotSupported
from reviews.kinds import home_domain
from reviews.model import Guest, Organisation, Partner, Unreadable

KEPT_FOR = timedelta(hours=6)
"""As long as a night lasts: settings of partners change by hand, and rarely."""


class _Access(msgspec.Struct, rename="camel", gc=False):
    access_type: str | None = None


class _Inbound(msgspec.Struct, rename="camel", gc=False):
    users_and_groups: _Access | None = None


class _SyncInbound(msgspec.Struct, rename="camel", gc=False):
    is_sync_allowed: bool | None = None


class _Sync(msgspec.Struct, rename="camel", gc=False):
    user_sync_inbound: _SyncInbound | None = None


class _PartnerRow(msgspec.Struct, rename="camel", gc=False):
    tenant_id: str
    identity_synchronization: _Sync | None = None
    b2b_collaboration_inbound: _Inbound | None = msgspec.field(default=None, name="b2bCollaborationInbound")


class _TenantRow(msgspec.Struct, rename="camel", gc=False):
    tenant_id: str
    display_name: str | None = None
    default_domain_name: str | None = None


class GraphPartners:
    """``reviews.ports.Partners`` over Graph."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client
        self._read_at: datetime | None = None
        self._partners: tuple[Partner, ...] | Unreadable = ()
        self._tenants: dict[str, Organisation | None] = {}

    async def partners(self) -> tuple[Partner, ...] | Unreadable:
        """Return the partners with settings of their own, by tenant id; see the port."""
        now = self._client.clock.now()
        if self._read_at is None or isinstance(self._partners, Unreadable) or now > self._read_at + KEPT_FOR:
            self._partners, self._tenants, self._read_at = await self._list(), {}, now
        return self._partners

    async def tenants_of(self, domains: Collection[str]) -> Mapping[str, Organisation | Unreadable | None]:
        """Look up the tenant of each domain, twenty in a request; see the port."""
        missing = sorted({*domains} - self._tenants.keys())
        items = [
            Item(operation=FIND_TENANT, path=FIND_TENANT.path.format(domainName=quote(domain, safe=".")))
            for domain in missing
        ]
        found: dict[str, Organisation | Unreadable | None] = {}
        for domain, reply in zip(missing, await exchange_all(self._client, items), strict=True):
            tenant = found[domain] = _tenant(reply)
            if not isinstance(tenant, Unreadable):
                self._tenants[domain] = tenant
        return {domain: found.get(domain, self._tenants.get(domain)) for domain in domains}

    async def told_apart(self, guests: tuple[Guest, ...]) -> tuple[Guest, ...]:
        """Say of each guest whether its own tenant pushes it here.

        Where no partner may push users, which is the rule, this asks nothing more and changes nothing.
        """
        partners = await self.partners()
        if isinstance(partners, Unreadable):
            return tuple([replace(guest, tenant_synced=partners) for guest in guests])
        pushing = {one.tenant_id for one in partners if one.may_sync}
        if not pushing or not guests:
            return guests
        homes = [home_domain(guest) for guest in guests]
        tenants = await self.tenants_of({home for home in homes if home})
        return tuple(
            [
                replace(guest, tenant_synced=_pushed(tenants.get(home or ""), pushing))
                for guest, home in zip(guests, homes, strict=True)
            ]
        )

    async def _list(self) -> tuple[Partner, ...] | Unreadable:
        builder = self._client.urls.policies.cross_tenant_access_policy.partners
        try:
            rows = [
                decoded(LIST_PARTNERS, row, _PartnerRow)
                async for row in self._client.rows(LIST_PARTNERS, builder, expand=["identitySynchronization"])
            ]
        except Forbidden as error:
            if error.needs == TOKEN:
                raise
            return Unreadable(why="no-permission")
        except (Malformed, NotSupported):
            return Unreadable(why="not-supported")
        return tuple(sorted(_read(rows), key=lambda one: one.tenant_id))


def _read(rows: Iterable[_PartnerRow]) -> Iterable[Partner]:
    for row in rows:
        sync = row.identity_synchronization
        inbound = row.b2b_collaboration_inbound
        users = inbound.users_and_groups if inbound else None
        yield Partner(
            tenant_id=row.tenant_id.lower(),
            may_sync=bool(sync and sync.user_sync_inbound and sync.user_sync_inbound.is_sync_allowed),
            is_shut_out=bool(users and users.access_type == "blocked"),
        )


def _tenant(reply: Reply) -> Organisation | Unreadable | None:
    if reply.is_success:
        row = decoded(FIND_TENANT, reply.content, _TenantRow)
        domain = (row.default_domain_name or "").lower()
        return Organisation(tenant_id=row.tenant_id.lower(), name=row.display_name or domain, domain=domain)
    if reply.status == 404:
        return None
    return Unreadable(why="no-permission" if reply.status == 403 else "not-answered")


def _pushed(home: Organisation | Unreadable | None, pushing: Collection[str]) -> bool | Unreadable:
    return home if isinstance(home, Unreadable) else home is not None and home.tenant_id in pushing
