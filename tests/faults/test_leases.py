"""Who may work on a run: one owner at a time, and the next one once the lease ran out."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta

import pytest

from reviews.errors import Conflict
from reviews.jobs.night import HAND_OVER_FOR, LEASE
from reviews.messages import Message, OpenBatch, RunJob
from reviews.records import RunStep
from tests.faults.chapters import ASKING, Story, in_the_end, live_on
from tests.faults.outcome import differences
from tests.faults.process import Process, process
from tests.faults.realm import Realm, RealmQueue
from tests.faults.stall import Stall

MINUTE = timedelta(minutes=1)


async def _slot(program: Process) -> datetime:
    """Fire the timer; return the slot of the night it handed over."""
    return next(job.slot for job in await program.house.tick.run() if job.job == "night")


@pytest.mark.parametrize("number", [1, 2])
async def test_a_run_of_a_dead_owner_is_taken_over_after_its_lease(story: Story, number: int) -> None:
    realm, policy = story.at(ASKING), story.policies[ASKING]
    since = realm.clock.now()
    async with process(realm, policy) as dead:
        stall = dead.wire.before = Stall(number)
        slot = await _slot(dead)
        life = asyncio.create_task(dead.house.night.run(slot))
        await stall.reached.wait()
        left = realm.twin()
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
    async with process(left, policy) as heir:
        left.clock.move(since + LEASE - MINUTE)
        assert await heir.house.night.run(slot) is None, "nobody knows yet that the owner is dead"
        left.clock.move(since + LEASE + MINUTE)
        run = await heir.house.night.run(slot)
        assert run is not None
        assert run.step is RunStep.FINISHED
        await live_on(heir, since)
    assert differences(await in_the_end(left, since), await story.undisturbed(ASKING)) == []


@pytest.mark.parametrize("number", [1, 2])
async def test_a_stalled_owner_finds_its_night_taken_and_writes_nothing(story: Story, number: int) -> None:
    realm, policy = story.at(ASKING), story.policies[ASKING]
    since = realm.clock.now()
    async with process(realm, policy) as slow, process(realm, policy) as quick:
        stall = slow.wire.before = Stall(number)
        slot = await _slot(slow)
        life = asyncio.create_task(slow.house.night.run(slot))
        await stall.reached.wait()
        assert await quick.house.night.run(slot) is None, "two living owners never both work"
        realm.clock.move(since + LEASE + MINUTE)
        run = await quick.house.night.run(slot)
        assert run is not None
        stall.let_go.set()
        with pytest.raises(Conflict):
            await life
        assert await quick.house.ledger.run(run.id) == run
        await live_on(quick, since)
    assert differences(await in_the_end(realm, since), await story.undisturbed(ASKING)) == []


class SlowQueue(RealmQueue):
    """Takes three minutes for every message it is handed by a night, and remembers them."""

    def __init__(self, realm: Realm) -> None:
        super().__init__(realm, lambda name, writes: None)  # noqa: ARG005 - nobody counts here
        self.handed_over: list[Message] = []

    async def put(self, message: Message, *, after: timedelta = timedelta()) -> None:
        """Hand over one message, slowly."""
        await super().put(message, after=after)
        self.handed_over.append(message)
        if isinstance(message, OpenBatch):
            await self._realm.clock.sleep(3 * MINUTE)


async def test_a_long_hand_over_is_continued_by_a_new_message(story: Story) -> None:
    realm = story.at(ASKING)
    since = realm.clock.now()
    queue = SlowQueue(realm)
    async with process(realm, story.policies[ASKING], queue=queue) as program:
        night = program.house.night
        slot = await _slot(program)
        assert await night.run(slot) is None, f"five messages, three minutes each: more than {HAND_OVER_FOR}"
        assert queue.handed_over[-1] == RunJob(job="night", slot=slot, start=3)
        run = await night.run(slot, start=3)
        assert run is not None
        assert run.step is RunStep.FINISHED
        opened = Counter(one.batch_id for one in queue.handed_over if isinstance(one, OpenBatch))
        assert list(opened.values()) == [1] * 5, "nothing is lost, nothing doubled"
        await live_on(program, since)
    assert differences(await in_the_end(realm, since), await story.undisturbed(ASKING)) == []
