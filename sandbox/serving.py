"""``make sandbox``: a tenant that stays open, with inboxes to click in and a clock to move by hand."""

import asyncio
import shlex
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from adapters.settings import SETTINGS
from sandbox import days
from sandbox.demo import FALLBACK
from sandbox.graph_api.serving import serve
from sandbox.mailbox import make_mailbox
from sandbox.people import People, Population
from sandbox.serving_desk import NAV, make_desk
from sandbox.stories import STARTS_AT
from sandbox.world import World, served

POLL: Final = timedelta(seconds=0.5)
"""Real time between two looks at the queues."""
POLICY: Final[Mapping[str, Any]] = {"mode": "enforce", "quiet": {"weekends": False}}
ENVIRONMENT: Final = "environment.sh"
_FIRST_NIGHT: Final = STARTS_AT + timedelta(hours=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where on loopback the three doors are; 0 takes a free port (not for the pages: mails name theirs)."""

    graph: int
    pages: int
    inboxes: int


class OpenSandbox:
    """A world that stays open. Whoever moves its clock or works its queues holds the lock."""

    def __init__(self, world: World, population: People, state: Path) -> None:
        self.world = world
        self._calendar = days.Calendar(world=world, people=population)
        self.environment = state / ENVIRONMENT
        self._lock = asyncio.Lock()

    async def attend(self) -> None:
        """Work off what people hand in, until cancelled."""
        while True:
            async with self._lock:
                await self._calendar.work_off()
            await asyncio.sleep(POLL.total_seconds())

    async def pass_until(self, moment: datetime) -> None:
        """Let time pass day by day: guests sign in, the timer fires, its work is done."""
        async with self._lock:
            while (noon := _next_noon(self.world.clock.now())) <= moment:
                await self._calendar.until(noon)
                self._calendar.guests_sign_in(noon.date())
            await self._calendar.until(moment)
            self.write_environment()

    async def next_night(self) -> datetime:
        """Return when the timer will have started the next night."""
        policy = await self.world.house.policies.current()
        now = self.world.clock.now()
        nights = days.due_between(policy.schedules, now, now + timedelta(days=8))
        return next((one.at for one in nights if one.job == "night"), now + timedelta(days=1))

    def write_environment(self) -> None:
        """Write the lines that point an operator's shell at this sandbox, with the hour it is now."""
        values = {name: value for name, value in self.world.settings.items() if name in SETTINGS}
        values["SANDBOX_NOW"] = self.world.clock.now().isoformat()
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in values.items()]
        self.environment.write_text("".join(lines), encoding="utf-8")


def keep_open(population: Population, state: Path, ports: Ports) -> None:
    """Start everything, say where it is, and serve until Ctrl-C; then stop all of it for certain."""
    with suppress(KeyboardInterrupt):
        asyncio.run(_until_stopped(population, state, ports))


async def _until_stopped(population: Population, state: Path, ports: Ports) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    out = Console(highlight=False, soft_wrap=True)
    out.print("Starting a tenant, its Graph, its storage and the Functions host on loopback ...")
    async with open_sandbox(population, state, ports) as (sandbox, pages, inboxes):
        _say_where(out, sandbox, pages, inboxes)
        attending = asyncio.create_task(sandbox.attend())
        stopping = asyncio.create_task(stopped.wait())
        await asyncio.wait({attending, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        attending.cancel()
        with suppress(asyncio.CancelledError):
            # A failure ends everything, loudly: nobody would work off what people hand in.
            await attending
    out.print("Stopped.")


@asynccontextmanager
async def open_sandbox(
    population: Population, state: Path, ports: Ports
) -> AsyncIterator[tuple[OpenSandbox, str, str]]:
    """Open a sandbox after its first night; the value is it, and where pages and inboxes are."""
    for left in ("storage", "policy.yaml", ENVIRONMENT):
        _clear(state / left)
    policy = {**POLICY, "reviewers": {"fallback": [population.member(FALLBACK)["id"]]}}
    async with served(
        population,
        folder=state,
        start=STARTS_AT,
        policy=policy,
        location=state / "storage",
        port=ports.pages,
        graph_port=ports.graph,
        # The clock stands still between clicks, so a refusal to wait out would never end.
        throttle=False,
    ) as world:
        sandbox = OpenSandbox(world, population, state)
        async with world.host.serving() as pages:
            await sandbox.pass_until(_FIRST_NIGHT)
            inboxes = make_mailbox(world.tenant, pages, nav=NAV)
            # In a thread of its own: an inbox opens at once, also while a night is being worked.
            with serve(make_desk(sandbox, asyncio.get_running_loop(), inboxes), ports.inboxes) as where:
                yield sandbox, pages, where


def _next_noon(now: datetime) -> datetime:
    noon = datetime.combine(now.date(), days.OFFICE_HOUR)
    return noon if noon > now else noon + timedelta(days=1)


def _clear(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _say_where(out: Console, sandbox: OpenSandbox, pages: str, inboxes: str) -> None:
    out.print(f"\n[bold]Inboxes and clock[/]  {inboxes}")
    out.print(f"[bold]Answer pages[/]       {pages}/r/...  (the links in the mails lead there)")
    out.print(f"[bold]Graph[/]              {sandbox.world.graph_url}")
    out.print("\nPoint the operator's line at it in another shell; again after each move of the clock:")
    out.print(f"  . {sandbox.environment}", markup=False)
    out.print(sandbox.environment.read_text(encoding="utf-8"), markup=False)
    out.print("  python -m admin plan\n  python -m admin evidence verify\n", markup=False)
    out.print("Ctrl-C stops everything.")
