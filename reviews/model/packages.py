"""Access packages of entitlement management: the policies of who may have one, and how each is reviewed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum


class Audience(StrEnum):
    """Whom a policy lets ask for its package (Graph ``allowedTargetScope``)."""

    INSIDE = "inside"
    """Colleagues, people named one by one, or nobody: an administrator hands the package out."""
    HERE = "here"
    """Everybody in the directory, the guests in it too."""
    PARTNERS = "partners"
    """People of connected organisations."""
    ANYONE = "anyone"
    """Whoever is outside."""
    UNKNOWN = "unknown"
    """A word of the service that we do not know: not known to be inside."""


class OnSilence(StrEnum):
    """What entitlement management does about who nobody answered for (Graph ``expirationBehavior``)."""

    KEEP = "keepAccess"
    REMOVE = "removeAccess"
    SUGGESTION = "acceptAccessRecommendation"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Asked:
    """Somebody a policy names: a user or a group by id, or people found by a rule (``manager`` ...)."""

    kind: str
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often a round comes: every ``interval`` weeks or months (Graph ``weekly``, ``absoluteMonthly``)."""

    unit: str
    interval: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageReview:
    """How the holders of a package under one policy are reviewed (Graph ``reviewSettings``)."""

    starts_at: datetime
    lasts: timedelta
    rhythm: Rhythm | None
    """None for a single round."""
    ends_on: date | None = None
    """The last day a round may begin; None when there is none."""
    primary: tuple[Asked, ...] = ()
    fallback: tuple[Asked, ...] = ()
    is_self_review: bool = False
    on_silence: OnSilence = OnSilence.KEEP
    has_suggestions: bool = False
    needs_justification: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagePolicy:
    """One assignment policy, as far as its soundness depends on it."""

    id: str
    name: str
    package_id: str
    package_name: str
    audience: Audience
    is_approved: bool
    approvers: tuple[Asked, ...] = ()
    """The users and groups who approve requests, those of the first stage first."""
    lasts: timedelta | None = None
    """How long an assignment lasts; None when that is not how its end is set."""
    ends_at: datetime | None = None
    """When all assignments end; None when no moment is set. Both None: an assignment never ends."""
    review: PackageReview | None = None
    """None when there is no review, or it is switched off."""
    bills: tuple[str, ...] = ()
    """For what it bills those who get the package, by the names of docs/reviews.md."""

    @property
    def is_open_to_guests(self) -> bool:
        """Say whether people from outside can have the package under this policy."""
        return self.audience is not Audience.INSIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A package in a guest's hands."""

    policy_id: str
    package_id: str
    package_name: str
    is_governed: bool
    """Whether entitlement management governs the holder: only then does it act when the last package goes."""
    ends_at: datetime | None = None
    """None when it does not end by itself."""
