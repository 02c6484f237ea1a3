"""The groups of the sandbox tenant: made up by the population when asked for, kept once they change."""

from collections.abc import Iterable, Iterator, MutableMapping
from functools import cached_property, lru_cache, partial
from typing import Any, Protocol

Json = dict[str, Any]

_REMEMBERED = 4_096


class GroupSource(Protocol):
    """The groups a tenant starts with: lazy, deterministic, never written."""

    @property
    def group_count(self) -> int:
        """How many groups there are."""
        ...

    def group(self, n: int) -> Json:
        """Return group n as Graph shows it, without its people."""
        ...

    def group_members(self, n: int) -> tuple[str, ...]:
        """Return the ids of the direct members of group n."""
        ...

    def group_owners(self, n: int) -> tuple[str, ...]:
        """Return the ids of the owners of group n."""
        ...

    def group_called(self, nickname: str) -> int | None:
        """Return the group with that mailNickname, None when there is none."""
        ...

    def find(self, object_id: str) -> tuple[str, int] | None:
        """Say what an id stands for, or None."""
        ...


class Group:
    """A group and the ids of its members and owners, in the order they were added."""

    def __init__(self, record: Json, members: Iterable[str] = (), owners: Iterable[str] = ()) -> None:
        self.record = record
        self._given = (members, owners)

    @cached_property
    def members(self) -> dict[str, None]:
        """The direct members."""
        return dict.fromkeys(self._given[0])

    @cached_property
    def owners(self) -> dict[str, None]:
        """The owners."""
        return dict.fromkeys(self._given[1])

    @property
    def out_of_reach(self) -> str | None:
        """Why an app cannot change who is in the group, None when it can (Graph docs, remove member)."""
        if "DynamicMembership" in self.record.get("groupTypes", ()):
            return "The membership of this group is dynamic."
        if self.record.get("onPremisesSyncEnabled"):
            return "This group is mastered in an on-premises directory."
        if self.record.get("mailEnabled") and "Unified" not in self.record.get("groupTypes", ()):
            return "Mail-enabled security groups and distribution lists are managed in Exchange."
        if self.record.get("isManagementRestricted"):
            return "This group is under restricted management."
        if self.record.get("isAssignableToRole"):
            return "This group can hold roles; changing it needs RoleManagement.ReadWrite.Directory."
        return None


class _Asked:
    """People of a group who are looked up when somebody asks for them."""

    def __init__(self, ask: partial[tuple[str, ...]]) -> None:
        self.ask = ask

    def __iter__(self) -> Iterator[str]:
        return iter(self.ask())


class Groups(MutableMapping[str, Group]):
    """The groups there are now, by id.

    ``groups[id]`` hands out a group that may be changed, and keeps it; ``read`` and ``scan`` hand out groups
    nobody may change, and keep nothing, so that a tenant of a hundred thousand groups stays small.
    """

    def __init__(self, source: GroupSource) -> None:
        self.source = source
        self.changed: dict[str, Group] = {}
        self._made: dict[str, None] = {}
        self._gone: set[str] = set()
        self._looked_at = lru_cache(maxsize=_REMEMBERED)(partial(_plain, source))

    def __getitem__(self, object_id: str) -> Group:
        if object_id not in self.changed:
            n = self._number(object_id)
            if n is None:
                raise KeyError(object_id)
            self.changed[object_id] = _plain(self.source, n)
        return self.changed[object_id]

    def __setitem__(self, object_id: str, group: Group) -> None:
        self.changed[object_id] = group
        if self._number(object_id) is None:
            self._made[object_id] = None

    def __delitem__(self, object_id: str) -> None:
        if object_id not in self:
            raise KeyError(object_id)
        self.changed.pop(object_id, None)
        self._made.pop(object_id, None)
        self._gone.add(object_id)

    def __contains__(self, object_id: object) -> bool:
        return object_id in self.changed or (
            isinstance(object_id, str) and self._number(object_id) is not None
        )

    def __iter__(self) -> Iterator[str]:
        return (group.record["id"] for _, group in self.scan(0))

    def __len__(self) -> int:
        return (
            self.source.group_count
            + len(self._made)
            - sum(1 for g in self._gone if self._known(g) is not None)
        )

    def read(self, object_id: str) -> Group | None:
        """Return a group to look at, or None."""
        changed = self.changed.get(object_id)
        if changed is not None:
            return changed
        n = self._number(object_id)
        return None if n is None else self._looked_at(n)

    def scan(self, start: int) -> Iterator[tuple[int, Group]]:
        """Yield (position, group) from a position on, always in the same order, to look at."""
        for n in range(start, self.source.group_count):
            group = self._looked_at(n)
            if group.record["id"] not in self._gone:
                yield n, self.changed.get(group.record["id"], group)
        for position, object_id in enumerate(list(self._made), self.source.group_count):
            if position >= start and object_id in self.changed:
                yield position, self.changed[object_id]

    def called(self, nickname: str) -> list[Group]:
        """Return the groups of that mailNickname, in either case."""
        wanted = nickname.lower()
        found = [g for g in self.changed.values() if str(g.record.get("mailNickname")).lower() == wanted]
        n = self.source.group_called(wanted)
        if n is not None:
            group = self._looked_at(n)
            if group.record["id"] not in self._gone | self.changed.keys():
                found.insert(0, group)
        return found

    def changed_members(self) -> dict[str, list[str]]:
        """Return the members, by group, of the groups that began with others."""
        began = {
            g: set(self.source.group_members(n)) for g in self.changed if (n := self._number(g)) is not None
        }
        return {
            g: sorted(self.changed[g].members)
            for g in sorted(began)
            if began[g] != set(self.changed[g].members)
        }

    def _known(self, object_id: str) -> int | None:
        found = self.source.find(object_id)
        return found[1] if found is not None and found[0] == "group" else None

    def _number(self, object_id: str) -> int | None:
        return None if object_id in self._gone else self._known(object_id)


def _plain(source: GroupSource, n: int) -> Group:
    members = _Asked(partial(source.group_members, n))
    return Group(source.group(n), members, _Asked(partial(source.group_owners, n)))
