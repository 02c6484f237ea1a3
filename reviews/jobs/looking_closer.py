"""A closer look at the candidates of a night: what they reach, who stands around them, what was shown last.

It never ends a night: what could not be found out is named, and the question is put with what is known.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviews.coexistence import before_whom
from reviews.errors import GatehouseError
from reviews.exposure import exposure_of
from reviews.jobs.elsewhere import Elsewhere, Found
from reviews.jobs.gathering import Exposures, Gathering
from reviews.jobs.rivals import Rivals
from reviews.kinds import home_domain
from reviews.model import (
    Candidate,
    Card,
    Circle,
    Exposure,
    GuestId,
    Organisation,
    Path,
    Surroundings,
    Unreadable,
)
from reviews.partners import CONSUMER_DOMAINS
from reviews.policy import Policy
from reviews.ports import Connections, Ledger, Partners, Policies, TenantFacts
from reviews.vehicles import Terms

log = logging.getLogger("gatehouse.looking_closer")

_FAILED = Unreadable(why="failed")
_NOBODY_READ = Circle()


@dataclass(frozen=True, slots=True, kw_only=True)
class LookingCloser:
    """Everything a closer look needs; without a ledger there is no earlier card to compare with."""

    connections: Connections
    partners: Partners
    gathering: Gathering
    policies: Policies
    tenant: TenantFacts
    ledger: Ledger | None = None
    elsewhere: Elsewhere | None = None
    """Finds the reviews that others opened."""
    rivals: Rivals | None = None
    """Finds out what else acts on guests by itself."""

    async def look(self, candidates: Sequence[Candidate]) -> Mapping[GuestId, Surroundings]:
        """Find out about every candidate what its own record does not tell."""
        guests = [candidate.guest.id for candidate in candidates]
        policy = await self.policies.current()
        exposures = await self._exposures(guests, policy)
        circles = await self._circles(candidates, exposures, policy)
        unowned = await self._unowned(exposures, policy)
        homes = await self._homes(candidates)
        cards = await self._last_cards(guests)
        reviews = await self.elsewhere.look(policy, exposures) if self.elsewhere and guests else Found()
        rivals = await self.rivals.look(before_whom(policy)) if self.rivals and guests else None
        log.info("candidates looked at", extra={"event": "exposure.read", "guests": len(guests)})
        return {
            guest: Surroundings(
                exposure=exposures[guest],
                circle=circles.get(guest, _NOBODY_READ),
                unowned=unowned.get(guest, ()),
                home=homes.get(guest),
                last_card=cards.get(guest),
                items=reviews.items.get(guest, ()),
                elsewhere=reviews.elsewhere.get(guest, ()),
                kept_elsewhere_at=reviews.kept_at.get(guest),
                package_round_on=reviews.soon.get(guest),
                others=None if rivals is None else rivals.about(guest),
            )
            for guest in guests
        }

    async def role_holders(self) -> frozenset[str] | Unreadable:
        """Return who holds or may activate a directory role, whoever may be a candidate tonight."""
        try:
            return await self.connections.role_holders()
        except GatehouseError as error:
            self._failed("role holders could not be read", error)
            return _FAILED

    async def terms(self) -> Terms:
        """Return what the tenant lets us do; what could not be read ends no night."""
        try:
            return Terms(licence=await self.tenant.licence(), guest_role=await self.tenant.guest_role())
        except GatehouseError as error:
            self._failed("what the tenant is able to could not be read", error)
            return Terms(licence=_FAILED, guest_role=_FAILED)

    async def _exposures(
        self, guests: Sequence[GuestId], policy: Policy
    ) -> Mapping[GuestId, Exposure | Unreadable]:
        try:
            ties = await self.connections.ties(guests)
        except GatehouseError as error:
            # Nobody is asked less because of this, and nothing harmful follows from a question.
            self._failed("what candidates reach could not be read", error)
            return dict.fromkeys(guests, _FAILED)
        return {
            guest: tied if isinstance(tied, Unreadable) else exposure_of(tied, policy)
            for guest, tied in ties.items()
        }

    async def _homes(self, candidates: Sequence[Candidate]) -> Mapping[GuestId, str]:
        """Look up the name of each candidate's own organisation; personal domains belong to none."""
        domains = {
            candidate.guest.id: domain
            for candidate in candidates
            if (domain := home_domain(candidate.guest)) is not None and domain not in CONSUMER_DOMAINS
        }
        try:
            tenants = await self.partners.tenants_of(set(domains.values()))
        except GatehouseError as error:
            self._failed("the organisations of candidates could not be looked up", error)
            return {}
        found = {guest: tenants.get(domain) for guest, domain in domains.items()}
        return {guest: tenant.name for guest, tenant in found.items() if isinstance(tenant, Organisation)}

    async def _circles(
        self, candidates: Sequence[Candidate], exposures: Exposures, policy: Policy
    ) -> Mapping[GuestId, Circle]:
        try:
            return await self.gathering.circles(candidates, exposures, policy.reviewers)
        except GatehouseError as error:
            # A sponsor who can answer is asked all the same; the others wait, or go to the fallback.
            self._failed("the people around candidates could not be read", error)
            return {}

    async def _unowned(self, exposures: Exposures, policy: Policy) -> Mapping[GuestId, tuple[Path, ...]]:
        try:
            return await self.gathering.unowned(exposures, policy.reviewers)
        except GatehouseError as error:
            self._failed("the owners of groups could not be read", error)
            return {}

    async def _last_cards(self, guests: Sequence[GuestId]) -> Mapping[GuestId, Card]:
        return {} if self.ledger is None else await self.ledger.answered_cards(guests)

    def _failed(self, what: str, error: GatehouseError) -> None:
        log.warning(what, extra={"event": "exposure.failed", "because": type(error).__name__})
