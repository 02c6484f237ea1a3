"""Reads the five fields of a cron line: minute, hour, day of month, month, day of week."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cache

_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS = {"SUN": 0, "MON": 1, "TUE": 2, "WED": 3, "THU": 4, "FRI": 5, "SAT": 6}
_LONGEST_GAP = timedelta(days=8 * 366)
"""29 February comes back within eight years, also across a century."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A cron line, read. Weekdays count from Sunday, 0."""

    times: tuple[time, ...]
    """The times of any matching day, latest first."""
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def runs_on(self, day: date) -> bool:
        """Say whether the line runs on a day.

        When both day fields are restricted either one suffices, as in every cron since Version 7 Unix.
        """
        if day.month not in self.months:
            return False
        by_day = day.day in self.days
        by_weekday = day.isoweekday() % 7 in self.weekdays
        if len(self.days) < 31 and len(self.weekdays) < 7:
            return by_day or by_weekday
        return by_day and by_weekday

    def days_back(self, start: date) -> Iterator[date]:
        """Yield the days it runs on, from ``start`` back through eight years."""
        for back in range(_LONGEST_GAP.days):
            day = start - timedelta(days=back)
            if self.runs_on(day):
                yield day


@cache
def read_cron(line: str) -> Cron:
    """Read a cron line such as ``30 1 * * MON-FRI``: ``*``, numbers, names, lists, ranges and steps.

    Raises:
        ValueError: not five fields, a value out of range, or a day that never comes (30 February).

    """
    fields = line.split()
    if len(fields) != 5:
        raise ValueError(f"write five cron fields such as '30 1 * * *', not {line!r}")
    minutes = _field(fields[0], 0, 59, "minute")
    hours = _field(fields[1], 0, 23, "hour")
    weekdays = _field(fields[4], 0, 7, "day of week", _WEEKDAYS)
    cron = Cron(
        times=tuple(time(h, m) for h in sorted(hours, reverse=True) for m in sorted(minutes, reverse=True)),
        days=_field(fields[2], 1, 31, "day of month"),
        months=_field(fields[3], 1, 12, "month", _MONTHS),
        weekdays=frozenset(weekday % 7 for weekday in weekdays),
    )
    # Any stretch of eight years tells: the calendar's leap days are all in it.
    if next(cron.days_back(date(2028, 12, 31)), None) is None:
        raise ValueError(f"{line!r} never comes: no month has such a day")
    return cron


def _field(text: str, low: int, high: int, name: str, names: dict[str, int] | None = None) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        span, slash, step_text = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            begin, end = low, high
        else:
            begin = _number(first, low, high, name, names)
            end = _number(last, low, high, name, names) if dash else high if slash else begin
        step = _number(step_text, 1, high, name, None) if slash else 1
        if end < begin:
            raise ValueError(f"{name}: {part!r} runs backwards")
        values.update(range(begin, end + 1, step))
    return frozenset(values)


def _number(text: str, low: int, high: int, name: str, names: dict[str, int] | None) -> int:
    number = (names or {}).get(text.upper())
    if number is None and text.isascii() and text.isdigit():
        number = int(text)
    if number is None or not low <= number <= high:
        raise ValueError(f"{name}: write {low} to {high}, not {text!r}")
    return number
