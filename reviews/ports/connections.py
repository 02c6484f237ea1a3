"""What ties guests to the tenant: groups, apps, roles, packages, things they own."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from reviews.model import GuestId, Unreadable
from reviews.model.ties import Ties


class Connections(Protocol):
    """Reads what guests are in, hold and own. Each sort of it may be unreadable by itself."""

    async def ties(self, guests: Sequence[GuestId]) -> Mapping[GuestId, Ties | Unreadable]:
        """Read the ties of every one of these guests afresh; ``Unreadable(why="gone")`` for who left."""
        ...

    async def role_holders(self) -> frozenset[str] | Unreadable:
        """Return the ids of all accounts that hold or may activate a directory role, also by a group."""
        ...
