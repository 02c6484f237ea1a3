"""Accounts, groups, apps, roles and units side by side, as Graph's lists of directory objects show them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sandbox.graph_api.exchange import Answer, Request, not_found, not_simulated
from sandbox.graph_api.options import check_names, next_link, number, pick, position_of
from sandbox.graph_api.properties import (
    APPLICATION,
    DIRECTORY_ROLE,
    GROUP,
    GROUP_COLLECTIONS,
    GROUP_DEFAULT,
    GROUP_SIMULATED,
    SERVICE_PRINCIPAL,
    UNIT,
    USER,
    USER_COLLECTIONS,
    USER_DEFAULT,
    USER_SIMULATED,
    known,
    reads_all_of_users,
    reads_groups,
)
from sandbox.people_access import unit_record
from sandbox.people_apps import ROLES, registration, service_principal
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json

PAGE_CAP, PAGE_DEFAULT = 999, 100
_KIND_OF = {"app": SERVICE_PRINCIPAL, "registration": APPLICATION, "unit": UNIT}
_RECORD_OF = {"app": service_principal, "registration": registration, "unit": unit_record}
_EVERYTHING = (USER, GROUP, SERVICE_PRINCIPAL, APPLICATION, UNIT, DIRECTORY_ROLE)
_SIMULATED = (
    USER_SIMULATED
    | GROUP_SIMULATED
    | {"appId", "appDisplayName", "servicePrincipalType", "isMemberManagementRestricted", "roleTemplateId"}
)

Names = tuple[str, ...] | None


def live_user(tenant: Tenant, request: Request, now: datetime) -> Json:
    """Return the account in the path, by object id; 404 when it is not there, 501 for a name."""
    key = request.params["user-id"]
    if "@" in key:
        what = "finding an account by its userPrincipalName"
        raise not_simulated(what)
    record = tenant.directory.user(key.lower(), now)
    if record is None:
        raise not_found(key)
    return record


def object_names(text: str | None) -> Names:
    """Check a ``$select`` over objects of every type."""
    if text is None:
        return None
    everything = frozenset[str]().union(*(known(kind) for kind in _EVERYTHING))
    return check_names(text, everything, _SIMULATED, "microsoft.graph.directoryObject")


def directory_object(
    tenant: Tenant, object_id: str, names: Names, now: datetime, *, full: bool | None = None
) -> Json | None:
    """Show an object with its ``@odata.type``, None when it is not there.

    Only its id when the app may not read that type, or when ``full`` says no.
    """
    group = tenant.directory.group(object_id, now)
    if group is not None:
        shown = _cut(group.record, names or GROUP_DEFAULT, GROUP_SIMULATED, GROUP_COLLECTIONS)
        return _typed(GROUP, object_id, shown, full=reads_groups(tenant) if full is None else full)
    user = tenant.directory.user(object_id, now)
    if user is not None:
        shown = _cut(user, names or USER_DEFAULT, USER_SIMULATED - {"signInActivity"}, USER_COLLECTIONS)
        return _typed(USER, object_id, shown, full=reads_all_of_users(tenant) if full is None else full)
    return _thing(tenant, object_id, names)


def _typed(kind: str, object_id: str, shown: Json, *, full: bool) -> Json:
    return {"@odata.type": f"#{kind}", **(shown if full else {}), "id": object_id}


def _cut(record: Json, names: Iterable[str], simulated: frozenset[str], collections: frozenset[str]) -> Json:
    return pick(record, [name for name in names if name in simulated], collections)


def _thing(tenant: Tenant, object_id: str, names: Names) -> Json | None:
    """Show an app, a registration, a unit or an activated role."""
    role = next((role for role in ROLES if role_object_id(tenant, role) == object_id), None)
    if role is not None:
        return _named(DIRECTORY_ROLE, {**_role(role), "id": object_id}, names)
    found = tenant.population.find(object_id)
    if found is None or found[0] not in _KIND_OF:
        return None
    kind, n = found
    return _named(_KIND_OF[kind], _RECORD_OF[kind](tenant.population.access.ids, n), names)


def _role(role: str) -> Json:
    return {"displayName": role, "description": None, "roleTemplateId": ROLES[role]}


def role_object_id(tenant: Tenant, role: str) -> str:
    """Return the id of the directory role that stands for a role once somebody holds it."""
    return tenant.derived_id(f"directory role {role}")


def _named(kind: str, record: Json, names: Names) -> Json:
    shown = record if names is None else {name: record[name] for name in names if name in record}
    return {"@odata.type": f"#{kind}", **shown, "id": record["id"]}


def is_user(tenant: Tenant, object_id: str) -> bool:
    """Say whether an id is an account's, without looking it up."""
    found = tenant.population.find(object_id)
    return object_id in tenant.directory.added or (found is not None and found[0] in {"guest", "member"})


def object_list(tenant: Tenant, request: Request, ids: Sequence[str], now: datetime) -> Answer:
    """Answer with a page of the objects with these ids."""
    names = object_names(request.query.get("$select"))
    page = page_of(tenant, request, ids, now, context="directoryObjects")
    found = [directory_object(tenant, object_id, names, now) for object_id in page["value"]]
    return Answer(status=200, body={**page, "value": [one for one in found if one is not None]})


def page_of(
    tenant: Tenant,
    request: Request,
    rows: Sequence[Any],
    now: datetime,
    *,
    context: str,
    default: int = PAGE_DEFAULT,
    highest: int = PAGE_CAP,
) -> Json:
    """Cut one page out of rows by ``$top`` and the page token, counted when an advanced query asks."""
    top = number(request, "$top", default, lowest=1, highest=highest)
    start = position_of(tenant, request, now)
    page: Json = {"@odata.context": f"{request.origin}/v1.0/$metadata#{context}"}
    if request.advanced and "$skiptoken" not in request.query:
        page["@odata.count"] = len(rows)
    if start + top < len(rows):
        page["@odata.nextLink"] = next_link(tenant, request, start + top, now)
    return {**page, "value": rows[start : start + top]}
