"""Two answers about a guest, kept apart: how dangerous the account would be, and what we suggest.

Danger is led by what is reached, the suggestion by use: an account that is both silent and powerful needs
another answer than one that is only silent. docs/finding.md holds the points, docs/policy.md the suggestions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from reviews.exposure import privileges
from reviews.kinds import home_domain
from reviews.ladder import Ladder
from reviews.model import (
    Activity,
    AskedAs,
    Confidence,
    Exposure,
    Guest,
    Obstacle,
    Path,
    Reason,
    Recommendation,
    Risk,
    SignIns,
    Thing,
    Tier,
    Unreadable,
    Verdict,
)
from reviews.partners import CONSUMER_DOMAINS, is_disallowed
from reviews.policy import Policy
from reviews.reasons import because, dated
from reviews.staleness import attempted_after, in_place_since

POINTS: Mapping[str, int] = MappingProxyType(
    {
        "role-held": 50,
        "role-eligible": 50,
        "role-assignable": 50,
        "owns-apps": 40,
        "owns-groups": 25,
        "reaches-high": 25,
        "label-forbids-guests": 15,
        "reaches-medium": 10,
        "reaches-many": 10,
        "domain-disallowed": 10,
        "personal-account": 5,
        "nobody-vouches": 5,
    }
)
"""What each fact weighs; a fact counts once, however many things stand behind it."""

BANDS = ((50, Risk.CRITICAL), (25, Risk.HIGH), (10, Risk.MEDIUM), (0, Risk.LOW))
"""From how many points on an account is how dangerous."""

MANY = 20
"""More paths than this are many."""

DANGEROUS = frozenset({Risk.HIGH, Risk.CRITICAL})

_ECHO = timedelta(days=1)
"""Attempts within a day of the last success belong to that visit."""
_REASONS_AT_MOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """How dangerous an account would be, with the facts that say so, the weightiest first.

    ``risk`` is None when nobody could look. What could not be read counts nothing: the true risk may be
    higher, and the card names it.
    """

    risk: Risk | None = None
    facts: tuple[Reason, ...] = ()
    is_privileged: bool = False

    @property
    def points(self) -> int:
        """The sum of what the facts weigh."""
        return sum(POINTS[fact.code] for fact in self.facts)


NOBODY_LOOKED = Danger()


def danger_of(guest: Guest, exposure: Exposure | Unreadable, ladder: Ladder, policy: Policy) -> Danger:
    """Weigh what a guest reaches, where it comes from and who vouches for it."""
    if isinstance(exposure, Unreadable):
        return NOBODY_LOOKED
    facts = (*_of_reach(exposure, policy), *_of_origin(guest, policy), *_of_care(ladder))
    facts = tuple(sorted(facts, key=lambda fact: -POINTS[fact.code]))
    points = sum(POINTS[fact.code] for fact in facts)
    risk = next(risk for least, risk in BANDS if points >= least)
    return Danger(risk=risk, facts=facts, is_privileged=bool(privileges(exposure)))


def recommend(
    guest: Guest,
    verdict: Verdict,
    ladder: Ladder,
    now: datetime,
    *,
    danger: Danger = NOBODY_LOOKED,
    disallowed: Reason | None = None,
) -> tuple[Recommendation, tuple[Reason, ...]]:
    """Suggest an answer, with two or three reasons; the first is always the verdict's own.

    Removal is suggested only when the facts are certain: a silence we are sure of, an invitation nobody
    accepted, a domain the policy does not allow. Attempts after the last success contradict the silence, and
    a privileged account is too much to suggest anything about: both ask for a closer look.
    """
    attempt = _attempt_since(guest, verdict)
    weighty = [] if disallowed is None else [disallowed]
    if danger.risk in DANGEROUS:
        weighty += [fact for fact in danger.facts if fact.code != "domain-disallowed"][:1]
    rung = list(ladder.rungs[:1])
    if attempt is not None:
        rest = [because("attempts-since", on=attempt.date().isoformat()), *rung]
    elif verdict.activity is Activity.UNREDEEMED:
        rest = [because("nobody-loses-access"), *rung]
    else:
        # Who vouches says more than how old the account is, when there is not room for both.
        rest = [*rung, _age(guest, now)] if weighty else [_age(guest, now), *rung]
    suggestion = _suggestion(verdict, contradicted=attempt is not None, disallowed=disallowed is not None)
    if danger.is_privileged and suggestion is Recommendation.REMOVE:
        suggestion = Recommendation.LOOK_CLOSER
    return suggestion, (verdict.because, *weighty, *rest)[:_REASONS_AT_MOST]


def _suggestion(verdict: Verdict, *, contradicted: bool, disallowed: bool) -> Recommendation:
    match verdict.activity:
        case Activity.UNKNOWN | Activity.UNWATCHED:
            return Recommendation.CANNOT_TELL
        case _ if disallowed:
            return Recommendation.REMOVE
        case Activity.ACTIVE:
            return Recommendation.KEEP
        case Activity.UNREDEEMED:
            return Recommendation.REMOVE
        case Activity.STALE if verdict.confidence is Confidence.HIGH and not contradicted:
            return Recommendation.REMOVE
        case _:
            return Recommendation.LOOK_CLOSER


def _of_reach(exposure: Exposure, policy: Policy) -> Iterator[Reason]:
    forbidding = {label.name for label in policy.labels if not label.guests_allowed}
    paths = exposure.paths
    counted = {
        "role-held": sum(path.thing is Thing.ROLE and not path.eligible for path in paths),
        "role-eligible": sum(path.thing is Thing.ROLE and path.eligible for path in paths),
        "role-assignable": sum(path.obstacle is Obstacle.ROLE_ASSIGNABLE for path in paths),
        "owns-apps": sum(path.thing is Thing.OWNED and path.tier is Tier.HIGH for path in paths),
        "owns-groups": sum(path.thing is Thing.OWNED and path.tier is not Tier.HIGH for path in paths),
        "reaches-high": sum(path.tier is Tier.HIGH and _is_ordinary(path) for path in paths),
        "reaches-medium": sum(path.tier is Tier.MEDIUM and _is_ordinary(path) for path in paths),
        "label-forbids-guests": sum(path.label in forbidding for path in paths),
        "reaches-many": len(paths) if len(paths) > MANY else 0,
    }
    on = exposure.read_at.date().isoformat()
    return (because(code, count=count, on=on) for code, count in counted.items() if count)


def _is_ordinary(path: Path) -> bool:
    """Say whether a path counts by its tier: what weighs by itself already is not counted twice."""
    return path.thing not in {Thing.ROLE, Thing.OWNED} and path.obstacle is not Obstacle.ROLE_ASSIGNABLE


def _of_origin(guest: Guest, policy: Policy) -> Iterator[Reason]:
    domain = home_domain(guest)
    if domain is None:
        return
    if is_disallowed(domain, policy):
        yield because("domain-disallowed", domain=domain)
    if domain in CONSUMER_DOMAINS:
        yield because("personal-account", domain=domain)


def _of_care(ladder: Ladder) -> Iterator[Reason]:
    if ladder.asked_as is not AskedAs.SPONSOR:
        yield because("nobody-vouches")


def _attempt_since(guest: Guest, verdict: Verdict) -> datetime | None:
    if verdict.activity is not Activity.STALE or verdict.since is None:
        return None
    if not isinstance(guest.sign_ins, SignIns):
        return None
    return attempted_after(guest.sign_ins, verdict.since + _ECHO)


def _age(guest: Guest, now: datetime) -> Reason:
    since = in_place_since(guest)
    return because("guest-since-unknown") if since is None else dated("guest-since", since, now)
