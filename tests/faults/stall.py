"""A process that is alive, and does not get on."""

import asyncio


class Stall:
    """Keeps a process from its n-th call to Graph, until it is let go."""

    def __init__(self, number: int) -> None:
        self._left = number
        self.reached = asyncio.Event()
        self.let_go = asyncio.Event()
        self.at = ""

    async def __call__(self, name: str) -> None:
        """Wait, if this is the call."""
        self._left -= 1
        if self._left == 0:
            self.at = name
            self.reached.set()
            await self.let_go.wait()
