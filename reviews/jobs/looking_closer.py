"""A closer look at the candidates of a night: who stands around them.

It never ends a night: what could not be found out is named, and the question is put with what is known.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviews.errors import GatehouseError
from reviews.jobs.gathering import Exposures, Gathering
from reviews.model import Candidate, Circle, GuestId, Surroundings
from reviews.policy import Policy
from reviews.ports import Policies

log = logging.getLogger("gatehouse.looking_closer")


@dataclass(frozen=True, slots=True, kw_only=True)
class LookingCloser:
    """Everything a closer look needs."""

    gathering: Gathering
    policies: Policies

    async def look(self, candidates: Sequence[Candidate]) -> Mapping[GuestId, Surroundings]:
        """Find out about every candidate what its own record does not tell."""
        policy = await self.policies.current()
        circles = await self._circles(candidates, {}, policy)
        return {guest: Surroundings(circle=circle) for guest, circle in circles.items()}

    async def _circles(
        self, candidates: Sequence[Candidate], exposures: Exposures, policy: Policy
    ) -> Mapping[GuestId, Circle]:
        try:
            return await self.gathering.circles(candidates, exposures, policy.reviewers)
        except GatehouseError as error:
            # A sponsor who can answer is asked all the same; the others wait, or go to the fallback.
            self._failed("the people around candidates could not be read", error)
            return {}

    def _failed(self, what: str, error: GatehouseError) -> None:
        log.warning(what, extra={"event": "circle.failed", "because": type(error).__name__})
