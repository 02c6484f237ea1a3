"""What a whole night costs: ``python -m benchmarks.night``.

20,000 guests, 2,000 of them looked at more closely: census, closer look, plan, reviews and mails, by the very
functions of function_app.py. Graph and storage are processes of their own, so only the app counts; the clock
is moved by hand and Graph does not throttle, because waiting costs neither time of the processor nor memory.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from adapters import runtime
from adapters.runtime import House
from adapters.settings import read_settings
from benchmarks.census import ROOT, Row, cpu, peak
from reviews.errors import BadSettings
from sandbox.azurite import Azurite
from sandbox.graph_api import create_app, serve
from sandbox.host import Host
from sandbox.joint_clock import JointClock
from sandbox.stories import STARTS_AT, a_population
from sandbox.tenant import Tenant
from sandbox.world import SENDER, environment, policy_text

GUESTS = 20_000
HARVEST = STARTS_AT - timedelta(hours=1)
"""When the first harvest reads thirty days of the audit log: once, so it is not counted."""
TRACKING = STARTS_AT + timedelta(minutes=20)
"""Five minutes after the last tracking before the night, which would else follow what the night opened."""
NIGHT = STARTS_AT + timedelta(hours=1, minutes=40)
"""Ten minutes after the night's slot."""


def serve_until_told(hands: Path) -> None:
    """Serve the tenant, print its address, and stop when standard input closes."""
    with closing(JointClock(hands)) as clock:
        tenant = Tenant(a_population(GUESTS), clock, mailboxes=[SENDER], throttle=False)
        with serve(create_app(tenant)) as address:
            print(address, flush=True)
            sys.stdin.read()


async def night(hands: Path) -> dict[str, Any]:
    """Work one night to its end and say what it cost, and what it did."""
    settings = read_settings()
    if settings.state is None or settings.state.connection_string is None:
        raise BadSettings(["STATE: a night needs storage"])
    with closing(JointClock(hands)) as clock:
        async with House(settings, clock=clock) as house:
            await house.storage.prepare()
            runtime.install(house)
            import function_app

            async with Host(function_app.app, state=settings.state.connection_string, clock=clock) as host:
                clock.move(HARVEST)
                await house.tick.run()
                await host.drain()

                begun = cpu()
                for moment in (TRACKING, NIGHT):
                    clock.move(moment)
                    await house.tick.run()
                    drained = await host.drain()
                used = cpu() - begun
            (run,) = await house.ledger.recent_runs("night", 1)
            plan = await house.archive.plan(run.id)
    if plan is None:
        raise BadSettings(["the night left no plan"])
    asked = sum(action.kind == "ask" for action in plan.actions)
    held = sum(one.action.kind == "ask" for one in plan.held)
    return {
        "guests": plan.guests,
        "candidates": asked + held,
        "asked": asked,
        "messages": drained.handled,
        "failed": drained.failed,
        "cpu": used,
        "peak": peak(),
    }


@contextmanager
def served(hands: Path) -> Iterator[str]:
    """Serve the tenant from a process of its own."""
    command = [sys.executable, "-m", "benchmarks.night", "serve", str(hands)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        if server.stdout is None or server.stdin is None:
            raise RuntimeError("the server has no pipes to be told by")
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()


def measured(place: Path) -> dict[str, Any]:
    """Start everything around a night, and have a process of its own work it."""
    hands, policy, people = place / "clock", place / "policy.yaml", a_population(GUESTS)
    fallback = {"fallback": [people.member(0)["id"]], "max_open_items": 90}
    policy.write_text(policy_text({"reviewers": fallback}, people), encoding="utf-8")
    with closing(JointClock(hands, HARVEST)), served(hands) as graph, Azurite(None) as azurite:
        settings = environment(
            graph, azurite.connection_string, policy, STARTS_AT, people.tenant_id, "http://127.0.0.1"
        )
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.night", "work", str(hands)]
        done = subprocess.run(
            command, cwd=ROOT, check=True, capture_output=True, text=True, env={**os.environ, **settings}
        )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def rows() -> Iterator[Row]:
    """Measure a night."""
    with tempfile.TemporaryDirectory() as place:
        found = measured(Path(place))
    did = (
        f"{found['asked']:,} asked, {found['messages']:,} messages worked, {found['failed']:,} of them again"
    )
    of = f"{found['guests']:,} guests, {found['candidates']:,} candidates"
    yield f"a whole night: {of}", f"{found['cpu']:.1f} CPU seconds", did, "under 60 s"
    yield "peak memory of that night", f"{found['peak']:.0f} MiB", "", "under 300 MB"


def main() -> None:
    """Print the rows, or do what the words on the command line name."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("what", nargs="?", default="report", choices=["report", "serve", "work"])
    words.add_argument("hands", nargs="?", type=Path)
    asked = words.parse_args()
    if asked.what == "report":
        print("| what | measured | compared | bound |\n|---|---|---|---|")
        for row in rows():
            print(f"| {' | '.join(row)} |", flush=True)
    elif asked.what == "serve":
        serve_until_told(asked.hands)
    else:
        print(json.dumps(asyncio.run(night(asked.hands))))


if __name__ == "__main__":
    main()
