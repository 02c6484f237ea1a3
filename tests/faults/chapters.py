"""The story told once without a disturbance, and the world as it is where each chapter begins."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.clock import HandClock
from reviews.model import Step
from sandbox.stories import STARTS_AT
from tests.faults import plot
from tests.faults.outcome import outcome
from tests.faults.plot import day
from tests.faults.process import Process, ledger_of, process
from tests.faults.realm import Realm

ASKING, WEIGHING, ACTING = "the asking night", "weighing answers", "the acting night"
OVER_AFTER = timedelta(hours=3)
"""How long after its beginning a chapter is looked at."""
TRACKED_AFTER = timedelta(minutes=45)
"""How long after each chapter's beginning the story's policy has the reviews tracked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Where each chapter begins: everything is prepared, and the program has not been called yet."""

    chapters: dict[str, Realm]
    policies: dict[str, Path]
    told: dict[str, dict[str, Any]] = field(default_factory=dict)

    def at(self, chapter: str) -> Realm:
        """Return a fresh copy of the world at the start of a chapter."""
        return self.chapters[chapter].twin()

    async def undisturbed(self, chapter: str) -> dict[str, Any]:
        """Return what becomes of a chapter that nothing disturbs."""
        if chapter not in self.told:
            realm = self.at(chapter)
            since = realm.clock.now()
            async with process(realm, self.policies[chapter]) as program:
                await live_on(program, since)
            self.told[chapter] = await in_the_end(realm, since)
        return self.told[chapter]


async def in_the_end(realm: Realm, since: datetime) -> dict[str, Any]:
    """Say what became of a world, at one moment for all: reviews begin and end by themselves.

    Raises AssertionError when a message is left, or was given up.
    """
    realm.clock.move(since + OVER_AFTER)
    assert not realm.parked
    assert not realm.lying
    return await outcome(realm.tenant, ledger_of(realm))


async def tell(folder: Path) -> Story:
    """Tell the story up to its acting night.

    Wave after wave is denied, so that on that night the first are to be deleted, the second to be blocked,
    the third to be warned; others were decided on natively, and for the rest the time is up.
    """
    clock = HandClock(STARTS_AT)
    realm = Realm(clock=clock, tenant=plot.a_tenant(clock))
    # The first night is later than the nights to come: the reviews are still open when the last one acts.
    late, early = plot.write_policy(folder, 8), plot.write_policy(folder, 3)
    story = Story(chapters={}, policies={ASKING: late, WEIGHING: early, ACTING: early})
    clock.move(day(0, 8, 46))
    story.chapters[ASKING] = realm.twin()
    async with process(realm, late) as program:
        await live_on(program, clock.now())
    async with process(realm, early) as program:
        await _waves(program, story)
    return story


async def _waves(program: Process, story: Story) -> None:
    realm, clock = program.realm, program.realm.clock
    for number in (1, 2, 3):
        clock.move(day(number, 3))
        await live_on(program, clock.now())
    for wave, number in enumerate((3, 4, 5)):
        clock.move(day(number, 11))
        assert await plot.answer_page(program.house.ledger, program.queue, clock.now(), wave)
        if wave == 0:
            assert await plot.answer_natively(realm.tenant, program.house.ledger)
            story.chapters[WEIGHING] = realm.twin()
        await live_on(program, clock.now())
        if wave == 2:
            await _the_last_day(program)
        clock.move(day(number + 1, 3))
        story.chapters[ACTING] = realm.twin()
        if wave < 2:
            await live_on(program, clock.now())


async def live_on(program: Process, since: datetime, *, at_once: int = 1) -> None:
    """Let the program do all there is to do in a chapter that began at ``since``, and follow it up."""
    clock = program.realm.clock
    await program.settle(at_once=at_once)
    clock.move(max(clock.now(), since + TRACKED_AFTER))
    await program.settle(at_once=at_once)


async def _the_last_day(program: Process) -> None:
    """Decisions nobody has read yet; one guest comes back in grace, and one is deleted by somebody else."""
    tenant, ledger = program.realm.tenant, program.house.ledger
    program.realm.clock.move(day(5, 12))
    assert await plot.answer_natively(tenant, ledger)
    back, gone = (await plot.guests_at(ledger, Step.NOTICED))[:2]
    assert tenant.sign_in(back)
    tenant.delete(gone)
