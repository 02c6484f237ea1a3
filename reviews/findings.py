"""What a night should tell an admin besides its actions: privileged guests, strange labels, partners."""

from collections.abc import Collection, Iterator, Mapping

from reviews.model import (
    Exposure,
    GuestId,
    Obstacle,
    Path,
    PersonId,
    Reason,
    Surroundings,
    Thing,
    Unreadable,
)
from reviews.model.people import Person
from reviews.model.surroundings import NOT_LOOKED_AT
from reviews.partners import PartnerCount
from reviews.policy import Policy, Reviewers
from reviews.reasons import because
from reviews.sponsors import why_unfit

NAMED = 3
"""How many things a finding names; the others are counted."""
_OWNED_ELSEWHERE = frozenset({Obstacle.SYNCED, Obstacle.MAIL_ENABLED, Obstacle.NESTED})
"""Owners of such a group are kept elsewhere: on the premises, in Exchange, by the group around it."""


def alerts(privileged: Collection[GuestId], role_holders: frozenset[str] | Unreadable) -> tuple[Reason, ...]:
    """Return what is raised every night anew: guests with privileges, or that nobody could tell."""
    found = [because("privileged-guests", count=len(privileged))] if privileged else []
    if isinstance(role_holders, Unreadable):
        found.append(because("privileges-not-read", why=role_holders.why))
    return tuple(found)


def findings(
    surroundings: Mapping[GuestId, Surroundings], partners: PartnerCount, policy: Policy
) -> tuple[Reason, ...]:
    """Return what was found out along the way."""
    return (
        *_not_looked_at(surroundings),
        *_strange_labels(surroundings),
        *_unowned_groups(surroundings),
        *partners.findings(policy),
    )


def needing_owners(exposure: Exposure | Unreadable) -> tuple[Path, ...]:
    """Return the groups a guest was put into whose owners the directory should name."""
    if isinstance(exposure, Unreadable):
        return ()
    return tuple(
        path
        for path in exposure.paths
        if path.thing in {Thing.GROUP, Thing.TEAM} and path.obstacle not in _OWNED_ELSEWHERE
    )


def unowned(
    exposure: Exposure | Unreadable,
    owners: Mapping[PersonId, tuple[Person, ...] | Unreadable],
    rules: Reviewers,
) -> tuple[Path, ...]:
    """Return those of a guest's groups that have no owner who can answer; unread is not unowned."""
    return tuple(
        path
        for path in needing_owners(exposure)
        if not isinstance(who := owners.get(PersonId(path.id), NOT_LOOKED_AT), Unreadable)
        and all(why_unfit(person, (), rules) for person in who)
    )


def _not_looked_at(surroundings: Mapping[GuestId, Surroundings]) -> Iterator[Reason]:
    reasons = [
        around.exposure.why
        for around in surroundings.values()
        if isinstance(around.exposure, Unreadable) and around.exposure != NOT_LOOKED_AT
    ]
    if reasons:
        yield because("not-looked-at", count=len(reasons), why=", ".join(sorted(set(reasons))))


def _strange_labels(surroundings: Mapping[GuestId, Surroundings]) -> Iterator[Reason]:
    met = {
        label
        for around in surroundings.values()
        if not isinstance(around.exposure, Unreadable)
        for label in around.exposure.strange_labels
    }
    if met:
        named = ", ".join(sorted(met)[:NAMED])
        yield because("labels-unknown", count=len(met), labels=named)


def _unowned_groups(surroundings: Mapping[GuestId, Surroundings]) -> Iterator[Reason]:
    groups = {path.id: path.name for around in surroundings.values() for path in around.unowned}
    if groups:
        named = ", ".join(sorted(groups.values())[:NAMED])
        yield because("groups-unowned", count=len(groups), groups=named)
