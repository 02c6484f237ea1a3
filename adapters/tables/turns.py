"""Whose turn it is, across all workers: at what is rationed, and the one mail of a reader's day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from adapters.tables.entities import row_of
from adapters.tables.outbox import OutboxRows
from adapters.tables.rules import Taken
from adapters.tables.table import replace_row
from reviews.errors import Transient
from reviews.records import Rate

TURN, READER = "turn", "reader"
TRIES = 40
"""How often a worker that others keep overtaking asks again; there are never that many workers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderDay:
    """The newest day on which a reader gets mail of ours, and which mail has it."""

    day: date
    marker: str


class TurnRows(OutboxRows):
    """The part of the ledger that keeps mails apart. Losing one of its rows loses nothing that matters."""

    async def take_turn(self, rate: Rate, now: datetime) -> datetime:
        """Take the next turn; see the port. Raises Transient when others overtake us every time."""
        turn = now

        def taken(before: Taken) -> Taken:
            nonlocal turn
            turn = before.next(rate, now)
            return before.also(rate, turn)

        await self._count(rate, taken)
        return turn

    async def end_turn(self, rate: Rate, turn: datetime, ended: datetime) -> None:
        """Count a turn from where it ended; see the port. Raises Transient as ``take_turn`` does."""
        await self._count(rate, lambda before: before.ended(rate, turn, ended))

    async def _count(self, rate: Rate, change: Callable[[Taken], Taken]) -> None:
        for _ in range(TRIES):
            stored = await self._tables.runs.get(TURN, rate.of)
            after = change(Taken() if stored is None else stored.row.read(Taken))
            if await self._tables.runs.write(replace_row(stored, row_of(TURN, rate.of, after))):
                return
        raise Transient(f"no turn could be had: {rate.of}")

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
