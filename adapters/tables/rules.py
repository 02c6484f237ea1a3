"""What every ledger agrees on, wherever its rows lie: names of runs, homes of mail, who may take over."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from reviews.errors import Malformed
from reviews.evidence import canonical, stamp
from reviews.model import Case, Choice, RunId
from reviews.records import Event, MailStep, Move, OwedMail, Rate, Run, RunStep

SETTLED = frozenset({MailStep.VERIFIED, MailStep.DROPPED})
"""A mail at one of these steps is owed no longer."""

_DECIDES = frozenset({Choice.KEEP, Choice.REMOVE})
_JOB = re.compile(r"[a-z][a-z-]*")
_LAST_SECOND = 253_402_300_799
_HOMES = frozenset({"guest", "batch", "run"})


def run_id(job: str, slot: datetime) -> RunId:
    """Name a job's run at a slot, for example ``night:2026-11-20T01:30Z``.

    Raises:
        Malformed: the job is no word, or the slot is not a whole minute of an aware moment.

    """
    if not _JOB.fullmatch(job):
        raise Malformed("job: expected lower-case letters and hyphens")
    if slot.tzinfo is None or slot.second or slot.microsecond:
        raise Malformed("slot: expected an aware moment on a whole minute")
    return RunId(f"{job}:{slot.astimezone(UTC):%Y-%m-%dT%H:%M}Z")


def job_and_slot(name: RunId) -> tuple[str, datetime]:
    """Take a run id apart again. Raises Malformed."""
    job, _, slot = name.partition(":")
    try:
        moment = datetime.strptime(slot, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise Malformed("run id: expected job:YYYY-MM-DDTHH:MMZ") from error
    if run_id(job, moment) != name:
        raise Malformed("run id: expected job:YYYY-MM-DDTHH:MMZ")
    return job, moment


def home_of(home: str) -> tuple[str, str]:
    """Take a mail's home apart into ``guest``, ``batch`` or ``run`` and an id. Raises Malformed."""
    kind, _, rest = home.partition(":")
    if kind not in _HOMES or not rest:
        raise Malformed("home: expected guest:<id>, batch:<id> or run:<id>")
    return kind, rest


def first_claim(job: str, slot: datetime, *, owner: str, now: datetime, lease: timedelta) -> Run:
    """Return the run that claims a slot nobody has claimed, with its nonce drawn."""
    return Run(
        id=run_id(job, slot),
        job=job,
        slot=slot.astimezone(UTC),
        step=RunStep.STARTED,
        owner=owner,
        leased_until=now + lease,
        nonce=secrets.token_hex(16),
        version=1,
    )


def take_over(run: Run, *, owner: str, now: datetime, lease: timedelta) -> Run | None:
    """Return the run as its next holder would hold it; None when it is finished or somebody works on it.

    The version is the one read: writing it back moves it on, which fences off the holder before.
    """
    if run.step is RunStep.FINISHED or (run.owner != owner and run.leased_until > now):
        return None
    return replace(run, owner=owner, leased_until=now + lease)


def event_of(move: Move, previous: str) -> Event:
    """Return the event that a move adds to its guest's record, behind the event with hash ``previous``."""
    draft = Event(
        guest_id=move.case.guest_id,
        seq=move.case.version,
        at=move.at,
        kind=move.kind,
        actor=move.actor,
        run_id=move.run_id,
        case=move.case,
        facts=dict(move.facts or {}),
        previous=previous,
        hash="",
    )
    return stamp(draft)


def is_repeat(move: Move, stored: Case, newest: Event | None) -> bool:
    """Say whether a move is the very one that made the stored case what it is."""
    return (
        newest is not None
        and newest.seq == move.case.version == stored.version
        and newest.kind == move.kind
        and canonical(stored) == canonical(move.case)
    )


def is_owed(mail: OwedMail) -> bool:
    """Say whether a mail still waits to be sent and seen to have left."""
    return mail.step not in SETTLED


def run_key(slot: datetime) -> str:
    """Return the row key of a slot: counted down from the year 9999, so that the newest comes first."""
    return f"{_LAST_SECOND - int(slot.timestamp()):012d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The newest turns at a rate, in order of time, as many as may lie in one period."""

    turns: tuple[datetime, ...] = ()

    def next(self, rate: Rate, now: datetime) -> datetime:
        """Return when the next turn is: never sooner than the rate allows, nor than now."""
        if len(self.turns) < rate.turns:
            return now
        return max(now, self.turns[-rate.turns] + rate.period)

    def also(self, rate: Rate, turn: datetime) -> "Taken":
        """Count one more turn."""
        return Taken(turns=tuple(sorted((*self.turns, turn))[-rate.turns :]))

    def ended(self, rate: Rate, turn: datetime, ended: datetime) -> "Taken":
        """Count a turn from where it ended."""
        turns = list(self.turns)
        if turn in turns:
            turns.remove(turn)
        return Taken(turns=tuple(turns)).also(rate, ended)


def check_homes(mails: Sequence[OwedMail], home: str) -> None:
    """Refuse mails that cannot be written in one transaction with their reason. Raises Malformed."""
    for mail in mails:
        if mail.home != home:
            raise Malformed(f"mail {mail.id}: its home is not {home}")


def last_answered(events: Sequence[Event]) -> Case | None:
    """Return the newest case somebody decided, keep or remove; None when nobody ever did."""
    decided = (event.case for event in reversed(events) if event.case.answer is not None)
    return next((case for case in decided if case.answer and case.answer.choice in _DECIDES), None)
