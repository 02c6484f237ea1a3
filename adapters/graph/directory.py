"""The accounts of the tenant: one at a time, afresh; blocking, deleting and bringing back."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

import msgspec

from adapters.graph.census import SPONSORS, GraphCensus, why_not
from adapters.graph.client import GraphClient, decoded, read_rows
from adapters.graph.mapping import GUEST_FIELDS, NOT_ASKED, PERSON_FIELDS, read_guest, read_person
from adapters.graph.operations import (
    ADD_SPONSOR,
    DELETE_USER,
    FIND_USERS,
    LIST_SIGN_INS,
    READ_DELETED,
    READ_USER,
    READ_USER_WITH_SIGN_INS,
    REMOVE_SPONSOR,
    RESTORE_USER,
    SWITCH_USER,
    Operation,
)
from adapters.graph.partners import GraphPartners
from adapters.graph.refusals import TOKEN
from reviews.errors import Ambiguous, Forbidden, Gone, Malformed, NotSupported
from reviews.model import Guest, GuestId, Person, PersonId, SetAside, Unreadable

_LOG_PAGE = 10
"""Graph lists the newest first; one would do, and a few more cost nothing."""


class _SignInRow(msgspec.Struct, rename="camel", gc=False):
    created_date_time: Annotated[datetime, msgspec.Meta(tz=True)]


class GraphDirectory:
    """``reviews.ports.Directory`` over Graph."""

    def __init__(self, client: GraphClient, partners: GraphPartners | None = None) -> None:
        self._client = client
        self._partners = partners or GraphPartners(client)

    def census(self) -> GraphCensus:
        """Start a reading of all guests."""
        return GraphCensus(self._client, self._partners)

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
        return (await self._partners.told_apart((guest,)))[0]

    async def logged_sign_in(self, guest_id: GuestId, since: datetime) -> datetime | Unreadable | None:
        """Return the newest success that the sign-in log shows since a moment; see the port."""
        found = f"userId eq '{guest_id}' and createdDateTime ge {since:%Y-%m-%dT%H:%M:%SZ}"
        options: dict[str, Any] = {"filter": f"{found} and status/errorCode eq 0", "top": _LOG_PAGE}
        builder = self._client.urls.audit_logs.sign_ins
        try:
            content = await self._client.read(LIST_SIGN_INS, builder, pace=self._client.logs, **options)
        except Forbidden as error:
            if error.needs == TOKEN:
                raise
            return why_not(error)
        except NotSupported:
            return Unreadable(why="not-supported")
        rows, _ = read_rows(LIST_SIGN_INS, content)
        moments = [decoded(LIST_SIGN_INS, row, _SignInRow).created_date_time.astimezone(UTC) for row in rows]
        return max(moments, default=None)

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

    async def add_sponsor(self, guest_id: GuestId, person_id: PersonId) -> None:
        """Write a person to the sponsors of a guest. Raises Gone, Forbidden; Ambiguous when unclear."""
        person = self._client.link(f"/users/{quote(person_id, safe='')}")
        path = f"/users/{quote(guest_id, safe='')}/sponsors/$ref"
        await self._client.write(ADD_SPONSOR, path, {"@odata.id": person})

    async def remove_sponsor(self, guest_id: GuestId, person_id: PersonId) -> None:
        """Take a person from the sponsors of a guest; the ending keeps the person's account out of it."""
        path = f"/users/{quote(guest_id, safe='')}/sponsors/{quote(person_id, safe='')}/$ref"
        with suppress(Gone):
            await self._client.write(REMOVE_SPONSOR, path)

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
