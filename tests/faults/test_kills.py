"""The real host, killed by the system at forty points: what it leaves is what an undisturbed one leaves."""

import asyncio
import multiprocessing
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from threading import Timer

import pytest

from sandbox.azurite import Azurite
from sandbox.graph_api import create_app, serve
from sandbox.tenant import Tenant
from sandbox.world import environment
from tests.faults.chapters import ACTING, ASKING, OVER_AFTER, TRACKED_AFTER, Story
from tests.faults.host_process import live
from tests.faults.outcome import differences, outcome
from tests.faults.storage_account import Account

pytestmark = pytest.mark.slow

HOLD = timedelta(seconds=1)
DEAD_FOR = timedelta(minutes=20)
"""On the program's clock, from one life to the next: longer than a lease lasts."""
KILLS = 5
"""Of one story. More would take so long on its clock that the operators are rightly alarmed."""
ROUNDS = 4
"""Of each chapter: two chapters make forty kills."""
GRAPH_CALLS = 110
"""What a chapter takes when nothing disturbs it, about."""


@dataclass(slots=True, kw_only=True)
class Executioner:
    """Counts the calls a tenant gets over all lives, and kills the caller at the points it was given."""

    points: list[int]
    later: timedelta
    """From the call to the kill: none kills before the call has its effect, some lets more happen."""
    seen: int = 0
    killed: int = 0
    victim: BaseProcess | None = None

    def count(self, operation: str, path: str) -> None:  # noqa: ARG002 - what ``Tenant.faults`` is told
        """Count one call; kill whoever made it when its number is up."""
        self.seen += 1
        if self.points and self.seen >= self.points[0] and self.victim is not None:
            self.points.pop(0)
            self.killed += 1
            if self.later:
                Timer(self.later.total_seconds(), self.victim.kill).start()
            else:
                self.victim.kill()
            self.victim = None


def _live_and_die(
    tenant: Tenant, settings: dict[str, str], executioner: Executioner, since: datetime
) -> None:
    """Start the host again and again until it comes to its end; the tenant's clock goes along."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.host_process"])
    for number in range(KILLS + 1):
        now = since + number * DEAD_FOR
        tenant.clock.move(now)
        child = context.Process(target=live, args=(settings, [now, max(now, since + TRACKED_AFTER)], HOLD))
        child.start()
        executioner.victim = child
        child.join(60)
        assert child.exitcode is not None, "the host found no rest"
        if child.exitcode == 0:
            return
        assert child.exitcode == -9, f"the host ended by itself with {child.exitcode}"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("chapter", [ASKING, ACTING])
async def test_a_host_killed_by_the_system_goes_on_where_it_was(
    story: Story, azurite: Azurite, chapter: str, number: int
) -> None:
    wanted = await story.undisturbed(chapter)
    realm = story.at(chapter)
    since = realm.clock.now()
    tenant = realm.tenant
    tenant.lag = timedelta()
    step = GRAPH_CALLS / (KILLS * ROUNDS)
    points = [int(1 + step * (number + ROUNDS * kill)) for kill in range(KILLS)]
    executioner = Executioner(points=points, later=timedelta(milliseconds=15 * number))
    tenant.faults = executioner.count  # type: ignore[assignment]
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
            await asyncio.to_thread(_live_and_die, tenant, settings, executioner, since)
        realm.clock.move(since + OVER_AFTER)
        assert executioner.killed == KILLS
        assert await account.queue.parked() == {}
        assert differences(await outcome(tenant, account.ledger), wanted) == []
