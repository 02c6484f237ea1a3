"""The one door to time: the only module that asks what time it is."""

import asyncio
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's clock, in aware UTC."""

    def now(self) -> datetime:
        """Return the present moment."""
        return datetime.now(UTC)

    async def sleep(self, duration: timedelta) -> None:
        """Wait for ``duration``; a negative one does not wait."""
        await asyncio.sleep(max(duration.total_seconds(), 0.0))


class HandClock:
    """A clock moved by hand: for the sandbox, the demo, the tests and ``SANDBOX_NOW``.

    Sleeping moves it forward instead of waiting, so a throttled night costs no real time.
    """

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            message = "a clock needs an aware moment, for example 2026-11-20T02:00:00+00:00"
            raise ValueError(message)
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the moment the hands point at."""
        return self._now

    def move(self, to: datetime) -> None:
        """Set the hands. Time never runs backwards: an earlier moment is refused."""
        if to < self._now:
            message = f"time runs forward only: {to.isoformat()} is before {self._now.isoformat()}"
            raise ValueError(message)
        self._now = to.astimezone(UTC)

    async def sleep(self, duration: timedelta) -> None:
        """Move the hands forward by ``duration`` and give other tasks a turn."""
        self._now += max(duration, timedelta())
        await asyncio.sleep(0)
