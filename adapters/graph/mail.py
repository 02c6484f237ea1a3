"""The one mailbox mail leaves from: draft, find again, send, look, throw away.

A message carries its marker twice: as an extended property it is found by, and as a header anyone can read.
Needs Mail.ReadWrite and Mail.Send for this mailbox only, granted by Exchange (graph-facts.md E).
"""

import asyncio
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from adapters.graph.client import GraphClient, decoded
from adapters.graph.inbox import read_inbox
from adapters.graph.operations import (
    CREATE_DRAFT,
    CREATE_REPLY,
    DISCARD_DRAFT,
    FIND_MESSAGES,
    LIST_FOLDER,
    READ_MESSAGE,
    SEND_DRAFT,
)
from reviews.errors import Gone, Malformed, NotSupported
from reviews.incoming import Incoming
from reviews.ports import Draft, Leftover, Letter

MARKER = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name GatehouseMail"
MAIL_AT_ONCE = 2
"""Exchange allows four requests at once to one mailbox; half of it leaves room for a second instance."""
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}
"""Keeps a message's id the same when it moves from Drafts to Sent Items."""
_FIELDS = ("id", "internetMessageId", "isDraft")
_MARK = f"singleValueExtendedProperties($filter=id eq '{MARKER}')"


class _Message(msgspec.Struct, rename="camel", gc=False):
    id: str
    is_draft: bool
    internet_message_id: str


class _Property(msgspec.Struct, gc=False):
    value: str


class _Lying(msgspec.Struct, rename="camel", gc=False):
    id: str
    created_date_time: datetime
    single_value_extended_properties: tuple[_Property, ...] = ()


def new_message(letter: Letter, marker: str) -> dict[str, object]:
    """Return the body of a draft: no automatic answers wanted, but bounces are."""
    headers = [
        {"name": "x-gatehouse-mail", "value": marker},
        {"name": "X-Auto-Response-Suppress", "value": "OOF, AutoReply, RN, NRN, DR"},
    ]
    return {**_content(letter, marker), "internetMessageHeaders": headers}


def _content(letter: Letter, marker: str) -> dict[str, object]:
    return {
        "subject": letter.subject,
        "body": {"contentType": "html", "content": letter.html},
        "toRecipients": [{"emailAddress": {"address": letter.to}}],
        "singleValueExtendedProperties": [{"id": MARKER, "value": marker}],
    }


class GraphMailer:
    """``reviews.ports.Mailer`` over Graph. ``sender`` is the mailbox, an address or an object id."""

    def __init__(self, client: GraphClient, *, sender: str) -> None:
        self._client = client
        self._path = f"/users/{quote(sender, safe='@')}/messages"
        self._sender = sender
        self._places = asyncio.Semaphore(MAIL_AT_ONCE)

    async def find(self, marker: str) -> Draft | None:
        """Find a message by its marker; the sent one when there is also a draft. Raises Malformed."""
        if not marker.isalnum():
            raise Malformed("a mail marker is letters and digits only")
        wanted = f"singleValueExtendedProperties/any(ep:ep/id eq '{MARKER}' and ep/value eq '{marker}')"
        async with self._places:
            builder = self._mailbox.messages
            rows = self._client.rows(
                FIND_MESSAGES, builder, headers=IMMUTABLE, filter=wanted, select=list(_FIELDS)
            )
            found = [_draft(decoded(FIND_MESSAGES, row, _Message)) async for row in rows]
        return min(found, key=lambda draft: (draft.is_draft, draft.id), default=None)

    async def draft(self, letter: Letter, marker: str) -> Draft:
        """Lay a draft, in the conversation of the message it follows where Exchange lets it.

        Raises:
            Ambiguous: it may or may not lie there.

        """
        if letter.follows is not None:
            reply = await self._reply(letter, letter.follows, marker)
            if reply is not None:
                return reply
        async with self._places:
            body = new_message(letter, marker)
            content = await self._client.write(CREATE_DRAFT, self._path, body, headers=IMMUTABLE)
        return _draft(decoded(CREATE_DRAFT, content, _Message))

    async def _reply(self, letter: Letter, to: str, marker: str) -> Draft | None:
        """Lay a draft as a reply; None when the message it follows cannot be replied to.

        Exchange takes headers on creation only, so a reply goes without ours.
        """
        path = f"{self._path}/{quote(to, safe='')}/createReply"
        async with self._places:
            try:
                body = {"message": _content(letter, marker)}
                content = await self._client.write(CREATE_REPLY, path, body, headers=IMMUTABLE)
            except (Gone, NotSupported):
                return None
        return _draft(decoded(CREATE_REPLY, content, _Message))

    async def send(self, draft_id: str) -> None:
        """Send a draft.

        Raises:
            Ambiguous: it may have left.
            Gone: there is no such draft, or it was sent before.
            NotSupported: Exchange refuses this draft.

        """
        path = f"{self._path}/{quote(draft_id, safe='')}/send"
        try:
            async with self._places:
                await self._client.write(SEND_DRAFT, path, headers=IMMUTABLE)
        except NotSupported as error:
            found = await self.look(draft_id)
            if found is not None and found.is_draft:
                raise
            raise Gone(f"message {draft_id} is not a draft any more") from error

    async def look(self, draft_id: str) -> Draft | None:
        """Look at a message by its immutable id; None when it is not to be found."""
        builder = self._mailbox.messages.by_message_id(draft_id)
        async with self._places:
            try:
                content = await self._client.read(
                    READ_MESSAGE, builder, headers=IMMUTABLE, select=list(_FIELDS)
                )
            except Gone:
                return None
        return _draft(decoded(READ_MESSAGE, content, _Message))

    async def incoming(self, since: datetime) -> tuple[Incoming, ...]:
        """Return what came into the Inbox, oldest first; see the port."""
        async with self._places:
            return await read_inbox(self._client, self._mailbox, since)

    async def marker_of(self, message_id: str) -> str | None:
        """Return the marker of a message of ours; see the port."""
        # It came from outside: a quote in it must not end the text of the filter.
        quoted = message_id.replace("'", "''")
        async with self._places:
            rows = self._client.rows(
                FIND_MESSAGES,
                self._mailbox.messages,
                headers=IMMUTABLE,
                filter=f"internetMessageId eq '{quoted}'",
                expand=[_MARK],
                select=["id", "createdDateTime"],
            )
            found = [decoded(FIND_MESSAGES, row, _Lying) async for row in rows]
        marks = (one.single_value_extended_properties for one in found)
        return next((mark[0].value for mark in marks if mark), None)

    async def leftovers(self) -> tuple[Leftover, ...]:
        """Return every draft that carries a marker of ours, the oldest first; people's own are left out."""
        builder = self._mailbox.mail_folders.by_mail_folder_id("drafts").messages
        fields = ["id", "createdDateTime"]
        async with self._places:
            rows = self._client.rows(
                LIST_FOLDER, builder, headers=IMMUTABLE, expand=[_MARK], select=fields, top=100
            )
            lying = [decoded(LIST_FOLDER, row, _Lying) async for row in rows]
        ours = [one for one in lying if one.single_value_extended_properties]
        return tuple(
            Leftover(
                id=one.id, marker=one.single_value_extended_properties[0].value, laid_at=one.created_date_time
            )
            for one in sorted(ours, key=lambda one: one.created_date_time)
        )

    async def discard(self, draft_id: str) -> None:
        """Throw a draft away; Exchange keeps it among the deleted items for a while."""
        async with self._places:
            try:
                await self._client.write(
                    DISCARD_DRAFT, f"{self._path}/{quote(draft_id, safe='')}", headers=IMMUTABLE
                )
            except Gone:
                return

    @property
    def _mailbox(self) -> Any:
        return self._client.urls.users.by_user_id(self._sender)


def _draft(message: _Message) -> Draft:
    return Draft(id=message.id, internet_message_id=message.internet_message_id, is_draft=message.is_draft)
