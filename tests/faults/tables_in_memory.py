"""Table Storage as the SDK shows it, in dictionaries: it stays when a process dies, and can be copied."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableEntity

Keys = tuple[str, str]
Entity = Mapping[str, Any]
Told = Mapping[str, str]
Passed = Callable[[str, bool], None]
"""Told of every call that has had its effect: its name, and whether it may have changed anything."""


@dataclass(slots=True, kw_only=True)
class Rows:
    """All tables of one account. An entity lies with the number of its last write, which is its tag."""

    tables: dict[str, dict[str, dict[str, tuple[int, Entity]]]] = field(default_factory=dict)
    """By table, partition and row key."""
    written: int = 0

    def twin(self) -> "Rows":
        """Copy the tables; entities are never changed in place, so the copies share them."""
        return Rows(
            tables={
                name: {partition: dict(rows) for partition, rows in table.items()}
                for name, table in self.tables.items()
            },
            written=self.written,
        )


_TESTS: Mapping[str, Callable[[str, str], bool]] = {"eq": str.__eq__, "ge": str.__ge__, "lt": str.__lt__}


class TablesInMemory:
    """Stands where ``azure.data.tables.aio.TableServiceClient`` stands."""

    def __init__(self, rows: Rows, passed: Passed) -> None:
        self._rows = rows
        self._passed = passed

    def get_table_client(self, table_name: str) -> "TableInMemory":
        """Return the client of one table."""
        return TableInMemory(table_name, self._rows, self._passed)


class TableInMemory:
    """One table, by the calls ``adapters.tables`` makes: all of them documented for TableClient."""

    def __init__(self, table_name: str, rows: Rows, passed: Passed) -> None:
        self.table_name = table_name
        self._rows = rows
        self._passed = passed

    async def get_entity(self, partition_key: str, row_key: str) -> TableEntity:
        """Read one entity. Raises ResourceNotFoundError."""
        await asyncio.sleep(0)
        stored = self._stored((partition_key, row_key))
        self._passed(f"{self.table_name}: read {row_key}", False)
        if stored is None:
            raise ResourceNotFoundError("ResourceNotFound")
        return _shown(*stored)

    async def create_entity(self, entity: Entity) -> Told:
        """Write an entity that is not there. Raises ResourceExistsError."""
        (told,) = await self.submit_transaction([("create", entity)])
        return told

    async def upsert_entity(self, entity: Entity, **options: Any) -> Told:
        """Write an entity, whatever was there."""
        (told,) = await self.submit_transaction([("upsert", entity, options)])
        return told

    async def update_entity(self, entity: Entity, **options: Any) -> Told:
        """Replace an entity. Raises ResourceModifiedError, ResourceNotFoundError."""
        (told,) = await self.submit_transaction([("update", entity, options)])
        return told

    async def submit_transaction(self, operations: Iterable[tuple[Any, ...]]) -> list[Told]:
        """Write several entities, all or none; return the new tag of each."""
        await asyncio.sleep(0)
        writes: list[tuple[str, Keys, Entity, Mapping[str, Any]]] = [
            (str(verb), _keys(entity), entity, next(iter(more), {})) for verb, entity, *more in operations
        ]
        for verb, keys, _, options in writes:
            self._check(verb, keys, options.get("etag"))
        told: list[Told] = []
        for _, keys, entity, _ in writes:
            self._rows.written += 1
            self._table.setdefault(keys[0], {})[keys[1]] = (self._rows.written, dict(entity))
            told.append({"etag": str(self._rows.written)})
        self._passed(f"{self.table_name}: write {', '.join(key for _, (_, key), _, _ in writes)}", True)
        return told

    async def delete_entity(self, partition_key: str, row_key: str, **options: Any) -> None:
        """Remove an entity. Raises ResourceModifiedError; one that is gone is left gone, as the SDK does."""
        await asyncio.sleep(0)
        if self._stored((partition_key, row_key)) is not None:
            self._check("delete", (partition_key, row_key), options.get("etag"))
            del self._table[partition_key][row_key]
        self._passed(f"{self.table_name}: remove {row_key}", True)

    async def query_entities(
        self, query_filter: str, *, parameters: Mapping[str, str], **_options: Any
    ) -> AsyncIterator[TableEntity]:
        """Yield what lies in a stretch of one partition, or in a stretch of partitions, in order."""
        await asyncio.sleep(0)
        terms = query_filter.split(" and ")
        partitions = [one for one in sorted(self._table) if _fits("PartitionKey", one, terms, parameters)]
        found = [
            stored
            for partition in partitions
            for key, stored in sorted(self._table[partition].items())
            if _fits("RowKey", key, terms, parameters)
        ]
        self._passed(f"{self.table_name}: list {parameters}", False)
        for stored in found:
            yield _shown(*stored)

    async def list_entities(self) -> AsyncIterator[TableEntity]:
        """Yield everything in order."""
        await asyncio.sleep(0)
        for _, rows in sorted(self._table.items()):
            for _, stored in sorted(rows.items()):
                yield _shown(*stored)

    @property
    def _table(self) -> dict[str, dict[str, tuple[int, Entity]]]:
        return self._rows.tables.setdefault(self.table_name, {})

    def _stored(self, keys: Keys) -> tuple[int, Entity] | None:
        return self._table.get(keys[0], {}).get(keys[1])

    def _check(self, verb: str, keys: Keys, etag: str | None) -> None:
        stored = self._stored(keys)
        if verb == "create" and stored is not None:
            raise ResourceExistsError("EntityAlreadyExists")
        if verb == "update" and stored is None:
            raise ResourceNotFoundError("ResourceNotFound")
        if etag is not None and stored is not None and etag != str(stored[0]):
            raise ResourceModifiedError("UpdateConditionNotSatisfied")


def _keys(entity: Entity) -> Keys:
    return entity["PartitionKey"], entity["RowKey"]


def _shown(tag: int, entity: Entity) -> TableEntity:
    shown = TableEntity(entity)
    shown._metadata = {"etag": str(tag), "timestamp": None}
    return shown


def _fits(name: str, key: str, terms: Iterable[str], given: Mapping[str, str]) -> bool:
    """Say whether a key fits those terms of a filter that are about it; KeyError for a term unheard of."""
    about = [term.split(" ") for term in terms if term.startswith(name)]
    return all(_TESTS[verb](key, given[wanted.removeprefix("@")]) for _, verb, wanted in about)
