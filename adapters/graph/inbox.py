"""Reading what came back to the mailbox that mail leaves from."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from adapters.graph.client import GraphClient, decoded
from adapters.graph.operations import LIST_FOLDER
from reviews.incoming import Incoming

AT_MOST = 500
"""Messages read at one tracking; what is left is read at the next."""
AS_TEXT = {"Prefer": 'IdType="ImmutableId", outlook.body-content-type="text"'}
_FIELDS = ("id", "receivedDateTime", "subject", "from", "internetMessageHeaders", "body")


class _Address(msgspec.Struct, gc=False):
    address: str | None = None


class _Person(msgspec.Struct, rename="camel", gc=False):
    email_address: _Address = msgspec.field(default_factory=_Address)


class _Header(msgspec.Struct, gc=False):
    name: str
    value: str | None = None


class _Body(msgspec.Struct, gc=False):
    content: str | None = None


class _Received(msgspec.Struct, rename="camel", gc=False):
    id: str
    received_date_time: datetime
    subject: str | None = None
    sender: _Person | None = msgspec.field(name="from", default=None)
    internet_message_headers: tuple[_Header, ...] | None = None
    body: _Body | None = None


async def read_inbox(client: GraphClient, mailbox: Any, since: datetime) -> tuple[Incoming, ...]:
    """Return what came into the Inbox since a moment, oldest first.

    Microsoft wants what is sorted by to be what is filtered by, first.
    """
    builder = mailbox.mail_folders.by_mail_folder_id("inbox").messages
    rows = client.rows(
        LIST_FOLDER,
        builder,
        headers=AS_TEXT,
        filter=f"receivedDateTime ge {since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        orderby=["receivedDateTime asc"],
        select=list(_FIELDS),
        top=50,
    )
    found: list[Incoming] = []
    async for row in rows:
        found.append(_incoming(decoded(LIST_FOLDER, row, _Received)))
        if len(found) == AT_MOST:
            break
    return tuple(found)


def _incoming(message: _Received) -> Incoming:
    sender = message.sender.email_address.address if message.sender else None
    headers = message.internet_message_headers or ()
    return Incoming(
        id=message.id,
        at=message.received_date_time,
        sender=sender or "",
        subject=message.subject or "",
        headers=tuple((one.name, one.value or "") for one in headers),
        text=(message.body and message.body.content) or "",
    )
