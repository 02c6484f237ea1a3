"""Graph on other organisations: whose a domain is, and what was agreed with a partner."""

from sandbox.graph_api.directory_objects import page_of
from sandbox.graph_api.exchange import Answer, GraphError, Request, bad_request
from sandbox.graph_api.options import cut
from sandbox.graph_api.properties import known
from sandbox.people_access import Organisation
from sandbox.people_organisations import TRUST, b2b, organisation_of_domain, organisation_of_tenant
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json

DEFAULT = "microsoft.graph.crossTenantAccessPolicyConfigurationDefault"
PARTNER = "microsoft.graph.crossTenantAccessPolicyConfigurationPartner"
_POLICY = "policies/crossTenantAccessPolicy"
_SYNC = "identitySynchronization"


def find_by_domain(tenant: Tenant, request: Request) -> Answer:
    """``GET /tenantRelationships/findTenantInformationByDomainName(domainName='...')``; 404 for nobody's."""
    domain = request.params["domainName"]
    if domain.lower() in {
        tenant.population.domain,
        f"{tenant.population.domain.partition('.')[0]}.onmicrosoft.com",
    }:
        return _found(request, _ourselves(tenant), domain)
    return _found(request, organisation_of_domain(domain), domain)


def find_by_tenant(tenant: Tenant, request: Request) -> Answer:
    """``GET /tenantRelationships/findTenantInformationByTenantId(tenantId='...')``; 404 for nobody's."""
    tenant_id = request.params["tenantId"].lower()
    own = tenant_id == tenant.population.tenant_id
    return _found(request, _ourselves(tenant) if own else organisation_of_tenant(tenant_id), tenant_id)


def _ourselves(tenant: Tenant) -> Organisation:
    domain = tenant.population.domain
    return Organisation(tenant.population.tenant_id, domain.partition(".")[0].title(), (domain,))


def _found(request: Request, organisation: Organisation | None, asked: str) -> Answer:
    if organisation is None:
        message = f"Unable to find tenant information for '{asked}'."
        raise GraphError(404, "Directory_ObjectNotFound", message)
    record: Json = {
        "@odata.context": f"{request.origin}/v1.0/$metadata#microsoft.graph.tenantInformation",
        "tenantId": organisation.tenant_id,
        "displayName": organisation.name,
        "defaultDomainName": organisation.domains[0],
        "federationBrandName": None,
    }
    return Answer(status=200, body=record)


# --- cross-tenant access ---------------------------------------------------------------------------


def get_default(tenant: Tenant, request: Request) -> Answer:
    """``GET /policies/crossTenantAccessPolicy/default``: as Entra comes with it."""
    record: Json = {
        "id": tenant.derived_id("cross-tenant access"),
        "isServiceDefault": True,
        "inboundTrust": dict.fromkeys(TRUST, False),
        "b2bCollaborationInbound": b2b("allowed"),
        "b2bCollaborationOutbound": b2b("allowed"),
        "b2bDirectConnectInbound": b2b("blocked"),
        "b2bDirectConnectOutbound": b2b("blocked"),
        "automaticUserConsentSettings": {"inboundAllowed": False, "outboundAllowed": False},
    }
    context = f"{request.origin}/v1.0/$metadata#{_POLICY}/default/$entity"
    return Answer(
        status=200, body={"@odata.context": context, **cut(request, record, DEFAULT, known(DEFAULT))}
    )


def list_partners(tenant: Tenant, request: Request) -> Answer:
    """``GET /policies/crossTenantAccessPolicy/partners``; synchronization only if expanded."""
    page = page_of(tenant, request, list(tenant.partners), tenant.now(), context=f"{_POLICY}/partners")
    page["value"] = [_partner(tenant, request, tenant_id) for tenant_id in page["value"]]
    return Answer(status=200, body=page)


def get_partner(tenant: Tenant, request: Request) -> Answer:
    """``GET /policies/crossTenantAccessPolicy/partners/{tenantId}``; 404 where the default applies."""
    tenant_id = request.params["crossTenantAccessPolicyConfigurationPartner-tenantId"].lower()
    if tenant_id not in tenant.partners:
        message = f"There is no partner configuration for '{tenant_id}'."
        raise GraphError(404, "Request_ResourceNotFound", message)
    context = f"{request.origin}/v1.0/$metadata#{_POLICY}/partners/$entity"
    return Answer(status=200, body={"@odata.context": context, **_partner(tenant, request, tenant_id)})


def _partner(tenant: Tenant, request: Request, tenant_id: str) -> Json:
    expanded = request.query.get("$expand")
    if expanded not in {None, _SYNC}:
        message = f"$expand takes '{_SYNC}' here, and nothing else."
        raise bad_request(message)
    settings = tenant.partners[tenant_id]
    plain: Json = {
        "tenantId": tenant_id,
        "isServiceProvider": None,
        "isInMultiTenantOrganization": False,
        "inboundTrust": None,
        "b2bCollaborationInbound": None,
        "b2bCollaborationOutbound": None,
        "b2bDirectConnectInbound": None,
        "b2bDirectConnectOutbound": None,
        "automaticUserConsentSettings": {"inboundAllowed": None, "outboundAllowed": None},
        **{name: value for name, value in settings.items() if name != _SYNC},
    }
    shown = {**cut(request, plain, PARTNER, known(PARTNER)), "tenantId": tenant_id}
    return shown if expanded is None else {**shown, _SYNC: settings.get(_SYNC)}
