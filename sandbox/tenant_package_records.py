"""The things entitlement management keeps: packages, their policies, who holds one, who asked for what."""

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.tenant_directory import Json

DELIVERING, DELIVERED, PARTLY = "delivering", "delivered", "partiallyDelivered"
FAILED, EXPIRED = "deliveryFailed", "expired"
HELD = frozenset({DELIVERED, PARTLY})
"""The states in which somebody has the access."""


@dataclass(slots=True, kw_only=True)
class Catalog:
    """A shelf of packages."""

    id: str
    record: Json


@dataclass(slots=True, kw_only=True)
class Package:
    """A bundle of access; here that is the membership of groups."""

    id: str
    catalog_id: str
    record: Json
    groups: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Policy:
    """Who may have a package, for how long, approved and reviewed by whom; ``record`` as Graph shows it."""

    id: str
    package_id: str
    record: Json
    definition_id: str | None = None
    """The access review that its review settings opened."""


@dataclass(slots=True, kw_only=True)
class Assignment:
    """A package in somebody's hands."""

    id: str
    package_id: str
    policy_id: str
    target_id: str
    state: str
    starts_at: datetime
    ends_at: datetime | None = None
    expired_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Order:
    """A request to give or take a package; Graph calls it an assignment request."""

    id: str
    kind: str
    assignment_id: str
    created_at: datetime
    justification: str | None = None
    state: str = "submitted"
    completed_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Organization:
    """A connected organisation and the ids of who vouches for it, inside and outside."""

    id: str
    record: Json
    internal: list[str] = field(default_factory=list)
    external: list[str] = field(default_factory=list)
