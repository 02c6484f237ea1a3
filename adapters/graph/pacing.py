"""Waiting for Graph: a gate shut by one refusal for everyone, and a pace that avoids refusals at all.

All waiting goes through the clock, so a throttled night can be played without waiting for it. Graph counts
all workers of the app as one, so they take turns together, through the ledger, where there is one.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from reviews.errors import Forbidden
from reviews.ports import Clock, Turns
from reviews.records import Rate

LATE = timedelta(seconds=1)
"""How long after it came a turn is still good: others count it from where it came."""


class Gate:
    """One moment before which nobody asks anything: Graph named it in a Retry-After."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._not_before: datetime | None = None

    def shut_for(self, duration: timedelta) -> None:
        """Shut the gate for a while; a gate that is shut for longer stays so."""
        until = self._clock.now() + duration
        if self._not_before is None or until > self._not_before:
            self._not_before = until

    async def passed(self) -> None:
        """Wait until the gate is open."""
        while self._not_before is not None:
            wait = self._not_before - self._clock.now()
            if wait <= timedelta():
                return
            await self._clock.sleep(wait)


class Pace:
    """At most ``rate.turns`` in any ``rate.period``, one at a time, in the order they were asked for.

    A turn counts from its end: the service counts arrivals, and none arrives later than its answer. With
    ``turns`` all workers that share them keep the rate together; without, this one alone.
    """

    def __init__(self, clock: Clock, rate: Rate, turns: Turns | None = None) -> None:
        self._clock = clock
        # A turn begins up to LATE after it came, so turns are asked for that much further apart.
        self._shared = replace(rate, period=rate.period + LATE)
        self._period = rate.period
        self._turns = turns
        self._ended: deque[datetime] = deque(maxlen=rate.turns)
        self._line = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the next turn; what is done inside is the turn."""
        async with self._line:
            if len(self._ended) == self._ended.maxlen:
                await self._until(self._ended[0] + self._period)
            taken = await self._taken()
            try:
                yield
            finally:
                self._ended.append(self._clock.now())
            if taken is not None and self._turns is not None and self._ended[-1] - taken > LATE:
                await self._turns.end_turn(self._shared, taken, self._ended[-1])

    async def _taken(self) -> datetime | None:
        """Take turns among all workers until one has come that is not missed; None for a worker alone."""
        while self._turns is not None:
            try:
                taken = await self._turns.take_turn(self._shared, self._clock.now())
            except Forbidden:
                # An operator who may read the record but not write it: one person, at their own pace.
                self._turns = None
                return None
            await self._until(taken)
            if self._clock.now() - taken <= LATE:
                return taken
        return None

    async def _until(self, moment: datetime) -> None:
        while (wait := moment - self._clock.now()) > timedelta():
            await self._clock.sleep(wait)


class Allowance:
    """At most ``units`` spent in any ``period``, as Graph tells the cost of each request afterwards.

    What is under way when the allowance runs out still goes through, so leave room for that.
    """

    def __init__(self, clock: Clock, *, units: int, period: timedelta) -> None:
        self._clock = clock
        self._units = units
        self._period = period
        self._spent: deque[tuple[datetime, int]] = deque()
        self._sum = 0

    async def room(self) -> None:
        """Wait until there is something left to spend."""
        self._forget()
        while self._sum >= self._units:
            await self._clock.sleep(self._spent[0][0] + self._period - self._clock.now())
            self._forget()

    def spend(self, units: int) -> None:
        """Count what was spent just now."""
        self._spent.append((self._clock.now(), units))
        self._sum += units

    def _forget(self) -> None:
        over = self._clock.now() - self._period
        while self._spent and self._spent[0][0] <= over:
            self._sum -= self._spent.popleft()[1]
