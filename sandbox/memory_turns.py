"""Whose turn it is, kept in dictionaries: the part of the memory ledger that keeps workers apart."""

import asyncio
from datetime import date, datetime

from adapters.tables.rules import Taken
from reviews.records import Rate


class MemoryTurns:
    """Turns at rates, and the one mail of a reader's day."""

    def __init__(self) -> None:
        self._taken: dict[str, Taken] = {}
        self._days: dict[str, tuple[date, str]] = {}

    async def take_turn(self, rate: Rate, now: datetime) -> datetime:
        """Take the next turn at a rate."""
        await asyncio.sleep(0)
        before = self._taken.get(rate.of, Taken())
        turn = before.next(rate, now)
        self._taken[rate.of] = before.also(rate, turn)
        return turn

    async def end_turn(self, rate: Rate, turn: datetime, ended: datetime) -> None:
        """Count a turn from where it ended."""
        await asyncio.sleep(0)
        self._taken[rate.of] = self._taken.get(rate.of, Taken()).ended(rate, turn, ended)

    async def take_day(self, reader: str, day: date, marker: str) -> bool:
        """Take the one mail of a reader's day; see the port."""
        await asyncio.sleep(0)
        newest = self._days.get(reader)
        if newest is None or newest[0] < day:
            self._days[reader] = (day, marker)
        return self._days[reader] == (day, marker)

    async def last_day(self, reader: str) -> date | None:
        """Return the newest day on which a reader's mail was taken."""
        await asyncio.sleep(0)
        newest = self._days.get(reader)
        return None if newest is None else newest[0]
