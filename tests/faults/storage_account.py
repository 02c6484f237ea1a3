"""A storage account on Azurite that takes the world of a chapter over, and can be made empty again."""

from datetime import timedelta
from typing import Self

from adapters.blobs import CONTAINERS
from adapters.envelopes import POISON, QUEUES, seal
from adapters.queues import AzureQueue
from adapters.settings import StateAt
from adapters.storage import Storage, connect
from adapters.tables.ledger import TABLES, TableLedger
from tests.faults.realm import Realm

AT_ONCE = 100
"""Rows one transaction takes."""


class Account:
    """Tables, queues and blobs of one Azurite, open for as long as the ``async with`` block lasts."""

    def __init__(self, connection_string: str) -> None:
        self.connection_string = connection_string
        self._storage: Storage = connect(StateAt(connection_string=connection_string))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._storage.close()

    @property
    def ledger(self) -> TableLedger:
        """The record in the account."""
        return TableLedger(self._storage.tables)

    @property
    def queue(self) -> AzureQueue:
        """The queues of the account."""
        return AzureQueue(self._storage.queues)

    async def take_over(self, realm: Realm) -> None:
        """Make the account hold what a realm holds, and nothing else."""
        await self._clear()
        await self._storage.prepare()
        for name, partitions in realm.rows.tables.items():
            client = self._storage.tables.get_table_client(name)
            for rows in partitions.values():
                writes = [("upsert", dict(entity)) for _, entity in rows.values()]
                for start in range(0, len(writes), AT_ONCE):
                    await client.submit_transaction(writes[start : start + AT_ONCE])
        for (container, name), content in realm.blobs.items():
            await self._storage.blobs.get_blob_client(container, name).upload_blob(content)
        for lying in realm.lying.values():
            wait = max(lying.visible_at - realm.clock.now(), timedelta())
            assert not wait, f"{seal(lying.message)} waits, and this account's clock does not"
            await self.queue.put(lying.message)

    async def _clear(self) -> None:
        for name in TABLES:
            await self._storage.tables.delete_table(name)
        for name in QUEUES:
            for one in (name, name + POISON):
                client = self._storage.queues.get_queue_client(one)
                if one in [found.name async for found in self._storage.queues.list_queues()]:
                    await client.clear_messages()
        for name in CONTAINERS:
            container = self._storage.blobs.get_container_client(name)
            if await container.exists():
                for blob in [found async for found in container.list_blob_names()]:
                    await container.delete_blob(blob)
