"""Graph's /teams: the groups that have a team, and who is in one, guests marked as such."""

import base64

from sandbox.graph_api.directory_objects import page_of
from sandbox.graph_api.exchange import Answer, Request, not_found
from sandbox.graph_api.filtering import check_filter, predicate, read_filter
from sandbox.graph_api.options import cut
from sandbox.graph_api.properties import known
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Group, Json

TEAM, MEMBER = "microsoft.graph.team", "microsoft.graph.aadUserConversationMember"
_RULES = {"id": frozenset({"eq", "in"}), "displayName": frozenset({"eq", "startswith"})}
_MEMBER_RULES = {"displayName": frozenset({"eq"}), "email": frozenset({"eq"}), "userId": frozenset({"eq"})}


def list_teams(tenant: Tenant, request: Request) -> Answer:
    """``GET /teams``."""
    now = tenant.now()
    groups = (g for _, g in tenant.directory.groups.scan(0) if _has_team(g))
    rows = [_team(tenant, g) for g in groups if not tenant.directory.hidden(g.record["id"], now)]
    text = request.query.get("$filter")
    if text is not None:
        node = read_filter(text)
        check_filter(node, _RULES, request)
        rows = list(filter(predicate(node), rows))
    page = page_of(tenant, request, rows, now, context="teams")
    page["value"] = [cut(request, row, TEAM, known(TEAM)) for row in page["value"]]
    return Answer(status=200, body=page)


def list_team_members(tenant: Tenant, request: Request) -> Answer:
    """``GET /teams/{id}/members``: owners and guests say so in their roles."""
    now = tenant.now()
    key = request.params["team-id"].lower()
    group = tenant.directory.group(key, now)
    if group is None or not _has_team(group):
        raise not_found(key)
    people = dict.fromkeys((*group.members, *group.owners))
    found = ((one, tenant.directory.user(one, now)) for one in people)
    rows = [_member(tenant, group, record) for _, record in found if record is not None]
    text = request.query.get("$filter")
    if text is not None:
        node = read_filter(text)
        check_filter(node, _MEMBER_RULES, request)
        rows = list(filter(predicate(node), rows))
    page = page_of(tenant, request, rows, now, context=f"teams('{key}')/members")
    kind = {"@odata.type": f"#{MEMBER}"}
    page["value"] = [{**kind, **cut(request, row, MEMBER, known(MEMBER))} for row in page["value"]]
    return Answer(status=200, body=page)


def _has_team(group: Group) -> bool:
    return "Team" in group.record.get("resourceProvisioningOptions", ())


def _team(tenant: Tenant, group: Group) -> Json:
    record = group.record
    return {
        "id": record["id"],
        "displayName": record["displayName"],
        "description": record.get("description"),
        "visibility": "public" if record.get("visibility") == "Public" else "private",
        "tenantId": tenant.population.tenant_id,
        "isArchived": False,
    }


def _member(tenant: Tenant, group: Group, record: Json) -> Json:
    owner, guest = record["id"] in group.owners, record["userType"] == "Guest"
    name = f"{tenant.population.tenant_id}##{group.record['id']}##{record['id']}"
    return {
        "id": base64.b64encode(name.encode()).decode(),
        "displayName": record.get("displayName"),
        "roles": [role for role, held in (("owner", owner), ("guest", guest)) if held],
        "userId": record["id"],
        "email": record.get("mail"),
        "tenantId": tenant.population.tenant_id,
        "visibleHistoryStartDateTime": "0001-01-01T00:00:00Z",
    }
