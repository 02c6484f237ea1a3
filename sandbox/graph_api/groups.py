"""Graph's /groups: find, make, fill, empty and remove the groups that reviews are about."""

import re
from collections.abc import Iterable
from datetime import datetime

from sandbox.graph_api.exchange import NO_CONTENT, Answer, Request, bad_request, denied, not_found
from sandbox.graph_api.filtering import check_filter, predicate, read_filter
from sandbox.graph_api.options import next_link, number, pick, position_of, selected
from sandbox.graph_api.properties import (
    GROUP,
    GROUP_COLLECTIONS,
    GROUP_DEFAULT,
    GROUP_SIMULATED,
    USER,
    USER_SIMULATED,
    known,
)
from sandbox.graph_api.users import PAGE_CAP, PAGE_DEFAULT, directory_object
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Group, Json, graph_time

BOUND_AT_ONCE = 20
_NICKNAME = re.compile(r"^[A-Za-z0-9!#$%&'*+./=?^_{|}~-]{1,64}$")
_REFERENCE = re.compile(r"/(?:directoryObjects|users|groups)/([0-9a-fA-F-]{36})$")
_EQ = frozenset({"eq", "in"})
_RULES = {
    "id": _EQ,
    "displayName": _EQ | {"startswith"},
    "mailNickname": _EQ | {"startswith"},
    "mail": _EQ | {"startswith"},
    "securityEnabled": frozenset({"eq"}),
    "mailEnabled": frozenset({"eq"}),
}


def _names(request: Request) -> tuple[str, ...]:
    asked = selected(request, known(GROUP), GROUP_SIMULATED, GROUP)
    if asked is None:
        return GROUP_DEFAULT
    return asked if "id" in asked else (*asked, "id")


def _group(tenant: Tenant, request: Request, now: datetime) -> Group:
    key = request.params["group-id"].lower()
    group = tenant.directory.group(key, now)
    if group is None:
        raise not_found(key)
    return group


def _bound(tenant: Tenant, links: Iterable[str], now: datetime) -> list[str]:
    """Return the ids that references point at; 404 for an object that is not there (yet)."""
    ids = []
    for link in links:
        match = _REFERENCE.search(link)
        if match is None:
            message = f"'{link}' is no reference to an object."
            raise bad_request(message)
        object_id = match[1].lower()
        if not tenant.directory.exists(object_id, now):
            raise not_found(object_id)
        ids.append(object_id)
    return ids


def _check_count(content: Json) -> None:
    bound = len(content.get("members@odata.bind", ())) + len(content.get("owners@odata.bind", ()))
    if bound > BOUND_AT_ONCE:
        message = f"A request may hold {BOUND_AT_ONCE} references at most."
        raise bad_request(message)


def _check_nickname(tenant: Tenant, nickname: str, own_id: str | None) -> None:
    if not _NICKNAME.match(nickname):
        message = "The mailNickname is too long or holds a character it must not."
        raise bad_request(message)
    for object_id, group in tenant.directory.groups.items():
        if object_id != own_id and str(group.record.get("mailNickname")).lower() == nickname.lower():
            message = "There is another group with this mailNickname."
            raise bad_request(message)


def list_groups(tenant: Tenant, request: Request) -> Answer:
    """``GET /groups``; a group made a moment ago is not found yet."""
    names = _names(request)
    now = tenant.now()
    text = request.query.get("$filter")
    groups = [
        g for object_id, g in tenant.directory.groups.items() if not tenant.directory.hidden(object_id, now)
    ]
    if text is not None:
        node = read_filter(text)
        check_filter(node, _RULES, request)
        matches = predicate(node)
        groups = [g for g in groups if matches(g.record)]
    top = number(request, "$top", PAGE_DEFAULT, lowest=1, highest=PAGE_CAP)
    start = position_of(tenant, request, now)
    page: Json = {"@odata.context": f"{request.origin}/v1.0/$metadata#groups"}
    if request.advanced:
        page["@odata.count"] = len(groups)
    if start + top < len(groups):
        page["@odata.nextLink"] = next_link(tenant, request, start + top, now)
    page["value"] = [pick(g.record, names, GROUP_COLLECTIONS) for g in groups[start : start + top]]
    return Answer(status=200, body=page)


def _shown(request: Request, group: Group, names: tuple[str, ...]) -> Json:
    context = f"{request.origin}/v1.0/$metadata#groups/$entity"
    return {"@odata.context": context, **pick(group.record, names, GROUP_COLLECTIONS)}


def get_group(tenant: Tenant, request: Request) -> Answer:
    """``GET /groups/{id}``."""
    names = _names(request)
    return Answer(status=200, body=_shown(request, _group(tenant, request, tenant.now()), names))


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
    _refuse_dynamic(group)
    group.members.update(dict.fromkeys(ids))


def _refuse_dynamic(group: Group) -> None:
    if "DynamicMembership" in group.record.get("groupTypes", ()):
        message = "The membership of this group is dynamic."
        raise denied(message)


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
    del tenant.directory.groups[object_id]
    tenant.directory.created.discard(object_id)
    for other in tenant.directory.groups.values():
        other.members.pop(object_id, None)
    return NO_CONTENT


def list_members(tenant: Tenant, request: Request) -> Answer:
    """``GET /groups/{id}/members``: direct members, each with its type."""
    everything = known(USER) | known(GROUP)
    names = selected(request, everything, USER_SIMULATED | GROUP_SIMULATED, "microsoft.graph.directoryObject")
    now = tenant.now()
    members = tenant.directory.members(_group(tenant, request, now))
    top = number(request, "$top", PAGE_DEFAULT, lowest=1, highest=PAGE_CAP)
    start = position_of(tenant, request, now)
    page: Json = {"@odata.context": f"{request.origin}/v1.0/$metadata#directoryObjects"}
    if start + top < len(members):
        page["@odata.nextLink"] = next_link(tenant, request, start + top, now)
    shown = [directory_object(tenant, m, names, now) for m in members[start : start + top]]
    page["value"] = [one for one in shown if one is not None]
    return Answer(status=200, body=page)


def add_member(tenant: Tenant, request: Request) -> Answer:
    """``POST /groups/{id}/members/$ref``."""
    now = tenant.now()
    group = _group(tenant, request, now)
    _add(group, _bound(tenant, [request.content["@odata.id"]], now))
    return NO_CONTENT


def remove_member(tenant: Tenant, request: Request) -> Answer:
    """``DELETE /groups/{id}/members/{id}/$ref``."""
    group = _group(tenant, request, tenant.now())
    _refuse_dynamic(group)
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
    if tenant.population.privileged(object_id):
        raise denied()
    tenant.directory.deleted[object_id] = now
    tenant.audit("Delete user", record)
    return NO_CONTENT
