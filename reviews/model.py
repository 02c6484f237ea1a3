"""The things Gatehouse talks about: guests, sponsors, verdicts, cases, answers, plans.

Three values never stand for one another: what could not be read (``Unreadable``), what is not there
(``None`` or an empty tuple) and what is known to be false.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

GuestId = NewType("GuestId", str)
PersonId = NewType("PersonId", str)
CaseId = NewType("CaseId", str)
BatchId = NewType("BatchId", str)
RunId = NewType("RunId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A fact the directory did not let us read; ``why`` is a code such as ``no-licence``."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something is so, as a stable code with parameters; ``notifications`` makes words of it."""

    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)


# --- who -------------------------------------------------------------------------------------------


class Redemption(StrEnum):
    """Whether the invitation was accepted (Graph ``externalUserState``)."""

    PENDING = "PendingAcceptance"
    ACCEPTED = "Accepted"


class Kind(StrEnum):
    """What sort of account it is; each kind says what may be done to it (``reviews.kinds``)."""

    EXTERNAL_GUEST = "external-guest"
    PENDING_GUEST = "pending-guest"
    INTERNAL_GUEST = "internal-guest"
    SYNCED_GUEST = "synced-guest"
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


# --- what we think ---------------------------------------------------------------------------------


class Activity(StrEnum):
    """Whether an account is used."""

    ACTIVE = "active"
    STALE = "stale"
    NEVER_SEEN = "never-seen"
    UNREDEEMED = "unredeemed"
    ATTEMPTS_ONLY = "attempts-only"
    UNKNOWN = "unknown"


class Confidence(StrEnum):
    """How sure a verdict is. Harm needs HIGH, or a person's word on top."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Our judgement of use, with its reason. ``since`` is the moment silence is counted from."""

    activity: Activity
    confidence: Confidence
    because: Reason
    since: datetime | None = None


class Recommendation(StrEnum):
    """What we suggest to the reviewer; never followed by itself."""

    REMOVE = "remove"
    LOOK_CLOSER = "look-closer"
    KEEP = "keep"
    CANNOT_TELL = "cannot-tell"


# --- what was asked and answered -------------------------------------------------------------------


class Choice(StrEnum):
    """What a reviewer may say."""

    KEEP = "keep"
    REMOVE = "remove"
    DONT_KNOW = "dont-know"


class Source(StrEnum):
    """Where an answer was given: on our page, or natively in My Access."""

    PAGE = "page"
    MY_ACCESS = "my-access"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a reviewer said. ``id`` is stable: the same words arriving twice are one answer."""

    id: str
    choice: Choice
    by: PersonId
    at: datetime
    source: Source
    justification: str = ""


class Step(StrEnum):
    """Where a case stands. docs/policy.md holds the table of what may follow what."""

    OPENED = "opened"
    ASKED = "asked"
    KEPT = "kept"
    DENIED = "denied"
    LAPSED = "lapsed"
    NOTICED = "noticed"
    BLOCKED = "blocked"
    QUARANTINED = "quarantined"
    DELETED = "deleted"
    RESTORED = "restored"
    MANUAL = "manual"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a case ended."""

    KEPT = "kept"
    REMOVED = "removed"
    UNANSWERED = "unanswered"
    RESTORED = "restored"
    SIGNED_IN = "signed-in"
    VANISHED = "vanished"
    EXEMPTED = "exempted"
    CONVERTED = "converted"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One guest's way through one round. Replaced whole, never edited; ``version`` counts its events."""

    id: CaseId
    guest_id: GuestId
    version: int
    step: Step
    reviewer: PersonId
    batch_id: BatchId
    run_id: RunId
    opened_at: datetime
    deadline: datetime
    recommendation: Recommendation
    reasons: tuple[Reason, ...]
    escalated: bool = False
    """True when the fallback reviewers are asked because the sponsor did not answer."""
    asked_at: datetime | None = None
    """When the question was seen to have left our mailbox; a lapse counts only after it."""
    answer: Answer | None = None
    mirrored: str | None = None
    """Id of the answer last written to the native review."""
    notice_at: datetime | None = None
    """When the guest's notice was seen to have left; grace is counted from here."""
    blocked_at: datetime | None = None
    deleted_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: Outcome | None = None
    rests_until: datetime | None = None
    """Until when this guest is not asked again."""


class BatchStep(StrEnum):
    """How far the opening and closing of a batch has come."""

    INTENDED = "intended"
    GROUPED = "grouped"
    DEFINED = "defined"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The guests one reviewer is asked about in one round: one group, one definition, one mail, one page."""

    id: BatchId
    version: int
    step: BatchStep
    reviewer_id: PersonId
    run_id: RunId
    opened_at: datetime
    deadline: datetime
    nonce: str
    """Unguessable; the page sends it back, so that only a page we made can answer."""
    guests: tuple[GuestId, ...]
    """Who is asked about; those dropped while opening (answered for, gone, exempt) are no longer in it."""
    reviewer: Person | None = None
    """The reviewer as read when the batch was opened; None before."""
    group_id: str | None = None
    definition_id: str | None = None
    instance_id: str | None = None
    claimed_until: datetime | None = None
    """Until when one worker has it to itself while it is being opened; None when nobody is at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a reviewer is shown of one guest, as it was when the question was put."""

    guest_id: GuestId
    case_id: CaseId
    name: str
    mail: str | None
    company: str | None
    invited_at: datetime | None
    last_success_at: datetime | None
    recommendation: Recommendation
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One answer as the page took it, before it is weighed. Append-only; ``version`` counts per guest."""

    batch_id: BatchId
    guest_id: GuestId
    version: int
    answer: Answer
