"""The people around guests: read many at a time, for the ladder."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from reviews.model import GroupPeople, Person, PersonId, Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The people and groups that a setting of the directory names, in no order that means anything."""

    people: frozenset[PersonId] = frozenset()
    groups: frozenset[PersonId] = frozenset()


class People(Protocol):
    """People of the tenant and what ties them together.

    Every method answers for all ids it was given. What one of them could not be read for says why
    (``Unreadable``): a refusal, or a service that did not answer, is never a gap. Raises Transient when the
    directory as a whole is busy.
    """

    async def persons(self, ids: Collection[PersonId]) -> Mapping[PersonId, Person | Unreadable | None]:
        """Read people; None for who is not in the directory."""
        ...

    async def members(
        self, groups: Collection[PersonId], most: int
    ) -> Mapping[PersonId, GroupPeople | Unreadable]:
        """Read who is in groups, through groups inside them too; a group that is gone has no members.

        A group of more than ``most`` members, or one that a rule fills, is a ``Crowd``.
        """
        ...

    async def owners(
        self, groups: Collection[PersonId]
    ) -> Mapping[PersonId, tuple[Person, ...] | Unreadable]:
        """Read who owns groups, by id; a group that is gone has no owners."""
        ...

    async def managers(self, ids: Collection[PersonId]) -> Mapping[PersonId, Person | Unreadable | None]:
        """Read the managers of people; None for who has none, or is no longer in the directory."""
        ...

    async def approvers(self) -> Mapping[str, Named] | Unreadable:
        """Read who approves requests for each access package, by its id; who needs nobody is not in it."""
        ...

    async def organisation_sponsors(self) -> Mapping[str, Named] | Unreadable:
        """Read the internal sponsors of connected organisations, by domain (lower case) and by tenant id."""
        ...
