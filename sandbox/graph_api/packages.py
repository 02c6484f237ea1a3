"""Graph's entitlement management: catalogs, access packages, and the policies of who may have them.

A policy is written whole: PUT replaces it, and what the body leaves out is gone. There is no PATCH.
"""

from sandbox.graph_api.exchange import NO_CONTENT, Answer, Request, bad_request, not_found
from sandbox.graph_api.licences import needs_governance, needs_p2
from sandbox.graph_api.listing import CONTAINS, EQ, listed, shown
from sandbox.graph_api.package_bodies import check_policy, kind_of, subject_sets
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json
from sandbox.tenant_package_records import HELD, Package, Policy
from sandbox.tenant_policy_shape import billed_by

EM = "identityGovernance/entitlementManagement"
PACKAGE_RELATIONS = frozenset({"catalog", "assignmentPolicies"})
POLICY_RELATIONS = frozenset({"accessPackage", "catalog"})
_NAMED = {"displayName": EQ | CONTAINS | {"startswith"}, "id": EQ}
_PACKAGE_RULES = {**_NAMED, "catalog/id": EQ}
_POLICY_RULES = {**_NAMED, "accessPackage/id": EQ, "catalog/id": EQ}


# --- what is shown ---------------------------------------------------------------------------------


def catalog_row(tenant: Tenant, catalog_id: str) -> Json:
    """Return a catalog as Graph shows it."""
    return {"id": catalog_id, **tenant.packages.catalogs[catalog_id].record}


def package_row(tenant: Tenant, package: Package) -> Json:
    """Return a package as Graph shows it, with its relationships."""
    policies = [p for p in tenant.packages.policies.values() if p.package_id == package.id]
    return {
        "id": package.id,
        **package.record,
        "catalog": catalog_row(tenant, package.catalog_id),
        "assignmentPolicies": [{"id": policy.id, **policy.record} for policy in policies],
    }


def policy_row(tenant: Tenant, policy: Policy) -> Json:
    """Return a policy as Graph shows it, with its relationships."""
    package = tenant.packages.packages[policy.package_id]
    return {
        "id": policy.id,
        **policy.record,
        "accessPackage": {"id": package.id, **package.record},
        "catalog": catalog_row(tenant, package.catalog_id),
    }


# --- catalogs and packages -------------------------------------------------------------------------


def list_catalogs(tenant: Tenant, request: Request) -> Answer:
    """``GET .../catalogs``."""
    needs_p2(tenant)
    rows = [catalog_row(tenant, one) for one in tenant.packages.catalogs]
    return listed(request, rows, f"{EM}/catalogs", _NAMED)


def list_packages(tenant: Tenant, request: Request) -> Answer:
    """``GET .../accessPackages``."""
    needs_p2(tenant)
    rows = [package_row(tenant, one) for one in tenant.packages.packages.values()]
    return listed(request, rows, f"{EM}/accessPackages", _PACKAGE_RULES, PACKAGE_RELATIONS)


def get_package(tenant: Tenant, request: Request) -> Answer:
    """``GET .../accessPackages/{id}``."""
    row = package_row(tenant, _package(tenant, request))
    return shown(request, row, f"{EM}/accessPackages", PACKAGE_RELATIONS)


def list_policies_of_package(tenant: Tenant, request: Request) -> Answer:
    """``GET .../accessPackages/{id}/assignmentPolicies``."""
    package = _package(tenant, request)
    policies = [p for p in tenant.packages.policies.values() if p.package_id == package.id]
    rows = [policy_row(tenant, policy) for policy in policies]
    return listed(request, rows, f"{EM}/assignmentPolicies", _POLICY_RULES, POLICY_RELATIONS)


def list_resource_role_scopes(tenant: Tenant, request: Request) -> Answer:
    """``GET .../accessPackages/{id}/resourceRoleScopes``: one for each group that the package gives."""
    package = _package(tenant, request)
    created = package.record["createdDateTime"]
    rows: list[Json] = [
        {"id": f"{tenant.packages.subject_id(group)}_{group}", "createdDateTime": created}
        for group in package.groups
    ]
    return listed(request, rows, f"{EM}/accessPackages('{package.id}')/resourceRoleScopes", {"id": EQ})


def _package(tenant: Tenant, request: Request) -> Package:
    needs_p2(tenant)
    tenant.now()
    key = request.params["accessPackage-id"].lower()
    package = tenant.packages.packages.get(key)
    if package is None:
        raise not_found(key)
    return package


# --- policies --------------------------------------------------------------------------------------


def list_policies(tenant: Tenant, request: Request) -> Answer:
    """``GET .../assignmentPolicies``."""
    needs_p2(tenant)
    rows = [policy_row(tenant, one) for one in tenant.packages.policies.values()]
    return listed(request, rows, f"{EM}/assignmentPolicies", _POLICY_RULES, POLICY_RELATIONS)


def get_policy(tenant: Tenant, request: Request) -> Answer:
    """``GET .../assignmentPolicies/{id}``."""
    row = policy_row(tenant, _policy(tenant, request))
    return shown(request, row, f"{EM}/assignmentPolicies", POLICY_RELATIONS)


def create_policy(tenant: Tenant, request: Request) -> Answer:
    """``POST .../assignmentPolicies``."""
    needs_p2(tenant)
    _check(tenant, request.content)
    package_id = request.content["accessPackage"]["id"].lower()
    if package_id not in tenant.packages.packages:
        raise not_found(package_id)
    policy = tenant.governance.add_policy(package_id, request.content, tenant.now())
    return shown(request, policy_row(tenant, policy), f"{EM}/assignmentPolicies", POLICY_RELATIONS, 201)


def replace_policy(tenant: Tenant, request: Request) -> Answer:
    """``PUT .../assignmentPolicies/{id}``: the whole policy; what is left out falls back to its default."""
    policy = _policy(tenant, request)
    _check(tenant, request.content)
    named = request.content.get("accessPackage")
    if named is not None and named["id"].lower() != policy.package_id:
        message = "A policy cannot move to another access package."
        raise bad_request(message)
    tenant.governance.replace_policy(policy, request.content, tenant.now())
    return shown(request, policy_row(tenant, policy), f"{EM}/assignmentPolicies", POLICY_RELATIONS)


def delete_policy(tenant: Tenant, request: Request) -> Answer:
    """``DELETE .../assignmentPolicies/{id}``: refused while somebody holds the package under it."""
    policy = _policy(tenant, request)
    if any(a.policy_id == policy.id and a.state in HELD for a in tenant.packages.assignments.values()):
        message = "The policy still has active assignments."
        raise bad_request(message)
    tenant.governance.remove_policy(policy)
    return NO_CONTENT


def _policy(tenant: Tenant, request: Request) -> Policy:
    needs_p2(tenant)
    tenant.now()
    key = request.params["accessPackageAssignmentPolicy-id"].lower()
    policy = tenant.packages.policies.get(key)
    if policy is None:
        raise not_found(key)
    return policy


def _check(tenant: Tenant, body: Json) -> None:
    """Refuse what makes no sense, names nobody, or bills guests of a tenant that has no Governance."""
    check_policy(body, sponsors_review=tenant.governance.unknowns.sponsors_review)
    now = tenant.now()
    for at, subjects in subject_sets(body):
        named = {"singleUser": "userId", "groupMembers": "groupId"}.get(kind_of(subjects))
        if named is not None and not tenant.directory.exists(subjects[named].lower(), now):
            message = f"'{at}' names an object that is not there."
            raise bad_request(message)
    if billed_by(body):
        needs_governance(tenant)
