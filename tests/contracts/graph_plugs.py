"""Our Graph adapters under the real SDK, on a sandbox tenant whose every exchange is checked."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from starlette.types import ASGIApp

from adapters.clock import HandClock
from adapters.graph.access_reviews import GraphAccessReviews
from adapters.graph.client import GraphClient
from adapters.graph.directory import GraphDirectory
from adapters.graph.mail import GraphMailer
from adapters.graph.tenant import GraphTenantFacts
from reviews.model import Batch, BatchId, BatchStep, Guest, GuestId, PersonId, RunId, SetAside
from reviews.ports import Census
from sandbox.graph_api import create_app
from sandbox.people import People
from sandbox.people_cast import Cast
from sandbox.schema_check import SchemaCheck
from sandbox.stories import a_handful
from sandbox.tenant import TOKEN, Fault, Tenant
from tests.contracts.graph_room import MAILBOX, SCHEMA_DIR
from tests.graph_door import undeclared

ENDPOINT = "http://127.0.0.1"

Tampering = Callable[[httpx.Request, dict[str, Any]], dict[str, Any]]


class Tampered(httpx.AsyncBaseTransport):
    """A wire on which every JSON answer may be changed, and on which the caller may die before or after."""

    def __init__(self, wire: httpx.AsyncBaseTransport) -> None:
        self._wire = wire
        self.change: Tampering | None = None
        self.kill: Callable[[httpx.Request, str], None] = lambda _request, _when: None
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.kill(request, "before")
        answer = await self._wire.handle_async_request(request)
        self.kill(request, "after")
        content = await answer.aread()
        if self.change is not None and content[:1] == b"{":
            content = json.dumps(self.change(request, json.loads(content))).encode()
        headers = {k: v for k, v in answer.headers.items() if k != "content-length"}
        return httpx.Response(answer.status_code, headers=headers, content=content, request=request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugs:
    """One tenant and everything of ours that speaks to it."""

    tenant: Tenant
    clock: HandClock
    wire: Tampered
    client: GraphClient
    directory: GraphDirectory
    reviews: GraphAccessReviews
    mailer: GraphMailer
    facts: GraphTenantFacts
    seen: set[tuple[str, str]]

    def guest_id(self, name: str) -> GuestId:
        assert isinstance(self.tenant.population, Cast)
        return GuestId(self.tenant.population.id_of(name))

    def person_id(self, name: str) -> PersonId:
        return PersonId(self.guest_id(name))

    def asked(self, operation: str) -> int:
        """How often the tenant was asked for an operation."""
        return sum(call.operation == operation for call in self.tenant.calls)

    def break_down(self, *faults: Fault | None, on: str) -> None:
        """Play these faults, one after the other, on an operation; None lets one call through."""
        left = list(faults)

        def play(operation: str, _path: str) -> Fault | None:
            return left.pop(0) if operation == on and left else None

        self.tenant.faults = play

    async def wait(self, **duration: float) -> None:
        await self.clock.sleep(timedelta(**duration))

    def a_batch(self, *guests: str, reviewer: str = "sara", **changes: Any) -> Batch:
        now = self.clock.now()
        facts: dict[str, Any] = {
            "id": BatchId("0123456789abcdef" * 2),
            "version": 1,
            "step": BatchStep.INTENDED,
            "reviewer_id": self.person_id(reviewer),
            "run_id": RunId("night:2026-11-20T01:30Z"),
            "opened_at": now,
            "deadline": now + timedelta(days=14),
            "nonce": "n",
            "guests": tuple(self.guest_id(name) for name in guests),
        }
        return Batch(**{**facts, **changes})


@asynccontextmanager
async def plugged_in(
    *, population: People | None = None, checked: bool = True, **dials: Any
) -> AsyncIterator[Plugs]:
    """A tenant (a dozen guests, unless told otherwise) with our adapters connected to its Graph."""
    people = population or a_handful().population
    clock = HandClock(people.as_of)
    tenant = Tenant(people, clock, **dials)
    app: ASGIApp = create_app(tenant)
    check = SchemaCheck(app, SCHEMA_DIR) if checked and SCHEMA_DIR.exists() else None
    wire = Tampered(httpx.ASGITransport(app if check is None else check))
    async with httpx.AsyncClient(transport=wire) as http:
        client = GraphClient(ENDPOINT, TOKEN, clock, http)
        yield Plugs(
            tenant=tenant,
            clock=clock,
            wire=wire,
            client=client,
            directory=GraphDirectory(client),
            reviews=GraphAccessReviews(client),
            mailer=GraphMailer(client, sender=MAILBOX),
            facts=GraphTenantFacts(client),
            seen=set() if check is None else check.seen,
        )
    assert check is None or check.violations == []
    assert not undeclared(tenant)


async def read_all(census: Census) -> tuple[list[Guest], list[SetAside]]:
    """Read a census to its end."""
    guests: list[Guest] = []
    aside: list[SetAside] = []
    async for page in census.pages():
        guests += page.guests
        aside += page.set_aside
    return guests, aside
