"""What is found out about a candidate besides its own record: what it reaches, who stands around it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reviews.model.access import Exposure
from reviews.model.cases import Card, Case
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """The people around one guest, read tonight, by what ties them to it."""

    members: Mapping[PersonId, tuple[Person, ...] | Unreadable] = field(default_factory=dict)
    """The members of each group that is a sponsor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a closer look at one candidate found."""

    exposure: Exposure | Unreadable = NOT_LOOKED_AT
    circle: Circle = Circle()
    home: str | None = None
    """Name of the organisation whose domain the guest was invited at; None when it is not known."""
    last_card: Card | None = None
    """What was shown when somebody last answered for this guest; None when nobody ever did."""
