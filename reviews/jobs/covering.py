"""Covering groups: which reviews there are of the groups that guests are in, and opening those that lack."""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from reviews.coverage import Coverage, coverage
from reviews.errors import Ambiguous, GatehouseError, Gone, Malformed
from reviews.evidence import canonical
from reviews.model import NOT_LOOKED_AT, Covers, GroupReview, GuestId, NativeRound, PersonId
from reviews.ports import AccessReviews, Archive, Clock, GroupReviews, People, Policies

log = logging.getLogger("gatehouse.covering")

CONTAINER = "changes"
"""Where a review is written down before it is opened."""
_LOOKS = tuple(timedelta(seconds=seconds) for seconds in (0, 5, 15, 40))
"""How long after a doubtful reply the marker is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covering:
    """Everything the covering of groups needs."""

    clock: Clock
    policies: Policies
    access_reviews: AccessReviews
    groups: GroupReviews
    people: People
    archive: Callable[[], Archive]
    """Asked for only where something is opened: to look takes no storage."""

    async def look_over(self) -> tuple[Coverage, ...]:
        """Read every group with guests, its owners and all reviews; say which covers which. Changes nothing.

        Raises:
            Forbidden, NotSupported: groups or reviews may not be read, so nothing is said of any.

        """
        definitions = await self.access_reviews.definitions()
        groups = await self.groups.with_guests()
        owners = await self.people.owners([PersonId(one.group.id) for one in groups])
        owned = (replace(one, owners=owners.get(PersonId(one.group.id), NOT_LOOKED_AT)) for one in groups)
        return coverage(owned, definitions, await self.policies.current(), self.clock.now())

    async def places(self) -> Mapping[GuestId, tuple[NativeRound, ...]]:
        """Read in which running reviews of others everybody stands; who is not named is in none."""
        found: defaultdict[GuestId, list[NativeRound]] = defaultdict(list)
        for one in await self.access_reviews.rounds(*Covers):
            with suppress(Gone):
                decisions = await self.access_reviews.decisions(one.definition_id, one.instance_id)
                for guest in dict.fromkeys(decision.guest_id for decision in decisions):
                    found[guest].append(one)
        return {guest: tuple(rounds) for guest, rounds in found.items()}

    async def open(self, review: GroupReview, *, by: str) -> str:
        """Open a proposed review, once: written down first, looked for by its marker, never posted twice.

        Returns:
            The id of its definition.

        Raises:
            Ambiguous: it was asked for today and is not to be seen yet; look again before anything is posted.
            GatehouseError: anything else; nothing was opened, and it may be tried again at once.

        """
        found = await self.groups.find(review)
        if found is not None:
            return found
        intent = await self._written_down(review)
        try:
            definition_id = await self.groups.create(review)
        except (Ambiguous, Malformed):
            definition_id = await self._looked_for(review)
        except GatehouseError:
            await self.archive().put(CONTAINER, f"{intent}-refused.json", canonical(review))
            raise
        facts = {"event": "group.review-opened", "group_id": review.group_id, "by": by}
        log.warning("review of a group opened", extra=facts)
        return definition_id

    async def _written_down(self, review: GroupReview) -> str:
        """Keep what is about to be opened; return its name. Raises Ambiguous if a try before is in doubt."""
        name = f"group-{review.group_id}-{review.starts_on.isoformat()}"
        names = await self.archive().names(CONTAINER, name)
        refused = sum(one.endswith("-refused.json") for one in names)
        if len(names) > 2 * refused:
            raise _in_doubt(review)
        intent = f"{name}-{refused}"
        await self.archive().put(CONTAINER, f"{intent}.json", canonical(review))
        return intent

    async def _looked_for(self, review: GroupReview) -> str:
        for wait in _LOOKS:
            await self.clock.sleep(wait)
            found = await self.groups.find(review)
            if found is not None:
                return found
        raise _in_doubt(review)


def _in_doubt(review: GroupReview) -> Ambiguous:
    return Ambiguous(
        f"a review of group {review.group_id} was asked for today and is not to be seen yet: look again "
        "later; tomorrow it is proposed anew if there is none"
    )
