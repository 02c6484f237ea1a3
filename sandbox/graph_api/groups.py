"""Graph's /groups: find, make, fill, empty and remove the groups that reviews are about."""

import re
from collections.abc import Iterable
from datetime import datetime

from sandbox.graph_api.directory_objects import page_of
from sandbox.graph_api.exchange import (
    NO_CONTENT,
    Answer,
    Request,
    bad_request,
    denied,
    not_found,
    unsupported,
)
from sandbox.graph_api.filtering import (
    ENTRY,
    Comparison,
    Node,
    check_filter,
    comparisons,
    predicate,
    read_filter,
)
from sandbox.graph_api.group_people import group_to_read
from sandbox.graph_api.options import pick, selected
from sandbox.graph_api.properties import GROUP, GROUP_COLLECTIONS, GROUP_DEFAULT, GROUP_SIMULATED, known
from sandbox.graph_api.references import referred_id
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Group, Json, graph_time

BOUND_AT_ONCE = 20
_NICKNAME = re.compile(r"^[A-Za-z0-9!#$%&'*+./=?^_{|}~-]{1,64}$")
_OWNERS = "owners/$count"
_EQ, _SAME = frozenset({"eq", "in"}), frozenset({"eq"})
_RULES = {
    "id": _EQ,
    "displayName": _EQ | {"startswith"},
    "mailNickname": _EQ | {"startswith"},
    "mail": _EQ | {"startswith"},
    "securityEnabled": _SAME,
    "mailEnabled": _SAME,
    "isAssignableToRole": _SAME,
    "onPremisesSyncEnabled": _SAME,
    "membershipRuleProcessingState": _SAME,
    "createdDateTime": frozenset({"eq", "ge", "le"}),
    f"groupTypes/{ENTRY}": _SAME,
    f"resourceProvisioningOptions/{ENTRY}": _SAME,
    _OWNERS: _SAME,
}


def _names(request: Request) -> tuple[str, ...]:
    asked = selected(request, known(GROUP), GROUP_SIMULATED, GROUP)
    if asked is None:
        return GROUP_DEFAULT
    return asked if "id" in asked else (*asked, "id")


def _group(tenant: Tenant, request: Request, now: datetime) -> Group:
    """Return the group in the path, to be changed."""
    return tenant.directory.groups[group_to_read(tenant, request, now).record["id"]]


def _bound(tenant: Tenant, links: Iterable[str], now: datetime) -> list[str]:
    """Return the ids that references point at; 404 for an object that is not there (yet)."""
    return [referred_id(tenant, link, now) for link in links]


def _check_count(content: Json) -> None:
    bound = len(content.get("members@odata.bind", ())) + len(content.get("owners@odata.bind", ()))
    if bound > BOUND_AT_ONCE:
        message = f"A request may hold {BOUND_AT_ONCE} references at most."
        raise bad_request(message)


def _check_nickname(tenant: Tenant, nickname: str, own_id: str | None) -> None:
    if not _NICKNAME.match(nickname):
        message = "The mailNickname is too long or holds a character it must not."
        raise bad_request(message)
    if any(group.record["id"] != own_id for group in tenant.directory.groups.called(nickname)):
        message = "There is another group with this mailNickname."
        raise bad_request(message)


def list_groups(tenant: Tenant, request: Request) -> Answer:
    """``GET /groups``; a group made a moment ago is not found yet."""
    names = _names(request)
    now = tenant.now()
    node = _filter(request)
    groups = [g for g in _candidates(tenant, node) if not tenant.directory.hidden(g.record["id"], now)]
    if node is not None:
        matches, counts = predicate(node), any(test.property == _OWNERS for test in comparisons(node))
        groups = [g for g in groups if matches(_with_owners(tenant, g) if counts else g.record)]
    page = page_of(tenant, request, groups, now, context="groups")
    page["value"] = [pick(g.record, names, GROUP_COLLECTIONS) for g in page["value"]]
    return Answer(status=200, body=page)


def _filter(request: Request) -> Node | None:
    text = request.query.get("$filter")
    if text is None:
        return None
    node = read_filter(text)
    check_filter(node, _RULES, request)
    if any(test.property == _OWNERS for test in comparisons(node)) and not request.advanced:
        message = "Counting owners needs the header ConsistencyLevel: eventual and $count=true."
        raise unsupported(message)
    return node


def _candidates(tenant: Tenant, node: Node | None) -> Iterable[Group]:
    """Return the groups a filter may find: by mailNickname at once, else all of them."""
    if isinstance(node, Comparison) and (node.property, node.operator) == ("mailNickname", "eq"):
        return tenant.directory.groups.called(str(node.value))
    return (group for _, group in tenant.directory.groups.scan(0))


def _with_owners(tenant: Tenant, group: Group) -> Json:
    owners = sum(1 for one in group.owners if one not in tenant.directory.deleted)
    return {**group.record, "owners": {"$count": owners}}


def _shown(request: Request, group: Group, names: tuple[str, ...]) -> Json:
    context = f"{request.origin}/v1.0/$metadata#groups/$entity"
    return {"@odata.context": context, **pick(group.record, names, GROUP_COLLECTIONS)}


def get_group(tenant: Tenant, request: Request) -> Answer:
    """``GET /groups/{id}``."""
    names = _names(request)
    return Answer(status=200, body=_shown(request, group_to_read(tenant, request, tenant.now()), names))


def create_group(tenant: Tenant, request: Request) -> Answer:
    """``POST /groups`` with up to 20 members and owners; readable after the replication lag."""
    content = request.content
    now = tenant.now()
    _check_nickname(tenant, content["mailNickname"], None)
    _check_count(content)
    if not content["securityEnabled"] and not content["mailEnabled"]:
        message = "A group must be mail-enabled, security-enabled or both."
        raise bad_request(message)
    members = _bound(tenant, content.get("members@odata.bind", ()), now)
    owners = _bound(tenant, content.get("owners@odata.bind", ()), now)
    facts = {k: v for k, v in content.items() if "@odata" not in k}
    record = {**facts, "id": tenant.new_id(), "createdDateTime": graph_time(now)}
    group = Group(record, members, owners)
    tenant.directory.groups[record["id"]] = group
    tenant.directory.created.add(record["id"])
    tenant.directory.visible_at[record["id"]] = now + tenant.lag
    return Answer(status=201, body=_shown(request, group, GROUP_DEFAULT))


def _add(group: Group, ids: list[str]) -> None:
    if len(set(ids)) < len(ids) or any(object_id in group.members for object_id in ids):
        message = "At least one of these is a member already; nobody was added."
        raise bad_request(message)
    if any(object_id == group.record["id"] for object_id in ids):
        message = "A group cannot be a member of itself."
        raise bad_request(message)
    _refuse_fixed(group)
    group.members.update(dict.fromkeys(ids))


def _refuse_fixed(group: Group) -> None:
    if group.out_of_reach is not None:
        raise denied(group.out_of_reach)


def update_group(tenant: Tenant, request: Request) -> Answer:
    """``PATCH /groups/{id}``: its words, or up to 20 new members."""
    now = tenant.now()
    group = _group(tenant, request, now)
    content = {k: v for k, v in request.content.items() if k != "@odata.type"}
    if not content:
        message = "The request body has no property to change."
        raise bad_request(message)
    _check_count(content)
    if "mailNickname" in content:
        _check_nickname(tenant, content["mailNickname"], group.record["id"])
    links = content.pop("members@odata.bind", None)
    if links is not None:
        _add(group, _bound(tenant, links, now))
    group.record.update(content)
    return NO_CONTENT


def delete_group(tenant: Tenant, request: Request) -> Answer:
    """``DELETE /groups/{id}``."""
    group = _group(tenant, request, tenant.now())
    object_id = group.record["id"]
    for other in tenant.reach.groups_of(object_id, tenant.now()):
        del tenant.directory.groups[other].members[object_id]
    del tenant.directory.groups[object_id]
    tenant.directory.created.discard(object_id)
    return NO_CONTENT


def add_member(tenant: Tenant, request: Request) -> Answer:
    """``POST /groups/{id}/members/$ref``."""
    now = tenant.now()
    group = _group(tenant, request, now)
    _add(group, _bound(tenant, [request.content["@odata.id"]], now))
    return NO_CONTENT


def remove_member(tenant: Tenant, request: Request) -> Answer:
    """``DELETE /groups/{id}/members/{id}/$ref``."""
    group = _group(tenant, request, tenant.now())
    _refuse_fixed(group)
    object_id = request.params["directoryObject-id"].lower()
    if object_id not in tenant.directory.members(group):
        raise not_found(object_id)
    del group.members[object_id]
    return NO_CONTENT


def delete_member_object(tenant: Tenant, request: Request) -> Answer:
    """``DELETE /groups/{id}/members/{id}`` without ``/$ref``: the trap. It deletes the account itself."""
    now = tenant.now()
    group = _group(tenant, request, now)
    object_id = request.params["directoryObject-id"].lower()
    record = tenant.directory.user(object_id, now)
    if object_id not in tenant.directory.members(group) or record is None:
        raise not_found(object_id)
    if tenant.reach.shielded(object_id, now):
        raise denied()
    tenant.directory.deleted[object_id] = now
    tenant.audit("Delete user", record)
    return NO_CONTENT
