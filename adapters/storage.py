"""The one storage account behind ledger, queues and blobs: how to reach it, and for how long to wait."""

from dataclasses import dataclass
from typing import Any
from urllib.request import getproxies

from azure.core.credentials_async import AsyncTokenCredential
from azure.data.tables.aio import TableServiceClient
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueServiceClient

from adapters.blobs import BlobArchive
from adapters.queues import AzureQueue
from adapters.settings import StateAt, is_loopback
from adapters.tables.ledger import TableLedger
from reviews.errors import BadSettings

# The libraries' own patience (300 s to connect, 300 s to read) would outlive the host's.
_PATIENCE: dict[str, Any] = {"connection_timeout": 5, "read_timeout": 20, "retry_total": 4}
# Where no proxy is named they would still look for one before every request, in a thread: a sixth of a night.
_SHARED: dict[str, Any] = {**_PATIENCE, "use_env_settings": bool(getproxies())}
_FOR_TABLES: dict[str, Any] = {**_SHARED, "retry_backoff_factor": 0.4, "retry_backoff_max": 8}
# Queues and blobs would wait 15 s before their first repetition.
_FOR_OTHERS: dict[str, Any] = {**_SHARED, "initial_backoff": 1, "increment_base": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Clients of the three services. Whoever connects closes."""

    tables: TableServiceClient
    queues: QueueServiceClient
    blobs: BlobServiceClient

    async def prepare(self) -> None:
        """Make tables, queues and containers where there are none: in the sandbox only."""
        await TableLedger(self.tables).create_tables()
        await AzureQueue(self.queues).create_queues()
        await BlobArchive(self.blobs).create_containers()

    async def close(self) -> None:
        """Close all connections."""
        await self.tables.close()
        await self.queues.close()
        await self.blobs.close()


def connect(state: StateAt, credential: AsyncTokenCredential | None = None) -> Storage:
    """Make the clients; nothing is sent yet.

    Raises:
        BadSettings: a connection string that leads off this machine, or no way to storage at all.

    """
    if state.connection_string is not None:
        return _local(state.connection_string)
    if credential is None or not (state.table_uri and state.queue_uri and state.blob_uri):
        raise BadSettings(["STATE: name three endpoints and an identity, or a connection string on loopback"])
    return Storage(
        tables=TableServiceClient(state.table_uri, credential=credential, **_FOR_TABLES),
        queues=QueueServiceClient(state.queue_uri, credential=credential, **_FOR_OTHERS),
        blobs=BlobServiceClient(state.blob_uri, credential=credential, **_FOR_OTHERS),
    )


def _local(connection: str) -> Storage:
    try:
        storage = Storage(
            tables=TableServiceClient.from_connection_string(connection, **_FOR_TABLES),
            queues=QueueServiceClient.from_connection_string(connection, **_FOR_OTHERS),
            blobs=BlobServiceClient.from_connection_string(connection, **_FOR_OTHERS),
        )
    except ValueError as error:
        raise BadSettings(["STATE: not a connection string that the storage libraries understand"]) from error
    # Asked of the clients themselves: they read spellings of a connection string that we do not.
    if not all(is_loopback(client.url) for client in (storage.tables, storage.queues, storage.blobs)):
        raise BadSettings(["STATE: a connection string is for storage on loopback; elsewhere name endpoints"])
    return storage
