"""The people around guests, twenty to a request: who is in a group, who owns it, who manages whom."""

from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar
from urllib.parse import quote

import msgspec

from adapters.graph.batching import Item, exchange_all, why_refused
from adapters.graph.client import GraphClient, decoded, read_rows
from adapters.graph.mapping import NOT_UNDERSTOOD, PERSON_FIELDS, read_people
from adapters.graph.operations import (
    LIST_ALL_MEMBERS,
    LIST_ORGANISATIONS,
    LIST_OWNERS,
    LIST_PACKAGE_POLICIES,
    READ_GROUP,
    READ_MANAGER,
    READ_USER,
    Operation,
)
from adapters.graph.refusals import Reply
from reviews.errors import Forbidden, Malformed, NotSupported
from reviews.model import Crowd, GroupPeople, Person, PersonId, Unreadable
from reviews.ports import Named

T = TypeVar("T")

_SHOWN = f"$select={','.join(PERSON_FIELDS)}"
_ADVANCED = {"ConsistencyLevel": "eventual"}
"""What Graph wants with every cast to one type of object (graph-facts.md A3)."""
_MOST_OWNERS = 100
"""A group has no more (graph-facts.md G)."""


class _Group(msgspec.Struct, rename="camel", gc=False):
    group_types: list[str] | None = None


class _Subject(msgspec.Struct, rename="camel", gc=False):
    user_id: str | None = None
    group_id: str | None = None


class _Stage(msgspec.Struct, rename="camel", gc=False):
    primary_approvers: list[_Subject] | None = None


class _Approval(msgspec.Struct, rename="camel", gc=False):
    stages: list[_Stage] | None = None


class _Object(msgspec.Struct, gc=False):
    id: str
    kind: str = msgspec.field(default="", name="@odata.type")


class _PackagePolicy(msgspec.Struct, rename="camel", gc=False):
    access_package: _Object
    request_approval_settings: _Approval | None = None


class _Source(msgspec.Struct, rename="camel", gc=False):
    domain_name: str | None = None
    tenant_id: str | None = None


class _Organisation(msgspec.Struct, rename="camel", gc=False):
    identity_sources: list[_Source] | None = None
    internal_sponsors: list[_Object] = []


class GraphPeople:
    """Reads people through Microsoft Graph; see ``reviews.ports.People``."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    async def persons(self, ids: Collection[PersonId]) -> Mapping[PersonId, Person | Unreadable | None]:
        """Read people; None for who is not in the directory."""
        return await self._one_each(READ_USER, "/users/{}", ids)

    async def managers(self, ids: Collection[PersonId]) -> Mapping[PersonId, Person | Unreadable | None]:
        """Read the managers of people; None for who has none, or is no longer in the directory."""
        return await self._one_each(READ_MANAGER, "/users/{}/manager", ids)

    async def members(
        self, groups: Collection[PersonId], most: int
    ) -> Mapping[PersonId, GroupPeople | Unreadable]:
        """Read who is in groups, and which of them are crowds."""
        wanted = sorted(groups)
        kinds = [_item(READ_GROUP, "/groups/{}", one, "$select=id,groupTypes") for one in wanted]
        inside = "/groups/{}/transitiveMembers/microsoft.graph.user"
        query = f"{_SHOWN}&$top={most + 1}&$count=true"
        lists = [_item(LIST_ALL_MEMBERS, inside, one, query, _ADVANCED) for one in wanted]
        replies = await exchange_all(self._client, [*kinds, *lists])
        found = zip(wanted, replies[: len(wanted)], replies[len(wanted) :], strict=True)
        return {one: _group(kind, people, most) for one, kind, people in found}

    async def owners(
        self, groups: Collection[PersonId]
    ) -> Mapping[PersonId, tuple[Person, ...] | Unreadable]:
        """Read who owns groups, by id; a group that is gone has no owners."""
        wanted = sorted(groups)
        query = f"{_SHOWN}&$top={_MOST_OWNERS}"
        items = [_item(LIST_OWNERS, "/groups/{}/owners", one, query) for one in wanted]
        replies = await exchange_all(self._client, items)
        return {one: _people(LIST_OWNERS, reply) for one, reply in zip(wanted, replies, strict=True)}

    async def approvers(self) -> Mapping[str, Named] | Unreadable:
        """Read who approves requests for each access package, over all of its policies."""
        builder = self._client.urls.identity_governance.entitlement_management.assignment_policies
        rows = await self._all(LIST_PACKAGE_POLICIES, builder, _PackagePolicy, "accessPackage")
        if isinstance(rows, Unreadable):
            return rows
        named: dict[str, Named] = {}
        for row in rows:
            stages = (row.request_approval_settings or _Approval()).stages or ()
            subjects = [one for stage in stages for one in stage.primary_approvers or ()]
            people = (one.user_id for one in subjects if one.user_id)
            groups = (one.group_id for one in subjects if one.group_id)
            _add(named, row.access_package.id, people, groups)
        return named

    async def organisation_sponsors(self) -> Mapping[str, Named] | Unreadable:
        """Read the internal sponsors of connected organisations, by domain and by tenant id."""
        builder = self._client.urls.identity_governance.entitlement_management.connected_organizations
        rows = await self._all(LIST_ORGANISATIONS, builder, _Organisation, "internalSponsors")
        if isinstance(rows, Unreadable):
            return rows
        named: dict[str, Named] = {}
        for row in rows:
            groups = {one.id for one in row.internal_sponsors if one.kind.endswith(".group")}
            people = {one.id for one in row.internal_sponsors} - groups
            for source in row.identity_sources or ():
                for key in filter(None, (source.domain_name, source.tenant_id)):
                    _add(named, key.lower(), people, groups)
        return named

    async def _one_each(
        self, operation: Operation, path: str, ids: Collection[PersonId]
    ) -> Mapping[PersonId, Person | Unreadable | None]:
        wanted = sorted(ids)
        replies = await exchange_all(self._client, [_item(operation, path, one, _SHOWN) for one in wanted])
        return {one: _person(reply) for one, reply in zip(wanted, replies, strict=True)}

    async def _all(
        self, operation: Operation, builder: object, kind: type[T], expand: str
    ) -> list[T] | Unreadable:
        """Read a whole list of settings; a tenant without the licence or the permission says so."""
        try:
            rows = self._client.rows(operation, builder, expand=[expand])
            return [decoded(operation, row, kind) async for row in rows]
        except Forbidden:
            return Unreadable(why="no-permission")
        except NotSupported:
            return Unreadable(why="not-supported")
        except Malformed:
            return NOT_UNDERSTOOD


def _item(
    operation: Operation, path: str, key: str, query: str, headers: Mapping[str, str] | None = None
) -> Item:
    url = f"{path.format(quote(key, safe=''))}?{query}"
    return Item(operation=operation, path=url, headers=headers or {})


def _add(named: dict[str, Named], key: str, people: Iterable[str], groups: Iterable[str]) -> None:
    before = named.get(key, Named())
    after = Named(
        people=before.people | {PersonId(one) for one in people},
        groups=before.groups | {PersonId(one) for one in groups},
    )
    if after != Named():
        named[key] = after


def _refused(reply: Reply) -> Unreadable | None:
    return None if reply.is_success or reply.status == 404 else why_refused(reply)


def _person(reply: Reply) -> Person | Unreadable | None:
    if (refused := _refused(reply)) is not None or reply.status == 404:
        return refused
    people = read_people([msgspec.Raw(reply.content)])
    return people if isinstance(people, Unreadable) else next(iter(people), None)


def _people(operation: Operation, reply: Reply) -> tuple[Person, ...] | Unreadable:
    if (refused := _refused(reply)) is not None:
        return refused
    if reply.status == 404:
        return ()
    try:
        return read_people(read_rows(operation, reply.content)[0])
    except Malformed:
        return NOT_UNDERSTOOD


def _group(kind: Reply, listed: Reply, most: int) -> GroupPeople | Unreadable:
    if (refused := _refused(kind) or _refused(listed)) is not None:
        return refused
    people = _people(LIST_ALL_MEMBERS, listed)
    try:
        types = [] if kind.status == 404 else decoded(READ_GROUP, kind.content, _Group).group_types
    except Malformed:
        return NOT_UNDERSTOOD
    if "DynamicMembership" in (types or ()):
        return GroupPeople(members=Crowd.DYNAMIC)
    if isinstance(people, Unreadable):
        return people
    return GroupPeople(members=Crowd.LARGE if len(people) > most else people)
