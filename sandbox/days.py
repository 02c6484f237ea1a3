"""Lets days pass in the sandbox: guests sign in, the timer fires when something is due, queues are emptied.

Time is jumped over, not waited for: between two slots of the policy's schedules the quarter-hourly timer
would find nothing due.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from reviews.policy import Schedules
from reviews.schedule import latest_slot
from sandbox.host_queues import Drained
from sandbox.people import People
from sandbox.world import World

AFTER_THE_SLOT = timedelta(minutes=5)
"""How long after a slot the timer is played: it fires each quarter of an hour, so never at once."""
RETRY_AFTER = timedelta(minutes=5)
"""How long host.json keeps a failed message invisible."""
OFFICE_HOUR = time(12, tzinfo=UTC)
"""When the people of the sandbox are at work: guests sign in, sponsors read their mail."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When the timer is to be played, and for which job's slot."""

    at: datetime
    job: str


def due_between(schedules: Schedules, after: datetime, until: datetime) -> Iterator[Moment]:
    """Yield, in order, when the timer finds something due: the newest slot of each job on each day (UTC)."""
    found: set[Moment] = set()
    day = after.date() - _DAY
    while day <= until.date():
        end = datetime.combine(day + _DAY, time(tzinfo=UTC))
        for job in Schedules.model_fields:
            at = latest_slot(getattr(schedules, job), end) + AFTER_THE_SLOT
            if after < at <= until:
                found.add(Moment(at=at, job=job))
        day += _DAY
    yield from sorted(found, key=lambda moment: (moment.at, moment.job))


async def until(world: World, moment: datetime) -> Drained:
    """Play the timer whenever something is due, until a moment; the people do nothing meanwhile."""
    policy = await world.house.policies.current()
    done = Drained()
    for due in due_between(policy.schedules, world.clock.now(), moment):
        move(world, due.at)
        done += await tick(world)
    move(world, moment)
    return done


def move(world: World, to: datetime) -> None:
    """Set the clock, unless the app's own waiting has carried it further already."""
    world.clock.move(max(to, world.clock.now()))


async def tick(world: World) -> Drained:
    """Fire the timer and work through everything it handed over.

    Raises:
        ExceptionGroup: the timer's own function failed.

    """
    failures = [one.failure for one in await world.host.fire_timers() if one.failure is not None]
    if failures:
        raise ExceptionGroup("the timer failed", failures)
    return await work_off(world)


async def work_off(world: World) -> Drained:
    """Work through the queues; what failed comes back after its pause, which the clock jumps over."""
    done = await world.host.drain()
    if done.failed:
        await world.clock.sleep(RETRY_AFTER)
        done += await world.host.drain(retry_now=True)
    return done


def guests_sign_in(world: World, population: People, day: date) -> int:
    """Let every guest sign in who comes on that day; return how many were let in."""
    at = world.clock.now()
    return sum(
        world.tenant.sign_in(population.guest(number)["id"], at)
        for number in range(population.guest_count)
        if population.returns_on(number, day)
    )
