"""One life of the program: the real house over a realm, its message loop, and a count of its remote calls."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx
from azure.data.tables.aio import TableServiceClient

from adapters.settings import read_settings
from adapters.tables.ledger import TableLedger
from reviews.errors import GatehouseError
from sandbox.graph_api import create_app
from sandbox.world import MemoryHouse, environment
from tests.faults.realm import Lying, Realm, RealmArchive, RealmQueue
from tests.faults.tables_in_memory import Passed, TablesInMemory

TICK = timedelta(minutes=15)
GRAPH = "http://127.0.0.1"


@dataclass(slots=True, kw_only=True)
class Wire:
    """Counts what went over it. ``watch`` is told after each call, when its effect is there.

    ``before`` is waited for before each call to Graph: it may keep a process from going on.
    """

    calls: list[str] = field(default_factory=list)
    writes: int = 0
    watch: Callable[[], None] | None = None
    before: Callable[[str], Awaitable[None]] | None = None

    def passed(self, name: str, writes: bool) -> None:  # noqa: FBT001 - what a ``Passed`` is
        """Count one call that has had its effect."""
        self.calls.append(name)
        self.writes += writes
        if self.watch is not None:
            self.watch()


class Watched(httpx.AsyncBaseTransport):
    """The way to Graph, in process, with every call counted."""

    def __init__(self, inner: httpx.AsyncBaseTransport, wire: Wire) -> None:
        self._inner = inner
        self._wire = wire

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request on, then count it: also one whose answer was lost."""
        name = f"graph: {request.method} {request.url.path}"
        if self._wire.before is not None:
            await self._wire.before(name)
        try:
            return await self._inner.handle_async_request(request)
        finally:
            self._wire.passed(name, request.method != "GET")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """The program at work in a realm. Nothing of it is left once it is dropped."""

    realm: Realm
    house: MemoryHouse
    queue: RealmQueue
    wire: Wire

    async def work(self, *, at_once: int = 1) -> None:
        """Work until no message is left, waiting for those that come back; ``at_once`` side by side."""
        while True:
            held = [one for _ in range(at_once) if (one := self.queue.take()) is not None]
            if held:
                await asyncio.gather(*map(self.handle, held))
                continue
            back_at = self.queue.next_visible
            if back_at is None:
                return
            self.realm.clock.move(back_at)

    async def settle(self, *, at_once: int = 1) -> None:
        """Fire the timer every quarter of an hour, and work, until there is nothing left to do."""
        for _ in range(12):
            started = await self.house.tick.run()
            await self.work(at_once=at_once)
            if not started:
                return
            self.realm.clock.move(self.realm.clock.now() + TICK)
        message = "the program found no rest within three hours"
        raise AssertionError(message)

    async def handle(self, held: Lying) -> None:
        """Work on one message, and settle it or give it back, as the host does."""
        try:
            await self.house.work(held.message)
        except GatehouseError:
            self.queue.give_back(held)
        else:
            self.queue.settle(held)


@asynccontextmanager
async def process(realm: Realm, policy: Path, **changes: Any) -> AsyncIterator[Process]:
    """Start the program; ``changes`` replace plugs of the house."""
    wire = Wire()
    queue = RealmQueue(realm, wire.passed)
    settings = environment(
        GRAPH, None, policy, realm.clock.now(), realm.tenant.population.tenant_id, "http://127.0.0.1"
    )
    plugs: dict[str, Any] = {
        "ledger": ledger_of(realm, wire.passed),
        "queue": queue,
        "archive": RealmArchive(realm, wire.passed),
        "transport": Watched(httpx.ASGITransport(app=create_app(realm.tenant)), wire),
    }
    house = MemoryHouse(read_settings(settings), clock=realm.clock, **(plugs | changes))
    async with house:
        yield Process(realm=realm, house=house, queue=queue, wire=wire)


def ledger_of(realm: Realm, passed: Passed = lambda name, writes: None) -> TableLedger:  # noqa: ARG005
    """Return the real ledger over a realm's tables."""
    return TableLedger(cast("TableServiceClient", TablesInMemory(realm.rows, passed)))
