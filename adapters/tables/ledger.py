"""The ledger in Table Storage: four tables, described row by row in docs/architecture.md."""

from collections.abc import Mapping, Sequence

from azure.data.tables.aio import TableServiceClient

from adapters.tables.arrivals import ArrivalRows
from adapters.tables.batches import STATE, BatchRows
from adapters.tables.cases import CASE, EVENTS, CaseRows
from adapters.tables.entities import Row, decode
from adapters.tables.indexes import (
    ANSWERED,
    Indexes,
    answered_pointer,
    day_pointer,
    pointers_of_batch,
    pointers_of_case,
    pointers_of_mail,
)
from adapters.tables.outbox import Tables
from adapters.tables.rules import is_owed, last_answered
from adapters.tables.runs import RunRows
from adapters.tables.table import Table, each
from adapters.tables.turns import TurnRows
from reviews.model import Batch, Card, Case, GuestId
from reviews.records import Event, OwedMail

TABLES = ("guests", "batches", "runs", "indexes")


class TableLedger(CaseRows, ArrivalRows, BatchRows, RunRows, TurnRows):
    """The record in a storage account. Whoever made the service client closes it."""

    def __init__(self, service: TableServiceClient) -> None:
        self._all = {name: Table(service.get_table_client(name)) for name in TABLES}
        super().__init__(
            Tables(
                guests=self._all["guests"],
                batches=self._all["batches"],
                runs=self._all["runs"],
                indexes=Indexes(self._all["indexes"]),
            )
        )

    async def create_tables(self) -> None:
        """Make the tables where there are none; in production the deployment makes them."""
        for table in self._all.values():
            await table.create()

    async def answered_cards(self, guests: Sequence[GuestId]) -> Mapping[GuestId, Card]:
        """Return what was shown of each guest when a reviewer last answered."""
        answered = set(await self._tables.indexes.keys(ANSWERED))
        cards = await each([guest for guest in guests if guest in answered], self._answered_card)
        return {card.guest_id: card for card in cards if card is not None}

    async def _answered_card(self, guest_id: GuestId) -> Card | None:
        case = last_answered(await self.events(guest_id))
        return None if case is None else await self.card(case.batch_id, guest_id)

    async def rebuild_indexes(self) -> int:
        """Make all pointers anew from the record; return how many were wrong.

        For an operator, while nothing else is at work: it reads every row.
        """
        wanted: dict[tuple[str, str], Row] = {}
        for name in ("guests", "batches", "runs"):
            async for entity in self._all[name].everything():
                for pointer in _pointers(name, decode(entity)):
                    wanted[pointer.partition, pointer.key] = pointer
        return await self._tables.indexes.replace_all(list(wanted.values()))


def _pointers(table: str, row: Row) -> list[Row]:
    if row.key.startswith("O|"):
        mail = row.read(OwedMail)
        return pointers_of_mail(mail, owed=is_owed(mail))
    if table == "guests" and row.key == CASE:
        return pointers_of_case(row.read(Case))
    if table == "guests" and row.key.startswith(EVENTS):
        event = row.read(Event)
        grown = day_pointer(event.guest_id, event.at)
        return [grown] if event.case.answer is None else [grown, answered_pointer(event.guest_id)]
    if table == "batches" and row.key == STATE:
        return pointers_of_batch(row.read(Batch))
    return []
