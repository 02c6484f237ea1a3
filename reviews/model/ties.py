"""What ties a guest to the tenant, as the directory tells it: groups, apps, roles, packages, things owned.

``reviews.exposure`` makes of it what the guest reaches. Each sort is read by itself and may be unreadable
by itself.
"""

from dataclasses import dataclass
from datetime import datetime

from reviews.model.ids import Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelMark:
    """A sensitivity label as a group bears it; the name is the directory's own, and may be missing."""

    id: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group somebody is in: what it is called, and what it is, which says who can change it."""

    id: str
    name: str
    is_team: bool = False
    is_unified: bool = False
    """True for a Microsoft 365 group."""
    is_dynamic: bool = False
    is_synced: bool = False
    is_mail_enabled: bool = False
    is_restricted: bool = False
    is_role_assignable: bool = False
    labels: tuple[LabelMark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRole:
    """An app somebody may use; ``through`` names the group it is assigned to, None when to the account."""

    app_id: str
    name: str
    through: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryRole:
    """A directory role; ``eligible`` when it may be activated and is not held now."""

    id: str
    name: str
    scope: str = "/"
    eligible: bool = False
    through: str | None = None
    """Name of the group the role was given to; None when it was given to the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPackage:
    """An access package somebody was given, and when that ends by itself."""

    id: str
    name: str
    expires_at: datetime | None = None
    is_governed: bool = False
    """Whether entitlement management governs the holder: only then does it act when the last package goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """Something somebody owns: an app, or a group."""

    id: str
    name: str
    is_app: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """All that ties one guest to the tenant, at one moment."""

    read_at: datetime
    groups: tuple[Group, ...] | Unreadable = ()
    """Every group the guest is in, directly or through other groups."""
    direct: frozenset[str] | Unreadable = frozenset()
    """Ids of the groups the guest itself was put into."""
    chains: tuple[tuple[str, ...], ...] = ()
    """For groups reached through others: their id, then the names in between, the guest's own first."""
    apps: tuple[AppRole, ...] | Unreadable = ()
    owned: tuple[Owned, ...] | Unreadable = ()
    packages: tuple[HeldPackage, ...] | Unreadable = ()
    roles: tuple[DirectoryRole, ...] | Unreadable = ()
    eligible_roles: tuple[DirectoryRole, ...] | Unreadable = ()
