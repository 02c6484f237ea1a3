"""The one mailbox mail leaves from: draft, find again, send, look.

A message carries its marker twice: as an extended property it is found by, and as a header anyone can read.
Needs Mail.ReadWrite and Mail.Send for this mailbox only, granted by Exchange (graph-facts.md E).
"""

import asyncio
from datetime import timedelta
from urllib.parse import quote

import msgspec

from adapters.graph.client import GraphClient, decoded
from adapters.graph.operations import CREATE_DRAFT, FIND_MESSAGES, READ_MESSAGE, SEND_DRAFT
from adapters.graph.pacing import Pace
from reviews.errors import Gone, Malformed, NotSupported
from reviews.ports import Draft, Letter

MARKER = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name GatehouseMail"
MAIL_AT_ONCE = 2
"""Exchange allows four requests at once to one mailbox; half of it leaves room for people."""
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}
"""Keeps a message's id the same when it moves from Drafts to Sent Items."""
_FIELDS = ("id", "internetMessageId", "isDraft")


class _Message(msgspec.Struct, rename="camel", gc=False):
    id: str
    is_draft: bool
    internet_message_id: str


def new_message(letter: Letter, marker: str) -> dict[str, object]:
    """Return the body of a draft: HTML, one recipient, no automatic answers wanted."""
    return {
        "subject": letter.subject,
        "body": {"contentType": "html", "content": letter.html},
        "toRecipients": [{"emailAddress": {"address": letter.to}}],
        "internetMessageHeaders": [
            {"name": "x-gatehouse-mail", "value": marker},
            {"name": "X-Auto-Response-Suppress", "value": "OOF, AutoReply, RN, NRN, DR"},
        ],
        "singleValueExtendedProperties": [{"id": MARKER, "value": marker}],
    }


class GraphMailer:
    """``reviews.ports.Mailer`` over Graph. ``sender`` is the mailbox, an address or an object id."""

    def __init__(self, client: GraphClient, *, sender: str, sends_per_minute: int) -> None:
        self._client = client
        self._path = f"/users/{quote(sender, safe='@')}/messages"
        self._sender = sender
        self._places = asyncio.Semaphore(MAIL_AT_ONCE)
        self._sends = Pace(client.clock, limit=sends_per_minute, period=timedelta(minutes=1))

    async def find(self, marker: str) -> Draft | None:
        """Find a message by its marker; the sent one when there is also a draft. Raises Malformed."""
        if not marker.isalnum():
            raise Malformed("a mail marker is letters and digits only")
        wanted = f"singleValueExtendedProperties/any(ep:ep/id eq '{MARKER}' and ep/value eq '{marker}')"
        async with self._places:
            builder = self._client.urls.users.by_user_id(self._sender).messages
            rows = self._client.rows(
                FIND_MESSAGES, builder, headers=IMMUTABLE, filter=wanted, select=list(_FIELDS)
            )
            found = [_draft(decoded(FIND_MESSAGES, row, _Message)) async for row in rows]
        return min(found, key=lambda draft: (draft.is_draft, draft.id), default=None)

    async def draft(self, letter: Letter, marker: str) -> Draft:
        """Lay a draft. Raises Ambiguous when it may or may not lie there."""
        async with self._places:
            body = new_message(letter, marker)
            content = await self._client.write(CREATE_DRAFT, self._path, body, headers=IMMUTABLE)
        return _draft(decoded(CREATE_DRAFT, content, _Message))

    async def send(self, draft_id: str) -> None:
        """Send a draft, at the pace the policy sets.

        Raises:
            Ambiguous: it may have left.
            Gone: there is no such draft, or it was sent before.
            NotSupported: Exchange refuses this draft.

        """
        path = f"{self._path}/{quote(draft_id, safe='')}/send"
        try:
            async with self._sends.turn(), self._places:
                await self._client.write(SEND_DRAFT, path, headers=IMMUTABLE)
        except NotSupported as error:
            found = await self.look(draft_id)
            if found is not None and found.is_draft:
                raise
            raise Gone(f"message {draft_id} is not a draft any more") from error

    async def look(self, draft_id: str) -> Draft | None:
        """Look at a message by its immutable id; None when it is not to be found."""
        builder = self._client.urls.users.by_user_id(self._sender).messages.by_message_id(draft_id)
        async with self._places:
            try:
                content = await self._client.read(
                    READ_MESSAGE, builder, headers=IMMUTABLE, select=list(_FIELDS)
                )
            except Gone:
                return None
        return _draft(decoded(READ_MESSAGE, content, _Message))


def _draft(message: _Message) -> Draft:
    return Draft(id=message.id, internet_message_id=message.internet_message_id, is_draft=message.is_draft)
