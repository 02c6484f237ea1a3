"""The one mailbox that mail leaves from."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A rendered mail."""

    to: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A mail lying in the sender's Drafts, or sent from it (``is_draft`` False)."""

    id: str
    internet_message_id: str
    is_draft: bool


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
