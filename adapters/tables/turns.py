"""Who may send now, across all workers: turns that lie apart, and the one mail of a reader's day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from adapters.tables.entities import row_of
from adapters.tables.outbox import OutboxRows
from adapters.tables.rules import next_turn
from adapters.tables.table import replace_row
from reviews.errors import Transient

TURN, READER = "turn", "reader"
TRIES = 40
"""How often a worker that others keep overtaking asks again; there are never that many workers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """When the newest turn to send is, or was."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderDay:
    """The newest day on which a reader gets mail of ours, and which mail has it."""

    day: date
    marker: str


class TurnRows(OutboxRows):
    """The part of the ledger that keeps mails apart. Losing one of its rows loses nothing that matters."""

    async def take_turn(self, now: datetime, apart: timedelta) -> datetime:
        """Take the next turn; see the port. Raises Transient when others overtake us every time."""
        for _ in range(TRIES):
            stored = await self._tables.runs.get(TURN, "mail")
            newest = None if stored is None else stored.row.read(Turn).at
            at = next_turn(newest, now, apart)
            if await self._tables.runs.write(replace_row(stored, row_of(TURN, "mail", Turn(at=at)))):
                return at
        raise Transient("no turn to send a mail could be had")

    async def take_day(self, reader: str, day: date, marker: str) -> bool:
        """Take a reader's day; see the port. Of two at the same moment one gets it."""
        wanted = ReaderDay(day=day, marker=marker)
        for _ in range(TRIES):
            stored = await self._tables.runs.get(READER, reader)
            newest = None if stored is None else stored.row.read(ReaderDay)
            if newest is not None and newest.day >= day:
                return newest == wanted
            if await self._tables.runs.write(replace_row(stored, row_of(READER, reader, wanted))):
                return True
        raise Transient("a reader's day is being taken by too many")

    async def last_day(self, reader: str) -> date | None:
        """Return the newest day on which a reader's mail was taken."""
        stored = await self._tables.runs.get(READER, reader)
        return None if stored is None else stored.row.read(ReaderDay).day
