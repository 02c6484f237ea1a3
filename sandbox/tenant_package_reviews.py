"""The access reviews that entitlement management opens by itself from a policy's review settings.

Source: Microsoft Graph, accessPackageAssignmentReviewSettings; concepts/accessreviews-scope-concept for the
scope's query, which names the package, the policy and the catalog.
"""

from datetime import date, datetime

from sandbox.tenant_directory import Json
from sandbox.tenant_package_records import Package, Policy
from sandbox.tenant_policy_shape import review_length
from sandbox.tenant_review_people import MANAGER
from sandbox.tenant_review_scopes import Resource, Scope

OPENED_BY: Json = {
    "id": "00000000-0000-0000-0000-000000000000",
    "displayName": "Microsoft Entra entitlement management",
    "userPrincipalName": "",
}
_ASSIGNMENTS = "/identityGovernance/entitlementManagement/accessPackageAssignments"
_ON_SILENCE = {"keepAccess": "None", "removeAccess": "Deny", "acceptAccessRecommendation": "Recommendation"}


def is_reviewed(policy: Policy) -> bool:
    """Say whether a policy's assignments are reviewed."""
    return bool((policy.record["reviewSettings"] or {}).get("isEnabled"))


def scope_of(policy: Policy) -> Scope:
    """Return what is reviewed: whoever holds the package under the policy, guest or not."""
    return Scope(resources=(Resource(kind="policy", id=policy.id),), guests_only=False)


def first_day_of(policy: Policy) -> date:
    """Return the day on which the first round begins."""
    return datetime.fromisoformat(policy.record["reviewSettings"]["schedule"]["startDateTime"]).date()


def definition_of(policy: Policy, package: Package) -> Json:
    """Return the definition that a reviewed policy opens."""
    review = policy.record["reviewSettings"]
    query = (
        f"{_ASSIGNMENTS}?$filter=(accessPackageId eq '{package.id}' and"
        f" assignmentPolicyId eq '{policy.id}' and catalogId eq '{package.catalog_id}')"
    )
    on_silence = _ON_SILENCE[review["expirationBehavior"]]
    kind = "#microsoft.graph.accessReviewQueryScope"
    return {
        "displayName": f"{package.record['displayName']}: {policy.record['displayName']}",
        "descriptionForAdmins": "Opened by entitlement management",
        "descriptionForReviewers": "",
        "scope": {"@odata.type": kind, "query": query, "queryType": "MicrosoftGraph"},
        "reviewers": [] if review["isSelfReview"] else [_reviewer(one) for one in review["primaryReviewers"]],
        "fallbackReviewers": [_reviewer(one) for one in review["fallbackReviewers"]],
        "settings": {
            "mailNotificationsEnabled": True,
            "reminderNotificationsEnabled": True,
            "justificationRequiredOnApproval": review["isReviewerJustificationRequired"],
            "defaultDecisionEnabled": on_silence != "None",
            "defaultDecision": on_silence,
            "instanceDurationInDays": review_length(review["schedule"]).days,
            "autoApplyDecisionsEnabled": True,
            "recommendationsEnabled": review["isRecommendationEnabled"],
            "recurrence": review["schedule"].get("recurrence"),
            "applyActions": [],
        },
    }


def _reviewer(subjects: Json) -> Json:
    """Say in a review's words who a policy names."""
    match str(subjects["@odata.type"]).rpartition(".")[2]:
        case "singleUser":
            return {"query": f"/users/{subjects['userId']}", "queryType": "MicrosoftGraph"}
        case "groupMembers":
            query = f"/groups/{subjects['groupId']}/transitiveMembers"
            return {"query": query, "queryType": "MicrosoftGraph"}
        case "requestorManager" | "targetManager":
            return {"query": MANAGER, "queryType": "MicrosoftGraph", "queryRoot": "decisions"}
        case _:
            kind = "#microsoft.graph.accessReviewReviewerScope"
            return {"@odata.type": kind, "scopeType": "sponsor"}
