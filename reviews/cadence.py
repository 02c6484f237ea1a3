"""When people hear from us: at which hours, how often, and which reminder is due on which day."""

from datetime import datetime
from zoneinfo import ZoneInfo

from reviews.policy import Policy
from reviews.records import MailKind
from reviews.schedule import is_quiet

ONE_A_DAY = frozenset({MailKind.REVIEW_REQUEST})
"""Mails of which a reader gets one a day at most, whatever is due."""
KEEPS_HOURS = ONE_A_DAY | {MailKind.GUEST_NOTICE}
"""Mails that leave on working days at working hours; the others acknowledge, or raise an alarm, at once."""


def may_leave(kind: MailKind, policy: Policy, now: datetime) -> bool:
    """Say whether a mail of a kind may leave now."""
    if kind not in KEEPS_HOURS:
        return True
    if is_quiet(policy.quiet, policy.tenant.zone, now):
        return False
    hour = now.astimezone(ZoneInfo(policy.tenant.zone)).time()
    return policy.cadence.earliest <= hour < policy.cadence.latest
