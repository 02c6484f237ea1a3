"""Two workers at the same thing: messages that came twice, and a worker that is much slower than another."""

import asyncio

import pytest

from reviews.errors import GatehouseError
from reviews.messages import CarryOut, Message
from tests.faults.chapters import ACTING, ASKING, WEIGHING, Story, in_the_end, live_on
from tests.faults.outcome import differences
from tests.faults.process import Process, process
from tests.faults.realm import Lying, Realm
from tests.faults.stall import Stall
from tests.faults.test_cuts import undisturbed_life

pytestmark = pytest.mark.slow

EVERY = 12
AT_ONCE = 4
"""How many messages of one queue the host works on side by side (host.json)."""


@pytest.mark.parametrize("chapter", [ASKING, WEIGHING, ACTING])
async def test_messages_that_come_twice_side_by_side_have_one_effect(story: Story, chapter: str) -> None:
    """Killed somewhere, all that lay in the queues comes back at once, and each of it twice."""
    realm, policy = story.at(chapter), story.policies[chapter]
    since = realm.clock.now()
    cuts = await undisturbed_life(realm, policy, 0, EVERY)
    for call, left in cuts.worlds:
        left.double()
        async with process(left, policy) as again:
            await live_on(again, since, at_once=AT_ONCE)
        found = differences(await in_the_end(left, since), await story.undisturbed(chapter))
        assert found == [], f"killed after {call}"


async def _handle(program: Process, held: Lying) -> None:
    """Work on a message as somebody who has it in hand too; who settles it does not matter here."""
    try:
        await program.house.work(held.message)
    except GatehouseError:
        return


def _what(message: Message) -> str:
    return message.kind.value if isinstance(message, CarryOut) else type(message).__name__


async def _before_the_first(story: Story, chapter: str, what: str) -> tuple[Realm, Lying]:
    """Tell a chapter until the first message of its kind is in hand."""
    realm = story.at(chapter)
    async with process(realm, story.policies[chapter]) as program:
        await program.house.tick.run()
        while (held := program.queue.take()) is not None:
            if _what(held.message) == what:
                return realm, held
            await program.handle(held)
    raise AssertionError(f"no {what} in {chapter}")


@pytest.mark.parametrize(
    ("chapter", "what"),
    [
        (ASKING, "OpenBatch"),
        (ASKING, "SendMail"),
        (WEIGHING, "WeighAnswers"),
        (ACTING, "notice"),
        (ACTING, "block"),
        (ACTING, "delete"),
        (ACTING, "close"),
    ],
)
async def test_a_worker_that_stalls_is_overtaken_and_harms_nothing(
    story: Story, chapter: str, what: str
) -> None:
    """While one stands before a call to Graph, another does the whole of the same; then the first goes on."""
    begun, held = await _before_the_first(story, chapter, what)
    wanted, policy = await story.undisturbed(chapter), story.policies[chapter]
    since = story.at(chapter).clock.now()
    number = 0
    while True:
        number += 1
        realm, stall = begun.twin(), Stall(number)
        async with process(realm, policy) as slow, process(realm, policy) as quick:
            slow.wire.before = stall
            first = asyncio.create_task(_handle(slow, held))
            standing = asyncio.create_task(stall.reached.wait())
            await asyncio.wait({first, standing}, return_when=asyncio.FIRST_COMPLETED)
            standing.cancel()
            if first.done():
                break
            await _handle(quick, held)
            stall.let_go.set()
            await first
            await live_on(quick, since)
        told = await in_the_end(realm, since)
        assert differences(told, wanted) == [], f"stalled at {stall.at}"
    assert number > 1
