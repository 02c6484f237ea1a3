"""What a reviewer chose and typed, before it is an answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from reviews.evidence import digest
from reviews.model import Card, Choice, GuestId

LONGEST_REASON: Final = 500
"""Characters of a reason that a reviewer may type; Graph takes 1,024 and our marker needs room."""
PAGE: Final = GuestId("")
"""Stands for the page as a whole where errors go by guest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was chosen and typed for one guest, or for several alike; ``seen`` is the version shown."""

    choice: Choice | None
    keeps_why: str = ""
    removes_why: str = ""
    until: str = ""
    """The last day the guest is needed, as the browser sent it."""
    passes_to: str = ""
    """The address of a colleague, as typed."""
    seen: int = 0

    @property
    def why(self) -> str:
        """The reason that goes with the choice; typed beside another choice it does not count."""
        return {Choice.KEEP: self.keeps_why, Choice.REMOVE: self.removes_why}.get(
            self.choice or Choice.DONT_KNOW, ""
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A form that could not be taken: everything in it, and what is amiss with which guest."""

    typed: Mapping[GuestId, Typed] = field(default_factory=dict)
    bulk: Mapping[str, Typed] = field(default_factory=dict)
    """What was chosen for guests alike, by the name of their group."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """A key of the catalogue by guest, or by group; ``PAGE`` stands for the page as a whole."""
    is_hurried: bool = False
    """True when the answers came faster than anybody reads: from now on each wants a reason in words."""


def bulk_name(group: Iterable[Card]) -> str:
    """Name a group of guests alike by who is in it: with anybody more or fewer it is another group."""
    return digest("|".join(sorted(card.guest_id for card in group)).encode())[:16]
