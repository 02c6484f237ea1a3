"""How guests came into the tenant: one row beside a guest's record, joined by every harvest."""

from collections.abc import Collection, Mapping

from adapters.tables.entities import Row, row_of
from adapters.tables.outbox import OutboxRows
from adapters.tables.table import each, replace_row
from reviews.arrivals import both
from reviews.errors import Conflict
from reviews.model import GuestId
from reviews.records import Arrival

ARRIVAL = "B"
_TRIES = 4


def arrival_row(arrival: Arrival) -> Row:
    """Make the row of an arrival."""
    return row_of(arrival.guest_id, ARRIVAL, arrival)


class ArrivalRows(OutboxRows):
    """The part of the ledger that keeps how guests came."""

    async def note_arrivals(self, arrivals: Collection[Arrival]) -> None:
        """Join what is said to what is known; see the port."""
        await each(arrivals, self._note)

    async def arrivals(self, guest_ids: Collection[GuestId]) -> Mapping[GuestId, Arrival]:
        """Return how guests came, of those of whom anything is known."""
        found = await each(guest_ids, self._arrival)
        return {one.guest_id: one for one in found if one is not None}

    async def _arrival(self, guest_id: GuestId) -> Arrival | None:
        stored = await self._tables.guests.get(guest_id, ARRIVAL)
        return None if stored is None else stored.row.read(Arrival)

    async def _note(self, said: Arrival) -> None:
        for _ in range(_TRIES):
            stored = await self._tables.guests.get(said.guest_id, ARRIVAL)
            known = None if stored is None else stored.row.read(Arrival)
            after = said if known is None else both(known, said)
            if after == known or await self._tables.guests.write(replace_row(stored, arrival_row(after))):
                return
        raise Conflict(f"arrival of guest {said.guest_id} is being written by others")
