"""Graph's entitlement management: the end of external users, and who of them is governed."""

from sandbox.graph_api.exchange import NO_CONTENT, Answer, Request, not_found
from sandbox.graph_api.licences import needs_governance, needs_p2
from sandbox.graph_api.listing import shown
from sandbox.graph_api.package_bodies import check_lifecycle, check_settings
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json
from sandbox.tenant_licence import Cause
from sandbox.tenant_outsiders import ACTIONS, GOVERNED

_EM = "identityGovernance/entitlementManagement"
RELATIONS = frozenset({"connectedOrganization"})


def get_settings(tenant: Tenant, request: Request) -> Answer:
    """``GET .../settings``."""
    needs_p2(tenant)
    return shown(request, _settings(tenant), f"{_EM}/settings")


def update_settings(tenant: Tenant, request: Request) -> Answer:
    """``PATCH .../settings``."""
    needs_p2(tenant)
    check_settings(request.content, ACTIONS)
    settings = tenant.packages.outsiders.settings
    settings.update({k: v for k, v in request.content.items() if k in settings and v is not None})
    return shown(request, _settings(tenant), f"{_EM}/settings")


def _settings(tenant: Tenant) -> Json:
    return {"id": "entitlementManagement", **tenant.packages.outsiders.settings}


def subject_row(tenant: Tenant, object_id: str) -> Json:
    """Return a person as entitlement management sees them."""
    account = tenant.directory.account(object_id) or {}
    organization = tenant.packages.organization_of(object_id)
    return {
        "id": tenant.packages.subject_id(object_id),
        "objectId": object_id,
        "displayName": account.get("displayName"),
        "principalName": account.get("userPrincipalName"),
        "email": account.get("mail"),
        "onPremisesSecurityIdentifier": None,
        "subjectType": "user",
        "subjectLifecycle": tenant.packages.outsiders.lifecycle(object_id),
        "connectedOrganization": None
        if organization is None
        else {"id": organization.id, **organization.record},
    }


def get_subject(tenant: Tenant, request: Request) -> Answer:
    """``GET .../subjects(objectId='...')``."""
    row = subject_row(tenant, _person(tenant, request))
    return shown(request, row, f"{_EM}/subjects", RELATIONS)


def update_subject(tenant: Tenant, request: Request) -> Answer:
    """``PATCH .../subjects(objectId='...')``: says whether a person is governed; that bills a guest."""
    object_id = _person(tenant, request)
    check_lifecycle(request.content)
    now = tenant.now()
    if request.content["subjectLifecycle"] == GOVERNED:
        needs_governance(tenant)
        if (tenant.user(object_id) or {}).get("userType") == "Guest":
            tenant.governance.meter.bill(object_id, Cause.GOVERNED, now)
    tenant.packages.outsiders.lifecycles[object_id] = request.content["subjectLifecycle"]
    return NO_CONTENT


def _person(tenant: Tenant, request: Request) -> str:
    needs_p2(tenant)
    key = request.params["objectId"].lower()
    if tenant.directory.user(key, tenant.now()) is None:
        raise not_found(key)
    return key
