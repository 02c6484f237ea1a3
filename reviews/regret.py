"""How often a threshold would have been regretted: guests who were silent that long and came back after all.

Counted night by night from what the nights remember, so that no history has to be read again. An event is
counted, not a person: who falls silent twice is flagged twice. A guest who is deleted cannot come back.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reviews.model import Reason
from reviews.reasons import because

THRESHOLDS = (30, 60, 90, 120, 180)
"""Days of silence for which we count."""
A_YEAR = 365
"""Days after the threshold within which a return counts."""
EARLIEST = 30
"""Days of nights before any figure is told; before a year is over the figures can only grow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many guests were silent for more than ``days``, and how many of them came back within a year."""

    days: int
    flagged: int = 0
    returned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Regret:
    """What the nights since a day have counted, by threshold."""

    since: date
    tallies: tuple[Tally, ...] = tuple(Tally(days=days) for days in THRESHOLDS)


class Counting:
    """Counts one night. Days are ordinals; 0 stands for "no use known", and such a guest is not counted."""

    def __init__(self, before: Regret | None, last_night: date | None, tonight: date) -> None:
        self._since = before.since if before is not None else tonight
        self._last_night = 0 if last_night is None else last_night.toordinal()
        self._tonight = tonight.toordinal()
        tallies = Regret(since=tonight).tallies if before is None else before.tallies
        self._flagged = [tally.flagged for tally in tallies]
        self._returned = [tally.returned for tally in tallies]

    def note(self, was: int | None, used: int) -> None:
        """Note the day a guest was last used: as the last night knew it (None: did not know it), and now."""
        if not used:
            return
        flagged = _over(self._last_night - was) if was else 0
        if was and used > was:
            for number in range(flagged):
                self._returned[number] += used - (was + THRESHOLDS[number]) <= A_YEAR
            flagged = 0
        for number in range(flagged, _over(self._tonight - used)):
            self._flagged[number] += 1

    def regret(self) -> Regret:
        """Return what is counted so far."""
        rows = zip(THRESHOLDS, self._flagged, self._returned, strict=True)
        return Regret(since=self._since, tallies=tuple(_tally(row) for row in rows))


def told(regret: Regret, today: date, threshold: int) -> Reason:
    """Say in one sentence what was counted for a threshold, or that it is too early to say."""
    on = regret.since.isoformat()
    if (today - regret.since).days < EARLIEST:
        return because("regret-too-early", on=on)
    nearest = max((tally for tally in regret.tallies if tally.days <= threshold), key=_days, default=None)
    tally = nearest or regret.tallies[0]
    return because("regret", on=on, threshold=tally.days, flagged=tally.flagged, returned=tally.returned)


def _over(silence: int) -> int:
    """Return how many thresholds a silence of so many days is over."""
    return bisect_left(THRESHOLDS, silence)


def _tally(row: Sequence[int]) -> Tally:
    days, flagged, returned = row
    return Tally(days=days, flagged=flagged, returned=returned)


def _days(tally: Tally) -> int:
    return tally.days
