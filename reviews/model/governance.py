"""What is governed natively: licences, reviews that others opened, and what else acts on guests by itself."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from reviews.model.ids import Unreadable


class Licence(StrEnum):
    """The best Microsoft Entra licence the tenant holds; each includes those before it."""

    NONE = "none"
    P1 = "P1"
    P2 = "P2"
    GOVERNANCE = "Governance"


class GuestRole(StrEnum):
    """What guests may see of the directory (``guestUserRoleId`` of the authorization policy)."""

    AS_MEMBERS = "as-members"
    LIMITED = "limited"
    RESTRICTED = "restricted"
    UNKNOWN = "unknown"


class Vehicle(StrEnum):
    """How a question is put natively. docs/reviews.md holds the table of which is chosen when."""

    PACKAGE = "package"
    """In the running review of an access package: the answer goes there."""
    COHORT = "cohort"
    """In a review of our own, over a group of all guests one reviewer is asked about."""
    ALONE = "alone"
    """The same over a group of one: the guests of this tenant could see who else is in it."""
    EXISTING = "existing"
    """In a review that somebody else opened: it is followed, and nobody is asked by us."""
    LEDGER = "ledger"
    """In our record alone: the same question, page and evidence, and no native review."""


class Rival(StrEnum):
    """What else may act on a guest."""

    NATIVE_REVIEW = "native-review"
    LIFECYCLE_POLICY = "guest-lifecycle-policy"
    PACKAGE_LIFECYCLE = "package-lifecycle"
    TENANT_SYNC = "tenant-sync"


class Covers(StrEnum):
    """What a native review is about, as far as its scope proves it."""

    PACKAGE = "package"
    """Who holds a package under one policy."""
    GROUP = "group"
    """All guests of one group, or of several that it names."""
    EVERY_GROUP = "every-group"
    """All guests of every Microsoft 365 group, a round for each."""
    OTHER = "other"
    """Something else, or only some of the guests: no group is proved to be covered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What a scope is about."""

    covers: Covers
    groups: tuple[str, ...] = ()
    """Ids of the groups it names."""
    policy_id: str | None = None
    """Id of the policy of a package."""
    package_id: str | None = None
    words: str = ""
    """The scope in the service's own words, where we do not understand it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """The order to review something, whoever gave it (Graph ``accessReviewScheduleDefinition``)."""

    id: str
    name: str
    status: str
    """The service's own word."""
    about: Covered
    recurs: bool = False
    """Whether it comes round again; False for a single round, and where its rhythm is not understood."""
    last_round_on: date | None = None
    """The last day a round may begin, where it recurs; None when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeRound:
    """One round of a native review (a Graph instance). ``status`` stays the service's own word."""

    definition_id: str
    instance_id: str
    name: str
    status: str
    covers: Covers
    resource_id: str | None = None
    """Id of the group, or of the policy of the package; None when it is about several, or something else."""
    package_id: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    stages: int = 0

    @property
    def is_running(self) -> bool:
        """Say whether answers are taken."""
        return self.status == "InProgress"


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeItem:
    """A guest's place in a running native review: where an answer about them is written."""

    definition_id: str
    instance_id: str
    resource_id: str
    """Id of what is reviewed; a decision names it beside the guest, or it would decide on everybody."""
    name: str = ""
    """What is reviewed, by name."""
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleRule:
    """A rule of a guest lifecycle policy: a guest that breaks it is acted on when the grace has passed."""

    kind: str
    """The service's own name, such as ``inactivityRule``."""
    limit: int | None = None
    """Days, or for ``sponsorPresenceRule`` sponsors; None where it could not be read."""
    grace: timedelta = timedelta()
    """From the moment the rule is broken to the deed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecyclePolicy:
    """A guest lifecycle policy that is switched on: when it acts on a guest, and how."""

    name: str
    action: str
    """The service's own word, such as ``disableThenDelete``."""
    since: datetime | None = None
    """Since when it stands as it is: it saw no rule broken before. None when it does not say."""
    rules: tuple[LifecycleRule, ...] = ()
    """Each stands alone: a guest that breaks one of them is acted on."""
    deletes_after: timedelta | None = None
    """From the deed to the delete, zero when it deletes at once; None when it deletes nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageLifecycle:
    """What entitlement management does to a guest it governs who loses the last package."""

    blocks: bool
    deletes_after: timedelta | None = None
    """From the block to the delete; None when it deletes nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """What else there is in the tenant that acts on one guest by itself."""

    lifecycle_policies: tuple[LifecyclePolicy, ...] | Unreadable = ()
    package_lifecycle: PackageLifecycle | Unreadable
    rounds: tuple[NativeRound, ...] | Unreadable = ()
    """Running reviews of others that ask about this guest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What one of them would do to a guest. ``on`` is None when nobody can tell the day."""

    rival: Rival
    what: str
    """The service's own name for it: a policy, a review, a setting."""
    on: datetime | None = None
    deletes_on: datetime | None = None
    """When the account is deleted after that; None when it is not, or nobody can tell."""
