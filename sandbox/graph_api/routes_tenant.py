"""The routes of the tenant as a whole: its organization, licences, policies, roles, partners and logs."""

from sandbox.graph_api import audit_logs, organization, partners, roles
from sandbox.graph_api.route import DIRECTORY_LIST, OBJECTS, Budget, Route, options

_ROLES = "/roleManagement/directory"
_PARTNERS = "/policies/crossTenantAccessPolicy"
_FIND = "/tenantRelationships/findTenantInformation"

ROUTES = (
    Route(
        name="GET /policies/authorizationPolicy",
        perform=organization.get_authorization_policy,
        options=options("select"),
    ),
    Route(name="GET /organization", perform=organization.list_organization, options=options("select")),
    Route(name="GET /subscribedSkus", perform=organization.list_skus, options=options("select"), cost=3),
    Route(
        name="GET /auditLogs/directoryAudits",
        perform=audit_logs.list_audits,
        options=options("filter", "select", "skip", "top"),
        budget=Budget.REPORTS,
    ),
    Route(
        name="GET /auditLogs/signIns",
        perform=audit_logs.list_sign_ins,
        options=options("filter", "select", "skiptoken", "top"),
        budget=Budget.REPORTS,
    ),
    Route(name=f"GET {_ROLES}/roleDefinitions", perform=roles.list_definitions, options=DIRECTORY_LIST),
    Route(
        name=f"GET {_ROLES}/roleAssignments",
        perform=roles.list_assignments,
        options=DIRECTORY_LIST | options("expand"),
    ),
    Route(
        name=f"GET {_ROLES}/roleEligibilityScheduleInstances",
        perform=roles.list_eligible,
        options=DIRECTORY_LIST,
    ),
    Route(name=f"GET {_PARTNERS}/default", perform=partners.get_default, options=options("select")),
    Route(
        name=f"GET {_PARTNERS}/partners",
        perform=partners.list_partners,
        options=OBJECTS | options("expand"),
    ),
    Route(
        name=f"GET {_PARTNERS}/partners/{{crossTenantAccessPolicyConfigurationPartner-tenantId}}",
        perform=partners.get_partner,
        options=options("expand", "select"),
    ),
    Route(name=f"GET {_FIND}ByTenantId(tenantId='{{tenantId}}')", perform=partners.find_by_tenant),
    Route(name=f"GET {_FIND}ByDomainName(domainName='{{domainName}}')", perform=partners.find_by_domain),
)
