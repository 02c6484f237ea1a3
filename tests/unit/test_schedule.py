"""Slots, quiet days and deadlines: the tables of docs/policy.md, and a second opinion on cron."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from croniter import croniter
from hypothesis import example, given
from hypothesis import strategies as st

from reviews.cron import read_cron
from reviews.policy import Policy, Quiet, Reviews, Schedule, Schedules
from reviews.schedule import Due, deadline, due, is_quiet, latest_slot, local_date, overdue
from tests.builders import NOW
from tests.tables import codes, table


def utc(cell: str) -> datetime:
    return datetime.fromisoformat(cell).replace(tzinfo=UTC)


@pytest.mark.parametrize("row", table("When jobs run"), ids=str)
def test_each_documented_moment_has_its_slot(row: dict[str, str]) -> None:
    schedule = Schedule(cron=row["cron"], zone=row["zone"])
    assert latest_slot(schedule, utc(row["now"])) == utc(row["newest slot (UTC)"])


@pytest.mark.parametrize("row", table("Quiet days"), ids=str)
def test_each_documented_day_is_quiet_or_not(row: dict[str, str]) -> None:
    days = tuple(date.fromisoformat(day) for day in codes(row["days"]))
    quiet = Quiet(weekends=row["weekends"] == "yes", days=days)
    assert is_quiet(quiet, row["zone"], utc(row["now"])) == (row["quiet"] == "yes")


@pytest.mark.parametrize("row", table("Deadlines"), ids=str)
def test_each_documented_question_has_its_deadline(row: dict[str, str]) -> None:
    duration = Reviews.model_validate({"duration": row["duration"]}).duration
    assert deadline(utc(row["opened"]), duration, row["zone"]) == utc(row["deadline (UTC)"])


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("30 1 * *", "five cron fields"),
        ("0 30 1 * * *", "five cron fields"),
        ("60 1 * * *", "minute: write 0 to 59, not '60'"),
        ("0 24 * * *", "hour: write 0 to 23"),
        ("0 1 0 * *", "day of month: write 1 to 31"),
        ("0 1 * 13 *", "month: write 1 to 12"),
        ("0 1 * * 8", "day of week: write 0 to 7"),
        ("0 1 * * FUN", "day of week"),
        ("0 1 * JAN MAY", "day of week"),
        ("30-10 1 * * *", "runs backwards"),
        ("*/0 1 * * *", "write 1 to 59"),
        ("*/ 1 * * *", "minute"),
        ("1,,2 1 * * *", "minute"),
        ("٣ 1 * * *", "minute"),
        ("-1 1 * * *", "minute"),
        ("0 0 30 2 *", "never comes"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused(line: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_cron(line)
    with pytest.raises(ValueError, match=problem):
        Schedule(cron=line)


NAMES = st.sampled_from(["*", "1", "15", "28", "1,15", "10-20", "5/10"])
LINES = st.builds(
    " ".join,
    st.tuples(
        st.sampled_from(["0", "30", "*/15", "5,35", "10-20/5", "59", "*"]),
        st.sampled_from(["0", "1", "*/4", "3,21", "8-17", "23", "*"]),
        NAMES,
        st.sampled_from(["*", "2", "6-8", "JAN,DEC", "*/3"]),
        st.sampled_from(["*", "0", "7", "1-5", "MON,THU", "2"]),
    ),
)


@given(
    line=LINES,
    now=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - hypothesis adds the zone
)
@example(line="0 9 1 * 1", now=datetime(2026, 11, 20, 12))  # noqa: DTZ001
def test_away_from_clock_changes_the_slots_are_those_of_croniter(line: str, now: datetime) -> None:
    moment = now.replace(tzinfo=UTC)
    minute = moment.replace(second=0, microsecond=0)
    at_slot: bool = croniter.match(line, minute)
    expected = minute if at_slot else croniter(line, minute).get_prev(datetime)
    assert latest_slot(Schedule(cron=line), moment) == expected


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.sampled_from(["30 2 * * *", "*/15 * * * *", "0 0 * * MON"]),
)
def test_a_slot_is_never_to_come_and_stays_the_newest_until_the_next(
    now: datetime, zone: str, line: str
) -> None:
    schedule = Schedule(cron=line, zone=zone)
    slot = latest_slot(schedule, now)
    assert slot <= now
    assert latest_slot(schedule, slot) == slot
    earlier = latest_slot(schedule, slot - timedelta(microseconds=1))
    assert earlier < slot
    assert latest_slot(schedule, now - (now - slot) / 2) == slot


def test_a_night_runs_once_on_every_day_of_a_year_whatever_the_clocks_do() -> None:
    schedule = Schedule(cron="30 2 * * *", zone="Europe/Amsterdam")
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(365 * 24)]
    slots = {latest_slot(schedule, hour) for hour in hours}
    days = {local_date("Europe/Amsterdam", slot) for slot in slots}
    assert len(slots) == len(days) == 366  # the newest one on 1 January is of the year before


def finished(**slots: datetime) -> dict[str, datetime]:
    return slots


EVERYTHING = finished(
    harvest=datetime(2026, 11, 20, 0, 45, tzinfo=UTC),
    packages=datetime(2026, 11, 20, 1, 15, tzinfo=UTC),
    night=datetime(2026, 11, 20, 1, 30, tzinfo=UTC),
    track=datetime(2026, 11, 20, 0, 15, tzinfo=UTC),
    seal=datetime(2026, 11, 19, 5, 45, tzinfo=UTC),
)


def test_nothing_is_due_when_every_newest_slot_is_finished() -> None:
    assert due(Schedules(), NOW, EVERYTHING) == ()


def test_a_job_that_never_ran_is_due_for_its_newest_slot_only() -> None:
    assert due(Schedules(), NOW, {}) == tuple(Due(job=job, slot=slot) for job, slot in EVERYTHING.items())


def test_nights_that_were_missed_are_made_up_for_by_one() -> None:
    old = EVERYTHING | finished(night=NOW - timedelta(days=9))
    assert due(Schedules(), NOW, old) == (Due(job="night", slot=EVERYTHING["night"]),)


def test_a_slot_ahead_of_the_schedule_after_a_policy_edit_is_not_due_again() -> None:
    ahead = EVERYTHING | finished(night=NOW + timedelta(hours=1))
    assert due(Schedules(), NOW, ahead) == ()


@pytest.mark.parametrize(
    ("late", "expected"),
    [(timedelta(hours=2), True), (timedelta(hours=2) - timedelta(seconds=1), False)],
)
def test_somebody_is_told_two_hours_after_a_night_did_not_happen(late: timedelta, expected: bool) -> None:  # noqa: FBT001
    slot = EVERYTHING["night"]
    last_night = EVERYTHING | finished(night=slot - timedelta(days=1), seal=NOW, track=NOW + late)
    told = overdue(Schedules(), slot + late, last_night)
    assert told == ((Due(job="night", slot=slot),) if expected else ())


def test_a_job_that_runs_every_quarter_hour_can_be_overdue_too() -> None:
    often = Schedules(track=Schedule(cron="*/15 * * * *"))
    stuck = EVERYTHING | finished(track=NOW - timedelta(hours=3))
    assert [one.job for one in overdue(often, NOW, stuck)] == ["track"]
    fresh = EVERYTHING | finished(track=NOW - timedelta(minutes=90))
    assert overdue(often, NOW, fresh) == ()


def test_a_leap_day_is_found_across_a_century_without_one() -> None:
    before_the_next = datetime(1904, 2, 28, 23, tzinfo=UTC)
    assert latest_slot(Schedule(cron="0 0 29 2 *"), before_the_next) == datetime(1896, 2, 29, tzinfo=UTC)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_deadline_gives_at_least_the_whole_duration(opened_at: datetime) -> None:
    until = deadline(opened_at, timedelta(days=14), "Europe/Amsterdam")
    assert until - opened_at >= timedelta(days=13, hours=23)
    assert until - opened_at <= timedelta(days=15, hours=1)


def test_the_schedules_of_the_policy_are_the_jobs(now: datetime) -> None:
    everything: Any = due(Policy().schedules, now, {})
    assert [one.job for one in everything] == ["harvest", "packages", "night", "track", "seal"]
