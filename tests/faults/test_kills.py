"""The real host, killed by the system at forty points: what it leaves is what an undisturbed one leaves."""

import asyncio
import multiprocessing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from signal import SIGKILL
from threading import Timer

import pytest

from adapters.clock import HandClock
from sandbox.azurite import Azurite
from sandbox.graph_api import create_app, serve
from sandbox.world import environment
from tests.faults.chapters import ACTING, ASKING, OVER_AFTER, TRACKED_AFTER, Story
from tests.faults.host_process import live
from tests.faults.outcome import differences, outcome
from tests.faults.storage_account import Account

pytestmark = pytest.mark.slow

HOLD = timedelta(seconds=1)
DEAD_FOR = timedelta(minutes=16)
"""On the program's clock, from one life to the next: longer than a lease lasts."""
ROUNDS = 5
"""Of each chapter: two chapters of five rounds of four kills. (Five in a row would park a message for good:
the host counts a message in hand at a kill as tried.) The build plays two rounds of each, people all."""
LIVES = (40, 20, 10, 5)
"""How many calls to Graph each life of the first round is given; every round gives one more. A chapter
takes about 110 when nothing disturbs it, and whatever a kill cut short is done again. With more lives than
these it would take so long that the operators are rightly alarmed."""


@dataclass(slots=True, kw_only=True)
class Executioner:
    """Counts the calls a tenant gets from each life, and kills the caller at the points it was given."""

    points: list[int]
    later: timedelta
    """From the call to the kill: none kills before the call has its effect, some lets more happen."""
    seen: int = 0
    killed: list[str] = field(default_factory=list)
    victim: BaseProcess | None = None

    def count(self, operation: str, path: str) -> None:  # noqa: ARG002 - see ``Tenant.faults``
        """Count one call; kill whoever made it when its number is up."""
        self.seen += 1
        if self.victim is not None and self.points and self.seen >= self.points[0]:
            self.points.pop(0)
            self.killed.append(operation)
            if self.later:
                Timer(self.later.total_seconds(), self.victim.kill).start()
            else:
                self.victim.kill()
            self.victim, self.seen = None, 0


def _live_and_die(
    clock: HandClock, settings: dict[str, str], executioner: Executioner, since: datetime
) -> None:
    """Start the host again and again until it comes to its end; the tenant's clock goes along."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.host_process"])
    for number in range(len(LIVES) + 1):
        now = since + number * DEAD_FOR
        clock.move(now)
        child = context.Process(target=live, args=(settings, [now, max(now, since + TRACKED_AFTER)], HOLD))
        child.start()
        executioner.victim, executioner.seen = child, 0
        child.join(60)
        child.kill()
        child.join()
        if child.exitcode == 0:
            return
        assert child.exitcode == -SIGKILL, f"the host ended by itself with {child.exitcode}"
        assert executioner.victim is None, "the host found no rest within a minute"


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "number", [0, 1, *(pytest.param(n, marks=pytest.mark.long) for n in range(2, ROUNDS))]
)
@pytest.mark.parametrize("chapter", [ASKING, ACTING])
async def test_a_host_killed_by_the_system_goes_on_where_it_was(
    story: Story, azurite: Azurite, chapter: str, number: int
) -> None:
    wanted = await story.undisturbed(chapter)
    realm = story.at(chapter)
    since = realm.clock.now()
    tenant = realm.tenant
    tenant.lag = timedelta()
    points = [calls + number for calls in LIVES]
    executioner = Executioner(points=points, later=timedelta(milliseconds=15 * number))
    tenant.faults = executioner.count
    async with Account(azurite.connection_string) as account:
        await account.take_over(realm)
        with serve(create_app(tenant)) as graph:
            settings = environment(
                graph,
                azurite.connection_string,
                story.policies[chapter],
                since,
                tenant.population.tenant_id,
                graph,
            )
            await asyncio.to_thread(_live_and_die, realm.clock, settings, executioner, since)
        realm.clock.move(since + OVER_AFTER)
        print(f"{chapter}: killed at {executioner.killed}")
        assert len(executioner.killed) == len(LIVES)
        assert await account.queue.parked() == {}
        assert differences(await outcome(tenant, account.ledger), wanted) == []
