"""Putting the questions of a batch natively: groups and reviews in Entra, each found or else made once.

Before anything is made, the record says what will be: each group and definition bears a marker, and its id is
stored at once. After a cut or an unclear reply the marker is looked for, and nothing is made a second time.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from reviews.alone import alone_in, as_found, batch_of_one
from reviews.errors import Forbidden, Gone, NotSupported
from reviews.model import Alone, Batch, BatchStep, Card, GuestId, PersonId, Vehicle
from reviews.policy import Policy
from reviews.ports import AccessReviews, Clock, Ledger
from reviews.records import OwedMail

log = logging.getLogger("gatehouse.putting_natively")

CLAIM = timedelta(minutes=4)
"""How long a batch belongs to who opens it, counted from each step; shorter than a failed message waits."""
BEING_MADE = frozenset({BatchStep.INTENDED, BatchStep.GROUPED, BatchStep.DEFINED})


@dataclass(frozen=True, slots=True, kw_only=True)
class PuttingNatively:
    """Everything it needs to put questions natively."""

    clock: Clock
    access_reviews: AccessReviews
    ledger: Ledger

    async def saved(self, batch: Batch, *, owes: Sequence[OwedMail] = ()) -> Batch:
        """Write a batch down, claimed for the next step, or by nobody when there is none."""
        until = self.clock.now() + CLAIM if batch.step in BEING_MADE else None
        return await self.ledger.save_batch(replace(batch, claimed_until=until), owes=owes)

    async def put(self, batch: Batch, policy: Policy) -> Batch:
        """Make groups and reviews of a batch; where Entra refuses, the record alone holds the question."""
        try:
            if batch.step is BatchStep.INTENDED:
                batch = await self._grouped(batch)
            if batch.step is BatchStep.GROUPED:
                batch = await self._defined(batch, policy)
        except (Forbidden, NotSupported) as error:
            because = (error.needs if isinstance(error, Forbidden) else None) or type(error).__name__
            extra = {"event": "batch.without-review", "batch": batch.id, "because": because}
            log.warning("asked without a native review", extra=extra)
            return await self._without_reviews(await self._now(batch))
        return batch

    async def _now(self, batch: Batch) -> Batch:
        return await self.ledger.batch(batch.id) or batch

    async def _cohort(self, batch: Batch) -> tuple[GuestId, ...]:
        """Return the guests whose question is put in a review of our own over a group of all of them."""
        asks = await self.ledger.asks(batch.id)
        cohort = {ask.guest_id for ask in asks if ask.vehicle is Vehicle.COHORT}
        return tuple(guest for guest in batch.guests if guest in cohort)

    async def _alone(self, batch: Batch) -> tuple[tuple[Card, Alone], ...]:
        return alone_in(batch, await self.ledger.cards(batch.id))

    async def _grouped(self, batch: Batch) -> Batch:
        cohort, alone = await self._cohort(batch), await self._alone(batch)
        if not cohort and not alone:
            return await self.saved(replace(batch, step=BatchStep.DEFINED, attests_until=None))
        if cohort:
            batch = replace(batch, group_id=await self._group(replace(batch, guests=cohort)))
        for card, review in alone:
            if review.group_id is None:
                batch = await self.saved(batch)
                one = batch_of_one(batch, card.guest_id, review)
                one = replace(one, group_id=await self._group(one))
                await self._keep(batch, card, as_found(review, one))
        return await self.saved(replace(batch, step=BatchStep.GROUPED))

    async def _group(self, batch: Batch) -> str:
        found = await self.access_reviews.find_group(batch.id)
        return await self.access_reviews.create_group(batch) if found is None else found

    async def _defined(self, batch: Batch, policy: Policy) -> Batch:
        cohort = await self._cohort(batch)
        if cohort:
            definition = await self._definition(replace(batch, guests=cohort), policy)
            batch = replace(batch, definition_id=definition)
        for card, review in await self._alone(batch):
            if review.definition_id is None:
                batch = await self.saved(batch)
                one = batch_of_one(batch, card.guest_id, review)
                one = replace(one, definition_id=await self._definition(one, policy))
                await self._keep(batch, card, as_found(review, one))
        return await self.saved(replace(batch, step=BatchStep.DEFINED))

    async def _definition(self, batch: Batch, policy: Policy) -> str:
        if batch.group_id is None:
            raise Gone(f"batch {batch.id} has no group")
        missing = await self.access_reviews.missing_members(batch.group_id, batch.guests)
        if missing:
            await self.access_reviews.add_members(batch.group_id, missing)
        found = await self.access_reviews.find_definition(batch.id)
        if found is not None:
            return found
        fallback = [PersonId(one) for one in policy.reviewers.fallback]
        return await self.access_reviews.create_definition(batch, fallback, policy.cost_guard)

    async def _keep(self, batch: Batch, card: Card, review: Alone | None) -> None:
        await self.ledger.save_cards(batch.id, [replace(card, alone=review)])

    async def _without_reviews(self, batch: Batch) -> Batch:
        """Remove every group that no review will be about; one we may not remove goes with the round."""
        alone = await self._alone(batch)
        for card, review in alone:
            if review.definition_id is None and await self._removed(review.group_id):
                await self._keep(batch, card, None)
        if batch.definition_id is None and await self._removed(batch.group_id):
            batch = replace(batch, group_id=None)
        if not any((batch.definition_id, *(review.definition_id for _, review in alone))):
            batch = replace(batch, attests_until=None)
        return await self.saved(replace(batch, step=BatchStep.DEFINED))

    async def _removed(self, group_id: str | None) -> bool:
        if group_id is None:
            return True
        try:
            await self.access_reviews.remove_group(group_id)
        except (Forbidden, NotSupported):
            return False
        return True
