"""Lets days pass in the sandbox: guests sign in, the timer fires when something is due, queues are emptied.

Time is jumped over, not waited for: between two slots of the policy's schedules the quarter-hourly timer
would find nothing due.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from reviews.policy import Schedules
from reviews.schedule import latest_slot
from sandbox.host_queues import Drained
from sandbox.people import People
from sandbox.world import World

AFTER_THE_SLOT = timedelta(minutes=5)
"""How long after a slot the timer is played: it fires each quarter of an hour, so never at once."""
RETRY_AFTER = timedelta(minutes=5)
"""How long host.json keeps a failed message invisible."""
LOOKS_EVERY = timedelta(seconds=0.15)
"""Real time after which an instance with nothing to do looks again."""
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


async def _beside(one: "Instance", over: asyncio.Event, retry_now: bool) -> Drained:  # noqa: FBT001
    """Have an instance help for as long as the first has work, which may hand over more at any moment."""
    done = await one.drain(retry_now=retry_now)
    while not over.is_set():
        more = await one.drain()
        if not more.handled:
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), LOOKS_EVERY.total_seconds())
        done += more
    return done


class Instance(Protocol):
    """An instance of the app that works through the queues."""

    async def drain(self, *, retry_now: bool = False) -> Drained:
        """Work through all queues until nothing is visible."""


@dataclass(slots=True, kw_only=True)
class Calendar:
    """Time in one world. ``more`` are instances of the app beside the world's own host."""

    world: World
    people: People
    more: tuple[Instance, ...] = ()
    worked: Drained = field(default_factory=Drained)
    """What all instances did with the messages they took, so far."""

    async def until(self, moment: datetime) -> None:
        """Play the timer whenever something is due, until a moment; the people do nothing meanwhile."""
        policy = await self.world.house.policies.current()
        for due in due_between(policy.schedules, self.world.clock.now(), moment):
            self._move(due.at)
            await self.tick()
        self._move(moment)

    async def tick(self) -> None:
        """Fire the timer and work through everything it handed over.

        Raises:
            ExceptionGroup: the timer's own function failed.

        """
        failures = [one.failure for one in await self.world.host.fire_timers() if one.failure is not None]
        if failures:
            raise ExceptionGroup("the timer failed", failures)
        await self.work_off()

    async def work_off(self) -> None:
        """Work through the queues; what failed comes back after its pause, which the clock jumps over."""
        done = await self._drained(retry_now=False)
        if done.failed:
            await self.world.clock.sleep(RETRY_AFTER)
            await self._drained(retry_now=True)

    def guests_sign_in(self, day: date) -> int:
        """Let every guest sign in who comes on that day; return how many were let in."""
        at = self.world.clock.now()
        return sum(
            self.world.tenant.sign_in(self.people.guest(number)["id"], at)
            for number in range(self.people.guest_count)
            if self.people.returns_on(number, day)
        )

    async def _drained(self, *, retry_now: bool) -> Drained:
        over = asyncio.Event()

        async def first() -> Drained:
            try:
                return await self.world.host.drain(retry_now=retry_now)
            finally:
                over.set()

        # Each ends when it sees nothing and has nothing in hand, so the last one to end leaves nothing.
        parts = await asyncio.gather(first(), *(_beside(one, over, retry_now) for one in self.more))
        done = sum(parts, start=Drained())
        self.worked += done
        return done

    def _move(self, to: datetime) -> None:
        """Set the clock, unless the app's own waiting has carried it further already."""
        self.world.clock.move(max(to, self.world.clock.now()))
