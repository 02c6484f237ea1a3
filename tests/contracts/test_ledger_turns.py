"""What every ledger does to keep workers apart: turns at a rate, and the one mail of a reader's day."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

from reviews.ports import Ledger
from reviews.records import Rate
from tests.contracts.ledger_samples import NOW

APART = timedelta(seconds=3)
MAIL = Rate(of="mail", turns=1, period=APART)
READS = Rate(of="reads", turns=3, period=timedelta(minutes=1))
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


async def test_turns_lie_apart_however_many_ask_at_once(ledger: Ledger) -> None:
    turns = await asyncio.gather(*(ledger.take_turn(MAIL, NOW) for _ in range(10)))

    assert sorted(turns) == [NOW + number * APART for number in range(10)]


async def test_a_turn_after_a_pause_comes_at_once(ledger: Ledger) -> None:
    await ledger.take_turn(MAIL, NOW)
    later = NOW + timedelta(minutes=5)

    assert await ledger.take_turn(MAIL, later) == later


async def test_a_slower_pace_holds_from_the_next_turn_on(ledger: Ledger) -> None:
    await ledger.take_turn(MAIL, NOW)

    assert await ledger.take_turn(replace(MAIL, period=4 * APART), NOW) == NOW + 4 * APART


async def test_as_many_turns_as_a_period_allows_come_at_once(ledger: Ledger) -> None:
    turns = await asyncio.gather(*(ledger.take_turn(READS, NOW) for _ in range(7)))

    assert sorted(turns) == [NOW] * 3 + [NOW + READS.period] * 3 + [NOW + 2 * READS.period]


async def test_rates_do_not_wait_for_one_another(ledger: Ledger) -> None:
    await ledger.take_turn(MAIL, NOW)

    assert await ledger.take_turn(READS, NOW) == NOW


async def test_a_turn_that_took_long_counts_from_its_end(ledger: Ledger) -> None:
    first, *_ = [await ledger.take_turn(READS, NOW) for _ in range(3)]
    ended = NOW + timedelta(seconds=50)
    await ledger.end_turn(READS, first, ended)
    later = [await ledger.take_turn(READS, NOW + READS.period) for _ in range(3)]

    assert later == [NOW + READS.period] * 2 + [ended + READS.period]


async def test_a_readers_day_belongs_to_one_mail_and_stays_its_own(ledger: Ledger) -> None:
    assert await ledger.last_day("sara") is None
    assert await ledger.take_day("sara", MONDAY, "m1")
    assert not await ledger.take_day("sara", MONDAY, "m2")
    assert await ledger.take_day("sara", MONDAY, "m1")
    assert await ledger.take_day("joost", MONDAY, "m2")
    assert await ledger.last_day("sara") == MONDAY


async def test_the_next_day_is_another_one(ledger: Ledger) -> None:
    await ledger.take_day("sara", MONDAY, "m1")

    assert await ledger.take_day("sara", TUESDAY, "m2")
    assert not await ledger.take_day("sara", MONDAY, "m1"), "a day that is past is nobody's"
    assert await ledger.last_day("sara") == TUESDAY


async def test_of_racing_mails_one_gets_the_day(ledger: Ledger) -> None:
    taken = await asyncio.gather(*(ledger.take_day("sara", MONDAY, f"m{n}") for n in range(8)))

    assert sum(taken) == 1
