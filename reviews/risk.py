"""What we suggest to the reviewer about a guest, and the two or three facts that speak for it."""

from datetime import datetime, timedelta

from reviews.model import Activity, Confidence, Guest, Reason, Recommendation, SignIns, Verdict
from reviews.reasons import because, dated
from reviews.sponsors import Ladder
from reviews.staleness import attempted_after, in_place_since

_ECHO = timedelta(days=1)
"""Attempts within a day of the last success belong to that visit."""


def recommend(
    guest: Guest, verdict: Verdict, ladder: Ladder, now: datetime
) -> tuple[Recommendation, tuple[Reason, ...]]:
    """Suggest an answer, with two or three reasons; the first is always the verdict's own.

    Removal is suggested only when the facts are certain: a silence we are sure of, or an invitation
    nobody accepted. Attempts after the last success contradict the silence and ask for a closer look.
    """
    attempt = _attempt_since(guest, verdict)
    reasons = [verdict.because]
    if attempt is not None:
        reasons.append(because("attempts-since", on=attempt.date().isoformat()))
    elif verdict.activity is Activity.UNREDEEMED:
        reasons.append(because("nobody-loses-access"))
    else:
        reasons.append(_age(guest, now))
    if ladder.rungs:
        reasons.append(ladder.rungs[0])
    return _suggestion(verdict, contradicted=attempt is not None), tuple(reasons)


def _suggestion(verdict: Verdict, *, contradicted: bool) -> Recommendation:
    match verdict.activity:
        case Activity.UNKNOWN | Activity.UNWATCHED:
            return Recommendation.CANNOT_TELL
        case Activity.ACTIVE:
            return Recommendation.KEEP
        case Activity.UNREDEEMED:
            return Recommendation.REMOVE
        case Activity.STALE if verdict.confidence is Confidence.HIGH and not contradicted:
            return Recommendation.REMOVE
        case _:
            return Recommendation.LOOK_CLOSER


def _attempt_since(guest: Guest, verdict: Verdict) -> datetime | None:
    if verdict.activity is not Activity.STALE or verdict.since is None:
        return None
    if not isinstance(guest.sign_ins, SignIns):
        return None
    return attempted_after(guest.sign_ins, verdict.since + _ECHO)


def _age(guest: Guest, now: datetime) -> Reason:
    since = in_place_since(guest)
    return because("guest-since-unknown") if since is None else dated("guest-since", since, now)
