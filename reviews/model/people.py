"""Who there is: guests, the people who may answer for them, and how well a census read them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reviews.model.ids import GuestId, PersonId, Unreadable


class Redemption(StrEnum):
    """Whether the invitation was accepted (Graph ``externalUserState``)."""

    PENDING = "PendingAcceptance"
    ACCEPTED = "Accepted"


class Kind(StrEnum):
    """What sort of account it is; each kind says what may be done to it (``reviews.kinds``)."""

    EXTERNAL_GUEST = "external-guest"
    PENDING_GUEST = "pending-guest"
    PERSONAL_GUEST = "personal-guest"
    """Signs in with a one-time passcode or a social account: nobody ends it when the person leaves a job."""
    INTERNAL_GUEST = "internal-guest"
    SYNCED_GUEST = "synced-guest"
    """Synchronised from a directory on the premises."""
    TENANT_SYNCED_GUEST = "tenant-synced-guest"
    """Pushed here by another tenant, which would undo what is done to it."""
    BLOCKED_GUEST = "blocked-guest"
    """Switched off, whatever else it is."""
    EXTERNAL_MEMBER = "external-member"
    MEMBER = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One way an account signs in (Graph ``identities``); the issuer is free text."""

    sign_in_type: str
    issuer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIns:
    """What the directory knows of an account's sign-ins; all None means it has seen none.

    ``successful_at`` is recorded since 2023-12-01 only. The other two count failed attempts as well.
    Source: learn.microsoft.com/graph/api/resources/signinactivity.
    """

    successful_at: datetime | None = None
    interactive_at: datetime | None = None
    non_interactive_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user of the tenant who may answer for a guest."""

    id: PersonId
    name: str
    mail: str | None
    enabled: bool
    user_type: str
    language: str | None = None
    user_principal_name: str = ""
    """The name the person signs in with; empty when it was not asked for."""
    department: str | None = None
    """What the directory calls the person's part of the house; for rates of answers alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SponsorGroup:
    """A group named as sponsor."""

    id: PersonId
    name: str
    mail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nameless:
    """A sponsor returned with an id only: a permission is missing, nothing is known of the person."""

    id: PersonId


Sponsor = Person | SponsorGroup | Nameless


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """One account as one census read it."""

    id: GuestId
    display_name: str
    mail: str | None
    user_principal_name: str
    user_type: str
    enabled: bool
    created_at: datetime | None
    creation_type: str | None
    redemption: Redemption | None
    redemption_changed_at: datetime | None
    identities: tuple[Identity, ...]
    company: str | None
    synced: bool
    tenant_synced: bool | Unreadable = False
    """Whether its home tenant pushes users here; Unreadable when the tenant's settings did not say."""
    language: str | None
    sign_ins: SignIns | Unreadable
    sponsors: tuple[Sponsor, ...] | Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """An account whose record could not be understood; ``field`` names where, never what."""

    guest_id: GuestId
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a census read, and how well. Kept with the plan, shown on every report.

    ``counted`` is the directory's own count (None when it was not asked or not answered).
    """

    started_at: datetime
    finished_at: datetime
    pages: int
    rows: int
    counted: int | None
    duplicates: int
    set_aside: tuple[SetAside, ...]
    without_sign_ins: int
    sign_ins: str
    """``read``, or the code of why sign-in activity could not be read for anyone."""
    sponsors: str
    """``read``, or the code of why sponsors could not be read."""
    nameless_sponsors: int
    restarts: int = 0
    lost: tuple[str, ...] = ()
    """Fields that decide and that no account at all showed: they were not returned, whatever was asked."""
