"""The clock that several processes share: two of them on one file stand for two processes."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.joint_clock import JointClock

START = datetime(2026, 9, 1, 7, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def clocks(tmp_path: Path) -> Iterator[tuple[JointClock, JointClock]]:
    first = JointClock(tmp_path / "clock", START)
    second = JointClock(tmp_path / "clock")
    yield first, second
    first.close()
    second.close()


def test_all_see_where_one_sets_the_hands(clocks: tuple[JointClock, JointClock]) -> None:
    first, second = clocks

    first.move(START + HOUR)

    assert second.now() == first.now() == START + HOUR


async def test_each_sleep_counts_whoever_sleeps(clocks: tuple[JointClock, JointClock]) -> None:
    first, second = clocks

    await asyncio.gather(first.sleep(HOUR), second.sleep(HOUR), first.sleep(-HOUR))

    assert first.now() == second.now() == START + 2 * HOUR


def test_time_never_runs_backwards_for_anybody(clocks: tuple[JointClock, JointClock]) -> None:
    first, second = clocks
    first.move(START + HOUR)

    with pytest.raises(ValueError, match="forward only"):
        second.move(START)

    assert second.now() == START + HOUR
