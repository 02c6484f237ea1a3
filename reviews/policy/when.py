"""When jobs run, and which days are quiet."""

from datetime import date

from reviews.policy.types import CronLine, Part, Zone


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
    night: Schedule = Schedule(cron="30 1 * * *")
    """Find, judge, plan, hand over."""
    track: Schedule = Schedule(cron="15 */4 * * *")
    """Read answers given in My Access, close what is over, send what is owed."""
    seal: Schedule = Schedule(cron="45 5 * * *")
    """Seal the record of the day before with a Merkle root."""


class Quiet(Part):
    """Days without new questions and without harmful steps. Clocks run on; the steps come the day after."""

    weekends: bool = True
    """Saturdays and Sundays, in the tenant's zone."""
    days: tuple[date, ...] = ()
    """Single days, for example public holidays."""
