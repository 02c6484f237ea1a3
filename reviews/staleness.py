"""Is this account used? Judged from sign-ins, redemption and age; docs/policy.md holds the table."""

from datetime import UTC, datetime, timedelta

from reviews.model import Activity, Confidence, Guest, Redemption, SignIns, Unreadable, Verdict
from reviews.policy import Thresholds
from reviews.reasons import because, dated

SUCCESS_RECORDED_SINCE = datetime(2023, 12, 1, tzinfo=UTC)
"""Graph ``lastSuccessfulSignInDateTime`` is filled from this day on and not back-filled: an older attempt
may have been a success. Source: Graph resource page signInActivity."""


def judge(guest: Guest, thresholds: Thresholds, min_account_age: timedelta, now: datetime) -> Verdict:
    """Judge one account at one moment; never raises for any guest.

    What could not be read is settled before anything that counts days. ACTIVE means used, or too recent
    to say otherwise. A silence of exactly the threshold is not yet over it; an account of exactly the
    least age is old enough.
    """
    if isinstance(guest.sign_ins, Unreadable):
        return _unknown("sign-ins-unreadable", why=guest.sign_ins.why)
    there_since = in_place_since(guest)
    if there_since is None:
        return _unknown("age-unknown")
    if now - there_since < min_account_age:
        days = max((now - there_since).days, 0)
        return Verdict(
            activity=Activity.ACTIVE,
            confidence=Confidence.HIGH,
            because=because("account-new", days=days),
            since=there_since,
        )
    return _by_sign_ins(guest, guest.sign_ins, thresholds, now)


def in_place_since(guest: Guest) -> datetime | None:
    """Return the earliest moment the account is known to have existed; None when nothing tells.

    Usually its creation. Graph leaves ``createdDateTime`` null on some accounts made before June 2018;
    then redemption or a sign-in proves a least age.
    """
    if guest.created_at is not None:
        return guest.created_at
    moments = [guest.redemption_changed_at]
    if isinstance(guest.sign_ins, SignIns):
        moments += [guest.sign_ins.successful_at, _last_attempt(guest.sign_ins)]
    return min((moment for moment in moments if moment is not None), default=None)


def attempted_after(sign_ins: SignIns, moment: datetime) -> datetime | None:
    """Return the last attempt when it came later than ``moment``, else None."""
    last = _last_attempt(sign_ins)
    return last if last is not None and last > moment else None


def _by_sign_ins(guest: Guest, sign_ins: SignIns, thresholds: Thresholds, now: datetime) -> Verdict:
    success = sign_ins.successful_at
    if success is not None:
        if now - success > thresholds.inactive_after:
            return _verdict(Activity.STALE, Confidence.HIGH, "silent", success, now)
        return _verdict(Activity.ACTIVE, Confidence.HIGH, "signed-in", success, now)
    attempt = _last_attempt(sign_ins)
    if attempt is None:
        return _without_trace(guest, thresholds, now)
    if attempt < SUCCESS_RECORDED_SINCE:
        is_stale = now - attempt > thresholds.inactive_after
        activity = Activity.STALE if is_stale else Activity.ACTIVE
        return _verdict(activity, Confidence.MEDIUM, "last-trace", attempt, now)
    if now - attempt > thresholds.attempts_only_after:
        return _verdict(Activity.ATTEMPTS_ONLY, Confidence.MEDIUM, "attempts-only", attempt, now)
    return _verdict(Activity.ACTIVE, Confidence.MEDIUM, "attempts-recent", attempt, now)


def _without_trace(guest: Guest, thresholds: Thresholds, now: datetime) -> Verdict:
    # Whichever came later: a guest invited anew has had only that long to come.
    known = [moment for moment in (guest.created_at, guest.redemption_changed_at) if moment is not None]
    since = max(known)
    if guest.redemption is Redemption.PENDING:
        if now - since > thresholds.pending_after:
            return _verdict(Activity.UNREDEEMED, Confidence.HIGH, "invitation-open", since, now)
        return _verdict(Activity.ACTIVE, Confidence.HIGH, "invitation-recent", since, now)
    if now - since > thresholds.never_signed_in_after:
        return _verdict(Activity.NEVER_SEEN, Confidence.LOW, "never-signed-in", since, now)
    return _verdict(Activity.ACTIVE, Confidence.MEDIUM, "not-signed-in-yet", since, now)


def _last_attempt(sign_ins: SignIns) -> datetime | None:
    interactive, other = sign_ins.interactive_at, sign_ins.non_interactive_at
    if interactive is None or other is None:
        return interactive or other
    return max(interactive, other)


def _verdict(
    activity: Activity, confidence: Confidence, code: str, since: datetime, now: datetime
) -> Verdict:
    return Verdict(activity=activity, confidence=confidence, because=dated(code, since, now), since=since)


def _unknown(code: str, **params: str) -> Verdict:
    return Verdict(activity=Activity.UNKNOWN, confidence=Confidence.LOW, because=because(code, **params))
