"""The one mailbox that mail leaves from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reviews.incoming import Incoming


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A rendered mail."""

    to: str
    subject: str
    text: str
    html: str
    follows: str | None = None
    """Id of the sent message in whose conversation it belongs; None for a conversation of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A mail lying in the sender's Drafts, or sent from it (``is_draft`` False)."""

    id: str
    internet_message_id: str
    is_draft: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """A draft of ours that lies in Drafts, by the marker it was laid under."""

    id: str
    marker: str
    laid_at: datetime


class Mailer(Protocol):
    """The one mailbox that mail leaves from. ``marker`` ties a message to its row in the outbox."""

    async def find(self, marker: str) -> Draft | None:
        """Find a message by its marker, draft or sent; None when there is none (yet)."""
        ...

    async def draft(self, letter: Letter, marker: str) -> Draft:
        """Lay a draft. Raises Ambiguous when it may or may not lie there."""
        ...

    async def send(self, draft_id: str) -> None:
        """Send a draft. Raises Ambiguous when it may have left, Gone when there is no such draft."""
        ...

    async def look(self, draft_id: str) -> Draft | None:
        """Look at a message by its id; None when it is not to be found."""
        ...

    async def incoming(self, since: datetime) -> tuple[Incoming, ...]:
        """Return what came into the Inbox at or after a moment, oldest first; what is too much, next time."""
        ...

    async def marker_of(self, message_id: str) -> str | None:
        """Return the marker of the message of ours with an internet message id; None when there is none."""
        ...

    async def leftovers(self) -> tuple[Leftover, ...]:
        """Return every draft of ours that lies in Drafts now, the oldest first."""
        ...

    async def discard(self, draft_id: str) -> None:
        """Throw a draft away. Safe to repeat: one that is gone counts as thrown away."""
        ...
