"""How a record becomes a table row and comes back: the codec, and the limits of Table Storage.

Azure refuses what the local stand-in Azurite lets pass, so every limit is enforced here, before the network.
Limits: learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model.
"""

import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from azure.data.tables import EdmType, EntityProperty

from reviews.errors import Malformed
from reviews.evidence import canonical, digest, parse

Column = str | int | datetime
"""What a query column may hold."""
Entity = dict[str, Any]
T = TypeVar("T")

LARGEST_ENTITY = 1024 * 1024
"""Bytes, counted as the service counts them."""
LARGEST_TEXT = 32_000
"""UTF-16 units of one property; the service takes 32,768."""
MOST_PROPERTIES = 252
LONGEST_KEY = 512
"""Characters; the service takes 1 KiB of UTF-16."""
LARGEST_BATCH = 100
LARGEST_BATCH_BYTES = 3 * 1024 * 1024
"""Bytes of entities in one transaction; the service takes 4 MiB with all that surrounds them."""
PORTION = 512 * 1024
"""Bytes of entities written together when much is to be written: small enough not to hold up the loop."""
EARLIEST = datetime(1601, 1, 1, tzinfo=UTC)

_CHUNK = LARGEST_TEXT // 2
_INT32, _INT64 = 2**31, 2**63
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_FORBIDDEN_IN_KEYS = re.compile(r"[/\\#?\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_JSON_PART = re.compile(r"json[0-9]*")
_KEYS = ("PartitionKey", "RowKey")
_OURS = frozenset({*_KEYS, "Timestamp", "etag", "digest", "nonce"})


def new_nonce() -> str:
    """Draw what marks one write as ours: after a lost reply the row says who wrote it."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row as this product sees it: a record as canonical JSON and the few columns queries need.

    ``json`` is empty for a pointer, which is nothing but its keys and columns.
    """

    partition: str
    key: str
    json: str = ""
    columns: Mapping[str, Column] = field(default_factory=dict)
    nonce: str = field(default_factory=new_nonce)

    def where(self) -> str:
        """Name the row, for messages: keys are ids."""
        return f"{self.partition}/{self.key}"

    def read(self, kind: type[T]) -> T:
        """Read the record back. Raises Malformed."""
        return parse(kind, self.json)


def row_of(partition: str, key: str, record: Any, *, nonce: str | None = None, **columns: Column) -> Row:
    """Make the row of a record.

    Raises:
        Malformed: a text in the record is no Unicode (half a surrogate pair).

    """
    try:
        text = canonical(record).decode()
    except UnicodeEncodeError as error:
        raise Malformed(f"{partition}/{key}: holds text that is no Unicode") from error
    return Row(partition=partition, key=key, json=text, columns=columns, nonce=nonce or new_nonce())


def encode(row: Row) -> Entity:
    """Write a row as an entity, its digest filled in.

    Raises:
        Malformed: the service would refuse it; the message names the limit.

    """
    where = row.where()
    for key in (row.partition, row.key):
        _check_key(key, where)
    entity: Entity = {"PartitionKey": row.partition, "RowKey": row.key, "nonce": row.nonce}
    entity.update(_split(row.json))
    for name, value in row.columns.items():
        _check_column(name, value, where)
        entity[name] = EntityProperty(value, EdmType.INT64) if _is_long(value) else value
    entity["digest"] = _digest(entity)
    _check_whole(entity, where)
    return entity


def decode(entity: Mapping[str, Any]) -> Row:
    """Read an entity back.

    Raises:
        Malformed: a property is missing or of a strange type, or the digest does not fit: somebody changed
            the row, and a changed row is never acted on.

    """
    partition, key = (str(entity[name]) for name in _KEYS)
    where = f"{partition}/{key}"
    if not isinstance(entity.get("digest"), str) or not isinstance(entity.get("nonce"), str):
        raise Malformed(f"row {where}: digest or nonce is missing")
    if entity["digest"] != _digest(entity):
        raise Malformed(f"row {where}: the digest does not fit, the row was changed; run `evidence verify`")
    parts = sorted((name for name in entity if _JSON_PART.fullmatch(name)), key=_part_number)
    return Row(
        partition=partition,
        key=key,
        json="".join(str(entity[name]) for name in parts),
        columns={name: _plain(entity[name]) for name in entity if _is_column(name)},
        nonce=entity["nonce"],
    )


def transactions(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Cut rows of one partition into portions that each fit one transaction, in order."""
    portion: list[Row] = []
    room = PORTION
    for row in rows:
        size = size_of(encode(row))
        if portion and (len(portion) == LARGEST_BATCH or size > room):
            yield portion
            portion, room = [], PORTION
        portion.append(row)
        room -= size
    if portion:
        yield portion


def size_of(entity: Mapping[str, Any]) -> int:
    """Count the bytes of an entity as the service does."""
    size = 4 + 2 * sum(len(str(entity[name])) for name in _KEYS)
    for name, value in entity.items():
        if name not in _KEYS:
            size += 8 + 2 * len(name) + (4 + 2 * _units(value) if isinstance(value, str) else 8)
    return size


def _split(text: str) -> dict[str, str]:
    if not text:
        return {}
    if _units(text) <= LARGEST_TEXT:
        return {"json": text}
    parts = [text[start : start + _CHUNK] for start in range(0, len(text), _CHUNK)]
    return {f"json{number or ''}": part for number, part in enumerate(parts)}


def _part_number(name: str) -> int:
    return int(name.removeprefix("json") or 0)


def _is_column(name: str) -> bool:
    return name not in _OURS and not _JSON_PART.fullmatch(name)


def _is_long(value: Column) -> bool:
    return isinstance(value, int) and not -_INT32 <= value < _INT32


def _plain(value: Any) -> Column:
    if isinstance(value, EntityProperty):
        value = value.value
    if isinstance(value, datetime):
        # The library's own subclass carries the service's text along; only the moment is ours.
        return datetime.fromtimestamp(0, UTC) + (value - datetime.fromtimestamp(0, UTC))
    if isinstance(value, str | int) and not isinstance(value, bool):
        return value
    raise Malformed(f"a column holds a {type(value).__name__}")


def _digest(entity: Mapping[str, Any]) -> str:
    own = {name: value for name, value in entity.items() if name not in {"digest", "Timestamp", "etag"}}
    plain = {
        name: [type(value).__name__, value.isoformat() if isinstance(value, datetime) else value]
        for name, value in ((name, _plain(value)) for name, value in own.items())
    }
    return digest(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode())


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _check_key(key: str, where: str) -> None:
    if len(key) > LONGEST_KEY or _FORBIDDEN_IN_KEYS.search(key):
        raise Malformed(f"row {where[:80]!r}: a key is too long or holds / \\ # ? or a control character")


def _check_column(name: str, value: Column, where: str) -> None:
    if not _NAME.fullmatch(name) or not _is_column(name):
        raise Malformed(f"row {where}: {name[:80]!r} cannot name a column")
    if isinstance(value, str) and _units(value) > LARGEST_TEXT:
        raise Malformed(f"row {where}: column {name} is longer than {LARGEST_TEXT} UTF-16 units")
    if isinstance(value, datetime) and (value.tzinfo is None or value < EARLIEST):
        raise Malformed(f"row {where}: column {name} is not an aware moment after the year 1601")
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        raise Malformed(f"row {where}: column {name} is beyond 64 bits")


def _check_whole(entity: Entity, where: str) -> None:
    if len(entity) - len(_KEYS) > MOST_PROPERTIES:
        raise Malformed(f"row {where}: more than {MOST_PROPERTIES} properties")
    if size_of(entity) > LARGEST_ENTITY:
        raise Malformed(f"row {where}: larger than {LARGEST_ENTITY} bytes")
