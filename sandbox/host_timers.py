"""When a timer is due, as the real host sees it: missed occurrences make one call, not many.

The real host writes its status after the function returned, also after a failure, so a failure costs that
occurrence (azure-webjobs-sdk-extensions, TimerListener). This host keeps the status in memory only: it does
not make up for what was missed while it was not running, and no function may depend on that.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import azure.functions as func
from azure.functions.timer import TimerRequest
from croniter import croniter

from sandbox.host_functions import Function, Timer

# The real host calls a timer late when it fires more than this after its time.
LATE = timedelta(seconds=1)


class Schedules:
    """The timers of an app and when each was last looked at."""

    def __init__(self, functions: tuple[Function, ...], *, since: datetime) -> None:
        self._timers: Mapping[str, tuple[Function, Timer]] = {
            function.name: (function, function.trigger)
            for function in functions
            if isinstance(function.trigger, Timer)
        }
        self._last: dict[str, datetime] = dict.fromkeys(self._timers, since)

    @property
    def functions(self) -> tuple[Function, ...]:
        """Every function that a timer starts."""
        return tuple(function for function, _ in self._timers.values())

    def next_due(self) -> datetime | None:
        """Return the next moment at which anything is due; None when the app has no timer."""
        return min((self._after(name, last) for name, last in self._last.items()), default=None)

    def due(self, now: datetime) -> tuple[tuple[Function, func.TimerRequest], ...]:
        """Return each timer with an occurrence since it last fired, once, with what it receives."""
        return tuple(
            (function, self.request(function, now, past_due=now - self._latest(timer, now) > LATE))
            for name, (function, timer) in self._timers.items()
            if self._after(name, self._last[name]) <= now
        )

    def request(self, function: Function, now: datetime, *, past_due: bool) -> func.TimerRequest:
        """Return what a timer function receives when it fires at ``now``."""
        return TimerRequest(
            past_due=past_due,
            schedule={"AdjustForDST": True},
            schedule_status={
                "Last": self._last[function.name].isoformat(),
                "Next": self._after(function.name, now).isoformat(),
                "LastUpdated": self._last[function.name].isoformat(),
            },
        )

    def fired(self, function: Function, now: datetime) -> None:
        """Note that a timer fired, whatever came of it."""
        self._last[function.name] = now

    def _after(self, name: str, moment: datetime) -> datetime:
        _, timer = self._timers[name]
        return _cron(timer, moment).get_next(datetime).astimezone(UTC)

    def _latest(self, timer: Timer, now: datetime) -> datetime:
        # One microsecond later, so that an occurrence at this very moment counts as the latest.
        return _cron(timer, now + timedelta(microseconds=1)).get_prev(datetime).astimezone(UTC)


def _cron(timer: Timer, moment: datetime) -> croniter:
    return croniter(timer.schedule, moment, second_at_beginning=True)
