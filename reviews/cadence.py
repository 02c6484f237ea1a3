"""When people hear from us: at which hours, how often, and which reminder is due on which day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from reviews.model import Batch, Case, Step
from reviews.policy import Exemption, Policy
from reviews.records import QUESTIONS, REMINDERS, MailKind
from reviews.schedule import is_quiet, is_quiet_day, local_date

ONE_A_DAY = QUESTIONS | REMINDERS
"""Mails of which a reader gets one a day at most, whatever is due."""
KEEPS_HOURS = ONE_A_DAY | {MailKind.GUEST_NOTICE}
"""Mails that leave on working days at working hours; the others acknowledge, or raise an alarm, at once."""
KEEPS_IN_MIND = timedelta(days=3)
"""For how long a mail about other guests makes an ordinary reminder needless: it listed these as well."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """A reminder about one batch and the day it is due; ``number`` counts from 1, the final one apart."""

    kind: MailKind
    number: int
    day: date
    before: date
    """When the batch's own mail before this one was due."""

    @property
    def mail_id(self) -> str:
        """What tells it from the batch's other mails: the same however often it is owed."""
        return self.kind.value if self.kind is MailKind.FINAL_REMINDER else f"{self.kind}.{self.number}"

    def is_needless(self, told_on: date) -> bool:
        """Say whether a mail that the reviewer had on a day has reminded them already."""
        if told_on >= self.day:
            return True
        lately = told_on > self.before and told_on >= self.day - KEEPS_IN_MIND
        return lately and self.kind is not MailKind.FINAL_REMINDER


def may_leave(kind: MailKind, policy: Policy, now: datetime) -> bool:
    """Say whether a mail of a kind may leave now."""
    if kind not in KEEPS_HOURS:
        return True
    if is_quiet(policy.quiet, policy.tenant.zone, now):
        return False
    hour = now.astimezone(ZoneInfo(policy.tenant.zone)).time()
    return policy.cadence.earliest <= hour < policy.cadence.latest


def reminders(batch: Batch, policy: Policy) -> Iterator[Reminder]:
    """Yield the reminders about a batch, by day. One that falls on or behind the final one does not happen.

    A quiet day puts a reminder off until the next day that is not, and brings the final one forward.
    """
    opened, last = (local_date(policy.tenant.zone, at) for at in (batch.asked_from, batch.deadline))
    final = None if policy.cadence.final is None else _busy_day(last - policy.cadence.final, -_DAY, policy)
    newest = opened
    for number, wait in enumerate(policy.cadence.reminders, start=1):
        day = _busy_day(opened + wait, _DAY, policy)
        if newest < day < (final or last):
            yield Reminder(kind=MailKind.REVIEW_REMINDER, number=number, day=day, before=newest)
            newest = day
    if final is not None and final > opened:
        yield Reminder(kind=MailKind.FINAL_REMINDER, number=1, day=final, before=newest)


def reminder_due(batch: Batch, told_on: date | None, policy: Policy, now: datetime) -> Reminder | None:
    """Return the newest reminder whose day has come, unless another mail has made it needless.

    ``told_on`` is the newest day the reviewer had any: every mail lists all that waits for them. Reminders
    that were missed are not made up for.
    """
    if now > batch.deadline:
        return None
    today = local_date(policy.tenant.zone, now)
    come = [one for one in reminders(batch, policy) if one.day <= today]
    if not come or (told_on is not None and come[-1].is_needless(told_on)):
        return None
    return come[-1]


def waits(case: Case | None, batch: Batch) -> bool:
    """Say whether a batch's reviewer has yet to say anything about a guest; "I do not know" is something."""
    return case is not None and case.batch_id == batch.id and case.step is Step.ASKED and case.answer is None


def ending_exemptions(policy: Policy, now: datetime) -> Iterator[Exemption]:
    """Yield the exemptions whose last day is near enough to be announced, and not past."""
    today = local_date(policy.tenant.zone, now)
    for exemption in policy.exemptions:
        if exemption.until - policy.cadence.exemption_warning <= today <= exemption.until:
            yield exemption


def _busy_day(day: date, step: timedelta, policy: Policy) -> date:
    """Return a day, or the next one in a direction that is not quiet; a year of quiet days gives the day."""
    for distance in range(366):
        if not is_quiet_day(policy.quiet, day + distance * step):
            return day + distance * step
    return day
