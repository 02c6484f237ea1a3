"""How much the sandbox tenant lets one app ask for, counted on the tenant's own clock.

Budgets: Microsoft Graph throttling limits (identity and access, reports, Outlook).
"""

import math
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

SIGN_IN_ACTIVITY = "sign-in activity"
REPORTS = "reports"

_WINDOWS: dict[str, tuple[int, timedelta]] = {
    SIGN_IN_ACTIVITY: (10, timedelta(minutes=1)),
    REPORTS: (5, timedelta(seconds=10)),
}
_MAILBOX_WINDOW = (10_000, timedelta(minutes=10))
_SENDING_WINDOW = (30, timedelta(minutes=1))
MAILBOX_AT_ONCE = 4

_UNITS_PERIOD = timedelta(seconds=10)
_WRITES = 3_000
_WRITES_PERIOD = timedelta(seconds=150)


def units_for(users: int) -> int:
    """Return the ResourceUnits one app may spend per 10 seconds in a tenant of ``users`` accounts."""
    if users < 50:
        return 3_500
    return 5_000 if users <= 500 else 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMany:
    """A refusal: wait ``retry_after`` and the same request has room again."""

    retry_after: timedelta


class _Bucket:
    """A token bucket that refills steadily."""

    def __init__(self, size: int, period: timedelta) -> None:
        self.size = size
        self.per_second = size / period.total_seconds()
        self.left = float(size)
        self.filled_at: datetime | None = None

    def take(self, cost: int, now: datetime) -> TooMany | None:
        if self.filled_at is not None:
            gained = (now - self.filled_at).total_seconds() * self.per_second
            self.left = min(float(self.size), self.left + gained)
        self.filled_at = now
        if self.left < cost:
            return TooMany(retry_after=_whole((cost - self.left) / self.per_second))
        self.left -= cost
        return None

    @property
    def used(self) -> float:
        """The spent share of the bucket, 0.0 to 1.0."""
        return 1.0 - self.left / self.size


class _Window:
    """A count of requests in the period just past; refused requests count too, as Graph logs them."""

    def __init__(self, size: int, period: timedelta) -> None:
        self.size = size
        self.period = period
        self.at: deque[datetime] = deque(maxlen=size)

    def take(self, now: datetime) -> TooMany | None:
        full = len(self.at) == self.size and now - self.at[0] < self.period
        self.at.append(now)
        if not full:
            return None
        return TooMany(retry_after=_whole((self.at[0] + self.period - now).total_seconds()))


def _whole(seconds: float) -> timedelta:
    return timedelta(seconds=max(1, math.ceil(seconds)))


class Throttle:
    """The allowances of the one app that calls this tenant."""

    def __init__(self, *, on: bool, users: int) -> None:
        self.on = on
        self._units = _Bucket(units_for(users), _UNITS_PERIOD)
        self._writes = _Bucket(_WRITES, _WRITES_PERIOD)
        self._windows: dict[str, _Window] = {}
        self._busy: dict[str, int] = {}

    def directory(self, now: datetime, cost: int, *, writes: bool) -> TooMany | None:
        """Charge a directory request of ``cost`` ResourceUnits; a write also costs one write."""
        if not self.on:
            return None
        return self._units.take(cost, now) or (self._writes.take(1, now) if writes else None)

    def window(self, name: str, now: datetime) -> TooMany | None:
        """Charge one request to ``SIGN_IN_ACTIVITY`` or ``REPORTS``."""
        return self._count(name, _WINDOWS[name], now) if self.on else None

    def mailbox(self, address: str, now: datetime, *, sends: bool) -> TooMany | None:
        """Charge one request to a mailbox; a sent message also counts against 30 a minute."""
        if not self.on:
            return None
        refused = self._count(f"mailbox {address}", _MAILBOX_WINDOW, now)
        if refused is None and sends:
            refused = self._count(f"sending {address}", _SENDING_WINDOW, now)
        return refused

    def enter(self, address: str) -> TooMany | None:
        """Open one of a mailbox's four places; every ``enter`` that is not refused needs a ``leave``."""
        if self.on and self._busy.get(address, 0) >= MAILBOX_AT_ONCE:
            return TooMany(retry_after=timedelta(seconds=1))
        self._busy[address] = self._busy.get(address, 0) + 1
        return None

    def leave(self, address: str) -> None:
        """Give the place back."""
        self._busy[address] -= 1

    @property
    def used(self) -> float:
        """The spent share of the ResourceUnits, 0.0 to 1.0."""
        return self._units.used if self.on else 0.0

    def _count(self, name: str, limit: tuple[int, timedelta], now: datetime) -> TooMany | None:
        window = self._windows.get(name)
        if window is None:
            window = self._windows[name] = _Window(*limit)
        return window.take(now)
