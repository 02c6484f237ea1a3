"""Which job is due in which slot, which days are quiet, and when a question's time is up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reviews.cron import read_cron
from reviews.policy import Quiet, Schedule, Schedules

_SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A job and the slot it is to run for."""

    job: str
    slot: datetime


def due(schedules: Schedules, now: datetime, finished: Mapping[str, datetime]) -> tuple[Due, ...]:
    """Return the jobs whose newest slot is not finished. Older slots that were missed are not made up for.

    ``finished`` maps a job to the slot of its newest finished run; a job that never ran is due.
    """
    return tuple(_unfinished(schedules, now, finished))


def overdue(
    schedules: Schedules, now: datetime, finished: Mapping[str, datetime], by: timedelta = timedelta(hours=2)
) -> tuple[Due, ...]:
    """Return the jobs that are still not finished ``by`` after a slot of theirs."""
    return tuple(_unfinished(schedules, now - by, finished))


def latest_slot(schedule: Schedule, now: datetime) -> datetime:
    """Return the newest slot at or before ``now``, in UTC.

    The fields are read in the schedule's zone. A slot that the clock change to summer time skips runs at
    the first moment after the gap; one in the hour that comes twice runs once, the first time.
    """
    zone = ZoneInfo(schedule.zone)
    cron = read_cron(schedule.cron)
    days = cron.days_back(now.astimezone(zone).date())
    slots = (_in_utc(datetime.combine(day, at), zone) for day in days for at in cron.times)
    # There always is one: a line without a day within eight years is refused where it is read.
    return next(slot for slot in slots if slot <= now)


def is_quiet(quiet: Quiet, zone: str, now: datetime) -> bool:
    """Say whether today, in the tenant's zone, is a day without new questions and harmful steps."""
    return is_quiet_day(quiet, local_date(zone, now))


def is_quiet_day(quiet: Quiet, day: date) -> bool:
    """Say whether a day is one without new questions, mail and harmful steps."""
    return (quiet.weekends and day.weekday() >= _SATURDAY) or day in quiet.days


def deadline(opened_at: datetime, duration: timedelta, zone: str) -> datetime:
    """Return the last second of the last day, in the tenant's zone, as a moment in UTC.

    The last day is ``duration`` (whole days) after the local day of opening.
    """
    return end_of(local_date(zone, opened_at) + duration, zone)


def end_of(day: date, zone: str) -> datetime:
    """Return the last second of a day in a zone, as a moment in UTC."""
    return _in_utc(datetime.combine(day, time(23, 59, 59)), ZoneInfo(zone))


def local_date(zone: str, now: datetime) -> date:
    """Return what day it is in a zone."""
    return now.astimezone(ZoneInfo(zone)).date()


def _unfinished(schedules: Schedules, until: datetime, finished: Mapping[str, datetime]) -> Iterator[Due]:
    for job in Schedules.model_fields:
        slot = latest_slot(getattr(schedules, job), until)
        newest = finished.get(job)
        if newest is None or newest < slot:
            yield Due(job=job, slot=slot)


def _in_utc(wall: datetime, zone: ZoneInfo) -> datetime:
    """Place a wall-clock time on the UTC line: the first of two, or the end of the gap it falls into."""
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    offset = moment.astimezone(zone).utcoffset()
    while moment - before > timedelta(seconds=1):
        middle = before + (moment - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            moment = middle
        else:
            before = middle
    return moment.replace(microsecond=0)
