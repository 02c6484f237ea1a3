"""Covering groups: which reviews there are of the groups that guests are in, and opening those that lack."""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from reviews.coverage import Coverage, coverage
from reviews.errors import Ambiguous, Forbidden, GatehouseError, Gone, Malformed, NotSupported
from reviews.evidence import canonical
from reviews.messages import CoverGroup
from reviews.model import NOT_LOOKED_AT, Choice, Covers, GroupReview, GuestId, NativeRound, PersonId
from reviews.native import TRIED_FOR, Applied, Native, Remedy, applied, remedy, state_of
from reviews.policy import ChangeMode, Mode, Policy
from reviews.ports import AccessReviews, Archive, Clock, GroupReviews, NativeDecision, People, Policies, Queue

log = logging.getLogger("gatehouse.covering")

CONTAINER = "changes"
"""Where a review is written down before it is opened."""
_LOOKS = tuple(timedelta(seconds=seconds) for seconds in (0, 5, 15, 40))
"""How long after a doubtful reply the marker is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A review that is about to be opened. By the nonce, of two that try at once only one is written down."""

    review: GroupReview
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Covering:
    """Everything the covering of groups needs."""

    clock: Clock
    policies: Policies
    access_reviews: AccessReviews
    groups: GroupReviews
    people: People
    archive: Callable[[], Archive]
    queue: Callable[[], Queue]
    """Both asked for only where something is opened: to look takes no storage."""

    new_owner: Callable[[], str]

    async def hand_over(self, policy: Policy) -> Mapping[str, int | str]:
        """Have a review opened for every group in none, where the policy says so; return what was found."""
        if not may_open(policy):
            return {}
        try:
            looked = await self.look_over()
        except (Forbidden, NotSupported) as refusal:
            return {"groups": f"refused: {type(refusal).__name__}"}
        proposed = [one for one in looked if isinstance(one.proposal, GroupReview)]
        for one in proposed:
            await self.queue().put(CoverGroup(group_id=one.group.group.id))
        return {"groups": len(looked), "groups_proposed": len(proposed)}

    async def settle(self, policy: Policy) -> int:
        """Have denials that Entra could not carry out tried again; return of how many it is time to tell.

        Only in reviews that we opened: what others opened is theirs. In mode report nothing is tried.
        """
        to_tell = 0
        try:
            left = await self.not_carried_out(TRIED_FOR + timedelta(days=1))
        except (Forbidden, NotSupported):
            return 0
        for one, decisions in left:
            match remedy(one.ends_at or self.clock.now(), self.clock.now()):
                case Remedy.AGAIN if policy.mode is not Mode.REPORT:
                    facts = {"event": "group.apply-again", "review": one.definition_id}
                    log.warning("denials of a review of a group are tried again", extra=facts)
                    await self.groups.apply_again(one)
                case Remedy.TASK:
                    to_tell += len(decisions)
                case _:
                    pass
        return to_tell

    async def not_carried_out(
        self, within: timedelta = timedelta(days=30)
    ) -> tuple[tuple[NativeRound, tuple[NativeDecision, ...]], ...]:
        """Return the rounds of our reviews of groups that ended of late, with denials Entra could not apply.

        Raises:
            Forbidden, NotSupported: reviews may not be read.

        """
        rounds = await self.access_reviews.rounds(Covers.GROUP, since=self.clock.now() - within)
        over = [one for one in rounds if self.groups.is_ours(one) and state_of(one.status) is Native.OVER]
        found = []
        for one in over:
            with suppress(Gone):
                rows = await self.access_reviews.decisions(one.definition_id, one.instance_id)
                left = tuple(row for row in rows if row.choice is Choice.REMOVE and _failed(row))
                if left:
                    found.append((one, left))
        return tuple(found)

    async def cover(self, group_id: str) -> None:
        """Open the review of one group if none covers it and the policy says so. Raises as ``open`` does."""
        if not may_open(await self.policies.current()):
            return
        for one in await self.look_over(group_id):
            if isinstance(one.proposal, GroupReview):
                await self.open(one.proposal, by="gatehouse")

    async def look_over(self, only: str | None = None) -> tuple[Coverage, ...]:
        """Read every group with guests, its owners and all reviews; say which covers which. Changes nothing.

        With ``only``, the id of a group, that group alone is read and told of.

        Raises:
            Forbidden, NotSupported: groups or reviews may not be read, so nothing is said of any.

        """
        definitions = await self.access_reviews.definitions()
        groups = await self.groups.with_guests(only)
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
            Conflict: somebody else is opening it at this very moment.
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
        content = canonical(Intent(review=review, nonce=self.new_owner()))
        await self.archive().put(CONTAINER, f"{intent}.json", content)
        return intent

    async def _looked_for(self, review: GroupReview) -> str:
        for wait in _LOOKS:
            await self.clock.sleep(wait)
            found = await self.groups.find(review)
            if found is not None:
                return found
        raise _in_doubt(review)


def _failed(row: NativeDecision) -> bool:
    return applied(row.applied) is Applied.FAILED


def may_open(policy: Policy) -> bool:
    """Say whether reviews of groups are opened without being asked for one by one."""
    return policy.group_reviews.change_mode is ChangeMode.APPLY and policy.mode is not Mode.REPORT


def _in_doubt(review: GroupReview) -> Ambiguous:
    return Ambiguous(
        f"a review of group {review.group_id} was asked for today and is not to be seen yet: look again "
        "later; tomorrow it is proposed anew if there is none"
    )
