"""Waiting for Graph: a gate shut by one refusal for everyone, and a pace that avoids refusals at all.

All waiting goes through the clock, so a throttled night can be played without waiting for it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from reviews.ports import Clock


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
    """At most ``limit`` turns in any ``period``, one at a time, in the order they were asked for.

    A turn counts from its end: the service counts arrivals, and none arrives later than its answer.
    """

    def __init__(self, clock: Clock, *, limit: int, period: timedelta) -> None:
        self._clock = clock
        self._period = period
        self._ended: deque[datetime] = deque(maxlen=limit)
        self._line = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the next turn; what is done inside is the turn."""
        async with self._line:
            if len(self._ended) == self._ended.maxlen:
                free_at = self._ended[0] + self._period
                while (wait := free_at - self._clock.now()) > timedelta():
                    await self._clock.sleep(wait)
            try:
                yield
            finally:
                self._ended.append(self._clock.now())


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
