"""Accounts and groups of the sandbox tenant: a shared, never written population, and what changed since.

Only changes are stored, so a tenant of a million guests is small and a copy of it is cheap.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Protocol

from sandbox.people_access import Access
from sandbox.people_ids import PersonKind
from sandbox.tenant_groups import Group, Groups, GroupSource, Json

__all__ = ["Directory", "Group", "Json", "Population", "graph_time"]

REMEMBERED_FOR = timedelta(days=30)
"""How long a soft-deleted account can be restored (Graph: directory deletedItems)."""


_MEMBERS_REMEMBERED = 20_000
"""Sponsors come up again and again, and a population makes every record anew."""


class Population(GroupSource, Protocol):
    """The people a tenant starts with: lazy, deterministic, never written (``sandbox/people.py``)."""

    @property
    def tenant_id(self) -> str:
        """The tenant's id, a GUID."""
        ...

    @property
    def domain(self) -> str:
        """The tenant's own mail domain."""
        ...

    @property
    def as_of(self) -> datetime:
        """The moment the tenant's history ends."""
        ...

    @property
    def guest_count(self) -> int:
        """How many guests there are."""
        ...

    @property
    def member_count(self) -> int:
        """How many internal accounts there are."""
        ...

    def guest(self, n: int) -> Json:
        """Return the n-th guest as a Graph user; an absent key is one Graph would not return."""
        ...

    def member(self, n: int) -> Json:
        """Return the n-th internal account as a Graph user."""
        ...

    def member_deleted(self, n: int) -> bool:
        """Say whether the n-th internal account was deleted long ago."""
        ...

    def sponsors(self, object_id: str) -> tuple[str, ...]:
        """Return the ids of an account's sponsors."""
        ...

    def find(self, object_id: str) -> tuple[PersonKind, int] | None:
        """Say what an id stands for, or None."""
        ...

    @property
    def access(self) -> Access:
        """What everybody reaches, and through whom they came."""
        ...

    def privileged(self, object_id: str) -> bool:
        """Say whether an account holds an admin role."""
        ...


class Directory:
    """The accounts and groups as they are now. Instants come in from the tenant; no clock is read here."""

    def __init__(self, population: Population) -> None:
        self.population = population
        self._member = lru_cache(maxsize=_MEMBERS_REMEMBERED)(population.member)
        self.changes: dict[str, Json] = {}
        self.deleted: dict[str, datetime] = {}
        self.added: dict[str, Json] = {}
        self.named_sponsors: dict[str, tuple[str, ...]] = {}
        """Of who was added, and of whose sponsors were changed."""
        self.visible_at: dict[str, datetime] = {}
        self.created: set[str] = set()
        self.groups = Groups(population)

    # --- accounts ---------------------------------------------------------------------------------

    def account(self, object_id: str) -> Json | None:
        """Return an account, deleted or not; None when the tenant never had it or dropped it long ago."""
        record = self.added.get(object_id)
        if record is None:
            found = self.population.find(object_id)
            if found is None or found[0] not in {"guest", "member"}:
                return None
            kind, n = found
            if kind == "member" and self.population.member_deleted(n):
                return None
            record = self.population.guest(n) if kind == "guest" else self._member(n)
        changed = self.changes.get(object_id)
        return record if changed is None else {**record, **changed}

    def user(self, object_id: str, now: datetime) -> Json | None:
        """Return a live account that replication has reached, or None."""
        if object_id in self.deleted or self.hidden(object_id, now):
            return None
        return self.account(object_id)

    def deleted_user(self, object_id: str, now: datetime) -> Json | None:
        """Return a soft-deleted account that can still be restored, as the recycle bin shows it, or None."""
        at = self.deleted.get(object_id)
        record = self.account(object_id) if at is not None else None
        if at is None or record is None or now - at >= REMEMBERED_FOR:
            return None
        name = f"{object_id.replace('-', '')}{record['userPrincipalName']}"
        return {**record, "deletedDateTime": graph_time(at), "userPrincipalName": name}

    def hidden(self, object_id: str, now: datetime) -> bool:
        """Say whether an object was made so recently that it cannot be read yet."""
        visible = self.visible_at.get(object_id)
        return visible is not None and now < visible

    def change(self, object_id: str, properties: Json) -> None:
        """Lay new property values over an account."""
        self.changes.setdefault(object_id, {}).update(properties)

    def add(self, record: Json, sponsors: tuple[str, ...], visible_at: datetime) -> None:
        """Add an account that the population does not have."""
        self.added[record["id"]] = record
        self.named_sponsors[record["id"]] = sponsors
        self.visible_at[record["id"]] = visible_at

    def sponsors(self, object_id: str) -> tuple[str, ...]:
        """Return the ids of an account's sponsors that still exist."""
        named = self.named_sponsors.get(object_id)
        if named is None:
            named = self.population.sponsors(object_id)
        gone = self.deleted
        return tuple(s for s in named if s not in gone) if gone else named

    def scan(self, start: int, *, guests_only: bool) -> Iterator[tuple[int, Json]]:
        """Yield (position, account) of every live account from a position on, always in the same order.

        With ``guests_only`` internal accounts are passed over unless something about them was changed.
        """
        guests, members = self.population.guest_count, self.population.member_count
        for position in range(start, guests):
            record = self.population.guest(position)
            changed = self.changes.get(record["id"])
            if changed is not None:
                record = {**record, **changed}
            if record["id"] not in self.deleted:
                yield position, record
        yield from self._members(max(0, start - guests), guests, guests_only=guests_only)
        base = guests + members
        for position, object_id in enumerate(list(self.added), base):
            record_now = self.account(object_id)
            if position >= start and object_id not in self.deleted and record_now is not None:
                yield position, record_now

    def _members(self, first: int, base: int, *, guests_only: bool) -> Iterator[tuple[int, Json]]:
        numbers: Iterable[int] = range(first, self.population.member_count)
        if guests_only:
            found = (self.population.find(object_id) for object_id in self.changes)
            numbers = sorted(n for kind, n in filter(None, found) if kind == "member" and n >= first)
        for n in numbers:
            if self.population.member_deleted(n):
                continue
            record = self.population.member(n)
            changed = self.changes.get(record["id"])
            if record["id"] not in self.deleted:
                yield base + n, record if changed is None else {**record, **changed}

    # --- groups -----------------------------------------------------------------------------------

    def group(self, object_id: str, now: datetime) -> Group | None:
        """Return a group that replication has reached, to look at, or None."""
        return None if self.hidden(object_id, now) else self.groups.read(object_id)

    def exists(self, object_id: str, now: datetime) -> bool:
        """Say whether an id can be referred to: a live account or group, visible by now."""
        return self.group(object_id, now) is not None or self.user(object_id, now) is not None

    def members(self, group: Group) -> list[str]:
        """Return the ids of a group's live members; a deleted account is out until it is restored."""
        return [m for m in group.members if m not in self.deleted]

    def transitive_users(self, group_id: str, now: datetime) -> list[Json]:
        """Return the live accounts in a group and in the groups inside it, each once."""
        found = (self.user(one, now) for one in self.everything_in(group_id, now))
        return [record for record in found if record is not None]

    def everything_in(self, group_id: str, now: datetime) -> list[str]:
        """Return the ids of everybody in a group and the groups inside it, and of those groups, each once."""
        found: dict[str, None] = {}
        waiting = [group_id]
        while waiting:
            group = self.groups.read(waiting.pop(0))
            for member in self.members(group) if group is not None else ():
                if member not in found and not self.hidden(member, now):
                    found[member] = None
                    if member in self.groups:
                        waiting.append(member)
        found.pop(group_id, None)
        return list(found)


def graph_time(at: datetime) -> str:
    """Write an aware UTC instant the way Graph does: whole seconds and a Z."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
