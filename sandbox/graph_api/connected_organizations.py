"""Graph's entitlement management: partner organisations, and who vouches for them inside and outside."""

import re

from sandbox.graph_api.directory_objects import directory_object
from sandbox.graph_api.exchange import NO_CONTENT, Answer, Request, bad_request, not_found
from sandbox.graph_api.licences import needs_p2
from sandbox.graph_api.listing import CONTAINS, EQ, listed, shown
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json
from sandbox.tenant_package_records import Organization

_EM = "identityGovernance/entitlementManagement"
_KIND = f"{_EM}/connectedOrganizations"
RELATIONS = frozenset({"internalSponsors", "externalSponsors"})
_RULES = {"id": EQ, "displayName": EQ | CONTAINS, "state": EQ}
_REFERENCE = re.compile(r"/(?:directoryObjects|users|groups)/([0-9a-fA-F-]{36})$")


def _row(tenant: Tenant, organization: Organization) -> Json:
    return {
        "id": organization.id,
        **organization.record,
        "internalSponsors": _people(tenant, organization.internal),
        "externalSponsors": _people(tenant, organization.external),
    }


def _people(tenant: Tenant, ids: list[str]) -> list[Json]:
    now = tenant.now()
    found = [directory_object(tenant, one, None, now) for one in ids]
    return [one for one in found if one is not None]


def list_organizations(tenant: Tenant, request: Request) -> Answer:
    """``GET .../connectedOrganizations``."""
    needs_p2(tenant)
    rows = [_row(tenant, one) for one in tenant.packages.organizations.values()]
    return listed(request, rows, _KIND, _RULES, RELATIONS)


def get_organization(tenant: Tenant, request: Request) -> Answer:
    """``GET .../connectedOrganizations/{id}``."""
    return shown(request, _row(tenant, _organization(tenant, request)), _KIND, RELATIONS)


def list_internal(tenant: Tenant, request: Request) -> Answer:
    """``GET .../connectedOrganizations/{id}/internalSponsors``."""
    rows = _people(tenant, _organization(tenant, request).internal)
    return listed(request, rows, "directoryObjects", {})


def list_external(tenant: Tenant, request: Request) -> Answer:
    """``GET .../connectedOrganizations/{id}/externalSponsors``."""
    rows = _people(tenant, _organization(tenant, request).external)
    return listed(request, rows, "directoryObjects", {})


def add_internal(tenant: Tenant, request: Request) -> Answer:
    """``POST .../internalSponsors/$ref``."""
    return _add(tenant, request, _organization(tenant, request).internal)


def add_external(tenant: Tenant, request: Request) -> Answer:
    """``POST .../externalSponsors/$ref``."""
    return _add(tenant, request, _organization(tenant, request).external)


def remove_internal(tenant: Tenant, request: Request) -> Answer:
    """``DELETE .../internalSponsors/{id}/$ref``."""
    return _remove(request, _organization(tenant, request).internal)


def remove_external(tenant: Tenant, request: Request) -> Answer:
    """``DELETE .../externalSponsors/{id}/$ref``."""
    return _remove(request, _organization(tenant, request).external)


def _add(tenant: Tenant, request: Request, sponsors: list[str]) -> Answer:
    match = _REFERENCE.search(request.content["@odata.id"])
    if match is None:
        message = f"'{request.content['@odata.id']}' is no reference to an object."
        raise bad_request(message)
    key = match[1].lower()
    if not tenant.directory.exists(key, tenant.now()):
        raise not_found(key)
    if key in sponsors:
        message = "This is a sponsor of the organisation already."
        raise bad_request(message)
    sponsors.append(key)
    return NO_CONTENT


def _remove(request: Request, sponsors: list[str]) -> Answer:
    key = request.params["directoryObject-id"].lower()
    if key not in sponsors:
        raise not_found(key)
    sponsors.remove(key)
    return NO_CONTENT


def _organization(tenant: Tenant, request: Request) -> Organization:
    needs_p2(tenant)
    key = request.params["connectedOrganization-id"].lower()
    found = tenant.packages.organizations.get(key)
    if found is None:
        raise not_found(key)
    return found
