"""The audit log of the directory, as far as it tells who invited whom."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from reviews.records import Arrival


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """One page of the log: what each line says of one guest's arrival."""

    arrivals: tuple[Arrival, ...]
    odd: int = 0
    """Lines that could not be understood."""


class Invitations(Protocol):
    """Invitations and acceptances, as long as the directory remembers them."""

    async def kept_for(self) -> timedelta:
        """Return how long the tenant keeps its log: 30 days, or 7 without a licence that is known."""
        ...

    def since(self, moment: datetime) -> AsyncIterator[Lines]:
        """Yield every page of lines written since a moment, in no particular order.

        Raises:
            Forbidden: the log must not be read; Transient when it cannot be now.

        """
        ...
