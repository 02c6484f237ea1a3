"""When a review comes round again: the two patterns access reviews know, weekly and monthly by day.

The day of the first round decides the days of all others, whatever ``dayOfMonth`` says. Source: Microsoft
Graph, patternedRecurrence as accessReviewScheduleSettings takes it.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta

from sandbox.tenant_directory import Json

PATTERNS = frozenset({"weekly", "absoluteMonthly"})
RANGES = frozenset({"noEnd", "endDate", "numbered"})


def shortest_period(pattern: Json) -> timedelta:
    """Return the least time between two rounds."""
    interval = max(1, pattern.get("interval") or 1)
    return timedelta(weeks=interval) if pattern["type"] == "weekly" else timedelta(days=28 * interval)


def round_at(recurrence: Json | None, first: date, n: int) -> datetime | None:
    """Return when round ``n`` begins, midnight UTC; round 0 is on ``first``. None past the end."""
    pattern = (recurrence or {}).get("pattern")
    if recurrence is None or not pattern:
        return _midnight(first) if n == 0 else None
    span = recurrence.get("range") or {}
    day = _nth(pattern, first, n)
    if span.get("type") == "endDate" and day > date.fromisoformat(span["endDate"]):
        return None
    if span.get("type") == "numbered" and n >= span["numberOfOccurrences"]:
        return None
    return _midnight(day)


def round_after(recurrence: Json | None, first: date, now: datetime) -> int | None:
    """Return the number of the first round that begins later than ``now``; None when there is none."""
    n = 0
    while (at := round_at(recurrence, first, n)) is not None:
        if at > now:
            return n
        n += 1
    return None


def _nth(pattern: Json, first: date, n: int) -> date:
    interval = max(1, pattern.get("interval") or 1)
    if pattern["type"] == "weekly":
        return first + timedelta(weeks=interval * n)
    year, month = divmod(first.year * 12 + first.month - 1 + interval * n, 12)
    return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
