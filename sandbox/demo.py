"""The demo: a quarter of a year on a tenant of 2,000 guests, played without anybody touching it."""

import gc
import io
import logging
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any, Final

from admin import running
from reviews.errors import Transient
from reviews.model import GuestId, Step
from sandbox import days
from sandbox.demo_folder import leave
from sandbox.demo_record import Record, read_record
from sandbox.demo_sponsors import Sponsors
from sandbox.joint_clock import JointClock
from sandbox.second_instance import second_instance
from sandbox.stories import STARTS_AT, Story
from sandbox.world import World, policy_text, served

MORNING: Final = time(7, 30, tzinfo=UTC)
"""When the operator reads the digest of the night."""
FALLBACK: Final = 4
"""The first member who plays no part in the story answers where no sponsor can."""
LOG: Final = "host.log"
"""Where the warnings of both instances go."""
DRY_NIGHTS: Final = 1
"""How many nights only report, before the policy is set to enforce."""

# A careful first quarter: who accepted and was silent for two and a half years is asked about, one night
# a week; who invited whom is read once a week, what is answered in My Access twice a month. The cap is above
# what an ordinary night wants, and below what follows when many questions are put at once.
POLICY: Final[Mapping[str, Any]] = {
    "mode": "enforce",
    "schedules": {
        "harvest": {"cron": "45 0 * * 1", "zone": "Europe/Amsterdam"},
        "packages": {"cron": "15 1 * * 1", "zone": "Europe/Amsterdam"},
        "night": {"cron": "30 1 * * 4", "zone": "Europe/Amsterdam"},
        "track": {"cron": "15 15 1,15 * *", "zone": "Europe/Amsterdam"},
        "seal": {"cron": "45 5 * * 5", "zone": "Europe/Amsterdam"},
    },
    "scope": {"kinds": ["external-guest"]},
    "thresholds": {
        "inactive_after": "P900D",
        "never_signed_in_after": "P900D",
        "attempts_only_after": "P900D",
    },
    "reviews": {"duration": "P9D"},
    "actions": {"grace": "P7D", "quarantine": "P21D"},
    "caps": {"harmful_per_run": 20},
}

Told = Callable[[str], None]


@dataclass(slots=True, kw_only=True)
class Quarter:
    """The quarter while it is played: who acts, and what the operator did."""

    world: World
    calendar: days.Calendar
    sponsors: Sponsors
    tell: Told
    approved: set[str] = field(default_factory=set)
    restored: GuestId | None = None

    async def day(self, start: datetime) -> None:
        """Play one day: night, seal, the operator's morning, everybody at work, tracking."""
        day, end = start.date(), start + timedelta(days=1)
        await self.calendar.until(datetime.combine(day, MORNING))
        await self._operator()
        await self.calendar.until(datetime.combine(day, days.OFFICE_HOUR))
        self.calendar.guests_sign_in(day)
        if await self.sponsors.act():
            await self.calendar.work_off()
        await self.calendar.until(end)

    async def _operator(self) -> None:
        """Approve a plan that waits for it, and bring one guest back whom a colleague misses."""
        approved = await self._approve()
        restored = self.restored is None and await self._restore()
        if approved or restored:
            await self.calendar.work_off()

    async def _approve(self) -> bool:
        house = self.world.house
        for run in await house.ledger.recent_runs("night", 1):
            plan = await house.archive.plan(run.id)
            if plan is None or plan.plan_hash in self.approved:
                continue
            if any(held.held_by == "cap-harmful" for held in plan.held):
                with running.out.capture() as said:
                    await running.approve(house, plan.plan_hash)
                self.approved.add(plan.plan_hash)
                self.tell(f"{run.slot:%d %b}: over a cap, so held; {said.get().strip()}")
                return True
        return False

    async def _restore(self) -> bool:
        """Undo one removal, the day after it was done."""
        world, now = self.world, self.world.clock.now()
        for guest_id, since in world.tenant.directory.deleted.items():
            case = await world.house.ledger.case(GuestId(guest_id))
            if case is None or case.step is not Step.DELETED or now - since < timedelta(days=1):
                continue
            with running.out.capture() as said:
                try:
                    await running.undo_guest(world.house, case.guest_id)
                except Transient:
                    # The command says so itself: run it again in a minute.
                    await world.clock.sleep(timedelta(minutes=1))
                    await running.undo_guest(world.house, case.guest_id)
            self.restored = case.guest_id
            self.tell(f"{now:%d %b}: a colleague misses a guest; {said.get().strip()}")
            return True
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a demo ended: the record it left, and what went wrong; nothing when all went well."""

    record: Record
    troubles: tuple[str, ...]


async def play(story: Story, folder: Path, *, tell: Told, on_day: Callable[[datetime], None]) -> Ended:
    """Play a story to its end and leave the folder; ``on_day`` is called after each day."""
    with tempfile.TemporaryDirectory() as place, (Path(place) / LOG).open("wb") as log:
        # Failures that are tried again are part of the show, but not of what is told about it.
        logging.basicConfig(stream=io.TextIOWrapper(log, "utf-8", write_through=True), level=logging.WARNING)
        async with _two_instances(story, Path(place), log) as (world, calendar):
            quarter = Quarter(world=world, calendar=calendar, sponsors=Sponsors(world, story), tell=tell)
            for number in range(story.lasts.days):
                if number == DRY_NIGHTS:
                    _edit_policy(world, policy_text(_policy(story), story.population))
                    tell("a dry night is over; the policy now says enforce")
                start = STARTS_AT + timedelta(days=number)
                await quarter.day(start)
                on_day(start)
            record = await read_record(world)
            leave(folder, record, story, world.tenant)
        shutil.copy(Path(place) / LOG, folder / LOG)
    return Ended(record=record, troubles=(*record.missing(), *_troubles(quarter)))


@asynccontextmanager
async def _two_instances(
    story: Story, place: Path, log: IO[bytes]
) -> AsyncIterator[tuple[World, days.Calendar]]:
    """Start a world in mode report, with a second instance of the app beside its host."""
    dry, people, hands = {**_policy(story), "mode": "report"}, story.population, place / "clock"
    with closing(JointClock(hands, STARTS_AT)) as clock:
        async with (
            served(people, folder=place, start=STARTS_AT, policy=dry, clock=clock) as world,
            # The second comes second: it reads its settings from the environment that the first one made.
            second_instance(hands, log) as second,
        ):
            _spare_the_collector()
            yield world, days.Calendar(world=world, people=people, more=(second,))


def _policy(story: Story) -> Mapping[str, Any]:
    return {**POLICY, "reviewers": {"fallback": [story.population.member(FALLBACK)["id"]]}}


def _edit_policy(world: World, text: str) -> None:
    """Write the policy file anew, as an admin would: the next tick reads it."""
    Path(world.settings["POLICY_SOURCE"]).write_text(text, encoding="utf-8")


def _spare_the_collector() -> None:
    """Keep what was loaded out of every collection to come: it makes up most of the objects there are."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _troubles(quarter: Quarter) -> tuple[str, ...]:
    found = list(quarter.sponsors.troubles)
    if quarter.calendar.worked.poisoned:
        found.append(f"{quarter.calendar.worked.poisoned} messages went to a poison queue")
    return tuple(found)
