"""The names of things: each kind of id is a type of its own. And what a fact is when it cannot be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NewType

GuestId = NewType("GuestId", str)
PersonId = NewType("PersonId", str)
CaseId = NewType("CaseId", str)
BatchId = NewType("BatchId", str)
RunId = NewType("RunId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A fact the directory did not let us read; ``why`` is a code such as ``no-licence``."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something is so, as a stable code with parameters; ``notifications`` makes words of it."""

    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)
