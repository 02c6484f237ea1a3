"""The verbs of one table: read a row, claim it, replace it, write several at once.

Every write carries a nonce. When the reply was lost (the library then reports a conflict with our own write,
or a broken connection) the row is read again: our nonce in it means that the write took effect.

Rows with a version are remembered for a while as they were read or written last: who replaces the version
remembered need not read it again. What was written elsewhere meanwhile refuses the replacement, as ever.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableClient

from adapters.storage_faults import translate, translated
from adapters.tables.entities import LARGEST_BATCH, LARGEST_BATCH_BYTES, Row, decode, encode, size_of
from reviews.errors import Conflict, Malformed

REMEMBERED = 2_000
"""Of how many rows of a table the tag is remembered."""
AT_ONCE = 16
"""How many point reads or pointer writes are under way at the same time."""

A = TypeVar("A")
B = TypeVar("B")


class Verb(StrEnum):
    """How a row is written in a transaction."""

    INSERT = "create"
    REPLACE = "update"
    PUT = "upsert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A row as it was read, with the tag that a replacement must name."""

    row: Row
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One row of a transaction; ``etag`` is what a replacement was read at."""

    verb: Verb
    row: Row
    etag: str = ""


def insert(row: Row) -> Write:
    """Write a row that must not be there yet."""
    return Write(verb=Verb.INSERT, row=row)


def put(row: Row) -> Write:
    """Write a row, whether it is there or not."""
    return Write(verb=Verb.PUT, row=row)


def replace_row(stored: Stored | None, row: Row) -> Write:
    """Write a row over the one read, or where none was."""
    return insert(row) if stored is None else Write(verb=Verb.REPLACE, row=row, etag=stored.etag)


class Table:
    """One table of the storage account."""

    def __init__(self, client: TableClient) -> None:
        self._client = client
        self._lately: OrderedDict[tuple[str, str], Stored] = OrderedDict()

    async def create(self) -> None:
        """Make the table where there is none."""
        async with translated(f"table {self._client.table_name}"):
            try:
                await self._client.create_table()
            except ResourceExistsError:
                return

    async def get(self, partition: str, key: str) -> Stored | None:
        """Read one row; None when there is none. Raises Malformed when it was changed."""
        async with translated(self._at(partition, key)):
            try:
                entity = await self._client.get_entity(partition, key)
            except ResourceNotFoundError as error:
                # A missing row is an answer; a missing table is a fault of the deployment.
                if "TableNotFound" in str(error.message):
                    raise
                return None
        stored = Stored(row=decode(entity), etag=str(entity.metadata["etag"]))
        self._remember(stored)
        return stored

    def lately(self, partition: str, key: str, version: int) -> Stored | None:
        """Return a row as it was seen here last, if it was at this version then; None to read it."""
        stored = self._lately.get((partition, key))
        return stored if stored is not None and stored.row.columns["version"] == version else None

    async def write(self, write: Write) -> bool:
        """Write one row; False when it was not ours to write (there already, or changed since)."""
        row = write.row
        entity = encode(row)
        try:
            if write.verb is Verb.INSERT:
                written = await self._client.create_entity(entity)
            elif write.verb is Verb.PUT:
                written = await self._client.upsert_entity(entity, mode=UpdateMode.REPLACE)
            else:
                written = await self._client.update_entity(
                    entity,
                    mode=UpdateMode.REPLACE,
                    etag=write.etag,
                    match_condition=MatchConditions.IfNotModified,
                )
        except AzureError as error:
            return await self._was_ours(write, error)
        self._remember(Stored(row=row, etag=str(written["etag"])))
        return True

    async def write_together(self, writes: Sequence[Write], *, proof: Row) -> bool:
        """Write rows of one partition, all or none; False when one was not ours to write.

        ``proof`` is a row among them that nobody replaces: after a lost reply it tells who wrote.
        """
        entities = [encode(write.row) for write in writes]
        if len(entities) > LARGEST_BATCH or sum(map(size_of, entities)) > LARGEST_BATCH_BYTES:
            raise Malformed(f"{proof.where()}: too much for one transaction")
        if len(writes) == 1:
            return await self.write(writes[0])
        operations = [
            (write.verb.value, entity, _condition(write))
            for write, entity in zip(writes, entities, strict=True)
        ]
        try:
            written = await self._client.submit_transaction(operations)
        except AzureError as error:
            for write in writes:
                self._forget(write.row)
            return await self._was_ours(next(write for write in writes if write.row is proof), error)
        for write, told in zip(writes, written, strict=True):
            self._remember(Stored(row=write.row, etag=str(told["etag"])))
        return True

    async def remove(self, partition: str, key: str, *, etag: str | None = None) -> None:
        """Remove a row; one that is gone, or was written again since ``etag``, stays as it is."""
        condition: dict[str, Any] = (
            {} if etag is None else {"etag": etag, "match_condition": MatchConditions.IfNotModified}
        )
        async with translated(self._at(partition, key)):
            try:
                await self._client.delete_entity(partition, key, **condition)
            except (ResourceModifiedError, ResourceNotFoundError):
                return

    async def rows(
        self, partition: str, *, prefix: str = "", before: str | None = None, at_most: int | None = None
    ) -> AsyncIterator[Stored]:
        """Yield the rows of a partition in order: those that begin with ``prefix``, or come ``before``."""
        left = at_most
        last = _end_of(prefix) if before is None else before
        async with aclosing(self._entities(partition, prefix, last, at_most)) as entities:
            async for entity in entities:
                yield Stored(row=decode(entity), etag=str(entity.metadata["etag"]))
                if left is not None:
                    left -= 1
                    if left == 0:
                        # Asking for one more would fetch a page for nothing.
                        return

    async def span(self, first: str, last: str) -> AsyncIterator[Stored]:
        """Yield the rows of all partitions from ``first`` on and before ``last``, in order."""
        query = "PartitionKey ge @first and PartitionKey lt @last"
        async with translated(self._at(first, "")):
            async for entity in self._client.query_entities(query, parameters={"first": first, "last": last}):
                yield Stored(row=decode(entity), etag=str(entity.metadata["etag"]))

    async def everything(self) -> AsyncIterator[dict[str, Any]]:
        """Yield every entity of the table as it lies there, unread, by partition and key."""
        async with translated(f"table {self._client.table_name}"):
            async for entity in self._client.list_entities():
                yield dict(entity)

    async def _entities(
        self, partition: str, first: str, last: str, at_most: int | None
    ) -> AsyncGenerator[Any, None]:
        query = "PartitionKey eq @partition and RowKey ge @first"
        query += " and RowKey lt @last" if last else ""
        parameters = {"partition": partition, "first": first, "last": last}
        async with translated(self._at(partition, first)):
            async for entity in self._client.query_entities(
                query, parameters=parameters, results_per_page=min(at_most or 1000, 1000)
            ):
                yield entity

    def _remember(self, stored: Stored) -> None:
        if "version" in stored.row.columns:
            where = (stored.row.partition, stored.row.key)
            self._lately[where] = stored
            self._lately.move_to_end(where)
            if len(self._lately) > REMEMBERED:
                self._lately.popitem(last=False)

    def _forget(self, row: Row) -> None:
        self._lately.pop((row.partition, row.key), None)

    async def _was_ours(self, write: Write, error: AzureError) -> bool:
        row = write.row
        self._forget(row)
        stored = await self.get(row.partition, row.key)
        if stored is not None and stored.row.nonce == row.nonce:
            return True
        if stored is not None and write.verb is Verb.INSERT:
            return False
        told = translate(error, self._at(row.partition, row.key))
        if isinstance(told, Conflict):
            return False
        raise told from error

    def _at(self, partition: str, key: str) -> str:
        return f"{self._client.table_name} {partition}/{key}"


def _condition(write: Write) -> dict[str, Any]:
    if write.verb is Verb.INSERT:
        return {}
    if write.verb is Verb.PUT:
        return {"mode": UpdateMode.REPLACE}
    return {
        "mode": UpdateMode.REPLACE,
        "etag": write.etag,
        "match_condition": MatchConditions.IfNotModified,
    }


def _end_of(prefix: str) -> str:
    """Return what sorts right behind every key that begins with a prefix; nothing for no prefix."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1) if prefix else ""


async def each(items: Iterable[A], work: Callable[[A], Awaitable[B]]) -> list[B]:
    """Do the work for every item, ``AT_ONCE`` at a time; results in the order of the items.

    The first failure ends all and is raised as it is.
    """
    waiting = list(enumerate(items))[::-1]
    results: dict[int, B] = {}

    async def worker() -> None:
        while waiting:
            number, item = waiting.pop()
            results[number] = await work(item)

    workers = [asyncio.create_task(worker()) for _ in range(min(AT_ONCE, len(waiting)))]
    try:
        await asyncio.gather(*workers)
    finally:
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return [results[number] for number in sorted(results)]
