"""The routes of the tenant as a whole: its organization, licences, policies and logs."""

from sandbox.graph_api import organization
from sandbox.graph_api.route import Budget, Route, options

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
        perform=organization.list_audits,
        options=options("filter", "select", "skip", "top"),
        budget=Budget.REPORTS,
    ),
)
