"""Refusals for want of a licence. Source: Entra ID Governance licensing fundamentals."""

from sandbox.graph_api.exchange import denied
from sandbox.tenant import Tenant
from sandbox.tenant_licence import Licence


def needs_p2(tenant: Tenant) -> None:
    """Refuse access reviews and entitlement management to a tenant without P2.

    Raises:
        GraphError: 403.

    """
    if tenant.licence < Licence.P2:
        message = "The tenant needs Microsoft Entra ID P2 or Microsoft Entra ID Governance."
        raise denied(message)


def needs_governance(tenant: Tenant) -> None:
    """Refuse what is billed per guest to a tenant without Entra ID Governance.

    Raises:
        GraphError: 403.

    """
    if tenant.licence < Licence.GOVERNANCE:
        message = "The tenant needs Microsoft Entra ID Governance, and guests are billed for this."
        raise denied(message)
