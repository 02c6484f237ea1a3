"""How long the made-up guests have been silent, and when they come back.

The numbers were counted on consecutive active days of 5,790 contributors to twelve public repositories.
They are a proxy: they give the shape of silences, not their level.
"""

import math
from bisect import bisect_left
from itertools import accumulate
from typing import Final

GAP_DAYS: Final = (
    (0.25, 1.0),
    (0.5, 2.0),
    (0.75, 6.0),
    (0.9, 21.0),
    (0.95, 50.0),
    (0.98, 142.0),
    (0.99, 292.0),
    (0.995, 511.0),
    (0.999, 1271.0),
    (0.9999, 2500.0),
)
"""Quantiles of the days between two active days of one person; the last row is where we end the tail."""

RETURNED_WITHIN_A_YEAR: Final = (
    (14.0, 0.531),
    (30.0, 0.377),
    (45.0, 0.299),
    (60.0, 0.249),
    (90.0, 0.184),
    (120.0, 0.142),
    (180.0, 0.096),
    (270.0, 0.066),
    (365.0, 0.046),
    (540.0, 0.028),
)
"""Of the silences that reached so many days, the share that ended within the next 365 days."""

# The curve through that table: the chance to stay away from day s to day t of a silence is
# exp(-SCALE * (s**-BEND - t**-BEND)). It misses no row by more than 0.01.
_SCALE: Final = 3.7
_BEND: Final = 0.52

# Three temperaments, so that between a quarter and a third of all guests are silent for more than 90 days:
# regular visitors, seen inside one of their ordinary gaps; occasional ones, met more likely inside a long gap
# than a short one; and people who left without anybody telling the directory.
_POINTS: Final = 4096
_REGULAR: Final = int(_POINTS * 0.50)
_OCCASIONAL: Final = int(_POINTS * 0.27)
_GONE: Final = _POINTS - _REGULAR - _OCCASIONAL
_GONE_FOR_DAYS: Final = 1100.0
_GOLDEN: Final = 0.6180339887498949


def gap_days(share: float) -> float:
    """Return the gap (days) that this share (0 to 1) of all gaps does not exceed."""
    at = bisect_left(GAP_DAYS, (share, 0.0))
    if at == 0:
        return GAP_DAYS[0][1]
    if at == len(GAP_DAYS):
        return GAP_DAYS[-1][1]
    (low, short), (high, long) = GAP_DAYS[at - 1], GAP_DAYS[at]
    part = (math.log1p(-low) - math.log1p(-share)) / (math.log1p(-low) - math.log1p(-high))
    return math.exp(math.log(short) + part * (math.log(long) - math.log(short)))


def _inside_ordinary_gaps(count: int) -> list[float]:
    return [gap_days((i + 0.5) / count) * ((i * _GOLDEN) % 1.0) for i in range(count)]


def _inside_gaps_by_length(count: int) -> list[float]:
    gaps = [gap_days((i + 0.5) / _POINTS) for i in range(_POINTS)]
    upto = list(accumulate(gaps))
    met = (gaps[bisect_left(upto, (i + 0.5) / count * upto[-1])] for i in range(count))
    return [gap * ((i * _GOLDEN) % 1.0) for i, gap in enumerate(met)]


def _since_they_left(count: int) -> list[float]:
    return [_GONE_FOR_DAYS * ((i + 0.5) / count) ** 1.3 for i in range(count)]


_SILENCES: Final = tuple(
    sorted(_inside_ordinary_gaps(_REGULAR) + _inside_gaps_by_length(_OCCASIONAL) + _since_they_left(_GONE))
)


def silence_days(share: float) -> float:
    """Return the current silence (days) not exceeded by this share (0 to 1) of the guests who ever came."""
    place = share * (_POINTS - 1)
    at = min(int(place), _POINTS - 2)
    below = _SILENCES[at]
    return below + (place - at) * (_SILENCES[at + 1] - below)


def chance_of_return(silent_days: float, within_days: float) -> float:
    """Return how likely (0 to 1) a silence that has lasted so long ends within so many more days."""
    return 1.0 - math.exp(-_SCALE * (silent_days**-_BEND - (silent_days + within_days) ** -_BEND))


def days_until_return(silent_days: float, luck: float) -> float | None:
    """Return after how many more days the silence ends, or None: never.

    ``luck`` (over 0, up to 1) picks the fate.
    """
    rest = silent_days**-_BEND + math.log(luck) / _SCALE
    return None if rest <= 0.0 else rest ** (-1.0 / _BEND) - silent_days
