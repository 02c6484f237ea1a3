"""The people and groups of a small tenant in a few words each: only what is unusual need be named."""

from dataclasses import dataclass
from datetime import timedelta

from sandbox.people_groups import GroupKind, Label
from sandbox.people_guests import GuestKind, Home
from sandbox.people_members import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestSpec:
    """One guest; everybody and every group is named as in the cast.

    ``silent_for`` is the time since the last success, None if there was none; ``attempted_ago`` the time
    since a later attempt that failed; ``aged`` the time since the invitation; ``returns_after`` says how long
    after the story starts the guest signs in again.

    ``reaches`` are groups they are put in; ``owner_of`` groups, or apps; ``apps`` are written ``SAP`` or
    ``SAP: Finance``; ``roles`` and ``eligible`` directory roles; ``invited_by`` is a colleague, or an app
    that invites. ``restricted``: in an administrative unit that keeps apps out.
    """

    name: str
    shown_as: str | None = None
    silent_for: timedelta | None = None
    attempted_ago: timedelta | None = None
    aged: timedelta = timedelta(days=400)
    sponsors: tuple[str, ...] = ()
    kind: GuestKind = GuestKind.EXTERNAL
    home: Home = Home.ENTRA
    address_domain: str = "fabrikam.example"
    company: str | None = "Fabrikam"
    language: str | None = None
    blocked: bool = False
    privileged: bool = False
    returns_after: timedelta | None = None
    reaches: tuple[str, ...] = ()
    owner_of: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    eligible: tuple[str, ...] = ()
    invited_by: str | None = None
    manager: str | None = None
    restricted: bool = False

    def __post_init__(self) -> None:
        if self.kind in {GuestKind.PENDING, GuestKind.NEVER_SEEN} and (self.silent_for or self.attempted_ago):
            raise ValueError(f"{self.name} cannot be {self.kind.value} and have signed in")
        if self.silent_for is not None and self.silent_for > self.aged:
            raise ValueError(f"{self.name} cannot have been silent for longer than the account exists")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSpec:
    """One colleague."""

    name: str
    shown_as: str | None = None
    standing: Standing = "here"
    language: str | None = "en-GB"
    manager: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSpec:
    """One group; ``members``, further groups among them, and ``owners`` are names in the cast.

    ``apps`` and ``roles`` are what being in it gives, written as for a guest.
    """

    name: str
    members: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    kind: GroupKind = GroupKind.MICROSOFT_365
    label: Label | None = None
    rule: str = 'user.department -eq "Research"'
    apps: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
