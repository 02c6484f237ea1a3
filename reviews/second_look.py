"""What the sign-in log has to say just before harm: a date that the directory left blank stands there."""

from dataclasses import replace
from datetime import datetime, timedelta

from reviews import remediation
from reviews.model import Case, Choice, Guest, Reason, SignIns, Unreadable
from reviews.policy import Policy
from reviews.reasons import because
from reviews.remediation import Ending

LOG_REACHES = timedelta(days=30)
"""How long Entra keeps the sign-in log of a tenant with P1 or P2."""

Logged = datetime | Unreadable | None
"""The newest success the log shows, None for none."""


def ending(case: Case, guest: Guest, logged: Logged, policy: Policy, now: datetime) -> Ending | None:
    """Return how a case ends by a sign-in that only the log shows; None when it does not end so.

    The ordinary rules judge the guest as it would look had the directory shown that date.
    """
    if not isinstance(logged, datetime):
        return None
    return remediation.ending(case, informed(guest, logged), policy, now)


def informed(guest: Guest, logged: datetime) -> Guest:
    """Return the guest with a success of the log among its sign-ins."""
    if isinstance(guest.sign_ins, Unreadable):
        return replace(guest, sign_ins=SignIns(successful_at=logged))
    known = guest.sign_ins.successful_at
    latest = logged if known is None else max(known, logged)
    return replace(guest, sign_ins=replace(guest.sign_ins, successful_at=latest))


def objection(case: Case, logged: Logged) -> Reason | None:
    """Say why harm must wait for the log; None when it need not.

    A person's word stands without it. Silence alone does not: that nobody answered says nothing about use.
    """
    denied = case.answer is not None and case.answer.choice is Choice.REMOVE
    if denied or not isinstance(logged, Unreadable):
        return None
    return because("log-unreadable", why=logged.why)
