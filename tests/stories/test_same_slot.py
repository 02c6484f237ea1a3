"""The timer fires a hundred times for one slot, in turn or all at once: one run, one set of effects."""

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest

from reviews.records import Run
from sandbox.azurite import Azurite
from tests.faults.chapters import ASKING, OVER_AFTER, Story, in_the_end, live_on, tell
from tests.faults.outcome import differences, outcome
from tests.faults.process import process
from tests.faults.storage_account import Account

TIMES = 100


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The story of tests/faults, told once."""
    return asyncio.run(tell(tmp_path_factory.mktemp("story")))


@pytest.fixture(scope="module")
def azurite() -> Iterator[Azurite]:
    with Azurite() as running:
        yield running


async def test_a_hundred_ticks_in_turn_are_one_run(story: Story) -> None:
    realm = story.at(ASKING)
    since = realm.clock.now()
    async with process(realm, story.policies[ASKING]) as program:
        for _ in range(TIMES):
            await program.house.tick.run()
        assert len(realm.lying) == TIMES * 5, (
            "harvest, packages, night, track and seal, each as often as the timer fired"
        )
        await live_on(program, since)
    assert differences(await in_the_end(realm, since), await story.undisturbed(ASKING)) == []


async def test_a_hundred_ticks_at_once_are_one_run(story: Story) -> None:
    realm = story.at(ASKING)
    since = realm.clock.now()
    async with process(realm, story.policies[ASKING]) as program:
        await asyncio.gather(*(program.house.tick.run() for _ in range(TIMES)))
        await live_on(program, since, at_once=TIMES)
    assert differences(await in_the_end(realm, since), await story.undisturbed(ASKING)) == []


@pytest.mark.parametrize("in_turn", [True, False])
async def test_a_slot_claimed_a_hundred_times_on_azurite_is_one_run(
    story: Story, azurite: Azurite, *, in_turn: bool
) -> None:
    realm, policy = story.at(ASKING), story.policies[ASKING]
    since = realm.clock.now()
    async with Account(azurite.connection_string) as account:
        await account.take_over(realm)
        async with process(realm, policy, ledger=account.ledger) as program:
            slot = next(job.slot for job in await program.house.tick.run() if job.job == "night")
            runs = [program.house.night.run(slot) for _ in range(TIMES)]
            ended = [await run for run in runs] if in_turn else await asyncio.gather(*runs)
            assert Counter(type(run) for run in ended) == {Run: 1, type(None): TIMES - 1}
            await live_on(program, since)
        realm.clock.move(since + OVER_AFTER)
        assert differences(await outcome(realm.tenant, account.ledger), await story.undisturbed(ASKING)) == []
