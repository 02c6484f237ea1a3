"""What Microsoft bills guests for, and the guard that lets no such body be built unless the policy allows it.

Source: Microsoft Entra ID Governance licensing for guest users; docs/reviews.md holds the table.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from reviews.errors import Malformed
from reviews.policy import CostGuard

Body = Mapping[str, object]


class Metered(StrEnum):
    """A feature that bills every guest it acts on, once a month."""

    INACTIVE_SCOPE = "inactive-scope"
    AFFILIATION = "affiliation"
    GOVERNED = "governed"
    SPONSOR_APPROVAL = "sponsor-approval"
    AUTO_ASSIGNMENT = "auto-assignment"
    CUSTOM_EXTENSION = "custom-extension"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a body would cost: the features that bill, and the guests billed in a month, each once."""

    features: frozenset[Metered]
    guests: int


def _is_of(name: str) -> Callable[[Body], bool]:
    return lambda part: str(part.get("@odata.type", "")).rpartition(".")[2] == name


_MARKS: Mapping[Metered, Callable[[Body], bool]] = MappingProxyType(
    {
        Metered.INACTIVE_SCOPE: _is_of("accessReviewInactiveUsersQueryScope"),
        Metered.AFFILIATION: _is_of("groupPeerOutlierRecommendationInsightSettings"),
        Metered.GOVERNED: lambda part: part.get("subjectLifecycle") == "governed",
        Metered.AUTO_ASSIGNMENT: lambda part: part.get("requestAccessForAllowedTargets") is True,
        Metered.CUSTOM_EXTENSION: lambda part: bool(part.get("customExtensionStageSettings")),
    }
)


def features(body: Body) -> frozenset[Metered]:
    """Return what bills guests in a body for Graph, however deep inside it stands."""
    parts = tuple(_parts(body))
    found = {one for one, is_marked in _MARKS.items() if any(map(is_marked, parts))}
    if any(map(_is_of("targetUserSponsors"), _parts(body.get("requestApprovalSettings")))):
        # The same words among the reviewers of a package bill nobody.
        found.add(Metered.SPONSOR_APPROVAL)
    return frozenset(found)


def forecast(body: Body, *, guests: int, before: Body | None = None) -> Forecast:
    """Say what a body would add to the bill of a month; ``before`` is what it replaces, and bills already."""
    added = features(body) - (features(before) if before is not None else frozenset())
    return Forecast(features=added, guests=guests if added else 0)


def guarded(
    body: dict[str, object], rules: CostGuard, *, guests: int, before: Body | None = None
) -> dict[str, object]:
    """Return a body that the policy allows, as it is.

    Raises:
        Malformed: it bills guests, and the policy allows that not at all or for fewer.

    """
    cost = forecast(body, guests=guests, before=before)
    if not cost.features:
        return body
    named = ", ".join(sorted(cost.features))
    if not rules.allow_metered:
        raise Malformed(f"this bills guests ({named}), and cost_guard.allow_metered is false")
    if cost.guests > rules.max_metered_guests_per_month:
        most = rules.max_metered_guests_per_month
        raise Malformed(f"this bills {cost.guests} guests a month ({named}); the policy allows {most}")
    return body


def _parts(value: object) -> Iterator[Body]:
    if isinstance(value, Mapping):
        yield value
        for one in value.values():
            yield from _parts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _parts(one)
