"""The organisations guests come from, and what the tenant's settings let them do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A tenant of Microsoft Entra, as anybody may look it up by one of its domains."""

    tenant_id: str
    name: str
    domain: str
    """Its default domain, in lower case; a tenant may have many others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """An organisation the tenant has cross-tenant settings of its own for."""

    tenant_id: str
    may_sync: bool
    """Whether it may create and change users here (inbound user synchronisation)."""
    is_shut_out: bool
    """Whether its users may not come here as guests at all (inbound collaboration blocked)."""
