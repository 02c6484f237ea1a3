"""Graph's recycle bin: soft-deleted accounts, and the way back within 30 days."""

from sandbox.graph_api.directory_objects import PAGE_CAP, PAGE_DEFAULT
from sandbox.graph_api.exchange import Answer, Request, denied, not_found
from sandbox.graph_api.options import next_link, number, position_of
from sandbox.graph_api.properties import USER
from sandbox.graph_api.users import shape_of, user_names
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json

_TYPED = {"@odata.type": f"#{USER}"}


def _found(tenant: Tenant, request: Request) -> Json:
    object_id = request.params["directoryObject-id"].lower()
    record = tenant.directory.deleted_user(object_id, tenant.now())
    if record is None:
        raise not_found(object_id)
    return record


def list_deleted_users(tenant: Tenant, request: Request) -> Answer:
    """``GET /directory/deletedItems/graph.user``: Graph answers with the type cast only."""
    names = user_names(tenant, request)
    now = tenant.now()
    top = number(request, "$top", PAGE_DEFAULT, lowest=1, highest=PAGE_CAP)
    start = position_of(tenant, request, now)
    bin_now = [
        tenant.directory.deleted_user(object_id, now) for object_id in sorted(tenant.directory.deleted)
    ]
    records = [record for record in bin_now if record is not None]
    shape = shape_of(names if "$select" in request.query else (*names, "deletedDateTime"))
    page: Json = {"@odata.context": f"{request.origin}/v1.0/$metadata#users"}
    if start + top < len(records):
        page["@odata.nextLink"] = next_link(tenant, request, start + top, now)
    page["value"] = [shape(record) for record in records[start : start + top]]
    return Answer(status=200, body=page)


def get_deleted(tenant: Tenant, request: Request) -> Answer:
    """``GET /directory/deletedItems/{id}``."""
    names = user_names(tenant, request)
    shape = shape_of(names if "$select" in request.query else (*names, "deletedDateTime"))
    context = f"{request.origin}/v1.0/$metadata#directoryObjects/$entity"
    return Answer(status=200, body={"@odata.context": context, **_TYPED, **shape(_found(tenant, request))})


def restore(tenant: Tenant, request: Request) -> Answer:
    """``POST /directory/deletedItems/{id}/restore``: memberships and sponsors come back with the account."""
    record = _found(tenant, request)
    if tenant.population.privileged(record["id"]):
        raise denied()
    del tenant.directory.deleted[record["id"]]
    back = tenant.directory.account(record["id"]) or record
    tenant.audit("Restore user", back)
    shape = shape_of(("id", "displayName", "mail", "userPrincipalName"))
    context = f"{request.origin}/v1.0/$metadata#directoryObjects/$entity"
    return Answer(status=200, body={"@odata.context": context, **_TYPED, **shape(back)})
