"""A tenant, its Graph, its storage and the real app at work on them: everything a demo or a story needs.

Two ways to build one. ``served``: Graph over HTTP on loopback, Azurite, the local host running the functions
of function_app.py. ``in_memory``: Graph in process under the real SDK, the record in memory, messages worked
by hand.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import yaml
from starlette.types import ASGIApp

from adapters import runtime
from adapters.clock import HandClock
from adapters.graph.client import GraphClient
from adapters.runtime import House
from adapters.settings import Settings, read_settings
from adapters.signing_keys import SigningKeys, keys_url
from reviews.errors import GatehouseError
from reviews.messages import Message
from reviews.ports import Archive, Ledger, Queue
from sandbox.azurite import Azurite
from sandbox.graph_api import create_app, serve
from sandbox.host import Host
from sandbox.host_sign_in import PLATFORM_SETTINGS, Authentication, Visitor
from sandbox.host_tokens import CLIENT_ID, TokenDesk
from sandbox.memory import MemoryLedger, MemoryQueue
from sandbox.memory_archive import MemoryArchive
from sandbox.people import People
from sandbox.tenant import TOKEN, Tenant

SENDER = "guest-desk@contoso.example"
RETRY_AFTER = timedelta(minutes=5)
"""How long host.json keeps a failed message invisible."""


def policy_text(changes: Mapping[str, Any], population: People) -> str:
    """Write a policy for a sandbox tenant: its domain, its sender, and whatever ``changes`` say."""
    document: dict[str, Any] = {
        "mode": "enforce",
        "tenant": {"home_domains": [population.domain, "contoso.onmicrosoft.com"]},
        "mail": {"sender": SENDER, "operators": [f"operators@{population.domain}"]},
        "quiet": {"weekends": False},
        "cadence": {"earliest": "00:00", "latest": "23:59"},
    }
    document.update(changes)
    return yaml.safe_dump(document, allow_unicode=True)


def environment(
    graph: str, state: str | None, policy: Path, now: datetime, tenant_id: str, public_url: str
) -> dict[str, str]:
    """Return the app settings of a sandbox."""
    return {
        "APP_ROLE": "all",
        "GRAPH_ENDPOINT": graph,
        "GRAPH_TOKEN": TOKEN,
        "POLICY_SOURCE": str(policy),
        "PUBLIC_URL": public_url,
        "SIGN_IN_CLIENT_ID": CLIENT_ID,
        "TENANT_ID": tenant_id,
        "SANDBOX_NOW": now.isoformat(),
        **({"STATE": state} if state else {}),
        **PLATFORM_SETTINGS,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A sandbox at work. ``clock`` is the only clock: tenant, app and host all read it."""

    clock: HandClock
    tenant: Tenant
    house: House
    host: Host
    graph_url: str
    settings: Mapping[str, str]


@asynccontextmanager
async def served(
    population: People,
    *,
    folder: Path,
    start: datetime,
    policy: Mapping[str, Any],
    location: Path | None = None,
    port: int = 0,
    graph_port: int = 0,
    clock: HandClock | None = None,
    **tenant_options: Any,
) -> AsyncIterator[World]:
    """Start a whole sandbox on loopback, in this process but for Azurite; stop all of it at the end.

    ``folder`` receives the policy file. ``location`` keeps the record on disk; without it, in memory.
    ``clock`` is one that shows ``start``, for who shares it with another process.
    """
    clock = clock or HandClock(start)
    tenant = Tenant(population, clock, mailboxes=[SENDER], **tenant_options)
    policy_file = _write_policy(folder, policy_text(policy, population))
    async with AsyncExitStack() as stack:
        graph = stack.enter_context(serve(create_app(tenant), graph_port))
        azurite = stack.enter_context(Azurite(location))
        public = f"http://127.0.0.1:{port}" if port else "http://127.0.0.1"
        settings = environment(
            graph, azurite.connection_string, policy_file, start, population.tenant_id, public
        )
        stack.enter_context(_environment(settings))
        house = await stack.enter_async_context(SandboxHouse(read_settings(settings), clock=clock))
        await house.storage.prepare()
        runtime.install(house)
        host = await stack.enter_async_context(_host(settings, tenant, clock, port))
        yield World(clock=clock, tenant=tenant, house=house, host=host, graph_url=graph, settings=settings)


def _host(settings: Mapping[str, str], tenant: Tenant, clock: HandClock, port: int) -> Host:
    # Reads APP_ROLE while it is imported, so not before the settings are in the environment.
    import function_app

    return Host(
        function_app.app,
        state=settings["STATE"],
        clock=clock,
        auth=Authentication(people=lambda: visitors(tenant), tokens=TokenDesk(clock.now)),
        settings=settings,
        port=port,
    )


def _write_policy(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "policy.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def visitors(tenant: Tenant) -> list[Visitor]:
    """Return the colleagues of a tenant who can sign in."""
    found = []
    for number in range(tenant.population.member_count):
        record = tenant.population.member(number)
        user = tenant.user(record["id"])
        if user is not None and user.get("accountEnabled"):
            found.append(
                Visitor(
                    object_id=user["id"],
                    tenant_id=tenant.population.tenant_id,
                    name=user["displayName"],
                    username=user["userPrincipalName"],
                )
            )
    return found


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class SandboxHouse(House):
    """The house of production, but for the keys by which the sandbox's own sign-in signs."""

    @cached_property
    def signing_keys(self) -> SigningKeys:
        """The key of the sandbox's sign-in."""
        url = keys_url(self.settings.tenant_id)
        return SigningKeys(url, self.clock, TokenDesk(self.clock.now).http())


class MemoryHouse(SandboxHouse):
    """The house with its record in memory and Graph in process, under the real SDK and adapters."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: HandClock,
        transport: httpx.AsyncBaseTransport,
        ledger: Ledger,
        queue: Queue,
        archive: Archive,
    ) -> None:
        super().__init__(settings, clock=clock)
        self._transport = transport
        self._plugs = (ledger, queue, archive)

    @cached_property
    def ledger(self) -> Ledger:
        """The record in dictionaries."""
        return self._plugs[0]

    @cached_property
    def queue(self) -> Queue:
        """The queues in a list."""
        return self._plugs[1]

    @cached_property
    def archive(self) -> Archive:
        """The blobs in a dictionary."""
        return self._plugs[2]

    @property
    def record(self) -> Ledger:
        """The record in dictionaries is always there."""
        return self.ledger

    @cached_property
    def graph(self) -> GraphClient:
        """The connection to the sandbox's Graph, in process."""
        return GraphClient(
            self.settings.graph_endpoint,
            self.settings.graph_token or TOKEN,
            self.clock,
            http=httpx.AsyncClient(transport=self._transport, base_url=self.settings.graph_endpoint),
            turns=self.record,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    """A sandbox in one process, for stories and sweeps: nothing is served, ``work`` works the messages."""

    clock: HandClock
    tenant: Tenant
    house: MemoryHouse
    ledger: MemoryLedger
    queue: MemoryQueue
    archive: MemoryArchive

    async def work(self, *, tries: int = 5) -> int:
        """Work through the queues as the host does: what fails is tried again, then parked. Count handled."""
        handled = 0
        failed: list[tuple[Message, int]] = []
        while True:
            message = self.queue.take()
            used = 0
            if message is None:
                if not failed:
                    return handled
                message, used = failed.pop(0)
                # The host makes a failed message visible again after five minutes.
                await self.clock.sleep(RETRY_AFTER)
            try:
                await self.house.work(message)
                handled += 1
            except GatehouseError:
                if used + 1 >= tries:
                    self.queue.park(message)
                else:
                    failed.append((message, used + 1))

    async def tick(self, to: datetime | None = None) -> int:
        """Move the clock, fire the timer, work through everything it handed over."""
        if to is not None:
            self.clock.move(to)
        await self.house.tick.run()
        return await self.work()


def in_memory(
    tenant: Tenant,
    *,
    clock: HandClock,
    policy: Path,
    wrap: Callable[[ASGIApp], ASGIApp] | None = None,
    plugs: tuple[MemoryLedger, MemoryQueue, MemoryArchive] | None = None,
) -> Quick:
    """Build a sandbox in one process over a tenant. ``wrap`` may put middleware around its Graph."""
    app: ASGIApp = create_app(tenant)
    settings = environment(
        "http://127.0.0.1", None, policy, clock.now(), tenant.population.tenant_id, "http://127.0.0.1"
    )
    ledger, queue, archive = plugs or (MemoryLedger(), MemoryQueue(), MemoryArchive())
    house = MemoryHouse(
        read_settings(settings),
        clock=clock,
        transport=httpx.ASGITransport(app=wrap(app) if wrap else app),
        ledger=ledger,
        queue=queue,
        archive=archive,
    )
    return Quick(clock=clock, tenant=tenant, house=house, ledger=ledger, queue=queue, archive=archive)
