"""The documents of assignment policies as Graph writes them: what we understand of one, and a review laid in.

Durations stay the strings they are: the SDK would write them as Graph refuses them (graph-facts.md J3).
"""

import copy
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from adapters.graph.durations import duration_of, duration_text
from reviews.errors import Malformed
from reviews.metering import features
from reviews.model import Asked, Audience, OnSilence, PackagePolicy, PackageReview, Rhythm
from reviews.packages import occurrence

Document = dict[str, Any]

_INSIDE = frozenset(
    {
        "notSpecified",
        "specificDirectoryUsers",
        "specificDirectoryServicePrincipals",
        "allMemberUsers",
        "allDirectoryServicePrincipals",
        "allDirectoryAgentIdentities",
    }
)
_AUDIENCES = {
    **dict.fromkeys(_INSIDE, Audience.INSIDE),
    "allDirectoryUsers": Audience.HERE,
    "specificConnectedOrganizationUsers": Audience.PARTNERS,
    "allConfiguredConnectedOrganizationUsers": Audience.PARTNERS,
    "allExternalUsers": Audience.ANYONE,
}
_KINDS = {
    "singleUser": ("user", "userId"),
    "groupMembers": ("group", "groupId"),
    "connectedOrganizationMembers": ("organization", "connectedOrganizationId"),
}
_SHAPES = {kind: (word, field) for word, (kind, field) in _KINDS.items()}
_READ_ONLY = frozenset({"id", "createdDateTime", "modifiedDateTime", "catalog", "@odata.context"})
_ROUND = timedelta(days=25)
"""How long a round lasts whose policy does not say (Entra's own default)."""


# --- reading ---------------------------------------------------------------------------------------


def read_policy(document: Document) -> PackagePolicy:
    """Understand a policy. Raises Malformed, naming the policy and never its content."""
    try:
        return _read(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        named = document.get("id") if isinstance(document, dict) else None
        raise Malformed(
            f"assignment policy {named}: cannot be understood ({type(error).__name__})"
        ) from error


def _read(document: Document) -> PackagePolicy:
    package = document.get("accessPackage") or {}
    expiration = document.get("expiration") or {}
    approval = document.get("requestApprovalSettings") or {}
    stages = approval.get("stages") or []
    kind = expiration.get("type")
    ends = expiration.get("endDateTime") if kind == "afterDateTime" else None
    return PackagePolicy(
        id=document["id"],
        name=document.get("displayName") or "",
        package_id=package.get("id") or "",
        package_name=package.get("displayName") or "",
        audience=_AUDIENCES.get(document.get("allowedTargetScope") or "notSpecified", Audience.UNKNOWN),
        is_approved=bool(approval.get("isApprovalRequiredForAdd") and stages),
        approvers=tuple(one for stage in stages for one in _asked(stage.get("primaryApprovers"))),
        lasts=duration_of(expiration["duration"]) if kind == "afterDuration" else None,
        ends_at=datetime.fromisoformat(ends) if ends else None,
        review=_review(document.get("reviewSettings") or {}),
        bills=tuple(sorted(features(document))),
    )


def _review(settings: Mapping[str, Any]) -> PackageReview | None:
    if not settings.get("isEnabled"):
        return None
    schedule = settings.get("schedule") or {}
    lasts = (schedule.get("expiration") or {}).get("duration")
    starts_at = datetime.fromisoformat(schedule["startDateTime"])
    recurrence = schedule.get("recurrence") or {}
    pattern = recurrence.get("pattern")
    rhythm = Rhythm(unit=pattern["type"], interval=pattern.get("interval") or 1) if pattern else None
    return PackageReview(
        starts_at=starts_at,
        lasts=duration_of(lasts) if lasts else _ROUND,
        rhythm=rhythm,
        ends_on=last_day(recurrence.get("range") or {}, starts_at.date(), rhythm),
        primary=_asked(settings.get("primaryReviewers")),
        fallback=_asked(settings.get("fallbackReviewers")),
        is_self_review=bool(settings.get("isSelfReview")),
        on_silence=OnSilence(settings.get("expirationBehavior") or OnSilence.KEEP),
        has_suggestions=bool(settings.get("isRecommendationEnabled")),
        needs_justification=bool(settings.get("isReviewerJustificationRequired")),
    )


def last_day(span: Mapping[str, Any], first: date, rhythm: Rhythm | None) -> date | None:
    """Return the last day a round of a series may begin; None when there is none."""
    if span.get("type") == "endDate":
        return date.fromisoformat(span["endDate"])
    if span.get("type") == "numbered" and rhythm is not None:
        return occurrence(first, rhythm, max(0, span["numberOfOccurrences"] - 1))
    return None


def _asked(subjects: Any) -> tuple[Asked, ...]:
    found = []
    for one in subjects or ():
        word = str(one.get("@odata.type")).rpartition(".")[2]
        kind, field = _KINDS.get(word, (word, ""))
        found.append(Asked(kind=kind, id=one[field].lower() if field else ""))
    return tuple(found)


# --- writing ---------------------------------------------------------------------------------------


def with_review(document: Document, review: PackageReview) -> Document:
    """Return the document with another review, everything else as it was; ready to be written back whole."""
    changed = {name: copy.deepcopy(value) for name, value in document.items() if name not in _READ_ONLY}
    changed["accessPackage"] = {"id": document["accessPackage"]["id"]}
    before = document.get("reviewSettings") or {}
    changed["reviewSettings"] = _settings(before, review)
    return changed


def writable(document: Document) -> Document:
    """Return what of a document can be written, to be compared with what was, or written back as it was."""
    kept = {name: copy.deepcopy(value) for name, value in document.items() if name not in _READ_ONLY}
    if isinstance(kept.get("accessPackage"), dict):
        kept["accessPackage"] = {"id": kept["accessPackage"]["id"]}
    return kept


def same_meaning(one: Document, other: Document) -> bool:
    """Say whether two documents want the same: reviews are compared as understood, all else as written."""
    if _review(one.get("reviewSettings") or {}) != _review(other.get("reviewSettings") or {}):
        return False
    return {**one, "reviewSettings": None} == {**other, "reviewSettings": None}


def _settings(before: Mapping[str, Any], review: PackageReview) -> Document:
    """Write a review in Graph's words; what it leaves as it was keeps its very form."""
    old = _review(before)
    settings = copy.deepcopy(dict(before))
    settings.update(
        isEnabled=True,
        expirationBehavior=review.on_silence.value,
        isRecommendationEnabled=review.has_suggestions,
        isReviewerJustificationRequired=review.needs_justification,
        isSelfReview=review.is_self_review,
    )
    if old is None or _when(old) != _when(review):
        settings["schedule"] = _schedule(review)
    if old is None or old.primary != review.primary:
        settings["primaryReviewers"] = [_subject(one) for one in review.primary]
    if old is None or old.fallback != review.fallback:
        settings["fallbackReviewers"] = [_subject(one) for one in review.fallback]
    return settings


def _when(review: PackageReview) -> tuple[object, ...]:
    return review.starts_at, review.lasts, review.rhythm, review.ends_on


def _schedule(review: PackageReview) -> Document:
    first = review.starts_at.astimezone(UTC)
    span = {"type": "noEnd", "startDate": first.date().isoformat()}
    if review.ends_on is not None:
        span |= {"type": "endDate", "endDate": review.ends_on.isoformat()}
    pattern = None
    if review.rhythm is not None:
        pattern = {"type": review.rhythm.unit, "interval": review.rhythm.interval, "dayOfMonth": first.day}
    return {
        "startDateTime": f"{first:%Y-%m-%dT%H:%M:%SZ}",
        "expiration": {"type": "afterDuration", "duration": duration_text(review.lasts)},
        "recurrence": None if pattern is None else {"pattern": pattern, "range": span},
    }


def _subject(one: Asked) -> Document:
    word, field = _SHAPES.get(one.kind, (one.kind, ""))
    subject: Document = {"@odata.type": f"#microsoft.graph.{word}"}
    return {**subject, field: one.id} if field else subject
