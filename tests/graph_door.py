"""Holds every request a sandbox tenant got against the list of operations: there is no other way to Graph."""

from adapters.graph.operations import ALL
from sandbox.tenant import Tenant

DECLARED = frozenset(one.name for one in ALL)


def undeclared(tenant: Tenant) -> frozenset[str]:
    """Return what a tenant was asked for that adapters/graph/operations.py does not name."""
    return frozenset(call.operation for call in tenant.calls) - DECLARED
