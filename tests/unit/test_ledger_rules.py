"""What every ledger agrees on: names of runs, homes of mail, who may take over; and work side by side."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.tables.rules import (
    event_of,
    first_claim,
    home_of,
    is_repeat,
    job_and_slot,
    run_id,
    run_key,
    take_over,
)
from adapters.tables.table import AT_ONCE, each
from reviews.errors import Malformed
from reviews.evidence import GENESIS, stamp
from reviews.model import RunId, Step
from reviews.records import RunStep
from tests.contracts.ledger_samples import LEASE, NOW, SLOT, a_case, a_move

# A busy machine is no failure.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
SLOTS = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001
    datetime(2999, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(second=0, microsecond=0))


@UNHURRIED
@given(st.from_regex(r"[a-z][a-z-]{0,20}", fullmatch=True), SLOTS)
def test_a_run_id_can_be_taken_apart_again(job: str, slot: datetime) -> None:
    assert job_and_slot(run_id(job, slot)) == (job, slot)


def test_a_run_is_named_in_utc() -> None:
    slot = datetime(2026, 11, 20, 3, 30, tzinfo=timezone(timedelta(hours=2)))

    assert run_id("night", slot) == "night:2026-11-20T01:30Z"


@pytest.mark.parametrize(
    ("job", "slot"),
    [
        ("night", SLOT.replace(tzinfo=None)),
        ("night", SLOT.replace(second=1)),
        ("night", SLOT.replace(microsecond=1)),
        ("night shift", SLOT),
        ("night:1", SLOT),
        ("", SLOT),
    ],
)
def test_what_cannot_name_a_run_is_refused(job: str, slot: datetime) -> None:
    with pytest.raises(Malformed):
        run_id(job, slot)


@pytest.mark.parametrize("name", ["", "night", "night:", "night:2026-11-20", "night:2026-11-20T1:30Z", ":x"])
def test_what_names_no_run_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        job_and_slot(RunId(name))


@UNHURRIED
@given(SLOTS, SLOTS)
def test_the_newer_slot_sorts_first(one: datetime, other: datetime) -> None:
    assert (run_key(one) < run_key(other)) is (one > other)


def test_a_run_belongs_to_its_owner_until_the_very_end_of_its_lease() -> None:
    run = first_claim("night", SLOT, owner="a", now=NOW, lease=LEASE)
    last = NOW + LEASE - timedelta(microseconds=1)

    assert take_over(run, owner="b", now=last, lease=LEASE) is None
    assert take_over(run, owner="b", now=NOW + LEASE, lease=LEASE) is not None
    assert take_over(run, owner="a", now=NOW, lease=LEASE) == run
    finished = replace(run, step=RunStep.FINISHED)
    assert take_over(finished, owner="a", now=NOW + LEASE, lease=LEASE) is None


def test_every_claim_draws_its_own_nonce() -> None:
    claims = {first_claim("night", SLOT, owner="a", now=NOW, lease=LEASE).nonce for _ in range(100)}

    assert len(claims) == 100


def test_an_event_is_stamped_behind_the_one_before() -> None:
    event = event_of(a_move(a_case()), GENESIS)

    assert event.previous == GENESIS
    assert stamp(event) == event


def test_only_the_very_same_move_is_a_repeat() -> None:
    move = a_move(a_case())
    newest = event_of(move, GENESIS)

    assert is_repeat(move, move.case, newest)
    assert not is_repeat(move, move.case, None)
    assert not is_repeat(replace(move, kind="other"), move.case, newest)
    assert not is_repeat(move, a_case(step=Step.ASKED), newest)
    assert not is_repeat(move, move.case, replace(newest, seq=2))


@pytest.mark.parametrize(
    ("home", "parts"),
    [("guest:1", ("guest", "1")), ("run:night:x", ("run", "night:x")), ("batch:b", ("batch", "b"))],
)
def test_a_home_is_a_kind_and_a_name(home: str, parts: tuple[str, str]) -> None:
    assert home_of(home) == parts


async def test_work_is_done_side_by_side_but_not_all_at_once() -> None:
    under_way, most = 0, 0

    async def double(number: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1
        return 2 * number

    assert await each(range(100), double) == [2 * number for number in range(100)]
    assert most == AT_ONCE
    assert await each([], double) == []


async def test_the_first_failure_ends_all_work_and_is_raised_as_it_is() -> None:
    begun: list[int] = []

    async def fail_at_three(number: int) -> None:
        begun.append(number)
        await asyncio.sleep(0)
        if number == 3:
            raise Malformed("three")

    with pytest.raises(Malformed, match="three"):
        await each(range(1000), fail_at_three)
    assert len(begun) < 100
