"""Access packages for stories, a line each: a package, a policy with its faults, somebody who holds one."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from sandbox.people_groups import GroupFacts, GroupKind, group_record
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Group, Json, graph_time
from sandbox.tenant_outsiders import GOVERNED
from sandbox.tenant_package_records import Assignment, Organization, Package, Policy


class PolicyFault(StrEnum):
    """What can be wrong with a policy that people from outside can reach."""

    NO_END_NO_REVIEW = "never expires and is never reviewed"
    LONG_WITHOUT_REVIEW = "lasts over a year without review"
    NO_APPROVAL = "nobody approves"
    ANYONE = "anyone from outside may ask"
    NO_FALLBACK = "no fallback reviewer"
    REMOVES_WITHOUT_FALLBACK = "removes on silence, without fallback reviewer"
    NO_RECOMMENDATIONS = "recommendations are off"
    SELF_REVIEW = "guests review themselves"


def a_package(tenant: Tenant, name: str, groups: Iterable[str] = (), catalog: str = "Partners") -> Package:
    """Add a package that gives membership of groups (ids), or of a new group of its own."""
    now = tenant.now()
    packages = tenant.packages
    shelf = next((c for c in packages.catalogs.values() if c.record["displayName"] == catalog), None)
    if shelf is None:
        shelf = packages.add_catalog(catalog, now)
    return packages.add_package(name, shelf, tuple(groups) or (_group_for(tenant, name, now),), now)


def a_policy(
    tenant: Tenant,
    package: Package,
    faults: Iterable[PolicyFault] = (),
    *,
    name: str = "External partners",
    reviewers: Iterable[Json] = (),
    fallbacks: Iterable[Json] = (),
    starts_at: datetime | None = None,
) -> Policy:
    """Add a policy that is sound but for its faults.

    It is reviewed quarterly by ``reviewers`` (subject sets; the first healthy member where none are named),
    from ``starts_at``, tomorrow unless told otherwise.
    """
    desk = a_person(_first_member(tenant))
    begins = starts_at or tenant.now() + timedelta(days=1)
    body = _sound(name, list(reviewers) or [desk], list(fallbacks) or [desk], begins)
    for fault in faults:
        spoil(body, fault)
    return tenant.governance.add_policy(package.id, body, tenant.now())


def an_internal_policy(tenant: Tenant, package: Package, name: str = "Colleagues") -> Policy:
    """Add a policy that nobody from outside can reach: no review, no end, and nothing wrong with that."""
    body = {"displayName": name, "allowedTargetScope": "allMemberUsers"}
    return tenant.governance.add_policy(package.id, body, tenant.now())


def holds(
    tenant: Tenant,
    guest_id: str,
    policy: Policy,
    *,
    since: timedelta = timedelta(days=100),
    ends_in: timedelta | None = None,
    governed: bool = True,
) -> Assignment:
    """Let a guest hold a package; ``governed`` ones were invited through entitlement management."""
    now = tenant.now()
    ends_at = None if ends_in is None else now + ends_in
    if governed:
        tenant.packages.outsiders.lifecycles[guest_id] = GOVERNED
    assignment = tenant.packages.assign(policy, guest_id, now - since, ends_at=ends_at)
    tenant.now()
    return assignment


def a_connected_organization(
    tenant: Tenant, name: str, domain: str, internal: Iterable[str] = (), external: Iterable[str] = ()
) -> Organization:
    """Add a partner organisation with its sponsors (ids)."""
    organization = tenant.packages.add_organization(name, domain, tenant.now())
    organization.internal += internal
    organization.external += external
    return organization


def a_person(user_id: str) -> Json:
    """Return the subject set of one user."""
    return {"@odata.type": "#microsoft.graph.singleUser", "userId": user_id, "description": "Reviewer"}


def a_group_of_people(group_id: str) -> Json:
    """Return the subject set of a group's members."""
    return {"@odata.type": "#microsoft.graph.groupMembers", "groupId": group_id, "description": "Reviewers"}


def a_guest_lifecycle_policy(
    *, since: datetime, enabled: bool = True, silent_days: int = 90, sponsors: int = 1, grace: int = 7
) -> Json:
    """Return a guest lifecycle policy as in Graph's pages: who breaks a rule is blocked, then deleted.

    ``since``: when it was made; ``grace``: days from a broken rule to the block.
    """
    kind = "#microsoft.graph.identityGovernance"
    return {
        "@odata.type": f"{kind}.guestLifecyclePolicy",
        "id": "6f0f5c3e-0000-4000-8000-000000000001",
        "displayName": "Silent guests",
        "description": "Blocks guests who do not sign in, then deletes them",
        "isEnabled": enabled,
        "policySource": "userCreated",
        "versionNumber": 1,
        "createdDateTime": graph_time(since),
        "lastModifiedDateTime": graph_time(since),
        "gracePeriodInDays": grace,
        "enforcementAction": {
            "@odata.type": f"{kind}.disableThenDeleteEnforcementAction",
            "deletionGracePeriodInDays": 30,
        },
        "rules": [
            {
                "@odata.type": f"{kind}.inactivityRule",
                "id": "6f0f5c3e-0000-4000-8000-000000000002",
                "isEnabled": True,
                "gracePeriodInDays": None,
                "lastActivityThresholdInDays": silent_days,
            },
            {
                "@odata.type": f"{kind}.sponsorPresenceRule",
                "id": "6f0f5c3e-0000-4000-8000-000000000003",
                "isEnabled": True,
                "gracePeriodInDays": None,
                "minimumSponsorCount": sponsors,
            },
        ],
    }


# --- the policy ------------------------------------------------------------------------------------


def _sound(name: str, reviewers: list[Json], fallbacks: list[Json], begins: datetime) -> Json:
    return {
        "displayName": name,
        "description": name,
        "allowedTargetScope": "allConfiguredConnectedOrganizationUsers",
        "expiration": {"type": "afterDuration", "duration": "P180D"},
        "requestorSettings": {
            "enableTargetsToSelfAddAccess": True,
            "enableTargetsToSelfRemoveAccess": True,
        },
        "requestApprovalSettings": {
            "isApprovalRequiredForAdd": True,
            "stages": [
                {
                    "durationBeforeAutomaticDenial": "P7D",
                    "isApproverJustificationRequired": True,
                    "isEscalationEnabled": False,
                    "durationBeforeEscalation": "PT0S",
                    "primaryApprovers": reviewers,
                    "fallbackPrimaryApprovers": [],
                    "escalationApprovers": [],
                    "fallbackEscalationApprovers": [],
                }
            ],
        },
        "reviewSettings": _quarterly(reviewers, fallbacks, begins),
    }


def _quarterly(reviewers: list[Json], fallbacks: list[Json], begins: datetime) -> Json:
    return {
        "isEnabled": True,
        "expirationBehavior": "keepAccess",
        "isRecommendationEnabled": True,
        "isReviewerJustificationRequired": True,
        "isSelfReview": False,
        "schedule": {
            "startDateTime": graph_time(begins),
            "expiration": {"type": "afterDuration", "duration": "P14D"},
            "recurrence": {
                "pattern": {"type": "absoluteMonthly", "interval": 3, "dayOfMonth": begins.day},
                "range": {"type": "noEnd", "startDate": begins.date().isoformat()},
            },
        },
        "primaryReviewers": reviewers,
        "fallbackReviewers": fallbacks,
    }


def spoil(body: Json, fault: PolicyFault) -> None:
    """Put a fault into a sound policy."""
    review = body.get("reviewSettings") or {}
    match fault:
        case PolicyFault.NO_END_NO_REVIEW:
            body.update(expiration={"type": "noExpiration"}, reviewSettings=None)
        case PolicyFault.LONG_WITHOUT_REVIEW:
            body.update(expiration={"type": "afterDuration", "duration": "P730D"}, reviewSettings=None)
        case PolicyFault.NO_APPROVAL:
            body["requestApprovalSettings"] = {"isApprovalRequiredForAdd": False, "stages": []}
        case PolicyFault.ANYONE:
            body["allowedTargetScope"] = "allExternalUsers"
        case PolicyFault.NO_FALLBACK:
            review["fallbackReviewers"] = []
            review["primaryReviewers"] = [
                {"@odata.type": "#microsoft.graph.requestorManager", "managerLevel": 1}
            ]
        case PolicyFault.REMOVES_WITHOUT_FALLBACK:
            review.update(fallbackReviewers=[], expirationBehavior="removeAccess")
        case PolicyFault.NO_RECOMMENDATIONS:
            review["isRecommendationEnabled"] = False
        case PolicyFault.SELF_REVIEW:
            review.update(isSelfReview=True, primaryReviewers=[], fallbackReviewers=[])


def _group_for(tenant: Tenant, name: str, now: datetime) -> str:
    facts = GroupFacts(
        object_id=tenant.new_id(),
        name=f"{name} users",
        kind=GroupKind.SECURITY,
        domain=tenant.population.domain,
        created=now.timestamp(),
    )
    tenant.directory.groups[facts.object_id] = Group(group_record(facts))
    return facts.object_id


def _first_member(tenant: Tenant) -> str:
    for n in range(tenant.population.member_count):
        record = tenant.population.member(n)
        if record["accountEnabled"] and not tenant.population.member_deleted(n):
            return str(record["id"])
    message = "nobody in the tenant can review"
    raise LookupError(message)
