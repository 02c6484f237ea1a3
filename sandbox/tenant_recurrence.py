"""When a review comes round again: the two patterns access reviews know, weekly and monthly by day.

Source: Microsoft Graph, patternedRecurrence as accessReviewScheduleSettings takes it.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from sandbox.tenant_directory import Json

PATTERNS = frozenset({"weekly", "absoluteMonthly"})
RANGES = frozenset({"noEnd", "endDate", "numbered"})


def shortest_period(pattern: Json) -> timedelta:
    """Return the least time between two rounds."""
    interval = max(1, pattern.get("interval") or 1)
    return timedelta(weeks=interval) if pattern["type"] == "weekly" else timedelta(days=28 * interval)


def rounds(recurrence: Json | None, first: date) -> Iterator[datetime]:
    """Yield when each round begins, midnight UTC, the first on ``first``; once only without a pattern."""
    pattern = (recurrence or {}).get("pattern")
    if recurrence is None or not pattern:
        yield _midnight(first)
        return
    span = recurrence.get("range") or {}
    last = date.fromisoformat(span["endDate"]) if span.get("type") == "endDate" else date.max
    count = span.get("numberOfOccurrences") if span.get("type") == "numbered" else None
    n = 0
    while count is None or n < count:
        day = _nth(pattern, first, n)
        if day > last:
            return
        yield _midnight(day)
        n += 1


def _nth(pattern: Json, first: date, n: int) -> date:
    interval = max(1, pattern.get("interval") or 1)
    if pattern["type"] == "weekly":
        return first + timedelta(weeks=interval * n)
    months = first.year * 12 + first.month - 1 + interval * n
    year, month = divmod(months, 12)
    wanted = pattern.get("dayOfMonth") or first.day
    if n == 0:
        return first
    return date(year, month + 1, min(wanted, monthrange(year, month + 1)[1]))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
