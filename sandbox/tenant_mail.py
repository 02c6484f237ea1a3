"""The sandbox tenant's mailboxes: drafts that leave Drafts once, who received what, and what came back."""

import base64
from dataclasses import dataclass
from datetime import datetime

from sandbox.tenant_directory import Json, graph_time
from sandbox.tenant_postmaster import Reflex, answer_to

DRAFTS, SENT, DELETED, INBOX = "drafts", "sentitems", "deleteditems", "inbox"
FOLDERS = (DRAFTS, SENT, DELETED, INBOX)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """A mail as its recipients got it."""

    message_id: str
    """The immutable id of the sender's copy; empty for mail that Entra sent by itself."""
    internet_message_id: str
    from_address: str
    to: tuple[str, ...]
    subject: str
    content_type: str
    body: str
    headers: tuple[tuple[str, str], ...]
    at: datetime
    conversation_id: str = ""

    @property
    def html(self) -> str | None:
        """The body when it is HTML, else None."""
        return self.body if self.content_type == "html" else None

    @property
    def text(self) -> str | None:
        """The body when it is plain text, else None."""
        return self.body if self.content_type == "text" else None


@dataclass(slots=True, kw_only=True)
class Message:
    """One message in a sender's mailbox."""

    uid: str
    mailbox: str
    folder: str
    properties: Json
    visible_at: datetime

    @property
    def immutable_id(self) -> str:
        """The id that stays when the message moves."""
        return _encoded(f"immutable:{self.mailbox}:{self.uid}")

    @property
    def folder_id(self) -> str:
        """The ordinary id, which changes with the folder."""
        return _encoded(f"folder:{self.mailbox}:{self.folder}:{self.uid}")


def _encoded(text: str) -> str:
    return "AAMk" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _uid_in(message_id: str) -> str:
    """Return the end of what an id of ours encodes; nothing for an id of another make."""
    text = message_id.removeprefix("AAMk")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().rpartition(":")[2]
    except ValueError:
        return ""


def folder_name(mailbox: str, folder: str) -> str:
    """Return the opaque id of a well-known folder."""
    return _encoded(f"{mailbox}:{folder}")


class Mailroom:
    """Every message that was drafted or came in, and every mail that left.

    ``reflexes`` says of an address (in lower case) what its mailbox answers by itself.
    """

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        self.left: list[SentMail] = []
        self.reflexes: dict[str, Reflex] = {}

    def receive(self, mailbox: str, uid: str, properties: Json, now: datetime) -> Message:
        """Let a message arrive in the Inbox of a mailbox."""
        stamp = graph_time(now)
        arrived = {
            "internetMessageId": f"<{uid}@elsewhere.example>",
            "conversationId": _encoded(f"conversation:{uid}"),
            **properties,
            "createdDateTime": stamp,
            "lastModifiedDateTime": stamp,
            "sentDateTime": stamp,
            "receivedDateTime": stamp,
            "toRecipients": [{"emailAddress": {"address": mailbox, "name": mailbox}}],
            "isDraft": False,
            "isRead": False,
            "hasAttachments": False,
        }
        message = Message(uid=uid, mailbox=mailbox, folder=INBOX, properties=arrived, visible_at=now)
        self.messages[uid] = message
        return message

    def draft(self, mailbox: str, uid: str, properties: Json, now: datetime) -> Message:
        """Lay a draft in a mailbox."""
        stamp = graph_time(now)
        own = {
            **properties,
            "createdDateTime": stamp,
            "lastModifiedDateTime": stamp,
            "internetMessageId": f"<{uid}@{mailbox.partition('@')[2]}>",
            "conversationId": _encoded(f"conversation:{uid}"),
            "isDraft": True,
            "isRead": True,
            "hasAttachments": False,
        }
        message = Message(uid=uid, mailbox=mailbox, folder=DRAFTS, properties=own, visible_at=now)
        self.messages[uid] = message
        return message

    def find(self, mailbox: str, message_id: str, now: datetime) -> Message | None:
        """Return a message by either of its ids, or None while its copy is still on the way."""
        message = self.messages.get(_uid_in(message_id))
        if message is None or message.mailbox != mailbox or now < message.visible_at:
            return None
        return message if message_id in {message.immutable_id, message.folder_id} else None

    def listed(self, mailbox: str, folder: str | None, now: datetime) -> list[Message]:
        """Return the messages of a mailbox or of one folder, newest first."""
        return [
            m
            for m in reversed(self.messages.values())
            if m.mailbox == mailbox
            and folder in (None, m.folder, folder_name(mailbox, m.folder))
            and now >= m.visible_at
        ]

    def send(self, message: Message, now: datetime, copy_at: datetime) -> SentMail:
        """Send a draft: it leaves Drafts at once; its copy shows in Sent Items at ``copy_at``."""
        properties = message.properties
        headers = properties.get("internetMessageHeaders", ())
        body = properties.get("body") or {}
        mail = SentMail(
            message_id=message.immutable_id,
            internet_message_id=properties["internetMessageId"],
            from_address=message.mailbox,
            to=recipients(properties),
            subject=properties.get("subject") or "",
            content_type=str(body.get("contentType") or "text").lower(),
            body=body.get("content") or "",
            headers=tuple((h["name"], h["value"]) for h in headers),
            at=now,
            conversation_id=properties["conversationId"],
        )
        stamp = graph_time(now)
        properties.update(
            isDraft=False, sentDateTime=stamp, receivedDateTime=stamp, lastModifiedDateTime=stamp
        )
        message.folder, message.visible_at = SENT, copy_at
        self.left.append(mail)
        for number, address in enumerate(mail.to):
            reflex = self.reflexes.get(address.lower())
            if reflex is not None:
                back = answer_to(reflex, mail.internet_message_id, address, mail.subject, mail.headers)
                self.receive(message.mailbox, f"{message.uid}-{number}", back, now)
        return mail


def recipients(properties: Json) -> tuple[str, ...]:
    """Return every address a message goes to: to, cc and bcc."""
    fields = ("toRecipients", "ccRecipients", "bccRecipients")
    return tuple(r["emailAddress"]["address"] for name in fields for r in properties.get(name) or ())
