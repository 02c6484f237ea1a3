"""What a night should tell an admin besides its actions: privileged guests, strange labels, partners."""

from collections.abc import Collection, Iterator, Mapping

from reviews.model import GuestId, Reason, Surroundings, Unreadable
from reviews.model.surroundings import NOT_LOOKED_AT
from reviews.partners import PartnerCount
from reviews.policy import Policy
from reviews.reasons import because

NAMED = 3
"""How many things a finding names; the others are counted."""


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
        *partners.findings(policy),
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
