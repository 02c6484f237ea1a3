"""The tables of docs/sponsors.md, row by row, and what holds for every policy."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reviews import cadence
from reviews.cadence import may_leave, reminder_due, reminders
from reviews.model import Answer, Batch, Choice, Source, Step
from reviews.policy import Cadence, Policy, Quiet
from reviews.records import MailKind
from reviews.schedule import deadline, is_quiet_day, local_date
from tests.builders import NOW, SARA, a_case
from tests.letters import BATCH
from tests.letters import batch as a_batch
from tests.tables import DOCS, codes, table

PAGE = DOCS / "sponsors.md"
ZONE = ZoneInfo("Europe/Amsterdam")


def local(cell: str) -> datetime:
    return datetime.fromisoformat(cell).replace(tzinfo=ZONE)


def opened(at: datetime, policy: Policy) -> Batch:
    end = deadline(at, policy.reviews.duration, policy.tenant.zone)
    return a_batch(2, opened_at=at, deadline=end)


def policy_of(row: dict[str, str]) -> Policy:
    quiet = codes(row["quiet"])
    days = [date.fromisoformat(cell) for cell in quiet if cell[0].isdigit()]
    final = None if row["final"] == "-" else row["final"]
    return Policy(
        cadence=Cadence.model_validate({"reminders": codes(row["reminders"]), "final": final}),
        quiet=Quiet(weekends="weekends" in quiet, days=tuple(days)),
    )


@pytest.mark.parametrize("row", table("Which reminder is due", PAGE), ids=str)
def test_each_documented_reminder_is_due(row: dict[str, str]) -> None:
    policy = policy_of(row)
    told_on = None if row["told"] == "-" else date.fromisoformat(row["told"])
    found = reminder_due(opened(local("2026-11-20 10:00"), policy), told_on, policy, local(row["now"]))
    assert (found.mail_id if found else "-") == row["due"]


@pytest.mark.parametrize("row", table("Which mail may leave when", PAGE), ids=str)
def test_each_documented_mail_leaves_when_it_may(row: dict[str, str]) -> None:
    assert may_leave(MailKind(row["mail"]), Policy(), local(row["local time"])) == (row["leaves"] == "yes")


def test_every_mail_is_in_the_table() -> None:
    assert {row["mail"] for row in table("Which mail may leave when", PAGE)} == set(MailKind)


DURATIONS = st.integers(1, 40).map(lambda count: timedelta(days=count))
POLICIES = st.builds(
    Policy.model_construct,
    cadence=st.builds(
        Cadence,
        reminders=st.sets(DURATIONS, max_size=4).map(lambda some: tuple(sorted(some))),
        final=st.none() | DURATIONS,
    ),
    quiet=st.builds(
        Quiet,
        weekends=st.booleans(),
        days=st.lists(st.dates(date(2026, 11, 1), date(2026, 12, 31)), max_size=9).map(tuple),
    ),
)


@given(POLICIES, st.datetimes(datetime(2026, 11, 1), datetime(2026, 12, 20), timezones=st.just(ZONE)))  # noqa: DTZ001
def test_reminders_come_in_order_on_working_days_between_opening_and_deadline(
    policy: Policy, at: datetime
) -> None:
    batch = opened(at, policy)
    found = list(reminders(batch, policy))
    days = [one.day for one in found]
    assert days == sorted(set(days))
    assert len({one.mail_id for one in found}) == len(found)
    for day in days:
        assert local_date(policy.tenant.zone, batch.opened_at) < day
        assert day <= local_date(policy.tenant.zone, batch.deadline)
        assert not is_quiet_day(policy.quiet, day)


@given(POLICIES, st.integers(0, 20), st.integers(0, 20))
def test_whoever_had_mail_today_is_not_reminded_and_nothing_is_due_twice(
    policy: Policy, told: int, later: int
) -> None:
    batch = opened(NOW, policy)
    told_on = local_date(policy.tenant.zone, NOW) + timedelta(days=told)
    now = NOW + timedelta(days=told + later)
    due = reminder_due(batch, told_on, policy, now)
    assert due is None or told_on < due.day <= local_date(policy.tenant.zone, now)
    if due is not None:
        assert reminder_due(batch, due.day, policy, now) is None


def test_only_the_asked_without_any_answer_are_reminded_of() -> None:
    batch = a_batch(1)
    unsure = Answer(id="a", choice=Choice.DONT_KNOW, by=SARA, at=NOW, source=Source.PAGE)
    asked = a_case(Step.ASKED, batch_id=BATCH, asked_at=NOW)
    assert cadence.waits(asked, batch)
    assert not cadence.waits(None, batch)
    assert not cadence.waits(a_case(Step.OPENED, batch_id=BATCH), batch)
    assert not cadence.waits(a_case(Step.ASKED, batch_id=BATCH, asked_at=NOW, answer=unsure), batch)
    assert not cadence.waits(a_case(Step.ASKED, batch_id="another", asked_at=NOW), batch)


@pytest.mark.parametrize(
    ("until", "told"),
    [("2026-12-04", True), ("2026-12-05", False), ("2026-11-20", True), ("2026-11-19", False)],
)
def test_an_exemption_is_announced_from_two_weeks_before_its_last_day(until: str, told: bool) -> None:  # noqa: FBT001
    one = {"guest": "00000000-0000-0000-0000-000000000001", "reason": "board", "until": until}
    policy = Policy.model_validate({"exemptions": [one]})
    assert bool(list(cadence.ending_exemptions(policy, NOW))) is told


@pytest.mark.parametrize(
    "bad",
    [
        {"cadence": {"reminders": ["P13D"]}},
        {"cadence": {"reminders": ["P7D"]}, "reviews": {"duration": "P7D"}},
        {"cadence": {"reminders": ["P7D", "P7D"]}},
        {"cadence": {"reminders": ["PT0S"]}},
        {"cadence": {"earliest": "19:00", "latest": "07:30"}},
        {"cadence": {"earliest": 450}},
        {"cadence": {"latest": "25:00"}},
    ],
)
def test_a_cadence_that_cannot_be_kept_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate(bad)


def test_a_shorter_round_simply_has_fewer_of_the_default_reminders() -> None:
    policy = Policy.model_validate({"reviews": {"duration": "P8D"}})
    assert [one.mail_id for one in reminders(opened(NOW, policy), policy)] == ["final-reminder"]


def test_a_year_of_nothing_but_quiet_days_reminds_on_the_day_itself() -> None:
    days = tuple(date(2025, 1, 1) + timedelta(days=n) for n in range(1100))
    policy = Policy(quiet=Quiet(days=days))
    opened_at = local("2026-11-20 10:00")
    assert next(reminders(opened(opened_at, policy), policy)).day == date(2026, 11, 27)
