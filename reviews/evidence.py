"""The record that proves itself: canonical events, a hash chain per guest, a Merkle root per day.

Whoever changes one byte of a stored event breaks the chain behind it; whoever cuts the chain's end or
rewrites all of it no longer fits the sealed roots.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from reviews.errors import Malformed
from reviews.model import GuestId
from reviews.records import Event

T = TypeVar("T")

GENESIS = "0" * 64
"""What the first event of a guest names as the hash before it."""


def canonical(value: Any) -> bytes:
    """Write any record as canonical JSON: sorted keys, no spaces, UTF-8, ISO 8601 moments and durations.

    Equal values give equal bytes on every machine and Python; this is what hashes are taken of.
    """
    plain = _adapter(type(value)).dump_python(value, mode="json")
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def parse(kind: type[T], content: bytes | str) -> T:
    """Read canonical JSON back into a record.

    Raises:
        Malformed: the content is no such record; the message names the fields, not their content.

    """
    try:
        value: T = _adapter(kind).validate_json(content)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, problem["loc"])) or "(whole)" for problem in error.errors())
        raise Malformed(f"stored {kind.__name__} cannot be read: {fields}") from error
    return value


def digest(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def stamp(event: Event) -> Event:
    """Return the event with its hash filled in; everything but ``hash`` itself is covered."""
    return replace(event, hash=digest(canonical(replace(event, hash=""))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A place where the record does not hold. ``what`` is a code, ``where`` names the row."""

    what: str
    where: str


def verify_chain(guest_id: GuestId, events: Sequence[Event]) -> tuple[Fault, ...]:
    """Check one guest's events, oldest first: numbering, owner, links and hashes."""
    faults: list[Fault] = []
    previous = GENESIS
    for number, event in enumerate(events, start=1):
        where = f"{guest_id}/E|{number:010d}"
        if event.seq != number or event.guest_id != guest_id or event.case.version != number:
            faults.append(Fault(what="out-of-sequence", where=where))
        if event.previous != previous:
            faults.append(Fault(what="broken-link", where=where))
        if stamp(event).hash != event.hash:
            faults.append(Fault(what="changed-event", where=where))
        previous = event.hash
    return tuple(faults)


def merkle_root(leaves: Sequence[str]) -> str:
    """Return the Merkle root of hex leaves, taken in sorted order; GENESIS for none.

    Leaves and nodes are hashed under different prefixes, so that a node cannot pass for a leaf (RFC 6962).
    """
    level = [hashlib.sha256(b"\x00" + leaf.encode()).digest() for leaf in sorted(leaves)]
    if not level:
        return GENESIS
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [hashlib.sha256(b"\x01" + b"".join(p)).digest() if len(p) > 1 else p[0] for p in pairs]
    return level[0].hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The heads of all guests touched since the seal before, under one root; seals are chained too.

    ``heads`` maps a guest to ``<seq>:<hash>`` of its newest event; ``extras`` maps the name of any other
    record (plan, answer, run) to its digest.
    """

    name: str
    taken_at: datetime
    previous: str
    heads: Mapping[str, str]
    extras: Mapping[str, str]
    root: str

    def leaves(self) -> list[str]:
        """Return what the root is taken over."""
        return [
            f"previous={self.previous}",
            f"taken_at={self.taken_at.isoformat()}",
            f"name={self.name}",
            *(f"head {guest}={head}" for guest, head in self.heads.items()),
            *(f"extra {name}={value}" for name, value in self.extras.items()),
        ]


def seal(
    name: str, taken_at: datetime, previous: str, heads: Mapping[str, str], extras: Mapping[str, str]
) -> Seal:
    """Seal heads and extras under one root, chained to the seal before (GENESIS for the first)."""
    draft = Seal(name=name, taken_at=taken_at, previous=previous, heads=heads, extras=extras, root="")
    return replace(draft, root=merkle_root(draft.leaves()))
