"""Gives each made-up person, group, app and unit an id from which its place in the tenant can be read back.

An id looks like any version 4 GUID. Its first 60 free bits hold the kind and the index, scrambled by an
invertible arithmetic step; the other 62 are a keyed mark of those, so an id of another tenant is unknown.
"""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final, Literal

PersonKind = Literal["guest", "member", "group", "app", "registration", "unit"]

_KINDS: Final[tuple[PersonKind, ...]] = ("guest", "member", "group", "app", "registration", "unit")
_INDEX_BITS: Final = 40
_INDEX_MASK: Final = (1 << _INDEX_BITS) - 1
_WORD: Final = (1 << 60) - 1
_ODD: Final = 0x9E3779B97F4A7C1 | 1
_ODD_INVERSE: Final = pow(_ODD, -1, 1 << 60)
_VARIANT: Final = 1 << 63
_MARK: Final = (1 << 62) - 1
_GUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """The ids of one tenant: the same seed gives the same ids, on every machine."""

    seed: int
    _key: bytes = field(init=False, repr=False, compare=False)
    _shift: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        key = hashlib.blake2b(f"ids of {self.seed}".encode(), digest_size=32).digest()
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_shift", int.from_bytes(key[:7], "big"))

    def of(self, kind: PersonKind, index: int) -> str:
        """Return the id of the person, group, app or unit with that index (0 up to 2**40 - 1)."""
        plain = (_KINDS.index(kind) << _INDEX_BITS | index) ^ self._shift
        word = plain * _ODD & _WORD
        word ^= word >> 31
        head = f"{word:015x}"
        tail = f"{self._mark(word) | _VARIANT:016x}"
        return f"{head[:8]}-{head[8:12]}-4{head[12:]}-{tail[:4]}-{tail[4:]}"

    def find(self, object_id: str) -> tuple[PersonKind, int] | None:
        """Read an id back, in either case. None when this tenant's seed cannot have made it."""
        text = object_id.lower()
        if _GUID.fullmatch(text) is None:
            return None
        digits = text.replace("-", "")
        word = int(digits[:12] + digits[13:16], 16)
        if self._mark(word) != int(digits[16:], 16) & _MARK:
            return None
        # 60 bits shifted by 31 leave nothing for a second step: one step back undoes the xor.
        plain = ((word ^ word >> 31) * _ODD_INVERSE & _WORD) ^ self._shift
        kind = plain >> _INDEX_BITS
        if kind >= len(_KINDS):
            return None
        return _KINDS[kind], plain & _INDEX_MASK

    def _mark(self, word: int) -> int:
        digest = hashlib.blake2b(word.to_bytes(8, "big"), digest_size=8, key=self._key).digest()
        return int.from_bytes(digest, "big") & _MARK
