"""What Graph rations is rationed for all instances together: they take turns through one ledger."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import chain

from adapters.graph.pacing import LATE, Pace
from reviews.errors import Forbidden
from reviews.records import Rate
from sandbox.memory_turns import MemoryTurns
from sandbox.virtual_time import VirtualClock, play

START = datetime(2026, 9, 1, tzinfo=UTC)
READS = Rate(of="reads", turns=10, period=timedelta(minutes=1))


async def many(pace: Pace, clock: VirtualClock, count: int, takes: timedelta) -> list[datetime]:
    """Have one instance ask so often; return when each request arrived: at worst when it was answered."""
    arrived = []
    for _ in range(count):
        async with pace.turn():
            await clock.sleep(takes)
            arrived.append(clock.now())
    return arrived


def most_in_a_period(arrived: list[datetime]) -> int:
    return max(sum(one <= other < one + READS.period for other in arrived) for one in arrived)


def of_three_instances(takes: timedelta) -> list[datetime]:
    async def story() -> list[datetime]:
        clock, turns = VirtualClock(START), MemoryTurns()
        each = (many(Pace(clock, READS, turns), clock, 25, takes) for _ in range(3))
        return sorted(chain.from_iterable(await asyncio.gather(*each)))

    return play(story)


def test_three_instances_together_keep_the_rate_and_waste_nothing() -> None:
    arrived = of_three_instances(timedelta(milliseconds=200))

    assert most_in_a_period(arrived) <= READS.turns
    assert arrived[-1] - arrived[0] <= 7.3 * (READS.period + LATE)


def test_slow_answers_count_from_their_end_for_all() -> None:
    assert most_in_a_period(of_three_instances(timedelta(seconds=4))) <= READS.turns


class Closed(MemoryTurns):
    """The turns of a record that may be read but not written."""

    async def take_turn(self, rate: Rate, now: datetime) -> datetime:
        raise Forbidden(f"{rate.of} at {now}: the record may not be written", needs="")


def test_who_may_not_write_the_record_keeps_the_rate_alone() -> None:
    async def story() -> list[datetime]:
        clock = VirtualClock(START)
        return await many(Pace(clock, READS, Closed()), clock, 25, timedelta(milliseconds=200))

    assert most_in_a_period(play(story)) == READS.turns
