"""What else in the tenant acts on guests by itself: read once, for all guests that are looked at.

Of reviews that others opened only those of groups are rivals: where a package is reviewed, we answer along.
"""

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from reviews.errors import Forbidden, Gone, NotSupported, Permanent, Transient
from reviews.model import (
    NOT_LOOKED_AT,
    Covers,
    GuestId,
    LifecyclePolicy,
    NativeRound,
    Others,
    PackageLifecycle,
    Rival,
    Unreadable,
)
from reviews.ports import AccessReviews, LifecyclePolicies, Packages

log = logging.getLogger("gatehouse.rivals")

T = TypeVar("T")
Rounds = Mapping[GuestId, tuple[NativeRound, ...]]
_FAILED = Unreadable(why="failed")
_REVIEWS = (Covers.GROUP, Covers.EVERY_GROUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was read of the tenant; what nobody wanted to know is not looked at, and that is not empty."""

    lifecycle_policies: tuple[LifecyclePolicy, ...] | Unreadable = NOT_LOOKED_AT
    package_lifecycle: PackageLifecycle | Unreadable = NOT_LOOKED_AT
    rounds: Rounds | Unreadable = NOT_LOOKED_AT

    @property
    def failed(self) -> frozenset[Rival]:
        """Of whom nobody could tell just now: the next reading may."""
        read = {
            Rival.LIFECYCLE_POLICY: self.lifecycle_policies,
            Rival.PACKAGE_LIFECYCLE: self.package_lifecycle,
            Rival.NATIVE_REVIEW: self.rounds,
        }
        return frozenset(rival for rival, found in read.items() if found == _FAILED)

    def about(self, guest_id: GuestId) -> Others:
        """Return what of it concerns one guest."""
        return Others(
            lifecycle_policies=self.lifecycle_policies,
            package_lifecycle=self.package_lifecycle,
            rounds=self.rounds if isinstance(self.rounds, Unreadable) else self.rounds.get(guest_id, ()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rivals:
    """Everything the look at others needs."""

    access_reviews: AccessReviews
    packages: Packages
    lifecycle_policies: LifecyclePolicies

    async def look(self, wanted: Collection[Rival]) -> Seen:
        """Read what the rivals wanted are about to do. Never ends a night: what cannot be read is named."""
        found = Seen()
        if Rival.LIFECYCLE_POLICY in wanted:
            policies = await _readable(self.lifecycle_policies.in_force)
            found = replace(found, lifecycle_policies=policies)
        # What entitlement management does to the account is told on every card, whoever is yielded to.
        found = replace(found, package_lifecycle=await _readable(self.packages.lifecycle))
        if Rival.NATIVE_REVIEW in wanted:
            found = replace(found, rounds=await _readable(self._rounds))
        return found

    async def _rounds(self) -> Rounds:
        """Read who is in each running review of others over groups."""
        found: defaultdict[GuestId, list[NativeRound]] = defaultdict(list)
        for covers in _REVIEWS:
            for one in await self.access_reviews.rounds(covers):
                for guest in await self._asked_about(one):
                    found[guest].append(one)
        return {guest: tuple(rounds) for guest, rounds in found.items()}

    async def _asked_about(self, one: NativeRound) -> frozenset[GuestId]:
        try:
            rows = await self.access_reviews.decisions(one.definition_id, one.instance_id)
        except Gone:
            return frozenset()
        return frozenset(row.guest_id for row in rows)


async def _readable(read: Callable[[], Awaitable[T | Unreadable]]) -> T | Unreadable:
    try:
        return await read()
    except (Forbidden, NotSupported) as error:
        # Without the licence there is no such thing; without the right it is not to be seen.
        log.info("others are not open to us", extra={"event": "rivals.refused", "because": _name(error)})
        return Unreadable(why="no-permission")
    except (Transient, Permanent) as error:
        log.warning("others could not be read", extra={"event": "rivals.failed", "because": _name(error)})
        return _FAILED if isinstance(error, Transient) else Unreadable(why="not-understood")


def _name(error: Exception) -> str:
    return type(error).__name__
