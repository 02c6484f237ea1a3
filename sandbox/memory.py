"""The ledger and the queue kept in memory: the plugs of unit tests and quick stories.

They behave as the ones in ``adapters`` (tests/contracts runs the same suite against both) and give other
tasks a turn at every call, so that racing callers do race.
"""

import asyncio
import itertools
from bisect import insort
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from adapters.envelopes import queue_of, seal, seconds_hidden
from adapters.tables.rules import (
    check_homes,
    event_of,
    first_claim,
    home_of,
    is_owed,
    is_repeat,
    last_answered,
    run_id,
    take_over,
)
from reviews.arrivals import joined
from reviews.backfill import confirmed
from reviews.errors import Conflict, Gone
from reviews.evidence import GENESIS
from reviews.forgetting import is_to_be_forgotten, nameless
from reviews.messages import Message
from reviews.model import (
    Batch,
    BatchId,
    BatchStep,
    Card,
    Case,
    CaseId,
    GuestId,
    PersonId,
    RunId,
    Step,
    Submission,
    UndoRequest,
)
from reviews.records import Action, Arrival, Event, Move, OwedMail, Run
from sandbox.memory_turns import MemoryTurns

_T = TypeVar("_T", Run, Batch, OwedMail)


class MemoryLedger(MemoryTurns):
    """The record in dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self._runs: dict[RunId, Run] = {}
        self._cases: dict[GuestId, Case] = {}
        self._events: dict[GuestId, list[Event]] = {}
        self._arrivals: dict[GuestId, Arrival] = {}
        self._batches: dict[BatchId, Batch] = {}
        self._asks: dict[BatchId, dict[GuestId, Action]] = {}
        self._cards: dict[BatchId, dict[GuestId, Card]] = {}
        self._answers: dict[BatchId, dict[tuple[GuestId, int], Submission]] = {}
        self._undo: dict[BatchId, dict[tuple[GuestId, CaseId], UndoRequest]] = {}
        self._mails: dict[tuple[str, str], OwedMail] = {}
        self._approvals: dict[str, tuple[str, datetime]] = {}

    # runs

    async def begin_run(
        self, job: str, slot: datetime, *, owner: str, now: datetime, lease: timedelta
    ) -> Run | None:
        """Claim a job's slot; see the port."""
        await _turn()
        name = run_id(job, slot)
        stored = self._runs.get(name)
        if stored is None:
            self._runs[name] = first_claim(job, slot, owner=owner, now=now, lease=lease)
            return self._runs[name]
        taken = take_over(stored, owner=owner, now=now, lease=lease)
        if taken is None:
            return None
        self._runs[name] = replace(taken, version=taken.version + 1)
        return self._runs[name]

    async def save_run(self, run: Run, *, owes: Sequence[OwedMail] = ()) -> Run:
        """Replace a run; see the port. Raises Gone when it was never begun."""
        await _turn()
        check_homes(owes, f"run:{run.id}")
        self._runs[run.id] = _next(self._runs.get(run.id), run, run.id)
        self._owe(owes)
        return self._runs[run.id]

    async def run(self, run_id: RunId) -> Run | None:
        """Read one run."""
        await _turn()
        return self._runs.get(run_id)

    async def recent_runs(self, job: str, limit: int) -> tuple[Run, ...]:
        """Return the newest runs of a job, newest first."""
        await _turn()
        runs = [run for run in self._runs.values() if run.job == job]
        return tuple(sorted(runs, key=lambda run: run.slot, reverse=True)[:limit])

    # cases

    async def case(self, guest_id: GuestId) -> Case | None:
        """Return the current case of a guest."""
        await _turn()
        return self._cases.get(guest_id)

    async def cases(self, guest_ids: Collection[GuestId]) -> Mapping[GuestId, Case]:
        """Return the current cases of many guests."""
        await _turn()
        return {one: self._cases[one] for one in guest_ids if one in self._cases}

    async def live_cases(self) -> tuple[Case, ...]:
        """Return every case that is not closed, by guest id."""
        await _turn()
        return tuple(case for _, case in sorted(self._cases.items()) if case.step is not Step.CLOSED)

    async def resting(self, now: datetime) -> Mapping[GuestId, datetime]:
        """Return who is not to be asked before a moment still to come."""
        await _turn()
        pairs = ((guest_id, case.rests_until) for guest_id, case in self._cases.items())
        return {guest_id: until for guest_id, until in pairs if until is not None and until > now}

    async def vouched(self, now: datetime) -> Mapping[GuestId, Case]:
        """Return the cases of resting guests somebody answered for who was not known to."""
        cases = await self.cases(await self.resting(now))
        return {guest_id: case for guest_id, case in cases.items() if confirmed(case) is not None}

    async def move(self, move: Move) -> Case:
        """Write one move; see the port."""
        await _turn()
        guest_id = move.case.guest_id
        check_homes(move.owes, f"guest:{guest_id}")
        stored, events = self._cases.get(guest_id), self._events.get(guest_id, [])
        if stored is not None and is_repeat(move, stored, events[-1] if events else None):
            return stored
        version = 0 if stored is None else stored.version
        if move.case.version != version + 1:
            raise Conflict(f"case of guest {guest_id} is at version {version}")
        event = event_of(move, events[-1].hash if events else GENESIS)
        self._cases[guest_id] = move.case
        self._events.setdefault(guest_id, []).append(event)
        self._owe(move.owes)
        return move.case

    async def events(self, guest_id: GuestId) -> tuple[Event, ...]:
        """Return the record of a guest, oldest first."""
        await _turn()
        return tuple(self._events.get(guest_id, ()))

    async def note_arrivals(self, arrivals: Collection[Arrival]) -> None:
        """Join what is said of arrivals to what is known."""
        await _turn()
        self._arrivals = dict(joined([*self._arrivals.values(), *arrivals]))

    async def arrivals(self, guest_ids: Collection[GuestId]) -> Mapping[GuestId, Arrival]:
        """Return how guests came, of those of whom anything is known."""
        await _turn()
        return {one: self._arrivals[one] for one in guest_ids if one in self._arrivals}

    async def touched(self, since: date) -> tuple[GuestId, ...]:
        """Return the guests whose record grew on or after a day (UTC), sorted."""
        await _turn()
        grown = (
            guest_id
            for guest_id, events in self._events.items()
            if any(event.at.astimezone(UTC).date() >= since for event in events)
        )
        return tuple(sorted(grown))

    # batches

    async def begin_batch(self, batch: Batch, asks: Sequence[Action]) -> Batch:
        """Write an intended batch and what it asks unless it is there already."""
        await _turn()
        if batch.id not in self._batches:
            self._batches[batch.id] = batch
            self._asks[batch.id] = {ask.guest_id: ask for ask in asks}
        return self._batches[batch.id]

    async def asks(self, batch_id: BatchId) -> tuple[Action, ...]:
        """Return what a batch was intended to ask, by guest."""
        await _turn()
        return tuple(ask for _, ask in sorted(self._asks.get(batch_id, {}).items()))

    async def save_cards(self, batch_id: BatchId, cards: Sequence[Card]) -> None:
        """Write what the reviewer is shown of each guest."""
        await _turn()
        self._cards.setdefault(batch_id, {}).update({card.guest_id: card for card in cards})

    async def save_batch(self, batch: Batch, *, owes: Sequence[OwedMail] = ()) -> Batch:
        """Replace a batch; see the port. Raises Gone when it was never begun."""
        await _turn()
        check_homes(owes, f"batch:{batch.id}")
        self._batches[batch.id] = _next(self._batches.get(batch.id), batch, batch.id)
        self._owe(owes)
        return self._batches[batch.id]

    async def batch(self, batch_id: BatchId) -> Batch | None:
        """Read a batch."""
        await _turn()
        return self._batches.get(batch_id)

    async def cards(self, batch_id: BatchId) -> tuple[Card, ...]:
        """Return the cards of a batch, by guest id."""
        await _turn()
        return tuple(card for _, card in sorted(self._cards.get(batch_id, {}).items()))

    async def answered_cards(self, guests: Sequence[GuestId]) -> Mapping[GuestId, Card]:
        """Return what was shown of each guest when a reviewer last answered."""
        await _turn()
        found = {}
        for guest_id in guests:
            case = last_answered(self._events.get(guest_id, ()))
            card = None if case is None else self._cards.get(case.batch_id, {}).get(guest_id)
            if card is not None:
                found[guest_id] = card
        return found

    async def live_batches(self) -> tuple[BatchId, ...]:
        """Return the batches that are not closed, sorted."""
        await _turn()
        live = (batch.id for batch in self._batches.values() if batch.step is not BatchStep.CLOSED)
        return tuple(sorted(live))

    async def batches_of(self, reviewer: PersonId) -> tuple[BatchId, ...]:
        """Return the open batches of a reviewer, sorted."""
        await _turn()
        theirs = (batch for batch in self._batches.values() if batch.reviewer_id == reviewer)
        return tuple(sorted(batch.id for batch in theirs if batch.step is BatchStep.OPEN))

    async def forget(self, before: date) -> int:
        """Take names and addresses out of batches that were over before a day; see the port."""
        await _turn()
        old = [
            one for one in self._batches.values() if is_to_be_forgotten(one) and one.deadline.date() < before
        ]
        for batch in old:
            homes = {f"batch:{batch.id}", *(f"guest:{guest_id}" for guest_id in batch.guests)}
            self._mails = {
                where: mail
                for where, mail in self._mails.items()
                if mail.home not in homes or is_owed(mail) or mail.owed_at.date() >= before
            }
            self._cards.pop(batch.id, None)
            self._asks.pop(batch.id, None)
            self._batches[batch.id] = _next(batch, nameless(batch), batch.id)
        return len(old)

    async def append_answer(self, submission: Submission) -> bool:
        """Keep an answer as given; False when that guest's answer of that version is there already."""
        await _turn()
        answers = self._answers.setdefault(submission.batch_id, {})
        key = (submission.guest_id, submission.version)
        return answers.setdefault(key, submission) is submission

    async def answers(self, batch_id: BatchId) -> tuple[Submission, ...]:
        """Return all answers of a batch, by guest and version."""
        await _turn()
        return tuple(answer for _, answer in sorted(self._answers.get(batch_id, {}).items()))

    async def ask_undo(self, request: UndoRequest) -> None:
        """Keep a wish to have a guest back; the first one of a case stays."""
        await _turn()
        wishes = self._undo.setdefault(request.batch_id, {})
        wishes.setdefault((request.guest_id, request.case_id), request)

    async def undo_requests(self, batch_id: BatchId) -> tuple[UndoRequest, ...]:
        """Return the wishes to have guests of a batch back, by guest."""
        await _turn()
        return tuple(wish for _, wish in sorted(self._undo.get(batch_id, {}).items()))

    # mail

    async def owed_mail(self, home: str, mail_id: str) -> OwedMail | None:
        """Read one owed mail."""
        await _turn()
        home_of(home)
        return self._mails.get((home, mail_id))

    async def save_mail(self, mail: OwedMail) -> OwedMail:
        """Replace a mail; see the port. Raises Gone when it was never owed."""
        await _turn()
        key = (mail.home, mail.id)
        self._mails[key] = _next(self._mails.get(key), mail, f"{mail.home}|{mail.id}")
        return self._mails[key]

    async def owe(self, mail: OwedMail) -> None:
        """Owe a mail unless it is there already."""
        await _turn()
        self._owe([mail])

    async def mails(self, home: str) -> tuple[OwedMail, ...]:
        """Return every mail ever owed in a home, by id."""
        await _turn()
        home_of(home)
        return tuple(mail for (where, _), mail in sorted(self._mails.items()) if where == home)

    async def owed_mails(self) -> tuple[tuple[str, str], ...]:
        """Return (home, id) of every mail not yet verified or dropped, sorted."""
        await _turn()
        return tuple(sorted(key for key, mail in self._mails.items() if is_owed(mail)))

    def _owe(self, mails: Sequence[OwedMail]) -> None:
        for mail in mails:
            home_of(mail.home)
            self._mails.setdefault((mail.home, mail.id), mail)

    # approvals

    async def approve(self, plan_hash: str, *, by: str, at: datetime) -> None:
        """Write down an approval; the first one stays."""
        await _turn()
        self._approvals.setdefault(plan_hash, (by, at))

    async def approved(self, plan_hash: str) -> bool:
        """Say whether a plan was approved."""
        await _turn()
        return plan_hash in self._approvals


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Waiting:
    """A message in the queue: ``after`` is the wait it was put with, ``number`` the order it came in."""

    after: timedelta
    number: int
    queue: str
    message: Message = field(compare=False)


class MemoryQueue:
    """All queues in one list, taken from by hand: those without a wait first, then by wait."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []
        self._parked: Counter[str] = Counter()
        self._numbers = itertools.count(1)

    async def put(self, message: Message, *, after: timedelta = timedelta()) -> None:
        """Hand over one message. What could not travel as an envelope is refused here as well."""
        await _turn()
        seal(message)
        seconds_hidden(after)
        insort(
            self._waiting,
            Waiting(after=after, number=next(self._numbers), queue=queue_of(message), message=message),
        )

    async def parked(self) -> Mapping[str, int]:
        """Count the messages in each poison queue."""
        await _turn()
        return dict(self._parked)

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """What lies in the queues, in the order it would be taken."""
        return tuple(self._waiting)

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages that lie in the queues, in the order they would be taken."""
        return tuple(entry.message for entry in self._waiting)

    def take(self, queue: str | None = None) -> Message | None:
        """Take the next message off one queue, or off any; None when there is none."""
        for place, entry in enumerate(self._waiting):
            if queue in {None, entry.queue}:
                del self._waiting[place]
                return entry.message
        return None

    def park(self, message: Message) -> None:
        """Move a message that failed for good to its poison queue."""
        self._parked[f"{queue_of(message)}-poison"] += 1


def _next(stored: _T | None, given: _T, name: str) -> _T:
    if stored is None:
        raise Gone(f"{name} was never begun")
    if stored.version != given.version:
        raise Conflict(f"{name} is at version {stored.version}")
    return replace(given, version=given.version + 1)


async def _turn() -> None:
    await asyncio.sleep(0)
