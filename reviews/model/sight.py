"""What a closer look at a guest found, cut to what fits on a card."""

from dataclasses import dataclass
from enum import StrEnum

from reviews.model.access import Path
from reviews.model.ids import Reason
from reviews.model.people import Kind
from reviews.model.verdicts import Risk


class AskedAs(StrEnum):
    """Why this person of all people is asked about a guest."""

    SPONSOR = "sponsor"
    CANDIDATE = "candidate"
    """Not known to answer for the guest, but likely to know: the inviter, a group's owner, a manager."""
    FALLBACK = "fallback"
    ESCALATED = "escalated"
    """Somebody else was asked first and did not answer."""
    HANDED_OVER = "handed-over"
    """Somebody else was asked first and named this person, or has left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a reviewer is shown beyond name and dates. Paths are cut to the most telling ones."""

    kind: Kind
    risk: Risk | None = None
    """How dangerous the account would be; None when nobody could look."""
    home: str | None = None
    """The guest's own organisation, by name; None when it is not known."""
    reach: tuple[Path, ...] = ()
    """What the guest reaches, the most sensitive first."""
    reach_count: int = 0
    """How much it reaches in all."""
    beyond: tuple[Path, ...] = ()
    """Paths that a removal would not take away by itself."""
    changed: tuple[Reason, ...] = ()
    """What is new since somebody last answered for this guest."""
    unread: tuple[str, ...] = ()
    """Sorts of access that could not be read: not empty, unknown."""
    marks: str = ""
    """A short mark of everything the guest reached, so that a later card can tell what is new."""
