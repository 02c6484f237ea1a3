"""The directory: reading its accounts, switching them off, and the way back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reviews.model import Guest, GuestId, Person, PersonId, Receipt, SetAside, Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a census."""

    guests: tuple[Guest, ...]
    set_aside: tuple[SetAside, ...]


class Census(Protocol):
    """One reading of all guests: iterate its pages to the end, then ask for the receipt."""

    def pages(self) -> AsyncIterator[Page]:
        """Yield every page once, in order; an account that appears twice is yielded once.

        Raises:
            CensusIncomplete: a page failed for good or repeated, or page tokens kept expiring.
                (An expired token restarts the reading; who was yielded already is not yielded again.)

        """
        ...

    def receipt(self) -> Receipt:
        """Return what was read. Only after the last page; raises CensusIncomplete before that."""
        ...


class Directory(Protocol):
    """Accounts of the tenant: reading them, switching them off, and the way back."""

    def census(self) -> Census:
        """Start a reading of all guests with sign-in activity and sponsors.

        Without the licence or permission for sign-in activity the census is read without it, and the
        receipt and every guest say so.
        """
        ...

    async def guest(self, guest_id: GuestId, *, sign_ins: bool = True) -> Guest | None:
        """Read one account afresh, with sponsors; None when it is not in the directory.

        Without ``sign_ins`` the guest says ``Unreadable(why="not-asked")``: reads of sign-in activity are
        limited to 10 a minute, so opening questions goes without, and ending access never does.
        """
        ...

    async def logged_sign_in(self, guest_id: GuestId, since: datetime) -> datetime | Unreadable | None:
        """Return the newest success of an account that the sign-in log shows since a moment; None for none.

        The log goes back 30 days and shows interactive sign-ins; reads of it are limited to 5 in 10 seconds.
        """
        ...

    async def person(self, person_id: PersonId) -> Person | None:
        """Read one possible reviewer afresh; None when there is no such user."""
        ...

    async def colleague(self, address: str) -> Person | None:
        """Find the one account that has an address as its mail or user principal name; None when none has."""
        ...

    async def add_sponsor(self, guest_id: GuestId, person_id: PersonId) -> None:
        """Write a person to the sponsors of a guest; one who is there already stays.

        Raises:
            Forbidden: the deployment does not hold the permission. Gone: no such account.

        """
        ...

    async def remove_sponsor(self, guest_id: GuestId, person_id: PersonId) -> None:
        """Take a person from the sponsors of a guest; one who is not there is as good. Raises Forbidden."""
        ...

    async def is_deleted(self, guest_id: GuestId) -> bool:
        """Say whether the account lies among the soft-deleted ones, from which it can be restored."""
        ...

    async def set_enabled(self, guest_id: GuestId, *, enabled: bool) -> None:
        """Allow or block sign-in. Safe to repeat.

        Raises:
            Gone: no such account. Forbidden: the directory protects it (admin role, restricted unit).

        """
        ...

    async def soft_delete(self, guest_id: GuestId) -> None:
        """Move the account to the deleted items, restorable for 30 days. Raises Gone, Forbidden."""
        ...

    async def restore(self, guest_id: GuestId) -> None:
        """Bring a soft-deleted account back. Raises Gone when the directory has forgotten it."""
        ...
