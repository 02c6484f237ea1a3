"""What a guest reaches, by which path, and which of it a denial could not take away."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Thing(StrEnum):
    """What sort of thing is reached."""

    GROUP = "group"
    TEAM = "team"
    APP = "app"
    PACKAGE = "package"
    ROLE = "role"
    OWNED = "owned"


class Tier(StrEnum):
    """How much harm a thing could do in the wrong hands; the policy's map decides."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Obstacle(StrEnum):
    """Why a denial cannot take a path away: somebody else has to."""

    DYNAMIC = "dynamic"
    """A rule fills the group; its owner must change the rule."""
    SYNCED = "synced"
    """The group comes from a directory on the premises, and only changes there hold."""
    NESTED = "nested"
    """The guest is in a group inside the group; the owner of the inner one must act."""
    MAIL_ENABLED = "mail-enabled"
    """A mail-enabled security group or distribution list: Exchange changes it, Graph does not."""
    RESTRICTED = "restricted"
    """The group lies in a restricted-management administrative unit."""
    ROLE_ASSIGNABLE = "role-assignable"
    """Only who administers privileged roles may change the group."""
    ROLE = "role"
    """Only who administers privileged roles may take a directory role away."""
    BY_GROUP = "by-group"
    """The app is assigned to a group; it ends with the membership of the group, not by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One thing a guest reaches, and by which way."""

    thing: Thing
    id: str
    name: str
    tier: Tier = Tier.LOW
    label: str | None = None
    """Name of the sensitivity label of the container; None when it bears none."""
    through: tuple[str, ...] = ()
    """Names of the groups in between, the guest's own first; empty when reached directly."""
    obstacle: Obstacle | None = None
    """Why a denial cannot take it away; None when it can."""
    expires_at: datetime | None = None
    """When it ends by itself (a package's assignment); None when it does not."""
    eligible: bool = False
    """True for a directory role the guest may activate but does not hold now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Everything a guest was seen to reach at one moment. ``unread`` names what could not be looked at."""

    read_at: datetime
    paths: tuple[Path, ...] = ()
    unread: tuple[str, ...] = ()
    """Sorts of access that could not be read, such as ``roles`` or ``packages``: not empty, unknown."""
    strange_labels: tuple[str, ...] = ()
    """Ids of sensitivity labels the guest meets that the policy does not declare."""
    is_governed: bool = False
    """Whether entitlement management governs the guest, and so may end the account with the last package."""
