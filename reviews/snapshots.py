"""What a night leaves for the next: of each guest two days and a stance, of itself a few figures; no names.

A snapshot is a line of canonical JSON and 21 bytes for each guest, ordered by id, compressed as a whole.
"""

import hashlib
import struct
import zlib
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import NamedTuple

from reviews.errors import Malformed
from reviews.evidence import canonical, parse
from reviews.regret import Regret

CONTAINER = "census"
"""The blob container of snapshots: one for each night that was not held by a red light."""

ID_WIDTH = 16
_ROW = struct.Struct(f">{ID_WIDTH}sHHB")
_EMPTY = bytes(ID_WIDTH)
_FIRST_DAY = date(1970, 1, 1).toordinal()
_LAST_DAY = 0xFFFF
_LARGEST = 256 * 1024 * 1024
"""Bytes a snapshot may unpack to: ten million guests. More is no snapshot of ours."""


class Stance(IntEnum):
    """How far a night wanted to go with a guest: the order is the order of harm."""

    LEFT_ALONE = 0
    ASKED = 1
    HARMED = 2


class Remembered(NamedTuple):
    """What is remembered of one guest; days are ordinals, 0 for none."""

    last_use: int
    first_met: int
    """The night we first met it; 0 when it was there before we remembered anything."""
    tonight: Stance
    in_force: Stance
    """The stance under the rules in force, as long as those of tonight only look on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What is remembered of a night itself."""

    on: date
    rules: str
    """The rules it judged by: a fingerprint of policy and code."""
    in_force: str
    """The rules in force; others than ``rules`` while those only look on."""
    looked_on: int = 0
    """How many nights ``rules`` have only looked on, this one included."""
    plan_hash: str = ""
    unseen: tuple[float, ...] = ()
    """Share of accepted guests without any sign-in, on the newest nights, this one last."""
    regret: Regret


def key_of(object_id: str) -> bytes:
    """Return an object id as 16 bytes: its own, as it is a UUID; a digest of any other text."""
    try:
        key = bytes.fromhex(object_id.replace("-", ""))
    except ValueError:
        key = b""
    if len(key) == ID_WIDTH and key != _EMPTY:
        return key
    return hashlib.sha256(object_id.encode()).digest()[:ID_WIDTH]


class Recorder:
    """Takes in what is to be remembered, in any order; in one block of memory for each first byte of an id.

    That keeps sorting and packing to a small part at a time.
    """

    def __init__(self) -> None:
        self._blocks = [bytearray() for _ in range(256)]

    def note(self, key: bytes, one: Remembered) -> None:
        """Remember one guest; each only once."""
        stances = one.tonight | one.in_force << 4
        self._blocks[key[0]] += _ROW.pack(key, _packed(one.last_use), _packed(one.first_met), stances)

    def pack(self, night: Night) -> bytes:
        """Return the whole snapshot."""
        press = zlib.compressobj()
        parts = [press.compress(canonical(night) + b"\n")]
        for block in self._blocks:
            rows = [bytes(block[at : at + _ROW.size]) for at in range(0, len(block), _ROW.size)]
            parts.append(press.compress(b"".join(sorted(rows))))
        parts.append(press.flush())
        return b"".join(parts)


class Snapshot:
    """A snapshot, read."""

    def __init__(self, content: bytes) -> None:
        """Read a snapshot. Raises Malformed."""
        head, line, rows = _unpressed(content).partition(b"\n")
        if not line or len(rows) % _ROW.size:
            raise Malformed("a snapshot is cut off")
        self.night = parse(Night, head)
        self._rows = rows
        self._starts = [self._place(bytes([first]), 0, len(self)) for first in range(256)]
        self._starts.append(len(self))

    def __len__(self) -> int:
        return len(self._rows) // _ROW.size

    def __iter__(self) -> Iterator[tuple[bytes, Remembered]]:
        for key, last_use, first_met, stances in _ROW.iter_unpack(self._rows):
            yield key, _remembered(last_use, first_met, stances)

    def find(self, key: bytes) -> Remembered | None:
        """Return what is remembered of a guest; None when it was not met."""
        at = self._place(key, self._starts[key[0]], self._starts[key[0] + 1]) * _ROW.size
        if self._rows[at : at + ID_WIDTH] != key:
            return None
        return _remembered(*_ROW.unpack_from(self._rows, at)[1:])

    def _place(self, key: bytes, low: int, high: int) -> int:
        rows, size = self._rows, _ROW.size
        return bisect_left(range(high), key, low, key=lambda n: rows[n * size : n * size + ID_WIDTH])


def _unpressed(content: bytes) -> bytes:
    reader = zlib.decompressobj()
    try:
        plain = reader.decompress(content, _LARGEST)
    except zlib.error as error:
        raise Malformed("a snapshot cannot be unpacked") from error
    if not reader.eof:
        raise Malformed("a snapshot is cut off, or too large")
    return plain


def _remembered(last_use: int, first_met: int, stances: int) -> Remembered:
    try:
        tonight, in_force = Stance(stances & 0xF), Stance(stances >> 4)
    except ValueError as error:
        raise Malformed("a snapshot holds a stance we do not know") from error
    return Remembered(_unpacked(last_use), _unpacked(first_met), tonight, in_force)


def _packed(day: int) -> int:
    return 0 if day == 0 else min(max(day - _FIRST_DAY, 1), _LAST_DAY)


def _unpacked(day: int) -> int:
    return 0 if day == 0 else day + _FIRST_DAY
