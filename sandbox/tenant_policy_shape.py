"""What an assignment policy looks like when it is whole: everything a writer left out has its default.

Source: Microsoft Graph, accessPackageAssignmentPolicy and the types inside it.
"""

from datetime import datetime, timedelta

from sandbox.tenant_directory import Json
from sandbox.tenant_licence import Cause
from sandbox.tenant_outsiders import length_of

_READ_ONLY = frozenset({"id", "createdDateTime", "modifiedDateTime", "accessPackage", "catalog"})
_POLICY: Json = {
    "displayName": None,
    "description": None,
    "allowedTargetScope": "notSpecified",
    "specificAllowedTargets": [],
    "expiration": {"type": "noExpiration", "duration": None, "endDateTime": None},
    "requestorSettings": {
        "enableTargetsToSelfAddAccess": False,
        "enableTargetsToSelfUpdateAccess": False,
        "enableTargetsToSelfRemoveAccess": False,
        "allowCustomAssignmentSchedule": False,
        "enableOnBehalfRequestorsToAddAccess": False,
        "enableOnBehalfRequestorsToUpdateAccess": False,
        "enableOnBehalfRequestorsToRemoveAccess": False,
        "onBehalfRequestors": [],
    },
    "requestApprovalSettings": {
        "isApprovalRequiredForAdd": False,
        "isApprovalRequiredForUpdate": False,
        "stages": [],
    },
    "automaticRequestSettings": None,
    "notificationSettings": {"isAssignmentNotificationDisabled": False},
    "reviewSettings": None,
}
_REVIEW: Json = {
    "isEnabled": False,
    "expirationBehavior": "keepAccess",
    "isRecommendationEnabled": False,
    "isReviewerJustificationRequired": False,
    "isSelfReview": False,
    "schedule": None,
    "primaryReviewers": [],
    "fallbackReviewers": [],
}


def whole_policy(body: Json, dates: Json) -> Json:
    """Return a policy as Graph shows it, from what was written and its two dates."""
    written = {k: v for k, v in body.items() if k not in _READ_ONLY and "@odata" not in k}
    policy = {name: _filled(default, written.get(name)) for name, default in _POLICY.items()}
    if policy["reviewSettings"] is not None:
        policy["reviewSettings"] = _filled(_REVIEW, policy["reviewSettings"])
    return {**policy, **dates}


def _filled(default: object, written: object) -> object:
    """Lay what was written over a default; nested fields that were left out keep theirs."""
    if written is None:
        return dict(default) if isinstance(default, dict) else default
    if isinstance(default, dict) and isinstance(written, dict):
        return {**default, **{k: v for k, v in written.items() if v is not None}}
    return written


def ends_after(policy: Json, start: datetime) -> datetime | None:
    """Return when an assignment under a policy ends that starts now, None for never."""
    expiration = policy["expiration"]
    if expiration["type"] == "afterDuration":
        return start + length_of(expiration["duration"])
    if expiration["type"] == "afterDateTime":
        return datetime.fromisoformat(expiration["endDateTime"])
    return None


def review_length(schedule: Json) -> timedelta:
    """Return how long a round of a policy's review lasts; 25 days unless it says."""
    expiration = schedule.get("expiration") or {}
    return length_of(expiration["duration"]) if expiration.get("duration") else timedelta(days=25)


def billed_by(policy: Json) -> tuple[Cause, ...]:
    """Return what in a policy bills the guests it gives a package to."""
    causes = []
    stages = (policy.get("requestApprovalSettings") or {}).get("stages") or []
    approvers = [one for stage in stages for one in stage.get("primaryApprovers") or []]
    if any(str(one.get("@odata.type")).endswith(".targetUserSponsors") for one in approvers):
        causes.append(Cause.SPONSOR_APPROVAL)
    if (policy.get("automaticRequestSettings") or {}).get("requestAccessForAllowedTargets"):
        causes.append(Cause.AUTO_ASSIGNMENT)
    return tuple(causes)
