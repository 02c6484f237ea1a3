"""Graph's guest lifecycle policies: the native rival, absent in most tenants, in no metadata of ours."""

from sandbox.graph_api.exchange import Answer, GraphError, Request
from sandbox.graph_api.licences import needs_governance
from sandbox.graph_api.listing import listed
from sandbox.tenant import Tenant


def list_lifecycle_policies(tenant: Tenant, request: Request) -> Answer:
    """``GET .../lifecycleWorkflows/lifecyclePolicies``; 404 in a tenant that does not have the feature."""
    policies = tenant.governance.lifecycle_policies
    if policies is None:
        message = "Resource not found for the segment 'lifecyclePolicies'."
        raise GraphError(404, "ResourceNotFound", message)
    needs_governance(tenant)
    kind = "identityGovernance/lifecycleWorkflows/lifecyclePolicies"
    return listed(request, [dict(policy) for policy in policies], kind, {})
