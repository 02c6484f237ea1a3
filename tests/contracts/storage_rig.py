"""A ledger in Azurite whose transport can be told to lose a reply."""

from dataclasses import dataclass

from azure.data.tables.aio import TableServiceClient

from adapters.tables.ledger import TABLES, TableLedger
from adapters.tables.table import Table
from tests.contracts.losing_transport import LosingTransport


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """The ledger, what it stands on, and the way to disturb it."""

    service: TableServiceClient
    ledger: TableLedger
    transport: LosingTransport

    def table(self, name: str) -> Table:
        return Table(self.service.get_table_client(name))

    async def wipe(self) -> None:
        """Begin with empty tables and an empty list of writes."""
        for name in TABLES:
            await self.service.delete_table(name)
        await self.ledger.create_tables()
        self.transport.writes.clear()
