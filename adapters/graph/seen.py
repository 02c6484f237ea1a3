"""Which accounts a census has met: 16 bytes each, so that a reading of any size stays small."""

from collections.abc import Iterator

from reviews.snapshots import ID_WIDTH

_WIDTH = ID_WIDTH
_EMPTY = bytes(_WIDTH)
_FIRST_SLOTS = 1_024
_FULLEST = 0.7


class Seen:
    """A set of object ids in one block of memory; a Python set takes six times as much."""

    def __init__(self) -> None:
        self._slots = _FIRST_SLOTS
        self._table = bytearray(_FIRST_SLOTS * _WIDTH)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: bytes) -> bool:
        return self._find(key)[1]

    def __iter__(self) -> Iterator[bytes]:
        return _keys(self._table)

    def add(self, key: bytes) -> bool:
        """Put a key in; say whether it was new."""
        at, is_there = self._find(key)
        if is_there:
            return False
        self._table[at : at + _WIDTH] = key
        self._count += 1
        if self._count > _FULLEST * self._slots:
            self._grow()
        return True

    def _find(self, key: bytes) -> tuple[int, bool]:
        """Return where a key lies or would lie, and whether it is there."""
        table, end = self._table, len(self._table)
        at = int.from_bytes(key[-8:], "big") % self._slots * _WIDTH
        while (found := table[at : at + _WIDTH]) != _EMPTY:
            if found == key:
                return at, True
            at += _WIDTH
            if at == end:
                at = 0
        return at, False

    def _grow(self) -> None:
        old = self._table
        self._slots = self._slots * 3 // 2
        self._table = bytearray(self._slots * _WIDTH)
        for key in _keys(old):
            at, _ = self._find(key)
            self._table[at : at + _WIDTH] = key


def _keys(table: bytearray) -> Iterator[bytes]:
    for start in range(0, len(table), _WIDTH):
        key = bytes(table[start : start + _WIDTH])
        if key != _EMPTY:
            yield key
