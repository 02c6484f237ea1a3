"""What guests are in, hold and own, read in ``$batch`` for many guests at once.

Five requests a guest, the roles of the whole tenant once, and the members of each nested group once.
A sort of access that Graph refuses outright is not asked for again in the same reading.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import msgspec

from adapters.graph import ties as rows_to
from adapters.graph.batching import Item, all_rows, exchange_all
from adapters.graph.client import GraphClient, read_rows
from adapters.graph.operations import (
    LIST_ALL_MEMBER_OF,
    LIST_APP_ROLES,
    LIST_MEMBER_OF,
    LIST_MEMBERS,
    LIST_OWNED,
    LIST_PACKAGES_HELD,
    Operation,
)
from adapters.graph.roles import RoleBook, RoleReading
from reviews.model import GuestId, Unreadable
from reviews.model.ties import Group, Ties

log = logging.getLogger(__name__)

ROWS_A_PAGE: Final = 999
GUESTS_AT_ONCE: Final = 200
"""How many guests are asked about before their answers are read."""
_GONE: Final = Unreadable(why="gone")
_FOR_GOOD: Final = frozenset({"no-permission", "no-licence", "not-supported"})
"""Refusals that the next guest would meet as well."""

Rows = Sequence[msgspec.Raw]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """One sort of access: where it is read, and what its rows become."""

    name: str
    operation: Operation
    path: Callable[[str], str]
    read: Callable[[Rows, dict[str, Group]], Any]


def _below_user(what: str, fields: str) -> Callable[[str], str]:
    return lambda guest: f"/users/{quote(guest, safe='')}/{what}?$select={fields}&$top={ROWS_A_PAGE}"


def _packages(guest: str) -> str:
    wanted = quote(f"target/objectId eq '{guest}' and state eq 'delivered'")
    shown = quote("accessPackage($select=id,displayName),target($select=subjectLifecycle)")
    return f"/identityGovernance/entitlementManagement/assignments?$filter={wanted}&$expand={shown}"


_APP_FIELDS = "resourceId,resourceDisplayName,principalType,principalDisplayName"
SORTS: Final = (
    Sort(
        name="groups",
        operation=LIST_ALL_MEMBER_OF,
        path=_below_user("transitiveMemberOf", rows_to.GROUP_FIELDS),
        read=rows_to.groups_of,
    ),
    Sort(
        name="direct",
        operation=LIST_MEMBER_OF,
        path=_below_user("memberOf", "id"),
        read=lambda rows, _: rows_to.ids_of(rows),
    ),
    Sort(
        name="apps",
        operation=LIST_APP_ROLES,
        path=_below_user("appRoleAssignments", _APP_FIELDS),
        read=lambda rows, _: rows_to.apps_of(rows),
    ),
    Sort(
        name="owned",
        operation=LIST_OWNED,
        path=_below_user("ownedObjects", "id,displayName"),
        read=lambda rows, _: rows_to.owned_of(rows),
    ),
    Sort(
        name="packages",
        operation=LIST_PACKAGES_HELD,
        path=_packages,
        read=lambda rows, _: rows_to.packages_of(rows),
    ),
)


@dataclass(slots=True)
class _Reading:
    """What one reading has found so far."""

    groups: dict[str, Group] = field(default_factory=dict)
    found: dict[GuestId, dict[str, Any]] = field(default_factory=dict)
    refused: dict[str, Unreadable] = field(default_factory=dict)
    inside: dict[str, frozenset[str]] = field(default_factory=dict)
    """For each nested group, the ids of its direct members."""


class GraphConnections:
    """``reviews.ports.Connections`` over Graph."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client
        self._roles = RoleReading(client)

    async def ties(self, guests: Sequence[GuestId]) -> Mapping[GuestId, Ties | Unreadable]:
        """Read the ties of guests afresh; see the port.

        Raises:
            Forbidden: the token itself is refused. Transient: Graph cannot be reached at all.

        """
        reading = _Reading()
        # The first guest alone finds out what is refused to everybody.
        await self._read(guests[:1], reading)
        for at in range(1, len(guests), GUESTS_AT_ONCE):
            await self._read(guests[at : at + GUESTS_AT_ONCE], reading)
        await self._look_inside(reading)
        given = [group.id for group in reading.groups.values() if group.is_role_assignable]
        book = await self._roles.of([*guests, *given])
        return {guest: self._tied(guest, reading, book) for guest in guests}

    async def role_holders(self) -> frozenset[str] | Unreadable:
        """Return who holds or may activate a directory role; see the port."""
        return await self._roles.holders()

    async def _read(self, guests: Sequence[GuestId], reading: _Reading) -> None:
        asked = [(guest, sort) for guest in guests for sort in SORTS if sort.name not in reading.refused]
        items = [Item(operation=sort.operation, path=sort.path(guest)) for guest, sort in asked]
        replies = await exchange_all(self._client, items)
        for (guest, sort), reply in zip(asked, replies, strict=True):
            rows = await all_rows(self._client, sort.operation, reply)
            fact = rows if isinstance(rows, Unreadable) else sort.read(rows, reading.groups)
            reading.found.setdefault(guest, {})[sort.name] = fact
            if isinstance(fact, Unreadable) and fact.why in _FOR_GOOD and sort.name not in reading.refused:
                reading.refused[sort.name] = fact
                facts = {"event": "exposure.refused", "sort": sort.name, "because": fact.why}
                log.warning("a sort of access cannot be read", extra=facts)

    async def _look_inside(self, reading: _Reading) -> None:
        """Read who stands directly in each nested group, once, to tell by which way a guest is in it."""
        nested = sorted({group for facts in reading.found.values() for group in _nested(facts)})
        paths = [f"/groups/{quote(one, safe='')}/members?$select=id&$top={ROWS_A_PAGE}" for one in nested]
        replies = await exchange_all(
            self._client, [Item(operation=LIST_MEMBERS, path=path) for path in paths]
        )
        for group, reply in zip(nested, replies, strict=True):
            # The first page is enough: where a group has more members than that, the way may stay unknown.
            ids = rows_to.ids_of(read_rows(LIST_MEMBERS, reply.content)[0]) if reply.is_success else None
            reading.inside[group] = ids if isinstance(ids, frozenset) else frozenset()

    def _tied(self, guest: GuestId, reading: _Reading, book: RoleBook) -> Ties | Unreadable:
        facts = {**reading.refused, **reading.found.get(guest, {})}
        if facts["groups"] == facts["owned"] == _GONE:
            return _GONE
        groups = facts["groups"]
        unread = isinstance(groups, Unreadable)
        roles, eligible = book.of(guest, [] if unread else [one for one in groups if one.is_role_assignable])
        return Ties(
            read_at=self._client.clock.now(),
            groups=groups,
            direct=facts["direct"],
            chains=tuple(_chains(facts, reading)),
            apps=facts["apps"],
            owned=facts["owned"],
            packages=facts["packages"],
            roles=roles,
            eligible_roles=eligible,
        )


def _nested(facts: Mapping[str, Any]) -> Iterator[str]:
    groups, direct = facts.get("groups"), facts.get("direct")
    if isinstance(groups, tuple) and isinstance(direct, frozenset):
        yield from (group.id for group in groups if group.id not in direct)


def _chains(facts: Mapping[str, Any], reading: _Reading) -> Iterator[tuple[str, ...]]:
    for nested in _nested(facts):
        mine = {group.id for group in facts["groups"]}
        way = _way(nested, mine, facts["direct"], reading.inside)
        if way:
            yield (nested, *(reading.groups[one].name for one in way))


def _way(
    group: str, mine: set[str], direct: frozenset[str], inside: Mapping[str, frozenset[str]]
) -> tuple[str, ...]:
    """Return the groups between a guest and one it is nested in, the guest's own first, the shortest way."""
    ways: list[tuple[str, ...]] = [(group,)]
    met = {group}
    for way in ways:
        for inner in sorted(inside.get(way[0], frozenset()) & mine - met):
            if inner in direct:
                return (inner, *way[:-1])
            met.add(inner)
            ways.append((inner, *way))
    return ()
