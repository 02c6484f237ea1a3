"""What happens by itself in the sandbox tenant, and when: reviews end, assignments expire, accounts go."""

import heapq
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum


class Due(StrEnum):
    """What can fall due."""

    WORK = "a request is begun with"
    DELIVER = "a request is finished"
    EXPIRE = "an assignment expires"
    LEAVE = "a blocked outsider is deleted"
    ROUND = "a review comes round"
    BEGIN = "an instance begins"
    REMIND = "reviewers are reminded"
    STAGE_END = "a stage ends"
    END = "an instance ends"
    GO_ON = "an instance goes on to its next state"


class Agenda:
    """Things that fall due, in the order of their moments; of one moment, in the order they were put in.

    Nothing is ever taken back: whoever is called finds out whether there is still something to do.
    """

    def __init__(self) -> None:
        self._due: list[tuple[datetime, int, Due, str]] = []
        self._put = 0

    def put(self, at: datetime, what: Due, key: str) -> None:
        """Let ``what`` happen to ``key`` at a moment; a moment long past is made up for at once."""
        self._put += 1
        heapq.heappush(self._due, (at, self._put, what, key))

    def take(self, now: datetime) -> Iterator[tuple[datetime, Due, str]]:
        """Yield (moment, what, key) of everything due by ``now``, also what is put in meanwhile."""
        while self._due and self._due[0][0] <= now:
            at, _, what, key = heapq.heappop(self._due)
            yield at, what, key
