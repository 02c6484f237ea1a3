"""What a closer look at a night's candidates costs Graph: ``python -m benchmarks.enrichment``.

2,000 guests, in-process, on a tenant that throttles as Graph does and a clock moved by hand: what is counted
is what Graph was asked, what it charged, and how long a polite reader has to take.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import httpx

from adapters.clock import HandClock
from adapters.graph.client import GraphClient
from adapters.graph.connections import SORTS, GraphConnections
from adapters.graph.operations import BATCH
from benchmarks.census import Row
from reviews.model import GuestId
from reviews.model.ties import Ties
from sandbox.graph_api import create_app
from sandbox.stories import STARTS_AT, a_population
from sandbox.tenant import TOKEN, Tenant
from sandbox.tenant_throttle import units_for

GUESTS = 20_000
CANDIDATES = 2_000
ROLES = ("roles", "eligible_roles")
"""Sorts of access that are read for the whole tenant at once."""


class Meter(httpx.AsyncBaseTransport):
    """A wire that adds up what the items of batches cost, as Graph says it."""

    def __init__(self, wire: httpx.AsyncBaseTransport) -> None:
        self._wire = wire
        self.units = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass one request on, and count what its answers name."""
        answer = await self._wire.handle_async_request(request)
        content = await answer.aread()
        self.units += int(answer.headers.get("x-ms-resource-unit", 0))
        if request.url.path.endswith("/$batch"):
            items = json.loads(content).get("responses", ())
            named = ({name.lower(): cost for name, cost in one["headers"].items()} for one in items)
            self.units += sum(int(headers.get("x-ms-resource-unit", 0)) for headers in named)
        return httpx.Response(answer.status_code, headers=answer.headers, content=content, request=request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one reading of all candidates came to."""

    facts: int
    """Sorts of access found out, a guest each; what could not be read is not counted."""
    calls: Counter[str]
    """Requests by operation; a batch is one, and so is each of its items."""
    refused: int
    units: int
    took: timedelta
    """On the clock moved by hand: what was waited for, so that Graph had nothing to refuse."""


async def closer_look() -> Cost:
    """Read what ties the candidates to the tenant."""
    people = a_population(GUESTS)
    tenant = Tenant(people, HandClock(STARTS_AT), throttle=True)
    wanted = [GuestId(people.guest(number)["id"]) for number in range(0, GUESTS, GUESTS // CANDIDATES)]
    meter = Meter(httpx.ASGITransport(create_app(tenant)))
    async with httpx.AsyncClient(transport=meter) as http:
        client = GraphClient("http://127.0.0.1", TOKEN, tenant.clock, http)
        found = await GraphConnections(client).ties(wanted)
    read = [one for one in found.values() if isinstance(one, Ties)]
    sorts = (*(sort.name for sort in SORTS), *ROLES)
    return Cost(
        facts=sum(isinstance(getattr(one, sort), tuple | frozenset) for one in read for sort in sorts),
        calls=Counter(call.operation for call in tenant.calls),
        refused=sum(call.status == 429 for call in tenant.calls),
        units=meter.units,
        took=tenant.clock.now() - STARTS_AT,
    )


def rows() -> Iterator[Row]:
    """Measure a closer look."""
    cost = asyncio.run(closer_look())
    batches = cost.calls[BATCH.name]
    asked = cost.calls.total() - batches
    rate = units_for(GUESTS)
    yield (
        f"closer look at {CANDIDATES:,} guests: requests",
        f"{asked:,}, in {batches:,} batches",
        f"{asked / cost.facts:.2f} for each of {cost.facts:,} facts",
        "at most 1.1",
    )
    yield "closer look: refusals (429) met", str(cost.refused), "", "none"
    yield (
        "closer look: ResourceUnits",
        f"{cost.units:,}",
        f"the tenant allows {rate:,} in 10 s; {cost.took.total_seconds():.0f} virtual seconds were taken",
        "no refusal",
    )


def main() -> None:
    """Print the rows."""
    print("| what | measured | compared | bound |\n|---|---|---|---|")
    for row in rows():
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
