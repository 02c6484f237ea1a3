"""One Azurite for all contract tests, and ledgers of either kind to try them on."""

from collections.abc import AsyncIterator, Iterator

import pytest
from azure.data.tables.aio import TableServiceClient

from adapters.settings import StateAt
from adapters.storage import connect
from adapters.tables.ledger import TABLES, TableLedger
from reviews.ports import Ledger
from sandbox.azurite import Azurite
from sandbox.memory import MemoryLedger
from tests.contracts.losing_transport import LosingTransport
from tests.contracts.storage_rig import Rig


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    with Azurite() as running:
        yield running


@pytest.fixture(params=["memory", "tables"])
async def ledger(request: pytest.FixtureRequest) -> AsyncIterator[Ledger]:
    if request.param == "memory":
        yield MemoryLedger()
        return
    azurite: Azurite = request.getfixturevalue("azurite")
    storage = connect(StateAt(connection_string=azurite.connection_string))
    for name in TABLES:
        await storage.tables.delete_table(name)
    tables = TableLedger(storage.tables)
    await tables.create_tables()
    yield tables
    await storage.close()


@pytest.fixture
async def rig(azurite: Azurite) -> AsyncIterator[Rig]:
    transport = LosingTransport()
    service = TableServiceClient.from_connection_string(
        azurite.connection_string, transport=transport, retry_total=0
    )
    rig = Rig(service=service, ledger=TableLedger(service), transport=transport)
    await rig.wipe()
    yield rig
    await service.close()
