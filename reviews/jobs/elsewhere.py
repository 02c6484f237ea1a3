"""Reviews that others opened: where a guest's answer belongs now, and where it will within days."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from reviews.errors import Forbidden, GatehouseError, Gone, NotSupported
from reviews.jobs.gathering import Exposures
from reviews.jobs.mending import may_write
from reviews.model import (
    Covers,
    Exposure,
    GuestId,
    NativeItem,
    NativeRound,
    PackagePolicy,
    PackageReview,
    Unreadable,
)
from reviews.native import Native, state_of
from reviews.packages import Mending, mend, next_round
from reviews.policy import Policy
from reviews.ports import AccessReviews, Clock, NativeDecision, Packages

log = logging.getLogger("gatehouse.elsewhere")

_A_DAY = timedelta(days=1)
_SORTS = frozenset({"groups", "packages"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What other reviews ask about guests; a guest that is not named is in none that could be read."""

    items: Mapping[GuestId, tuple[NativeItem, ...]] = field(default_factory=dict)
    """Their places in running reviews of access packages that nobody has decided about yet."""
    elsewhere: Mapping[GuestId, tuple[NativeItem, ...]] = field(default_factory=dict)
    """Their places in running reviews of anything else, decided about or not."""
    kept_at: Mapping[GuestId, datetime] = field(default_factory=dict)
    """When another person last kept them in a review of others, within the time that lets them rest."""
    soon: Mapping[GuestId, date] = field(default_factory=dict)
    """On which day the next review of their package begins, where that is near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Everything the look at other reviews needs."""

    clock: Clock
    access_reviews: AccessReviews
    packages: Packages

    async def look(self, policy: Policy, exposures: Exposures) -> Found:
        """Read the reviews of others that run or ended of late, and those that begin soon.

        What ``exposures`` rule out is not read: rounds about groups and packages that no candidate reaches.
        Never ends a night.
        """
        found = Found()
        try:
            since = self.clock.now() - policy.coexistence.recent_native_decision_suppresses
            rounds = await self.access_reviews.rounds(*Covers, since=since)
            places = Places(self.access_reviews, rounds)
            found = replace(found, items=await places.of_everybody())
            reached = _reached(exposures)
            near = [one for one in rounds if reached is None or _may_hold(one, reached)]
            found = await self._standing(found, near, places, exposures, since)
            found = replace(found, soon=await self._soon(policy))
        except (Forbidden, NotSupported) as error:
            # Without the licence there are no such reviews; without the right they are not to be seen.
            log.info("other reviews are not open to us", extra=_because(error, "elsewhere.refused"))
        except GatehouseError as error:
            log.warning("other reviews could not be read", extra=_because(error, "elsewhere.failed"))
        return found

    async def _standing(
        self,
        found: Found,
        rounds: Sequence[NativeRound],
        places: "Places",
        wanted: Exposures,
        since: datetime,
    ) -> Found:
        """Add who stands in a running review of others, and who was kept in one since a moment."""
        elsewhere: defaultdict[GuestId, list[NativeItem]] = defaultdict(list)
        kept_at: dict[GuestId, datetime] = {}
        for one in rounds:
            for guest in self._expected(one, wanted):
                elsewhere[guest].append(_place(one))
            for decision in await places.decisions(one.definition_id, one.instance_id):
                guest, at = decision.guest_id, decision.at
                if guest not in wanted:
                    continue
                if one.is_running and one.covers is not Covers.PACKAGE:
                    elsewhere[guest].append(_item(one, decision))
                if decision.is_kept_by_others and at is not None and at > since:
                    kept_at[guest] = max(at, kept_at.get(guest, at))
        found_places = {guest: tuple(sorted(items, key=_by_end)) for guest, items in elsewhere.items()}
        return replace(found, elsewhere=found_places, kept_at=kept_at)

    def _expected(self, one: NativeRound, wanted: Exposures) -> Iterator[GuestId]:
        """Yield who will stand in a review of a group that begins within a day."""
        is_coming = state_of(one.status) is Native.NOT_BEGUN and one.covers is Covers.GROUP
        if not is_coming or (one.starts_at is not None and one.starts_at > self.clock.now() + _A_DAY):
            return
        for guest, exposure in wanted.items():
            if not isinstance(exposure, Unreadable) and one.resource_id in _ids(exposure):
                yield guest

    async def _soon(self, policy: Policy) -> Mapping[GuestId, date]:
        now = self.clock.now()
        last = now.date() + policy.coexistence.wait_for_package_round
        soon: dict[GuestId, date] = {}
        for package in await self.packages.policies():
            review = self._review(package, policy) if package.is_open_to_guests else None
            day = None if review is None else next_round(review, now)
            if day is not None and day <= last:
                for guest in await self.packages.holders(package.id):
                    soon[guest] = min(day, soon.get(guest, day))
        return soon

    def _review(self, package: PackagePolicy, policy: Policy) -> PackageReview | None:
        """Return the review a policy has, or will have once tonight's mending is through."""
        mending = mend(package, policy, self.clock.now()) if may_write(policy) else None
        return mending.review if isinstance(mending, Mending) else package.review


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """How far a running round of a package's review is."""

    round: NativeRound
    places: int
    decided: int
    contacted: int
    """Reviewers the service itself has written to."""


async def follow(access_reviews: AccessReviews) -> tuple[Followed, ...]:
    """Read how far every running review of a package is, those that end first first."""
    found = []
    for one in await access_reviews.rounds(Covers.PACKAGE):
        try:
            decisions = await access_reviews.decisions(one.definition_id, one.instance_id)
            people = await access_reviews.contacted(one.definition_id, one.instance_id)
        except Gone:
            continue
        decided = sum(decision.by is not None for decision in decisions)
        found.append(Followed(round=one, places=len(decisions), decided=decided, contacted=len(people)))
    return tuple(sorted(found, key=lambda one: (str(one.round.ends_at), one.round.instance_id)))


class Places:
    """The places of guests in running reviews of packages; each review is read once.

    ``rounds`` are those that were read already; without them they are read when asked for.
    """

    def __init__(self, access_reviews: AccessReviews, rounds: Sequence[NativeRound] | None = None) -> None:
        self._access_reviews = access_reviews
        self._rounds = rounds
        self._read: dict[tuple[str, str], tuple[NativeDecision, ...]] = {}
        self._found: Mapping[GuestId, tuple[NativeItem, ...]] | None = None

    async def decision(self, guest_id: GuestId, item: NativeItem) -> NativeDecision | None:
        """Return what stands at a guest's place; None when the place or the review is gone."""
        wanted = (guest_id, item.resource_id)
        rows = await self.decisions(item.definition_id, item.instance_id)
        return next((one for one in rows if (one.guest_id, one.resource_id) == wanted), None)

    async def of_everybody(self) -> Mapping[GuestId, tuple[NativeItem, ...]]:
        """Return the places nobody has decided about, of each guest those that end first first."""
        if self._found is None:
            found: defaultdict[GuestId, list[NativeItem]] = defaultdict(list)
            for one in await self._running():
                for decision in await self.decisions(one.definition_id, one.instance_id):
                    if decision.by is None:
                        found[decision.guest_id].append(_item(one, decision))
            self._found = {guest: tuple(sorted(items, key=_by_end)) for guest, items in found.items()}
        return self._found

    async def _running(self) -> Sequence[NativeRound]:
        if self._rounds is None:
            self._rounds = await self._access_reviews.rounds(Covers.PACKAGE)
        return [one for one in self._rounds if one.is_running and one.covers is Covers.PACKAGE]

    async def decisions(self, definition_id: str, instance_id: str) -> tuple[NativeDecision, ...]:
        """Return all places of a round; none when it is gone."""
        key = (definition_id, instance_id)
        if key not in self._read:
            try:
                self._read[key] = await self._access_reviews.decisions(definition_id, instance_id)
            except Gone:
                self._read[key] = ()
        return self._read[key]


def _reached(exposures: Exposures) -> frozenset[str] | None:
    """Return the ids of everything the candidates reach; None where that is not known of all."""
    reached: set[str] = set()
    for exposure in exposures.values():
        if isinstance(exposure, Unreadable) or _SORTS.intersection(exposure.unread):
            return None
        reached |= _ids(exposure)
    return frozenset(reached)


def _ids(exposure: Exposure) -> frozenset[str]:
    return frozenset(path.id.lower() for path in exposure.paths)


def _may_hold(one: NativeRound, reached: frozenset[str]) -> bool:
    """Say whether a round may be about somebody who reaches these things."""
    about = {Covers.GROUP: one.resource_id, Covers.PACKAGE: one.package_id}.get(one.covers)
    return about is None or about in reached


def _item(one: NativeRound, decision: NativeDecision) -> NativeItem:
    place = _place(one)
    resource_id = decision.resource_id or place.resource_id
    return replace(place, resource_id=resource_id, name=decision.resource_name or place.name)


def _place(one: NativeRound) -> NativeItem:
    return NativeItem(
        definition_id=one.definition_id,
        instance_id=one.instance_id,
        resource_id=one.resource_id or "",
        name=one.name,
        ends_at=one.ends_at,
    )


def _by_end(item: NativeItem) -> tuple[str, str]:
    return item.ends_at.isoformat() if item.ends_at else "", item.resource_id


def _because(error: GatehouseError, event: str) -> dict[str, str]:
    return {"event": event, "because": type(error).__name__}
