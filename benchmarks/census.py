"""How fast, how small and how polite a night's reading is: ``python -m benchmarks.census``.

Prints ratios, measured in one run on one machine against the Microsoft SDK's own way of reading. Every
measurement is a process of its own; the server is another one, so its work is not counted.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import math
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from adapters.clock import HandClock
from adapters.graph.client import GraphClient
from adapters.graph.connection import TIMEOUT, connect
from adapters.graph.directory import GraphDirectory
from adapters.graph.operations import BATCH, COUNT_GUESTS, FIND_TENANT, LIST_GUESTS
from reviews.planning import Known, Survey
from reviews.policy import Policy
from reviews.records import Plan
from reviews.remembering import Past
from reviews.snapshots import Snapshot
from sandbox.graph_api import create_app, serve
from sandbox.stories import STARTS_AT, a_population
from sandbox.tenant import TOKEN, Tenant

ROOT = Path(__file__).resolve().parents[1]
MANY, FEW, FOR_THE_SDK = 100_000, 10_000, 2_000
PAGE = 500
IMPORTS = "import azure.functions, azure.identity, msgraph"


def tenant_of(guests: int, *, throttle: bool) -> Tenant:
    """Return a tenant of so many guests, on a clock moved by hand."""
    return Tenant(a_population(guests), HandClock(STARTS_AT), throttle=throttle)


# --- what each process does ------------------------------------------------------------------------


def serve_until_told(guests: int) -> None:
    """Serve a tenant, print its address, and stop when standard input closes."""
    with serve(create_app(tenant_of(guests, throttle=False))) as address:
        print(address, flush=True)
        sys.stdin.read()


async def draw_plan(client: GraphClient, past: Past) -> tuple[Plan, Past]:
    """Read, judge and plan one night, keeping no guest; return what it leaves for the next as well."""
    known = Known(past=past)
    survey = Survey(policy=Policy(), now=client.clock.now(), round_name="bench", known=known)
    census = GraphDirectory(client).census()
    async for page in census.pages():
        for guest in page.guests:
            survey.look(guest)
    plan = survey.draw_up(census.receipt(), previous_guests=None)
    return plan, Past(snapshot=Snapshot(survey.snapshot(plan) or b""))


async def ours(address: str) -> dict[str, Any]:
    """Measure a whole census, judged and planned, over loopback, in the second night: it has a past."""
    async with httpx.AsyncClient(trust_env=False, timeout=TIMEOUT) as http:
        client = GraphClient(address, TOKEN, HandClock(STARTS_AT), http)
        _, last_night = await draw_plan(client, Past())
        before = cpu()
        plan, _ = await draw_plan(client, last_night)
        return {"guests": plan.guests, "cpu": cpu() - before, "peak": peak(), "actions": len(plan.actions)}


async def theirs(address: str) -> dict[str, Any]:
    """Measure the SDK's models with its PageIterator, over the same server."""
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.users.users_request_builder import UsersRequestBuilder
    from msgraph.graph_service_client import GraphServiceClient
    from msgraph_core import PageIterator

    from adapters.graph.census import GUESTS_ONLY, SPONSORS
    from adapters.graph.mapping import GUEST_FIELDS

    http = httpx.AsyncClient(trust_env=False, timeout=TIMEOUT)
    adapter: Any = connect(address, TOKEN, HandClock(STARTS_AT), http)[0]
    asked = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
        filter=GUESTS_ONLY, select=[*GUEST_FIELDS, "signInActivity"], expand=[SPONSORS], top=PAGE
    )
    users = GraphServiceClient(request_adapter=adapter).users
    configuration = RequestConfiguration(query_parameters=asked)
    await users.get(request_configuration=configuration)  # the first use imports 1,250 modules: not counted
    before, seen = cpu(), 0

    def count(_user: Any) -> bool:
        nonlocal seen
        seen += 1
        return True

    first = await users.get(request_configuration=configuration)
    await PageIterator(response=first, request_adapter=adapter).iterate(count)
    return {"guests": seen, "cpu": cpu() - before, "peak": peak()}


async def throttled(guests: int) -> dict[str, Any]:
    """Read a tenant that throttles, in-process on a virtual clock."""
    tenant = tenant_of(guests, throttle=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(tenant))) as http:
        client = GraphClient("http://127.0.0.1", TOKEN, tenant.clock, http)
        started = tenant.clock.now()
        await draw_plan(client, Past())
        took = tenant.clock.now() - started
    asked = Counter(call.operation.split("(")[0] for call in tenant.calls)
    return {
        "requests": asked[LIST_GUESTS.name] + asked[COUNT_GUESTS.name],
        "lookups": asked[FIND_TENANT.name.split("(")[0]],
        "batches": asked[BATCH.name],
        "refused": sum(call.status == 429 for call in tenant.calls),
        "minutes": took / timedelta(minutes=1),
    }


def cpu() -> float:
    """Return the CPU seconds this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak() -> float:
    """Return the most memory this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- bringing it together --------------------------------------------------------------------------


def child(*words: str) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.census", *words]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


@contextlib.contextmanager
def served(guests: int) -> Iterator[str]:
    """Serve a tenant from a process of its own."""
    command = [sys.executable, "-m", "benchmarks.census", "serve", str(guests)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        if server.stdout is None or server.stdin is None:
            raise RuntimeError("the server has no pipes to be told by")
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()


def import_seconds(statement: str, times: int = 7) -> float:
    """Return the shortest time in which a fresh interpreter runs an import, its own start not counted."""
    return min(_seconds(statement) for _ in range(times)) - min(_seconds("pass") for _ in range(times))


def _seconds(statement: str) -> float:
    before = time.perf_counter()
    subprocess.run([sys.executable, "-W", "ignore", "-c", statement], cwd=ROOT, check=True)
    return time.perf_counter() - before


Row = tuple[str, str, str, str]
"""What, measured, compared with, bound."""


def of_reading() -> Iterator[Row]:
    """Measure speed and memory against the SDK and against a smaller tenant."""
    with served(MANY) as address:
        many = child("ours", address)
    with served(FEW) as address:
        few = child("ours", address)
    with served(FOR_THE_SDK) as address:
        sdk = child("theirs", address)
    rate, sdk_rate = many["guests"] / many["cpu"], sdk["guests"] / sdk["cpu"]
    yield (
        f"census + judge + plan, {MANY:,} guests",
        f"{rate:,.0f} guests per CPU second",
        f"{rate / sdk_rate:,.0f} times msgraph-sdk models with PageIterator ({sdk_rate:,.0f})",
        "at least 100 times",
    )
    yield (
        f"peak memory, {MANY:,} guests",
        f"{many['peak']:,.0f} MiB",
        f"{many['peak'] / few['peak']:.2f} times that of {FEW:,} guests ({few['peak']:,.0f} MiB)",
        "at most 1.5 times",
    )


def of_throttling() -> Iterator[Row]:
    """Measure how a throttled tenant is read."""
    calm = child("throttled", str(MANY))
    pages = math.ceil(MANY / PAGE)
    allowed = pages / 10 - 1  # minutes: the first ten requests need not wait
    yield ("throttled: refusals (429) met", str(calm["refused"]), "", "none")
    yield (
        "throttled: requests for guests",
        str(calm["requests"]),
        f"{calm['requests'] / pages:.3f} times the {pages} pages there are",
        "at most 1.05 times",
    )
    yield (
        "throttled: look-ups of home tenants",
        str(calm["lookups"]),
        f"in {calm['batches']} requests; once a night for each domain, where a partner may push accounts",
        "",
    )
    yield (
        "throttled: virtual minutes",
        f"{calm['minutes']:.2f}",
        f"{calm['minutes'] / allowed:.3f} times what 10 requests a minute allow",
        "at most 1.05 times",
    )


def of_importing() -> Iterator[Row]:
    """Measure what a cold start reads."""
    app, three = import_seconds("import function_app"), import_seconds(IMPORTS)
    yield (
        "import function_app",
        f"{app:.2f} s",
        f"{app / three:.2f} times azure.functions, azure.identity and msgraph alone ({three:.2f} s)",
        "under 1.5 times",
    )


def report() -> None:
    """Print the table of docs/benchmarks.md."""
    print("| what | measured | compared | bound |")
    print("|---|---|---|---|")
    for row in itertools.chain(of_reading(), of_throttling(), of_importing()):
        print(f"| {' | '.join(row)} |", flush=True)


def main() -> None:
    """Run everything, or the one measurement named on the command line."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument(
        "what", nargs="?", default="report", choices=["report", "serve", "ours", "theirs", "throttled"]
    )
    words.add_argument("of", nargs="?", default="")
    asked = words.parse_args()
    if asked.what == "serve":
        serve_until_told(int(asked.of))
    elif asked.what == "report":
        report()
    elif asked.what == "throttled":
        print(json.dumps(asyncio.run(throttled(int(asked.of)))))
    else:
        print(json.dumps(asyncio.run((ours if asked.what == "ours" else theirs)(asked.of))))


if __name__ == "__main__":
    main()
