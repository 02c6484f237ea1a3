"""Holds a night against what the nights before remember, and gathers what it leaves for the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from reviews.model import Guest
from reviews.regret import Counting, Regret
from reviews.rule_change import LookingOn
from reviews.snapshots import Night, Recorder, Remembered, Snapshot, Stance, key_of
from reviews.staleness import last_use

NIGHTS_COMPARED = 7
"""On how many nights before the share of guests without sign-ins is looked back at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is known of the nights before; nothing on the first."""

    snapshot: Snapshot | None = None
    approved: bool = False
    """Whether an operator approved the plan of the night the snapshot is of."""

    @property
    def night(self) -> Night | None:
        """The night the snapshot is of."""
        return None if self.snapshot is None else self.snapshot.night

    @property
    def unseen(self) -> Sequence[float]:
        """Shares of accepted guests without any sign-in, the newest last."""
        return self.night.unseen if self.night else ()


class Remembering:
    """Takes in guest after guest, each with the stance of tonight."""

    def __init__(self, past: Past, today: date) -> None:
        before = past.night
        self._snapshot = past.snapshot
        self._before = before
        self._today = today
        self._recorder = Recorder()
        last_night = None if before is None else before.on
        self._counting = Counting(None if before is None else before.regret, last_night, today)
        self._looking_on = before is not None and before.rules != before.in_force
        self.moved = 0
        """How many guests tonight's rules go further with than the rules in force did."""

    def recall(self, guest: Guest) -> Remembered | None:
        """Return what the last night remembers of a guest; None when it did not meet it."""
        return None if self._snapshot is None else self._snapshot.find(key_of(guest.id))

    def first_met(self, known: Remembered | None) -> datetime | None:
        """Return the night a guest was first met; None when it was there before we remembered anything."""
        day = self._first_met(known)
        return datetime.combine(date.fromordinal(day), time(), UTC) if day else None

    def note(self, guest: Guest, known: Remembered | None, stance: Stance) -> None:
        """Remember a guest as it is tonight."""
        in_force = Stance.LEFT_ALONE if known is None else self._in_force(known)
        if known is not None and stance > in_force:
            self.moved += 1
        used = last_use(guest)
        was = None if known is None else known.last_use
        day = max(0 if used is None else min(used.date(), self._today).toordinal(), was or 0)
        self._counting.note(was, day)
        one = Remembered(day, self._first_met(known), stance, in_force)
        self._recorder.note(key_of(guest.id), one)

    def regret(self) -> Regret:
        """Return what is counted up to tonight."""
        return self._counting.regret()

    def pack(
        self, rules: str, looking_on: LookingOn | None, plan_hash: str, unseen: Sequence[float]
    ) -> bytes:
        """Return the snapshot of tonight."""
        keeps = looking_on is not None and self._before is not None
        night = Night(
            on=self._today,
            rules=rules,
            in_force=self._before.in_force if keeps and self._before else rules,
            looked_on=looking_on.night if looking_on else 0,
            plan_hash=plan_hash,
            unseen=tuple(unseen[-NIGHTS_COMPARED:]),
            regret=self.regret(),
        )
        return self._recorder.pack(night)

    def _first_met(self, known: Remembered | None) -> int:
        if known is not None:
            return known.first_met
        return 0 if self._snapshot is None else self._today.toordinal()

    def _in_force(self, known: Remembered) -> Stance:
        return known.in_force if self._looking_on else known.tonight
