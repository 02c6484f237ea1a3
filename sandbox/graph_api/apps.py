"""Graph's service principals, and who is assigned to which role of them."""

import hashlib
import uuid
from datetime import datetime

from sandbox.graph_api.directory_objects import live_user, page_of
from sandbox.graph_api.exchange import Answer, Request, not_found
from sandbox.graph_api.filtering import check_filter, predicate, read_filter
from sandbox.graph_api.group_people import group_to_read
from sandbox.graph_api.options import cut
from sandbox.graph_api.properties import SERVICE_PRINCIPAL, known
from sandbox.people_apps import APPS, app_role_id, service_principal
from sandbox.people_guests import stamp
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json

ASSIGNMENT = "microsoft.graph.appRoleAssignment"
_EQ = frozenset({"eq", "in"})
_APP_RULES = {
    "id": _EQ,
    "appId": _EQ,
    "displayName": _EQ | {"startswith"},
    "servicePrincipalType": _EQ,
    "accountEnabled": frozenset({"eq"}),
}
_ASSIGNMENT_RULES = {"resourceId": frozenset({"eq"})}


def _filtered(request: Request, rows: list[Json], rules: dict[str, frozenset[str]]) -> list[Json]:
    text = request.query.get("$filter")
    if text is None:
        return rows
    node = read_filter(text)
    check_filter(node, rules, request)
    return list(filter(predicate(node), rows))


def list_service_principals(tenant: Tenant, request: Request) -> Answer:
    """``GET /servicePrincipals``."""
    now, ids = tenant.now(), tenant.population.access.ids
    rows = _filtered(request, [service_principal(ids, n) for n in range(len(APPS))], _APP_RULES)
    page = page_of(tenant, request, rows, now, context="servicePrincipals")
    page["value"] = [cut(request, row, SERVICE_PRINCIPAL, known(SERVICE_PRINCIPAL)) for row in page["value"]]
    return Answer(status=200, body=page)


def get_service_principal(tenant: Tenant, request: Request) -> Answer:
    """``GET /servicePrincipals/{id}``."""
    key = request.params["servicePrincipal-id"].lower()
    found = tenant.population.find(key)
    if found is None or found[0] != "app":
        raise not_found(key)
    record = service_principal(tenant.population.access.ids, found[1])
    context = f"{request.origin}/v1.0/$metadata#servicePrincipals/$entity"
    shown = cut(request, record, SERVICE_PRINCIPAL, known(SERVICE_PRINCIPAL))
    return Answer(status=200, body={"@odata.context": context, **shown})


def list_of_user(tenant: Tenant, request: Request) -> Answer:
    """``GET /users/{id}/appRoleAssignments``: the account's own, and those of groups it is in directly."""
    now = tenant.now()
    record = live_user(tenant, request, now)
    rows = _assignments(tenant, record, "User")
    for group_id in tenant.reach.groups_of(record["id"], now):
        group = tenant.directory.group(group_id, now)
        if group is not None:
            rows += _assignments(tenant, group.record, "Group")
    return _page(tenant, request, rows, now)


def list_of_group(tenant: Tenant, request: Request) -> Answer:
    """``GET /groups/{id}/appRoleAssignments``."""
    now = tenant.now()
    return _page(
        tenant, request, _assignments(tenant, group_to_read(tenant, request, now).record, "Group"), now
    )


def _page(tenant: Tenant, request: Request, rows: list[Json], now: datetime) -> Answer:
    rows = _filtered(request, rows, _ASSIGNMENT_RULES)
    page = page_of(tenant, request, rows, now, context="appRoleAssignments")
    page["value"] = [cut(request, row, ASSIGNMENT, known(ASSIGNMENT)) for row in page["value"]]
    return Answer(status=200, body=page)


def _assignments(tenant: Tenant, principal: Json, kind: str) -> list[Json]:
    ids = tenant.population.access.ids
    return [
        {
            "id": _assignment_id(principal["id"], held.app),
            "appRoleId": app_role_id(APPS[held.app], held.role),
            "createdDateTime": stamp(tenant.population.as_of.timestamp() - 86_400 * 90),
            "deletedDateTime": None,
            "principalDisplayName": principal.get("displayName"),
            "principalId": principal["id"],
            "principalType": kind,
            "resourceDisplayName": APPS[held.app].name,
            "resourceId": ids.of("app", held.app),
        }
        for held in tenant.reach.app_roles(principal["id"])
    ]


def _assignment_id(principal_id: str, app: int) -> str:
    return str(uuid.UUID(bytes=hashlib.blake2b(f"{principal_id}/{app}".encode(), digest_size=16).digest()))
