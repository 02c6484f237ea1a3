"""Who holds or may activate a directory role: of a few accounts by asking for each, else by reading all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import msgspec

from adapters.graph.batching import Item, all_rows, exchange_all
from adapters.graph.client import GraphClient
from adapters.graph.operations import (
    LIST_ELIGIBLE_ROLES,
    LIST_MEMBERS,
    LIST_ROLE_ASSIGNMENTS,
    LIST_ROLES,
    Operation,
)
from adapters.graph.ties import Holding, ids_of, names_of, read_all
from reviews.model import Unreadable
from reviews.model.ties import DirectoryRole, Group

Held = Mapping[str, tuple[Holding, ...]] | Unreadable
"""Holdings by who holds them, or why they could not be read."""
FEW: Final = 20
"""Up to this many holders each is asked for by itself; of more, all roles of the tenant are read."""
_NOBODY: Final[Mapping[str, tuple[Holding, ...]]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleBook:
    """Roles by who holds them; ``names`` are those of the roles."""

    names: dict[str, str]
    active: Held
    eligible: Held

    def of(
        self, holder: str, groups: Iterable[Group]
    ) -> tuple[tuple[DirectoryRole, ...] | Unreadable, tuple[DirectoryRole, ...] | Unreadable]:
        """Return the roles somebody holds and may activate, by itself and by the groups it is in."""
        ways: list[tuple[str, str | None]] = [(holder, None), *((group.id, group.name) for group in groups)]
        return self._roles(self.active, ways, eligible=False), self._roles(self.eligible, ways, eligible=True)

    def _roles(
        self, held: Held, ways: Sequence[tuple[str, str | None]], *, eligible: bool
    ) -> tuple[DirectoryRole, ...] | Unreadable:
        if isinstance(held, Unreadable):
            return held
        return tuple(
            one.role(self.names, eligible=eligible, through=through)
            for holder, through in ways
            for one in held.get(holder, ())
        )


class RoleReading:
    """Reads directory roles, held and eligible."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    async def of(self, holders: Sequence[str]) -> RoleBook:
        """Read the roles of these accounts and groups."""
        wanted = None if len(holders) > FEW else holders
        active = await self._held(LIST_ROLE_ASSIGNMENTS, wanted)
        eligible = await self._held(LIST_ELIGIBLE_ROLES, wanted)
        has_names = bool(active or eligible)
        return RoleBook(names=await self._names() if has_names else {}, active=active, eligible=eligible)

    async def holders(self) -> frozenset[str] | Unreadable:
        """Return the ids of all accounts with a role, those in groups that hold one among them."""
        active = await self._held(LIST_ROLE_ASSIGNMENTS, None)
        eligible = await self._held(LIST_ELIGIBLE_ROLES, None)
        if isinstance(active, Unreadable):
            return active
        if isinstance(eligible, Unreadable):
            return eligible
        ids = sorted(active.keys() | eligible.keys())
        paths = [f"/groups/{quote(one, safe='')}/members?$select=id&$top=999" for one in ids]
        members = await self._answers(LIST_MEMBERS, paths)
        inside = (ids_of(rows) for rows in members if not isinstance(rows, Unreadable))
        # An id that is no group's is not found among the groups.
        return frozenset(ids).union(*(some for some in inside if not isinstance(some, Unreadable)))

    async def _held(self, operation: Operation, holders: Sequence[str] | None) -> Held:
        path = operation.name.partition(" ")[2]
        filters = [""] if holders is None else [quote(f"principalId eq '{one}'") for one in holders]
        found: list[Holding] = []
        for rows in await self._answers(operation, [f"{path}?$filter={f}" if f else path for f in filters]):
            if isinstance(rows, Unreadable):
                # Without the licence for it nobody can be eligible for a role.
                return _NOBODY if rows.why == "no-licence" else rows
            holdings = read_all(rows, Holding)
            if isinstance(holdings, Unreadable):
                return holdings
            found += holdings
        return _by_holder(found)

    async def _names(self) -> dict[str, str]:
        path = f"{LIST_ROLES.name.partition(' ')[2]}?$select=id,displayName"
        (rows,) = await self._answers(LIST_ROLES, [path])
        return {} if isinstance(rows, Unreadable) else names_of(rows)

    async def _answers(
        self, operation: Operation, paths: Sequence[str]
    ) -> list[list[msgspec.Raw] | Unreadable]:
        replies = await exchange_all(self._client, [Item(operation=operation, path=path) for path in paths])
        return [await all_rows(self._client, operation, reply) for reply in replies]


def _by_holder(holdings: Sequence[Holding]) -> Held:
    found: dict[str, tuple[Holding, ...]] = {}
    for one in holdings:
        found[one.principal_id] = (*found.get(one.principal_id, ()), one)
    return found
