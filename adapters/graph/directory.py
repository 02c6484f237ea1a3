"""The accounts of the tenant: one at a time, afresh; blocking, deleting and bringing back."""

from typing import Any
from urllib.parse import quote

from adapters.graph.census import SPONSORS, GraphCensus, why_not
from adapters.graph.client import GraphClient
from adapters.graph.mapping import GUEST_FIELDS, NOT_ASKED, PERSON_FIELDS, read_guest, read_person
from adapters.graph.operations import (
    DELETE_USER,
    FIND_USERS,
    READ_DELETED,
    READ_USER,
    READ_USER_WITH_SIGN_INS,
    RESTORE_USER,
    SWITCH_USER,
    Operation,
)
from adapters.graph.refusals import TOKEN
from reviews.errors import Ambiguous, Forbidden, Gone, Malformed
from reviews.model import Guest, GuestId, Person, PersonId, SetAside, Unreadable


class GraphDirectory:
    """``reviews.ports.Directory`` over Graph."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    def census(self) -> GraphCensus:
        """Start a reading of all guests."""
        return GraphCensus(self._client)

    async def guest(self, guest_id: GuestId, *, sign_ins: bool = True) -> Guest | None:
        """Read one account afresh, by object id: by any other name Graph hides sign-in activity.

        Raises:
            Malformed: there is such an account, but it cannot be understood.

        """
        try:
            if not sign_ins:
                return await self._guest(guest_id, NOT_ASKED)
            try:
                return await self._guest(guest_id, None)
            except Forbidden as error:
                if error.needs == TOKEN:
                    raise
                return await self._guest(guest_id, why_not(error))
        except Gone:
            return None

    async def _guest(self, guest_id: GuestId, no_sign_ins: Unreadable | None) -> Guest:
        operation, select, pace = READ_USER, list(GUEST_FIELDS), None
        if no_sign_ins is None:
            operation, pace = READ_USER_WITH_SIGN_INS, self._client.sign_ins
            select.append("signInActivity")
        builder = self._client.urls.users.by_user_id(guest_id)
        content = await self._client.read(operation, builder, pace=pace, select=select, expand=[SPONSORS])
        guest = read_guest(content, sign_ins=no_sign_ins)
        if isinstance(guest, SetAside):
            raise Malformed(f"guest {guest_id}: cannot understand {guest.field}")
        return guest

    async def person(self, person_id: PersonId) -> Person | None:
        """Read one possible reviewer afresh; None when there is no such user. Raises Malformed."""
        builder = self._client.urls.users.by_user_id(person_id)
        try:
            content = await self._client.read(READ_USER, builder, select=list(PERSON_FIELDS))
        except Gone:
            return None
        person = read_person(content)
        if isinstance(person, SetAside):
            raise Malformed(f"person {person_id}: cannot understand {person.field}")
        return person

    async def colleague(self, address: str) -> Person | None:
        """Find the one account with an address; None when none has it, or more than one. Raises Malformed."""
        quoted = address.replace("'", "''")
        wanted = f"mail eq '{quoted}' or userPrincipalName eq '{quoted}'"
        users = self._client.urls.users
        rows = self._client.rows(FIND_USERS, users, filter=wanted, select=list(PERSON_FIELDS), top=2)
        found = [read_person(row) async for row in rows]
        if len(found) != 1:
            return None
        (person,) = found
        if isinstance(person, SetAside):
            raise Malformed(f"person {person.guest_id}: cannot understand {person.field}")
        return person

    async def is_deleted(self, guest_id: GuestId) -> bool:
        """Say whether the account lies among the soft-deleted ones."""
        builder = self._client.urls.directory.deleted_items.by_directory_object_id(guest_id)
        return await self._is_there(READ_DELETED, builder, select=["id"])

    async def set_enabled(self, guest_id: GuestId, *, enabled: bool) -> None:
        """Allow or block sign-in. Raises Gone; Forbidden also for an account an admin role protects."""
        path = f"/users/{quote(guest_id, safe='')}"
        await self._client.write(SWITCH_USER, path, {"accountEnabled": enabled})

    async def soft_delete(self, guest_id: GuestId) -> None:
        """Move the account to the deleted items. Raises Gone, Forbidden."""
        await self._client.write(DELETE_USER, f"/users/{quote(guest_id, safe='')}")

    async def restore(self, guest_id: GuestId) -> None:
        """Bring a soft-deleted account back; one that is back already is left as it is.

        Raises:
            Gone: the directory has forgotten it. Ambiguous: the reply was lost and it is not to be seen yet.

        """
        path = f"/directory/deletedItems/{quote(guest_id, safe='')}/restore"
        try:
            await self._client.write(RESTORE_USER, path)
        except (Ambiguous, Gone):
            live = self._client.urls.users.by_user_id(guest_id)
            if not await self._is_there(READ_USER, live, select=["id"]):
                raise

    async def _is_there(self, operation: Operation, builder: Any, **options: Any) -> bool:
        try:
            await self._client.read(operation, builder, **options)
        except Gone:
            return False
        return True
