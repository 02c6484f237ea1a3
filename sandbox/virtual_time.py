"""An hour in a second: an event loop that never waits, and the clock that reads it.

Where the hand clock moves on for whoever sleeps, here all sleepers wait side by side, as in the world: the
loop jumps to the next moment at which somebody wakes. So what runs in parallel takes as long as it would.
"""

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

T = TypeVar("T")


class _Jumping(selectors.DefaultSelector):
    """A selector that moves the loop's time on instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0 if timeout is not None else None)
        if not found and timeout:
            self.passed += timeout
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose time is that of its selector."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return how many seconds have passed, none of them real."""
        return self._jumping.passed


class VirtualClock:
    """``reviews.ports.Clock`` over the running virtual loop."""

    def __init__(self, start: datetime) -> None:
        self._start = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the present moment."""
        # Finer than a microsecond there is no moment: a sleeper must not wake a hair too early.
        return self._start + timedelta(seconds=asyncio.get_running_loop().time())

    async def sleep(self, duration: timedelta) -> None:
        """Wait, while others do what they do."""
        await asyncio.sleep(max(duration.total_seconds(), 0.0))


def play(story: Callable[[], Awaitable[T]]) -> T:
    """Run a story in virtual time."""

    async def told() -> T:
        return await story()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(told())
