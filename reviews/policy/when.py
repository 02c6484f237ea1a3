"""When jobs run, which days are quiet, and when people hear from us."""

from datetime import date, time, timedelta
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from reviews.policy.types import CronLine, Duration, LocalTime, Part, Zone


class Schedule(Part):
    """When a job runs: five cron fields, read in an IANA zone."""

    cron: CronLine
    """Minute, hour, day of month, month, day of week, for example ``30 1 * * *``."""
    zone: Zone = "UTC"
    """The zone the fields are read in."""


class Schedules(Part):
    """One schedule per job."""

    harvest: Schedule = Schedule(cron="45 0 * * *")
    """Note who invited whom, before the audit log forgets."""
    packages: Schedule = Schedule(cron="15 1 * * *")
    """Find out what is wrong with the policies of access packages, and mend their reviews."""
    night: Schedule = Schedule(cron="30 1 * * *")
    """Find, judge, plan, hand over."""
    track: Schedule = Schedule(cron="15 */4 * * *")
    """Read answers given in My Access, close what is over, send what is owed."""
    seal: Schedule = Schedule(cron="45 5 * * *")
    """Seal the record of the day before with a Merkle root."""


class Quiet(Part):
    """Days without new questions, mail and harmful steps. Clocks run on; the steps come the day after."""

    weekends: bool = True
    """Saturdays and Sundays, in the tenant's zone."""
    days: tuple[date, ...] = ()
    """Single days, for example public holidays."""


class Cadence(Part):
    """When reviewers and guests hear from us. A reviewer gets one mail a day, whatever is due."""

    earliest: LocalTime = time(7, 30)
    """From when on a day mail leaves, in the tenant's zone; on quiet days none does."""
    latest: LocalTime = time(19)
    """Before when on a day mail leaves. Answers and alarms are acknowledged at any hour."""
    reminders: tuple[Duration, ...] = (timedelta(days=7), timedelta(days=11))
    """How long after the opening those who have not answered are reminded; never on a quiet day."""
    final: Duration | None = timedelta(days=1)
    """How long before the deadline they are reminded for the last time, or sooner when that day is quiet."""
    pass_on_when_away: bool = True
    """Whether an automatic answer ("I am away") passes a reviewer's questions on to the next person."""
    round_summary: bool = True
    """Whether a reviewer is told at the end what became of the guests of a batch."""
    exemption_warning: Duration = timedelta(days=14)
    """How long before its last day an exemption is announced to the operators."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.earliest >= self.latest:
            raise ValueError("cadence.earliest must come before cadence.latest")
        if any(later <= sooner for sooner, later in pairwise((timedelta(), *self.reminders))):
            raise ValueError("cadence.reminders must grow, for example [P7D, P11D]")
        return self


class Record(Part):
    """How long the record keeps what it needs no more. Cases, events, answers and seals stay."""

    names_kept: Annotated[Duration, Field(ge=timedelta(days=90))] = timedelta(days=400)
    """How long cards, mails and names stay after the deadline of a closed batch; at least P90D."""
