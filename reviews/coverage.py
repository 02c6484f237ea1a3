"""Which reviews cover the groups that guests are in, and which review we propose of those in none.

docs/reviews.md holds the table. Only what a scope proves to cover counts, and only a review that runs or
comes again. A group of ours that holds a cohort is never looked at here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from reviews.exposure import obstacle_of_group
from reviews.model import (
    Covers,
    Definition,
    GroupReview,
    GuestGroup,
    Obstacle,
    PersonId,
    Reason,
    Rhythm,
    Unreadable,
)
from reviews.model.ties import Group
from reviews.native import Native, state_of
from reviews.packages import MONTHLY
from reviews.policy import Policy
from reviews.reasons import because
from reviews.sponsors import is_never_asked, why_unfit

_AHEAD = frozenset({Native.NOT_BEGUN, Native.OPEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Which reviews cover one group; those that name it come first."""

    group: GuestGroup
    by: tuple[Definition, ...]
    obstacle: Obstacle | None
    """Why a denial in a review ends no membership there; None when it does."""
    proposal: GroupReview | Reason | None
    """The review we propose, or why none; None for a group that is covered."""


def coverage(
    groups: Iterable[GuestGroup], definitions: Sequence[Definition], policy: Policy, now: datetime
) -> tuple[Coverage, ...]:
    """Say of every group which reviews cover it, and propose one where none does; by name."""
    today = now.astimezone(UTC).date()
    alive = [one for one in definitions if is_alive(one, today)]
    found = [_coverage(group, alive, policy, today) for group in groups]
    return tuple(sorted(found, key=lambda one: (one.group.group.name, one.group.group.id)))


def is_alive(definition: Definition, today: date) -> bool:
    """Say whether a round runs, or one is still to come."""
    if state_of(definition.status) in _AHEAD:
        return True
    last = definition.last_round_on
    return definition.recurs and (last is None or last >= today)


def _coverage(group: GuestGroup, alive: Sequence[Definition], policy: Policy, today: date) -> Coverage:
    named = [one for one in alive if group.group.id in one.about.groups]
    everywhere = [one for one in alive if one.about.covers is Covers.EVERY_GROUP]
    by = (*named, *(everywhere if _is_in_every_group(group.group) else ()))
    return Coverage(
        group=group,
        by=by,
        obstacle=obstacle_of_group(group.group),
        proposal=None if by else _proposed(group, policy, today),
    )


def _is_in_every_group(group: Group) -> bool:
    """Say whether a review of every Microsoft 365 group takes this one in."""
    return group.is_unified and not (group.is_dynamic or group.is_role_assignable)


def _proposed(group: GuestGroup, policy: Policy, today: date) -> GroupReview | Reason:
    if isinstance(group.owners, Unreadable):
        return because("group-owners-unread", why=group.owners.why)
    rules = policy.reviewers
    owners = tuple(one.id for one in group.owners if why_unfit(one, (), rules) is None)
    named = (PersonId(one) for one in rules.fallback if not is_never_asked(one, "", rules))
    fallback = tuple(one for one in named if one not in owners)
    if not (owners or fallback):
        return because("group-nobody-to-review")
    return GroupReview(
        group_id=group.group.id,
        group_name=group.group.name,
        guests=group.guests,
        reviewers=owners or fallback,
        fallback=fallback if owners else (),
        starts_on=today,
        rhythm=Rhythm(unit=MONTHLY, interval=policy.group_reviews.every_months),
        lasts=policy.group_reviews.lasts,
        removes=policy.group_reviews.removes and obstacle_of_group(group.group) is None,
    )
