"""Where guests come from: partner organisations by domain, counted while the census passes by.

docs/finding.md holds the tables. A domain is not a tenant: several domains may belong to one organisation.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from reviews.kinds import home_domain
from reviews.model import Activity, Guest, Reason, Redemption, Verdict
from reviews.policy import Policy
from reviews.reasons import because


def _domains(top: str, names: str) -> tuple[str, ...]:
    return tuple(f"{name}.{top}" for name in names.split())


CONSUMER_DOMAINS = frozenset(
    (
        *_domains("com", "gmail googlemail outlook hotmail live msn yahoo icloud me aol gmx protonmail mail"),
        *_domains("nl", "ziggo kpnmail planet hetnet home xs4all"),
        *_domains("de", "gmx web t-online"),
        *_domains("fr", "orange free"),
        *_domains("be", "telenet skynet"),
        "gmx.net",
        "laposte.net",
        "proton.me",
        "libero.it",
    )
)
"""Domains of mailboxes that belong to a person: such an account does not end with a job."""

MOST_DOMAINS = 5_000
"""Domains counted one by one; guests of any further one are counted together."""
RECENTLY = timedelta(days=7)
BEFORE = timedelta(days=91)
"""What came recently is compared with the average of this long before."""

_STALE = frozenset({Activity.STALE, Activity.NEVER_SEEN, Activity.UNREDEEMED, Activity.ATTEMPTS_ONLY})


def disallowed(guest: Guest, policy: Policy) -> Reason | None:
    """Say that the policy does not allow guests of this domain, or of one above it; None when it does."""
    domain = home_domain(guest)
    if domain is None or not is_disallowed(domain, policy):
        return None
    return because("domain-disallowed", domain=domain)


def is_disallowed(domain: str, policy: Policy) -> bool:
    """Say whether a domain, or one above it, is on the policy's list."""
    return any(domain == one or domain.endswith(f".{one}") for one in policy.partners.disallowed)


@dataclass(slots=True, kw_only=True)
class DomainCount:
    """The guests of one domain, as one census counted them."""

    domain: str
    guests: int = 0
    stale: int = 0
    pending: int = 0
    recent: int = 0
    """How many came in the last seven days."""
    before: int = 0
    """How many came in the thirteen weeks before that."""
    first_at: datetime | None = None
    """When the oldest of them came; None when nothing tells."""


class PartnerCount:
    """Counts guests by domain, whatever their number; it keeps no guest."""

    __slots__ = ("_by_domain", "_now", "nameless", "others")

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._by_domain: dict[str, DomainCount] = {}
        self.nameless = 0
        """Guests whose account does not tell a domain."""
        self.others = 0
        """Guests of domains for which there was no room."""

    def look(self, guest: Guest, verdict: Verdict) -> None:
        """Count one guest."""
        domain = home_domain(guest)
        if domain is None:
            self.nameless += 1
            return
        partner = self._by_domain.get(domain)
        if partner is None:
            if len(self._by_domain) == MOST_DOMAINS:
                self.others += 1
                return
            partner = self._by_domain[domain] = DomainCount(domain=domain)
        partner.guests += 1
        partner.stale += verdict.activity in _STALE
        partner.pending += guest.redemption is Redemption.PENDING
        self._count_arrival(partner, guest.created_at)

    def _count_arrival(self, partner: DomainCount, came_at: datetime | None) -> None:
        if came_at is None:
            return
        if partner.first_at is None or came_at < partner.first_at:
            partner.first_at = came_at
        passed = self._now - came_at
        if passed <= RECENTLY:
            partner.recent += 1
        elif passed <= RECENTLY + BEFORE:
            partner.before += 1

    def partners(self) -> tuple[DomainCount, ...]:
        """Return all partners, those with the most guests first."""
        return tuple(sorted(self._by_domain.values(), key=lambda one: (-one.guests, one.domain)))

    def findings(self, policy: Policy) -> Iterator[Reason]:
        """Yield what an admin should know of the partners, each kind of finding with its domains counted."""
        new = [one for one in self.partners() if self._is_new(one)]
        if new:
            yield because("partners-new", count=len(new), domains=_some(new))
        surging = [one for one in self.partners() if is_surge(one, policy) and not self._is_new(one)]
        if surging:
            yield because("partners-surging", count=len(surging), domains=_some(surging))
        forbidden = [one for one in self.partners() if is_disallowed(one.domain, policy)]
        if forbidden:
            guests = sum(one.guests for one in forbidden)
            yield because("partners-disallowed", count=guests, domains=_some(forbidden))
        personal = sum(one.guests for one in self.partners() if one.domain in CONSUMER_DOMAINS)
        if personal:
            yield because("personal-accounts", count=personal)

    def _is_new(self, partner: DomainCount) -> bool:
        return partner.first_at is not None and self._now - partner.first_at <= RECENTLY


def is_surge(partner: DomainCount, policy: Policy) -> bool:
    """Say whether many more guests of a domain came in a week than usually do."""
    usual = partner.before / (BEFORE / RECENTLY)
    return (
        partner.recent >= policy.partners.surge_from and partner.recent > policy.partners.surge_factor * usual
    )


def _some(partners: list[DomainCount]) -> str:
    named = ", ".join(one.domain for one in partners[:3])
    return named if len(partners) <= 3 else f"{named}, ..."
