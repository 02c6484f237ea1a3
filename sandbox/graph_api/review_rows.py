"""How Graph shows definitions, instances, stages and decisions of access reviews."""

from sandbox.people_apps import service_principal
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json, graph_time
from sandbox.tenant_review_records import NOBODY, Instance, Item, Review, Stage
from sandbox.tenant_review_scopes import Resource

_TARGET = "#microsoft.graph.accessReviewInstanceDecisionItemUserTarget"
_SERVICE_PRINCIPAL = "#microsoft.graph.accessReviewInstanceDecisionItemServicePrincipalResource"
_POLICY = "#microsoft.graph.accessReviewInstanceDecisionItemAccessPackageAssignmentPolicyResource"


def definition_row(review: Review) -> Json:
    """Return a definition as Graph shows it."""
    body = {k: v for k, v in review.body.items() if k != "@odata.type"}
    return {
        "id": review.id,
        "createdDateTime": graph_time(review.created_at),
        "lastModifiedDateTime": graph_time(review.modified_at),
        "status": review.status,
        "createdBy": dict(review.created_by),
        "instanceEnumerationScope": None,
        "stageSettings": [],
        "additionalNotificationRecipients": [],
        "reviewers": [],
        "fallbackReviewers": [],
        **body,
    }


def instance_row(instance: Instance) -> Json:
    """Return an instance as Graph shows it; of a review of every group, its scope names its own group."""
    return {
        "id": instance.id,
        "startDateTime": graph_time(instance.starts_at),
        "endDateTime": graph_time(instance.ends_at),
        "status": instance.status,
        "scope": _own_scope(instance),
        "reviewers": instance.asking.get("reviewers") or [],
        "fallbackReviewers": instance.asking.get("fallbackReviewers") or [],
        "errors": list(instance.errors),
    }


def _own_scope(instance: Instance) -> Json:
    scope: Json = instance.body["scope"]
    if not instance.scope.enumerates:
        return scope
    return {**scope, "query": f"/groups/{instance.resources[0].id}{scope['query'].removeprefix('.')}"}


def stage_row(stage: Stage) -> Json:
    """Return a stage as Graph shows it."""
    return {
        "id": stage.id,
        "startDateTime": graph_time(stage.starts_at),
        "endDateTime": graph_time(stage.ends_at),
        "status": stage.status,
        "reviewers": stage.body.get("reviewers") or [],
        "fallbackReviewers": stage.body.get("fallbackReviewers") or [],
    }


def decision_row(tenant: Tenant, instance: Instance, item: Item, origin: str) -> Json:
    """Return an item as Graph shows it, with the undeclared ``target``."""
    principal_id = item.principal["id"]
    resource, link = _resource(tenant, item.resource, origin)
    return {
        "id": item.id,
        "accessReviewId": instance.id,
        "decision": item.decision,
        "justification": item.justification,
        "recommendation": item.recommendation,
        "applyResult": item.apply_result,
        "reviewedDateTime": item.reviewed_at and graph_time(item.reviewed_at),
        "appliedDateTime": item.applied_at and graph_time(item.applied_at),
        "reviewedBy": item.reviewed_by,
        "appliedBy": dict(NOBODY),
        "principal": item.principal,
        "principalLink": f"{origin}/v1.0/users/{principal_id}",
        "resource": resource,
        "resourceLink": link,
        "target": {
            "@odata.type": _TARGET,
            "userId": principal_id,
            "userDisplayName": item.principal["displayName"],
            "userPrincipalName": item.principal["userPrincipalName"],
        },
    }


def _resource(tenant: Tenant, resource: Resource, origin: str) -> tuple[Json, str]:
    """Return a resource as an item shows it, and the link to it."""
    if resource.kind == "policy":
        path = f"identityGovernance/entitlementManagement/assignmentPolicies/{resource.id}"
        return _policy(tenant, resource.id), f"{origin}/v1.0/{path}"
    if resource.kind == "app":
        return _app(tenant, resource.id), f"{origin}/v1.0/servicePrincipals/{resource.id}"
    group = tenant.directory.groups.read(resource.id)
    name = group.record.get("displayName") if group is not None else None
    shown: Json = {"id": resource.id, "displayName": name, "type": "group"}
    return shown, f"{origin}/v1.0/groups/{resource.id}"


def _app(tenant: Tenant, object_id: str) -> Json:
    found = tenant.population.find(object_id)
    app = {} if found is None else service_principal(tenant.population.access.ids, found[1])
    return {
        "@odata.type": _SERVICE_PRINCIPAL,
        "id": object_id,
        "displayName": app.get("displayName"),
        "type": "servicePrincipal",
        "appId": app.get("appId"),
    }


def _policy(tenant: Tenant, policy_id: str) -> Json:
    policy = tenant.packages.policies.get(policy_id)
    package = tenant.packages.packages.get(policy.package_id) if policy is not None else None
    return {
        "@odata.type": _POLICY,
        "id": policy_id,
        "displayName": policy.record["displayName"] if policy is not None else None,
        "type": "accessPackageAssignmentPolicy",
        "accessPackageId": package.id if package is not None else None,
        "accessPackageDisplayName": package.record["displayName"] if package is not None else None,
    }
