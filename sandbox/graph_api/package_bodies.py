"""What the bodies of entitlement management may hold, and what of it makes sense.

Source: Microsoft Graph, accessPackageAssignmentPolicy and the types inside it.
"""

from collections.abc import Iterator, Mapping

from sandbox.graph_api.bodies import Fields, Kind, Many, check_body
from sandbox.graph_api.exchange import GraphError, bad_request
from sandbox.graph_api.review_bodies import RECURRENCE
from sandbox.tenant_directory import Json
from sandbox.tenant_outsiders import LIFECYCLES, length_of
from sandbox.tenant_policy_shape import review_length
from sandbox.tenant_recurrence import PATTERNS, RANGES, shortest_period

_TYPED: dict[str, Kind] = {"@odata.type": str}
_SUBJECT_SETS: Mapping[str, Fields] = {
    "singleUser": Fields({**_TYPED, "userId": str, "description": str}, frozenset({"userId"})),
    "groupMembers": Fields({**_TYPED, "groupId": str, "description": str}, frozenset({"groupId"})),
    "connectedOrganizationMembers": Fields(
        {**_TYPED, "connectedOrganizationId": str, "description": str}, frozenset({"connectedOrganizationId"})
    ),
    "requestorManager": Fields({**_TYPED, "managerLevel": int}),
    "targetManager": Fields({**_TYPED, "managerLevel": int}),
    "targetUserSponsors": Fields(_TYPED),
    "internalSponsors": Fields(_TYPED),
    "externalSponsors": Fields(_TYPED),
}
_ANYBODY = Fields(
    {
        **_TYPED,
        "userId": str,
        "groupId": str,
        "connectedOrganizationId": str,
        "managerLevel": int,
        "description": str,
    },
    frozenset({"@odata.type"}),
)
REVIEWERS = frozenset({"singleUser", "groupMembers", "requestorManager", "targetManager"})
SPONSORS = frozenset({"targetUserSponsors"})
FALLBACKS = frozenset({"singleUser", "groupMembers"})
_SCOPES = frozenset(
    {
        "notSpecified",
        "specificDirectoryUsers",
        "specificConnectedOrganizationUsers",
        "specificDirectoryServicePrincipals",
        "allMemberUsers",
        "allDirectoryUsers",
        "allDirectoryServicePrincipals",
        "allConfiguredConnectedOrganizationUsers",
        "allExternalUsers",
        "allDirectoryAgentIdentities",
    }
)
_BEHAVIOURS = frozenset({"keepAccess", "removeAccess", "acceptAccessRecommendation"})
_EXPIRATIONS = frozenset({"notSpecified", "noExpiration", "afterDateTime", "afterDuration"})

_EXPIRATION = Fields({**_TYPED, "type": str, "duration": str, "endDateTime": str})
_SCHEDULE = Fields({**_TYPED, "startDateTime": str, "expiration": _EXPIRATION, "recurrence": RECURRENCE})
_STAGE = Fields(
    {
        **_TYPED,
        "durationBeforeAutomaticDenial": str,
        "durationBeforeEscalation": str,
        "isApproverJustificationRequired": bool,
        "isEscalationEnabled": bool,
        "approverInformationVisibility": str,
        "primaryApprovers": Many(_ANYBODY),
        "fallbackPrimaryApprovers": Many(_ANYBODY),
        "escalationApprovers": Many(_ANYBODY),
        "fallbackEscalationApprovers": Many(_ANYBODY),
    }
)
_REVIEW = Fields(
    {
        **_TYPED,
        "isEnabled": bool,
        "expirationBehavior": str,
        "isRecommendationEnabled": bool,
        "isReviewerJustificationRequired": bool,
        "isSelfReview": bool,
        "schedule": _SCHEDULE,
        "primaryReviewers": Many(_ANYBODY),
        "fallbackReviewers": Many(_ANYBODY),
    }
)
_REQUESTORS = Fields(
    {
        **_TYPED,
        "enableTargetsToSelfAddAccess": bool,
        "enableTargetsToSelfUpdateAccess": bool,
        "enableTargetsToSelfRemoveAccess": bool,
        "allowCustomAssignmentSchedule": bool,
        "enableOnBehalfRequestorsToAddAccess": bool,
        "enableOnBehalfRequestorsToUpdateAccess": bool,
        "enableOnBehalfRequestorsToRemoveAccess": bool,
        "onBehalfRequestors": Many(_ANYBODY),
    }
)
_APPROVALS = Fields(
    {
        **_TYPED,
        "isApprovalRequiredForAdd": bool,
        "isApprovalRequiredForUpdate": bool,
        "isRequestorJustificationRequired": bool,
        "stages": Many(_STAGE),
    }
)
_AUTOMATIC = Fields(
    {
        **_TYPED,
        "gracePeriodBeforeAccessRemoval": str,
        "removeAccessWhenTargetLeavesAllowedTargets": bool,
        "requestAccessForAllowedTargets": bool,
    }
)
_PACKAGE = Fields({**_TYPED, "id": str}, frozenset({"id"}))
_POLICY: dict[str, Kind] = {
    **_TYPED,
    "@odata.context": str,
    "id": str,
    "createdDateTime": str,
    "modifiedDateTime": str,
    "displayName": str,
    "description": str,
    "allowedTargetScope": str,
    "specificAllowedTargets": Many(_ANYBODY),
    "expiration": _EXPIRATION,
    "requestorSettings": _REQUESTORS,
    "requestApprovalSettings": _APPROVALS,
    "automaticRequestSettings": _AUTOMATIC,
    "notificationSettings": Fields({**_TYPED, "isAssignmentNotificationDisabled": bool}),
    "reviewSettings": _REVIEW,
    "accessPackage": _PACKAGE,
}
NEW_POLICY = Fields(_POLICY, frozenset({"displayName", "accessPackage"}))
WHOLE_POLICY = Fields(_POLICY, frozenset({"displayName"}))
NEW_REQUEST = Fields(
    {
        **_TYPED,
        "requestType": str,
        "justification": str,
        "schedule": _SCHEDULE,
        "assignment": Fields(
            {**_TYPED, "id": str, "targetId": str, "assignmentPolicyId": str, "accessPackageId": str}
        ),
    },
    frozenset({"requestType", "assignment"}),
)
SETTINGS = Fields(
    {
        **_TYPED,
        "id": str,
        "externalUserLifecycleAction": str,
        "durationUntilExternalUserDeletedAfterBlocked": str,
    }
)
SUBJECT = Fields({**_TYPED, "subjectLifecycle": str}, frozenset({"subjectLifecycle"}))


def kind_of(subjects: Json) -> str:
    """Return the short name of a subject set's type."""
    return str(subjects.get("@odata.type")).removeprefix("#").removeprefix("microsoft.graph.")


def check_policy(body: Json, *, sponsors_review: bool) -> None:
    """Refuse a policy that has the right fields and makes no sense; every duration must be ISO 8601.

    ``sponsors_review``: whether sponsors may be named as reviewers, which no source settles.
    """
    _one_of(body.get("allowedTargetScope"), _SCOPES, "allowedTargetScope")
    for at, subjects in subject_sets(body):
        kind = kind_of(subjects)
        if kind not in _SUBJECT_SETS:
            raise _invalid(f"{at}.@odata.type")
        check_body(subjects, _SUBJECT_SETS[kind], f"{at}.")
    _check_expiration(body.get("expiration") or {}, "expiration")
    for stage in (body.get("requestApprovalSettings") or {}).get("stages") or []:
        for name in ("durationBeforeAutomaticDenial", "durationBeforeEscalation"):
            _check_duration(stage.get(name), f"requestApprovalSettings.stages.{name}")
    grace = (body.get("automaticRequestSettings") or {}).get("gracePeriodBeforeAccessRemoval")
    _check_duration(grace, "automaticRequestSettings.gracePeriodBeforeAccessRemoval")
    review = body.get("reviewSettings")
    if review is not None:
        _check_review(review, REVIEWERS | SPONSORS if sponsors_review else REVIEWERS)


def subject_sets(body: Json) -> Iterator[tuple[str, Json]]:
    """Yield every set of people that a policy names, each with its place."""
    for subjects in body.get("specificAllowedTargets") or []:
        yield "specificAllowedTargets", subjects
    for subjects in (body.get("requestorSettings") or {}).get("onBehalfRequestors") or []:
        yield "requestorSettings.onBehalfRequestors", subjects
    for stage in (body.get("requestApprovalSettings") or {}).get("stages") or []:
        for name in (
            "primaryApprovers",
            "fallbackPrimaryApprovers",
            "escalationApprovers",
            "fallbackEscalationApprovers",
        ):
            for subjects in stage.get(name) or []:
                yield f"requestApprovalSettings.stages.{name}", subjects
    for name in ("primaryReviewers", "fallbackReviewers"):
        for subjects in (body.get("reviewSettings") or {}).get(name) or []:
            yield f"reviewSettings.{name}", subjects


def _check_review(review: Json, reviewers: frozenset[str]) -> None:
    _one_of(review.get("expirationBehavior"), _BEHAVIOURS, "reviewSettings.expirationBehavior")
    for subjects in review.get("primaryReviewers") or []:
        _one_of(kind_of(subjects), reviewers, "reviewSettings.primaryReviewers")
    for subjects in review.get("fallbackReviewers") or []:
        _one_of(kind_of(subjects), FALLBACKS, "reviewSettings.fallbackReviewers")
    schedule = review.get("schedule") or {}
    _check_expiration(schedule.get("expiration") or {}, "reviewSettings.schedule.expiration")
    recurrence = schedule.get("recurrence") or {}
    pattern, span = recurrence.get("pattern") or {}, recurrence.get("range") or {}
    if pattern:
        _one_of(pattern.get("type") or "", PATTERNS, "reviewSettings.schedule.recurrence.pattern.type")
        _one_of(span.get("type"), RANGES, "reviewSettings.schedule.recurrence.range.type")
    if not review.get("isEnabled"):
        return
    if not schedule.get("startDateTime"):
        raise _invalid("reviewSettings.schedule.startDateTime")
    if not review.get("isSelfReview") and not review.get("primaryReviewers"):
        raise _invalid("reviewSettings.primaryReviewers")
    if pattern and review_length(schedule) > shortest_period(pattern):
        message = "A round of the review must not last longer than the time between two rounds."
        raise bad_request(message)


def _check_expiration(expiration: Json, at: str) -> None:
    _one_of(expiration.get("type"), _EXPIRATIONS, f"{at}.type")
    _check_duration(expiration.get("duration"), f"{at}.duration")
    for kind, name in (("afterDuration", "duration"), ("afterDateTime", "endDateTime")):
        if expiration.get("type") == kind and not expiration.get(name):
            raise _invalid(f"{at}.{name}")


def _check_duration(value: str | None, at: str) -> None:
    if value is None:
        return
    try:
        length_of(value)
    except ValueError as error:
        raise _invalid(at) from error


def _one_of(value: str | None, allowed: frozenset[str], at: str) -> None:
    if value is not None and value not in allowed:
        raise _invalid(at)


def check_settings(body: Json, actions: frozenset[str]) -> None:
    """Refuse an unknown lifecycle action and a duration that is none."""
    _one_of(body.get("externalUserLifecycleAction"), actions, "externalUserLifecycleAction")
    name = "durationUntilExternalUserDeletedAfterBlocked"
    _check_duration(body.get(name), name)


def check_lifecycle(body: Json) -> None:
    """Refuse an unknown lifecycle of a subject."""
    _one_of(body["subjectLifecycle"], LIFECYCLES, "subjectLifecycle")


def _invalid(at: str) -> GraphError:
    return bad_request(f"Invalid value specified for property '{at}'.")
