"""Is this account used? Judged from sign-ins, redemption and age; docs/policy.md holds the table."""

from datetime import UTC, datetime, timedelta

from reviews.model import Activity, Confidence, Guest, Redemption, SignIns, Unreadable, Verdict
from reviews.policy import Thresholds
from reviews.reasons import because, dated

SUCCESS_RECORDED_SINCE = datetime(2023, 12, 1, tzinfo=UTC)
"""Graph ``lastSuccessfulSignInDateTime`` is filled from this day on and not back-filled: an older attempt
may have been a success. Source: Graph resource page signInActivity."""

LAG = timedelta(hours=24)
"""How late sign-in activity may show, and how far clocks may differ. Source: Entra, reference-log-latency."""

NO_LICENCE = "no-licence"
"""Why sign-ins are unreadable in a tenant without Microsoft Entra ID P1; any other cause is a fault."""


def judge(
    guest: Guest,
    thresholds: Thresholds,
    min_account_age: timedelta,
    now: datetime,
    *,
    first_seen: datetime | None = None,
) -> Verdict:
    """Judge one account at one moment; never raises for any guest.

    What could not be read is settled before anything that counts days. ACTIVE means used, or too recent
    to say otherwise. A silence of exactly the threshold is not yet over it; an account of exactly the
    least age is old enough. ``first_seen`` is when our own nights first met an account that they might have
    met before: one that was converted or restored is as new to us as its first night.
    """
    if isinstance(guest.sign_ins, Unreadable) and not is_unwatched(guest):
        return _unknown("sign-ins-unreadable", why=guest.sign_ins.why)
    if _latest_date(guest) > now + LAG:
        return _unknown("date-in-future")
    there_since = in_place_since(guest)
    if there_since is None:
        return _unknown("age-unknown")
    met = max(there_since, first_seen) if first_seen is not None else there_since
    if now - met < min_account_age:
        code = "account-new" if met == there_since else "account-new-to-us"
        return Verdict(
            activity=Activity.ACTIVE,
            confidence=Confidence.HIGH,
            because=because(code, days=max((now - met).days, 0)),
            since=met,
        )
    if isinstance(guest.sign_ins, Unreadable):
        return _unwatched(guest, thresholds, there_since, now)
    return _by_sign_ins(guest, guest.sign_ins, thresholds, now)


def is_unwatched(guest: Guest) -> bool:
    """Say whether the tenant has no licence to watch sign-ins, of this account as of all others."""
    return isinstance(guest.sign_ins, Unreadable) and guest.sign_ins.why == NO_LICENCE


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


def last_use(guest: Guest) -> datetime | None:
    """Return the last moment an account is known or presumed to have been used; None when there is none."""
    if isinstance(guest.sign_ins, Unreadable):
        return None
    attempt = _last_attempt(guest.sign_ins)
    trace = attempt if attempt is not None and attempt < SUCCESS_RECORDED_SINCE else None
    return guest.sign_ins.successful_at or trace


def attempted_after(sign_ins: SignIns, moment: datetime) -> datetime | None:
    """Return the last attempt when it came later than ``moment``, else None."""
    last = _last_attempt(sign_ins)
    return last if last is not None and last > moment else None


def _by_sign_ins(guest: Guest, sign_ins: SignIns, thresholds: Thresholds, now: datetime) -> Verdict:
    success, attempt = sign_ins.successful_at, _last_attempt(sign_ins)
    if success is not None:
        found = _by_success(success, thresholds, now)
    elif attempt is None:
        return _without_trace(guest, thresholds, now)
    elif attempt < SUCCESS_RECORDED_SINCE:
        is_stale = now - attempt > thresholds.inactive_after
        activity = Activity.STALE if is_stale else Activity.ACTIVE
        found = _verdict(activity, Confidence.MEDIUM, "last-trace", attempt, now)
    else:
        found = _by_attempt(attempt, thresholds, now)
    return found if found.activity is Activity.ACTIVE else _accepted_since(guest, found, thresholds, now)


def _by_success(success: datetime, thresholds: Thresholds, now: datetime) -> Verdict:
    silence = now - success
    if silence <= thresholds.inactive_after:
        return _verdict(Activity.ACTIVE, Confidence.HIGH, "signed-in", success, now)
    # A sign-in of the last day may not show yet: the silence that is certain ended yesterday.
    sure = silence > thresholds.inactive_after + LAG
    confidence = Confidence.HIGH if sure else Confidence.MEDIUM
    return _verdict(Activity.STALE, confidence, "silent", success, now)


def _by_attempt(attempt: datetime, thresholds: Thresholds, now: datetime) -> Verdict:
    if now - attempt > thresholds.attempts_only_after:
        return _verdict(Activity.ATTEMPTS_ONLY, Confidence.MEDIUM, "attempts-only", attempt, now)
    return _verdict(Activity.ACTIVE, Confidence.MEDIUM, "attempts-recent", attempt, now)


def _accepted_since(guest: Guest, found: Verdict, thresholds: Thresholds, now: datetime) -> Verdict:
    """Give a guest who accepted an invitation after the last trace the time of one who never came."""
    accepted = guest.redemption_changed_at if guest.redemption is Redemption.ACCEPTED else None
    if accepted is None or (found.since is not None and accepted <= found.since):
        return found
    if now - accepted > thresholds.never_signed_in_after:
        return found
    return _verdict(Activity.ACTIVE, Confidence.MEDIUM, "accepted-since", accepted, now)


def _unwatched(guest: Guest, thresholds: Thresholds, there_since: datetime, now: datetime) -> Verdict:
    """Judge where nobody's sign-ins can be read: by the invitation, and by age alone."""
    if guest.redemption is Redemption.PENDING:
        return _without_trace(guest, thresholds, now)
    since = max(there_since, guest.redemption_changed_at or there_since)
    if now - since > thresholds.unwatched_after:
        return _verdict(Activity.UNWATCHED, Confidence.LOW, "nobody-can-tell", since, now)
    return _verdict(Activity.UNKNOWN, Confidence.LOW, "nobody-can-tell-yet", since, now)


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


def _latest_date(guest: Guest) -> datetime:
    moments = [guest.created_at, guest.redemption_changed_at]
    if isinstance(guest.sign_ins, SignIns):
        moments += [guest.sign_ins.successful_at, _last_attempt(guest.sign_ins)]
    return max((moment for moment in moments if moment is not None), default=SUCCESS_RECORDED_SINCE)


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
