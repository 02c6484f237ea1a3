"""Who is in a group and who owns it: Graph's members, transitiveMembers and owners, guests alone if asked."""

from collections.abc import Iterable
from datetime import datetime

from sandbox.graph_api.directory_objects import directory_object, is_user, object_list, page_of
from sandbox.graph_api.exchange import Answer, Request, bad_request, denied, not_found, unsupported
from sandbox.graph_api.filtering import predicate
from sandbox.graph_api.options import selected
from sandbox.graph_api.properties import USER, USER_DEFAULT, USER_SIMULATED, known, reads_all_of_users
from sandbox.graph_api.users import as_advanced, user_filter
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Group, Json


def group_to_read(tenant: Tenant, request: Request, now: datetime) -> Group:
    """Return the group in the path, to look at; 404 when it is not there (yet)."""
    key = request.params["group-id"].lower()
    group = tenant.directory.group(key, now)
    if group is None:
        raise not_found(key)
    return group


def list_members(tenant: Tenant, request: Request) -> Answer:
    """``GET /groups/{id}/members``: direct members, each with its type."""
    now = tenant.now()
    group = group_to_read(tenant, request, now)
    return object_list(tenant, request, _visible(tenant, tenant.directory.members(group), now), now)


def list_transitive_members(tenant: Tenant, request: Request) -> Answer:
    """``GET /groups/{id}/transitiveMembers``: everybody in it and in the groups inside, and those groups."""
    now = tenant.now()
    ids = tenant.directory.everything_in(group_to_read(tenant, request, now).record["id"], now)
    return object_list(tenant, request, ids, now)


def list_owners(tenant: Tenant, request: Request) -> Answer:
    """``GET /groups/{id}/owners``."""
    now = tenant.now()
    owners = group_to_read(tenant, request, now).owners
    return object_list(tenant, request, _visible(tenant, owners, now), now)


def _visible(tenant: Tenant, ids: Iterable[str], now: datetime) -> list[str]:
    """Leave out what was deleted, and what replication has not reached."""
    directory = tenant.directory
    return [one for one in ids if one not in directory.deleted and not directory.hidden(one, now)]


# --- accounts only ---------------------------------------------------------------------------------


def list_member_users(tenant: Tenant, request: Request) -> Answer:
    """``GET /groups/{id}/members/graph.user``: accounts; ``$filter`` makes it an advanced query."""
    now = tenant.now()
    group = group_to_read(tenant, request, now)
    return _users(tenant, request, tenant.directory.members(group), now)


def list_transitive_member_users(tenant: Tenant, request: Request) -> Answer:
    """``GET /groups/{id}/transitiveMembers/graph.user``."""
    now = tenant.now()
    ids = tenant.directory.everything_in(group_to_read(tenant, request, now).record["id"], now)
    return _users(tenant, request, ids, now)


def count_member_users(tenant: Tenant, request: Request) -> Answer:
    """``GET /groups/{id}/members/graph.user/$count``: text, and only with ConsistencyLevel: eventual."""
    if not request.eventual:
        message = "$count needs the header ConsistencyLevel: eventual."
        raise bad_request(message)
    now = tenant.now()
    group = group_to_read(tenant, request, now)
    return Answer(
        status=200,
        body=str(len(_matching(tenant, as_advanced(request), tenant.directory.members(group), now))),
    )


def _users(tenant: Tenant, request: Request, ids: Iterable[str], now: datetime) -> Answer:
    names = selected(request, known(USER), USER_SIMULATED - {"signInActivity"}, USER)
    rows = _matching(tenant, request, ids, now)
    page = page_of(tenant, request, rows, now, context="users")
    shown = [directory_object(tenant, row["id"], names or USER_DEFAULT, now) for row in page["value"]]
    return Answer(status=200, body={**page, "value": [_bare(one) for one in shown if one is not None]})


def _bare(shown: Json) -> Json:
    return {name: value for name, value in shown.items() if name != "@odata.type"}


def _matching(tenant: Tenant, request: Request, ids: Iterable[str], now: datetime) -> list[Json]:
    found = (tenant.directory.user(one, now) for one in ids if is_user(tenant, one))
    rows = [record for record in found if record is not None]
    node = user_filter(request)
    if node is None:
        return rows
    if not request.advanced:
        message = "A filter on members needs the header ConsistencyLevel: eventual and $count=true."
        raise unsupported(message)
    if not reads_all_of_users(tenant):
        raise denied()
    return list(filter(predicate(node), rows))
