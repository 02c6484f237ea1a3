"""What guests say of themselves in the first stage of a review, before their reviewer is asked."""

import logging
from dataclasses import dataclass, replace

from reviews import attesting
from reviews.alone import alone_in
from reviews.errors import Permanent
from reviews.model import Batch, Card
from reviews.ports import AccessReviews, Attested, Clock, Ledger

log = logging.getLogger("gatehouse.hearing_guests")


@dataclass(frozen=True, slots=True, kw_only=True)
class HearingGuests:
    """Everything the hearing of guests needs."""

    clock: Clock
    access_reviews: AccessReviews
    ledger: Ledger

    async def heard(self, batch: Batch) -> tuple[Batch, bool]:
        """Note on the cards what guests said; False while some of them may still say something.

        The batch comes back with the stage in which its reviewer is asked. Safe to repeat.
        """
        now = self.clock.now()
        if batch.attests_until is None:
            return batch, True
        if attesting.are_asked(batch, now):
            return batch, False
        reviews = await self._reviews(batch)
        is_over = all(attested.is_over for _, attested in reviews)
        if attesting.may_still_answer(batch, now, is_over=is_over):
            return batch, False
        for cards, attested in reviews:
            await self.ledger.save_cards(batch.id, [_told(card, attested) for card in cards])
        together = [attested for cards, attested in reviews if not any(card.alone for card in cards)]
        return (replace(batch, stage_id=together[0].stage_id) if together else batch), True

    async def _reviews(self, batch: Batch) -> list[tuple[tuple[Card, ...], Attested]]:
        """Return what was said in each review of the batch that can be read, with the cards it is about."""
        cards = await self.ledger.cards(batch.id)
        alone = alone_in(batch, cards)
        places = [((card,), one.definition_id) for card, one in alone]
        cohort = tuple(card for card in cards if not card.items and card.alone is None)
        found: list[tuple[tuple[Card, ...], Attested]] = []
        for about, definition_id in [(cohort, batch.definition_id), *places]:
            attested = None if definition_id is None else await self._attested(batch, definition_id)
            if attested is not None:
                found.append((about, attested))
        return found

    async def _attested(self, batch: Batch, definition_id: str) -> Attested | None:
        """Read what the guests said; None when there is nothing to read, or it will never be readable."""
        try:
            return await self.access_reviews.attested(definition_id)
        except Permanent as error:
            extra = {"event": "batch.guests-unheard", "batch": batch.id, "because": type(error).__name__}
            log.warning("asked without what the guests said", extra=extra)
            return None


def _told(card: Card, attested: Attested) -> Card:
    said = attested.said.get(card.guest_id)
    card = attesting.told(card, *((said.choice, said.at) if said else (None, None)))
    return (
        card if card.alone is None else replace(card, alone=replace(card.alone, stage_id=attested.stage_id))
    )
