"""What is found out about a candidate besides its own record: what it reaches, who stands around it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from reviews.model.access import Exposure, Path
from reviews.model.cases import Card, Case
from reviews.model.governance import NativeItem, Others
from reviews.model.ids import PersonId, Unreadable
from reviews.model.people import Guest, Person
from reviews.model.verdicts import Verdict

NOT_LOOKED_AT = Unreadable(why="not-looked-at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A guest somebody may be asked about tonight; ``case`` is the lapsed case when it is asked again."""

    guest: Guest
    verdict: Verdict
    case: Case | None = None


class Rung(StrEnum):
    """A sort of people who may answer for a guest, as the ladder names them."""

    SPONSOR = "sponsor"
    """A sponsor, or a member of a group that is one."""
    INVITER = "inviter"
    SPONSOR_GROUP_OWNER = "sponsor-group-owner"
    """The owner of a sponsor group whose members are not asked one by one."""
    PACKAGE_APPROVER = "package-approver"
    ORGANISATION_SPONSOR = "organisation-sponsor"
    """An internal sponsor of the guest's connected organisation."""
    GROUP_OWNER = "group-owner"
    """The owner of the most sensitive group the guest is in."""
    MANAGER = "manager"
    """The manager of a sponsor who has left."""
    FALLBACK = "fallback"


class Crowd(StrEnum):
    """Why the members of a group are not asked one by one."""

    LARGE = "large"
    """There are more of them than the policy allows."""
    DYNAMIC = "dynamic"
    """A rule fills the group: nobody chose them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPeople:
    """Who is in a group, through groups inside it too, and who owns it; guests and leavers included."""

    members: tuple[Person, ...] | Crowd
    owners: tuple[Person, ...] | Unreadable = NOT_LOOKED_AT


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """The people around one guest, read tonight, by what ties them to it; what is not in it was not read."""

    groups: Mapping[PersonId, GroupPeople | Unreadable] = field(default_factory=dict)
    """The people of each group that is a sponsor."""
    others: Mapping[Rung, tuple[Person, ...] | Unreadable] = field(default_factory=dict)
    """The people on the rungs below the sponsors and their groups, nearest first, fit to answer or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a closer look at one candidate found."""

    exposure: Exposure | Unreadable = NOT_LOOKED_AT
    circle: Circle = Circle()
    home: str | None = None
    """Name of the organisation whose domain the guest was invited at; None when it is not known."""
    unowned: tuple[Path, ...] = ()
    """Groups the guest was put into whose owners were read, and of whom none can answer."""
    items: tuple[NativeItem, ...] = ()
    """The guest's places in running reviews of access packages, where an answer belongs."""
    elsewhere: tuple[NativeItem, ...] = ()
    """Its places in running reviews of others that are about something else than a package."""
    kept_elsewhere_at: datetime | None = None
    """When somebody last kept the guest in a review of others; None when nobody did of late."""
    package_round_on: date | None = None
    """On which day a review of the guest's package begins, where that is near; the question waits for it."""
    others: Others | None = None
    """What else acts on the guest by itself; None when it was not looked for."""
    last_card: Card | None = None
    """What was shown when somebody last answered for this guest; None when nobody ever did."""
