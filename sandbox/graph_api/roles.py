"""Graph's directory roles: what there is, who holds one, and who may activate one (with P2)."""

import hashlib

from sandbox.graph_api.directory_objects import directory_object, page_of
from sandbox.graph_api.exchange import Answer, GraphError, Request, bad_request
from sandbox.graph_api.filtering import Node, check_filter, comparisons, predicate, read_filter
from sandbox.graph_api.options import cut
from sandbox.graph_api.properties import known
from sandbox.people_access import HeldRole
from sandbox.people_apps import ROLES
from sandbox.people_guests import DAY, stamp
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json
from sandbox.tenant_licence import Licence

ASSIGNMENT = "microsoft.graph.unifiedRoleAssignment"
DEFINITION = "microsoft.graph.unifiedRoleDefinition"
ELIGIBILITY = "microsoft.graph.unifiedRoleEligibilityScheduleInstance"
_EXPANDABLE = frozenset({"principal", "roleDefinition"})
_EQ = frozenset({"eq"})
_RULES = {"id": _EQ, "principalId": _EQ, "roleDefinitionId": _EQ, "directoryScopeId": _EQ}
_DEFINITION_RULES = {
    "id": _EQ | {"in"},
    "displayName": _EQ | {"startswith"},
    "templateId": _EQ,
    "isBuiltIn": _EQ,
}


def list_definitions(tenant: Tenant, request: Request) -> Answer:
    """``GET /roleManagement/directory/roleDefinitions``: the built-in roles."""
    node = _filter(request, _DEFINITION_RULES)
    rows = [row for row in map(_definition, ROLES) if node is None or predicate(node)(row)]
    return Answer(status=200, body=_page(tenant, request, rows, DEFINITION, "roleDefinitions"))


def list_assignments(tenant: Tenant, request: Request) -> Answer:
    """``GET /roleManagement/directory/roleAssignments``: active ones, with one relationship if asked."""
    expanded = request.query.get("$expand")
    if expanded is not None and expanded not in _EXPANDABLE:
        message = "$expand takes one of 'principal' and 'roleDefinition' here."
        raise bad_request(message)
    held = _held(tenant, request, eligible=False)
    rows = [_assignment(*one) for one in held]
    page = _page(tenant, request, rows, ASSIGNMENT, "roleAssignments")
    if expanded is not None:
        by_id = {_row_id(*one): one for one in held}
        page["value"] = [{**row, **_related(tenant, *by_id[row["id"]], expanded)} for row in page["value"]]
    return Answer(status=200, body=page)


def list_eligible(tenant: Tenant, request: Request) -> Answer:
    """``GET /roleManagement/directory/roleEligibilityScheduleInstances``: who may activate one; P2."""
    if tenant.licence < Licence.P2:
        message = "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license."
        raise GraphError(400, "AadPremiumLicenseRequired", message)
    rows = [_eligibility(tenant, *one) for one in _held(tenant, request, eligible=True)]
    page = _page(tenant, request, rows, ELIGIBILITY, "roleEligibilityScheduleInstances")
    return Answer(status=200, body=page)


def _page(tenant: Tenant, request: Request, rows: list[Json], kind: str, collection: str) -> Json:
    context = f"roleManagement/directory/{collection}"
    page = page_of(tenant, request, rows, tenant.now(), context=context)
    page["value"] = [cut(request, row, kind, known(kind)) for row in page["value"]]
    return page


def _held(tenant: Tenant, request: Request, *, eligible: bool) -> list[tuple[str, HeldRole]]:
    """Return who holds what, of one principal when the filter names one."""
    node = _filter(request, _RULES)
    named = [c.value for c in comparisons(node) if c.property == "principalId"] if node is not None else []
    holders = [str(one).lower() for one in named] or tenant.reach.role_holders()
    return [
        (holder, role)
        for holder in holders
        for role in tenant.reach.roles(holder)
        if role.eligible is eligible and (node is None or predicate(node)(_assignment(holder, role)))
    ]


def _filter(request: Request, rules: dict[str, frozenset[str]]) -> Node | None:
    text = request.query.get("$filter")
    if text is None:
        return None
    node = read_filter(text)
    check_filter(node, rules, request)
    return node


def _row_id(principal_id: str, role: HeldRole) -> str:
    return hashlib.blake2b(f"{principal_id}/{role}".encode(), digest_size=16).hexdigest()


def _assignment(principal_id: str, role: HeldRole) -> Json:
    return {
        "id": _row_id(principal_id, role),
        "principalId": principal_id,
        "roleDefinitionId": ROLES[role.role],
        "directoryScopeId": role.scope,
        "appScopeId": None,
    }


def _eligibility(tenant: Tenant, principal_id: str, role: HeldRole) -> Json:
    began = tenant.population.as_of.timestamp() - 200 * DAY
    return {
        **_assignment(principal_id, role),
        "memberType": "Direct",
        "roleEligibilityScheduleId": _row_id(principal_id, role),
        "startDateTime": stamp(began),
        "endDateTime": None,
    }


def _definition(role: str) -> Json:
    return {
        "id": ROLES[role],
        "templateId": ROLES[role],
        "displayName": role,
        "description": f"{role}, as Entra comes with it",
        "isBuiltIn": True,
        "isEnabled": True,
        "version": "1",
        "resourceScopes": ["/"],
        "rolePermissions": [],
    }


def _related(tenant: Tenant, principal_id: str, role: HeldRole, expanded: str) -> Json:
    if expanded == "principal":
        return {"principal": directory_object(tenant, principal_id, None, tenant.now())}
    return {"roleDefinition": _definition(role.role)}
