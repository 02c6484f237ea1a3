"""Durations as Graph writes them (Edm.Duration): days, hours, minutes and seconds, never months or years."""

import re
from datetime import timedelta

_PARTS = re.compile(
    r"P(?=\d|T\d)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?", re.ASCII
)


def duration_of(text: str) -> timedelta:
    """Read a duration such as ``P30D``. Raises ValueError for anything else."""
    match = _PARTS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no duration")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def duration_text(length: timedelta) -> str:
    """Write a duration: whole days as ``P30D``, anything else in seconds, as ``PT90S``."""
    days, rest = divmod(length, timedelta(days=1))
    return f"P{days}D" if not rest else f"PT{int(length.total_seconds())}S"
