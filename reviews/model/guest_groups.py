"""Groups that guests are in, and the reviews we propose of them."""

from dataclasses import dataclass
from datetime import date, timedelta

from reviews.model.ids import PersonId, Unreadable
from reviews.model.packages import Rhythm
from reviews.model.people import Person
from reviews.model.surroundings import NOT_LOOKED_AT
from reviews.model.ties import Group


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestGroup:
    """A group that guests are direct members of; who comes through a group inside counts there."""

    group: Group
    guests: int
    owners: tuple[Person, ...] | Unreadable = NOT_LOOKED_AT


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupReview:
    """A native review of the guests of one group that nobody reviews yet."""

    group_id: str
    group_name: str
    guests: int
    reviewers: tuple[PersonId, ...]
    fallback: tuple[PersonId, ...]
    starts_on: date
    rhythm: Rhythm
    lasts: timedelta
    removes: bool
    """Whether a denial ends the membership by itself, when a round is over."""
