"""The mailbox the policy names: an edit of the sender takes effect at the next mail."""

from datetime import datetime

from adapters.graph.client import GraphClient
from adapters.graph.mail import GraphMailer
from reviews.incoming import Incoming
from reviews.ports import Draft, Leftover, Letter, Policies


class PolicyMailbox:
    """``reviews.ports.Mailer`` over the sender that the policy in force names."""

    def __init__(self, client: GraphClient, policies: Policies) -> None:
        self._client = client
        self._policies = policies
        self._sender: str | None = None
        self._mailer: GraphMailer | None = None

    async def find(self, marker: str) -> Draft | None:
        """Find a message by its marker; see the port."""
        return await (await self._mailbox()).find(marker)

    async def draft(self, letter: Letter, marker: str) -> Draft:
        """Lay a draft; see the port."""
        return await (await self._mailbox()).draft(letter, marker)

    async def send(self, draft_id: str) -> None:
        """Send a draft; see the port."""
        await (await self._mailbox()).send(draft_id)

    async def look(self, draft_id: str) -> Draft | None:
        """Look at a message; see the port."""
        return await (await self._mailbox()).look(draft_id)

    async def incoming(self, since: datetime) -> tuple[Incoming, ...]:
        """Return what came into the Inbox; see the port."""
        return await (await self._mailbox()).incoming(since)

    async def marker_of(self, message_id: str) -> str | None:
        """Return the marker of a message of ours; see the port."""
        return await (await self._mailbox()).marker_of(message_id)

    async def leftovers(self) -> tuple[Leftover, ...]:
        """Return every draft of ours; see the port."""
        return await (await self._mailbox()).leftovers()

    async def discard(self, draft_id: str) -> None:
        """Throw a draft away; see the port."""
        await (await self._mailbox()).discard(draft_id)

    async def _mailbox(self) -> GraphMailer:
        sender = (await self._policies.current()).mail.sender
        if self._mailer is None or sender != self._sender:
            self._sender = sender
            self._mailer = GraphMailer(self._client, sender=sender)
        return self._mailer
