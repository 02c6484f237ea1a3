"""A mailbox in memory, with faults to play: the plug behind the Mailer port in tests and stories."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from reviews.errors import Ambiguous, Gone, Throttled, Transient
from reviews.incoming import Incoming
from reviews.ports import Clock, Draft, Leftover, Letter


class Trouble(StrEnum):
    """What may befall one call."""

    REFUSED = "refused"
    """It never arrived, and the caller knows."""
    LOST = "lost"
    """It never arrived, and the caller cannot know."""
    APPLIED = "applied"
    """It took effect, and the caller cannot know."""
    KILLED = "killed"
    """It took effect, and the caller died before it could write that down."""
    CUT = "cut"
    """The caller died before it asked."""
    LATE = "late"
    """It took effect, and nobody sees that for a while."""


LATE_BY = 2
"""For how many looks what was done late is not to be seen."""


class Killed(BaseException):
    """The process ends here. Not an Exception: nothing may catch it."""


@dataclass(slots=True, kw_only=True)
class Message:
    """A message with who gets it, and how many looks it still hides from."""

    draft: Draft
    letter: Letter
    marker: str
    hidden: int
    laid_at: datetime
    stale: int = 0
    """How many looks still show it as a draft although it was sent."""


class Postbox:
    """The one mailbox that mail leaves from; ``delivered`` is what recipients got.

    ``trouble`` is asked before every call, by its name and number (from 1), what befalls it. For
    ``hides_for`` looks a new draft, or a message just sent, is not to be seen; for ``stale_for`` looks a
    sent one still seems to be a draft. With a ``clock``, drafts bear its time.
    """

    def __init__(self, *, hides_for: int = 0, stale_for: int = 0, clock: Clock | None = None) -> None:
        self.trouble: Callable[[str, int], Trouble | None] = lambda _call, _number: None
        self.hides_for = hides_for
        self.stale_for = stale_for
        self.messages: dict[str, Message] = {}
        self.delivered: list[Letter] = []
        self.inbox: list[Incoming] = []
        self.calls = 0
        self._clock = clock
        self._ids = itertools.count(1)

    async def find(self, marker: str) -> Draft | None:
        """Find a message by its marker; see the port."""
        trouble = await self._called("find")
        found = None
        for message in self.messages.values():
            if message.marker == marker and self._is_seen(message):
                found = message
        _reply(trouble, reading=True)
        return self._shown(found) if found else None

    async def draft(self, letter: Letter, marker: str) -> Draft:
        """Lay a draft; see the port."""
        trouble = await self._called("draft")
        if trouble is Trouble.LOST:
            raise Ambiguous("no reply to the draft")
        number = next(self._ids)
        draft = Draft(id=f"draft-{number}", internet_message_id=f"<{number}@postbox.example>", is_draft=True)
        hidden = self._hidden(trouble)
        self.messages[draft.id] = Message(
            draft=draft, letter=letter, marker=marker, hidden=hidden, laid_at=self._now()
        )
        _reply(trouble)
        return draft

    async def send(self, draft_id: str) -> None:
        """Send a draft: it leaves Drafts once; see the port."""
        trouble = await self._called("send")
        if trouble is Trouble.LOST:
            raise Ambiguous("no reply to the sending")
        message = self.messages.get(draft_id)
        if message is None or not message.draft.is_draft:
            raise Gone("there is no such draft")
        message.draft = replace(message.draft, is_draft=False)
        message.hidden, message.stale = self._hidden(trouble), self.stale_for
        self.delivered.append(message.letter)
        _reply(trouble)

    async def look(self, draft_id: str) -> Draft | None:
        """Look at a message by its id; see the port."""
        trouble = await self._called("look")
        message = self.messages.get(draft_id)
        _reply(trouble, reading=True)
        return self._shown(message) if message and self._is_seen(message) else None

    async def incoming(self, since: datetime) -> tuple[Incoming, ...]:
        """Return what came in; see the port."""
        trouble = await self._called("incoming")
        _reply(trouble, reading=True)
        return tuple(sorted((one for one in self.inbox if one.at >= since), key=lambda one: one.at))

    async def marker_of(self, message_id: str) -> str | None:
        """Return the marker of a message; see the port."""
        trouble = await self._called("marker_of")
        _reply(trouble, reading=True)
        ours = (one for one in self.messages.values() if one.draft.internet_message_id == message_id)
        return next((one.marker for one in ours), None)

    async def leftovers(self) -> tuple[Leftover, ...]:
        """Return every draft that lies there; see the port."""
        trouble = await self._called("leftovers")
        found = tuple(
            Leftover(id=one.draft.id, marker=one.marker, laid_at=one.laid_at)
            for one in self.messages.values()
            if (one.draft.is_draft or one.stale) and self._is_seen(one)
        )
        _reply(trouble, reading=True)
        return found

    async def discard(self, draft_id: str) -> None:
        """Throw a draft away; see the port."""
        trouble = await self._called("discard")
        if trouble is not Trouble.LOST:
            self.messages.pop(draft_id, None)
        _reply(trouble, reading=True)

    async def _called(self, call: str) -> Trouble | None:
        await asyncio.sleep(0)
        self.calls += 1
        trouble = self.trouble(call, self.calls)
        if trouble is Trouble.CUT:
            raise Killed
        if trouble is Trouble.REFUSED:
            raise Throttled(f"{call} was refused", retry_after=None)
        return trouble

    def _hidden(self, trouble: Trouble | None) -> int:
        return self.hides_for + (LATE_BY if trouble is Trouble.LATE else 0)

    def _now(self) -> datetime:
        return self._clock.now() if self._clock else datetime(2000, 1, 1, tzinfo=UTC)

    def _is_seen(self, message: Message) -> bool:
        if message.hidden:
            message.hidden -= 1
            return False
        return True

    def _shown(self, message: Message) -> Draft:
        if message.stale:
            message.stale -= 1
            return replace(message.draft, is_draft=True)
        return message.draft


def _reply(trouble: Trouble | None, *, reading: bool = False) -> None:
    if trouble is Trouble.KILLED:
        raise Killed
    if trouble in {Trouble.LOST, Trouble.APPLIED}:
        raise Transient("no reply") if reading else Ambiguous("no reply")
