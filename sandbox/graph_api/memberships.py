"""What an account stands in, owns and answers to: memberOf, ownedObjects, manager, and names for ids."""

from datetime import datetime

from sandbox.graph_api.directory_objects import (
    directory_object,
    live_user,
    object_list,
    object_names,
    role_object_id,
)
from sandbox.graph_api.exchange import Answer, GraphError, Request, bad_request
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json

IDS_AT_MOST = 1_000
"""Graph docs, directoryObject: getByIds."""


def list_member_of(tenant: Tenant, request: Request) -> Answer:
    """``GET /users/{id}/memberOf``: groups, active directory roles and administrative units, direct ones."""
    now = tenant.now()
    record = live_user(tenant, request, now)
    ids = [*tenant.reach.groups_of(record["id"], now), *_roles_and_units(tenant, record["id"])]
    return object_list(tenant, request, ids, now)


def list_transitive_member_of(tenant: Tenant, request: Request) -> Answer:
    """``GET /users/{id}/transitiveMemberOf``: the same, and the groups and roles reached through groups."""
    now = tenant.now()
    record = live_user(tenant, request, now)
    groups = tenant.reach.all_groups_of(record["id"], now)
    near = [one for place in (record["id"], *groups) for one in _roles_and_units(tenant, place)]
    return object_list(tenant, request, list(dict.fromkeys((*groups, *near))), now)


def _roles_and_units(tenant: Tenant, object_id: str) -> list[str]:
    ids = tenant.population.access.ids
    roles = [role_object_id(tenant, held.role) for held in tenant.reach.roles(object_id) if not held.eligible]
    return roles + [ids.of("unit", n) for n in tenant.reach.units(object_id)]


def list_owned(tenant: Tenant, request: Request) -> Answer:
    """``GET /users/{id}/ownedObjects``: groups and app registrations."""
    now = tenant.now()
    record = live_user(tenant, request, now)
    return object_list(tenant, request, tenant.reach.owned_by(record["id"], now), now)


def get_manager(tenant: Tenant, request: Request) -> Answer:
    """``GET /users/{id}/manager``; 404 for who has none, or one who was deleted."""
    now = tenant.now()
    record = live_user(tenant, request, now)
    names = object_names(request.query.get("$select"))
    manager = tenant.reach.manager(record["id"])
    shown = None if manager is None else directory_object(tenant, manager, names, now)
    if shown is None:
        message = "Resource 'manager' does not exist, or is not present."
        raise GraphError(404, "Request_ResourceNotFound", message)
    context = f"{request.origin}/v1.0/$metadata#directoryObjects/$entity"
    return Answer(status=200, body={"@odata.context": context, **shown})


def get_by_ids(tenant: Tenant, request: Request) -> Answer:
    """``POST /directoryObjects/getByIds``: who is there of up to a thousand ids; strangers are left out."""
    now = tenant.now()
    ids, types = request.content["ids"], request.content.get("types") or ["directoryObject"]
    if len(ids) > IDS_AT_MOST:
        message = f"'ids' holds {IDS_AT_MOST} ids at most."
        raise bad_request(message)
    rows = [_of_types(tenant, object_id.lower(), types, now) for object_id in dict.fromkeys(ids)]
    context = f"{request.origin}/v1.0/$metadata#directoryObjects"
    return Answer(
        status=200, body={"@odata.context": context, "value": [row for row in rows if row is not None]}
    )


def _of_types(tenant: Tenant, object_id: str, types: list[str], now: datetime) -> Json | None:
    shown = directory_object(tenant, object_id, None, now)
    if shown is None or "directoryObject" in types:
        return shown
    return shown if shown["@odata.type"].rpartition(".")[2] in types else None


def revoke_sessions(tenant: Tenant, request: Request) -> Answer:
    """``POST /users/{id}/revokeSignInSessions``: for guests a promise without effect, as Graph warns."""
    record = live_user(tenant, request, tenant.now())
    tenant.audit("Update StsRefreshTokenValidFrom Timestamp", record)
    return Answer(
        status=200, body={"@odata.context": f"{request.origin}/v1.0/$metadata#Edm.Boolean", "value": True}
    )
