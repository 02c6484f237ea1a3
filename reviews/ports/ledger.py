"""The ledger: runs, cases with their chained events, batches, answers and owed mail."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from reviews.model import Batch, BatchId, Card, Case, GuestId, PersonId, RunId, Submission, UndoRequest
from reviews.records import Action, Arrival, Event, Move, OwedMail, Rate, Run


class Turns(Protocol):
    """Turns at what all workers together may do only so often."""

    async def take_turn(self, rate: Rate, now: datetime) -> datetime:
        """Take the next turn at a rate; return when it comes: now, or later when others were first."""
        ...

    async def end_turn(self, rate: Rate, turn: datetime, ended: datetime) -> None:
        """Count a turn from where it ended, for one that took long. A turn nobody remembers is no matter."""
        ...


class Ledger(Turns, Protocol):
    """The record: runs, cases with their chained events, batches, answers, owed mail."""

    async def begin_run(
        self, job: str, slot: datetime, *, owner: str, now: datetime, lease: timedelta
    ) -> Run | None:
        """Claim a job's slot; None when it is finished or somebody else works on it.

        The run returned is new, or taken over after its lease ran out, or held by the same owner already.
        """
        ...

    async def save_run(self, run: Run, *, owes: Sequence[OwedMail] = ()) -> Run:
        """Replace a run read at ``run.version``, owe its mails; return it at its new version, or Conflict."""
        ...

    async def run(self, run_id: RunId) -> Run | None:
        """Read one run."""
        ...

    async def recent_runs(self, job: str, limit: int) -> tuple[Run, ...]:
        """Return the newest runs of a job by slot, newest first."""
        ...

    async def case(self, guest_id: GuestId) -> Case | None:
        """Return the current case of a guest (the last one, also when closed)."""
        ...

    async def cases(self, guest_ids: Collection[GuestId]) -> Mapping[GuestId, Case]:
        """Return the current cases of many guests; who was never asked about is not among them."""
        ...

    async def live_cases(self) -> tuple[Case, ...]:
        """Return every case that is not closed, found through the index of open cases."""
        ...

    async def resting(self, now: datetime) -> Mapping[GuestId, datetime]:
        """Return the guests that are not to be asked before a moment still to come."""
        ...

    async def vouched(self, now: datetime) -> Mapping[GuestId, Case]:
        """Return the cases of resting guests that somebody answered for without being known to answer.

        Found through the index of resting guests: the cases of all others are not read.
        """
        ...

    async def move(self, move: Move) -> Case:
        """Write one move as one transaction; return the case.

        Safe to repeat: the same move arriving again (same case version, same kind, same case) is a no-op.

        Raises:
            Conflict: the stored case is not at ``move.case.version - 1``.

        """
        ...

    async def events(self, guest_id: GuestId) -> tuple[Event, ...]:
        """Return the record of a guest, oldest first."""
        ...

    async def note_arrivals(self, arrivals: Collection[Arrival]) -> None:
        """Join what is said of guests' arrivals to what is known of them. Safe to repeat, in any order."""
        ...

    async def arrivals(self, guest_ids: Collection[GuestId]) -> Mapping[GuestId, Arrival]:
        """Return how guests came, of those of whom anything is known."""
        ...

    async def touched(self, since: date) -> tuple[GuestId, ...]:
        """Return the guests whose record grew on or after a day (UTC), sorted."""
        ...

    async def begin_batch(self, batch: Batch, asks: Sequence[Action]) -> Batch:
        """Write an intended batch and what it asks unless it is there already; return what is stored."""
        ...

    async def asks(self, batch_id: BatchId) -> tuple[Action, ...]:
        """Return what a batch was intended to ask, by guest."""
        ...

    async def save_cards(self, batch_id: BatchId, cards: Sequence[Card]) -> None:
        """Write what the reviewer is shown of each guest. Safe to repeat."""
        ...

    async def save_batch(self, batch: Batch, *, owes: Sequence[OwedMail] = ()) -> Batch:
        """Replace a batch read at ``batch.version``, owe its mails; return it anew, or Conflict."""
        ...

    async def batch(self, batch_id: BatchId) -> Batch | None:
        """Read a batch."""
        ...

    async def cards(self, batch_id: BatchId) -> tuple[Card, ...]:
        """Return the cards of a batch, by guest id."""
        ...

    async def answered_cards(self, guests: Sequence[GuestId]) -> Mapping[GuestId, Card]:
        """Return what was shown of each guest when a reviewer last answered; others are left out."""
        ...

    async def live_batches(self) -> tuple[BatchId, ...]:
        """Return the batches that are not closed."""
        ...

    async def batches_of(self, reviewer: PersonId) -> tuple[BatchId, ...]:
        """Return the open batches of a reviewer."""
        ...

    async def forget(self, before: date) -> int:
        """Take names and addresses out of closed batches whose deadline was before a day; return of how many.

        Their cards and mails go, and the mails to their guests that are as old. Cases, events and answers
        stay, so that the record still holds. Safe to repeat.
        """
        ...

    async def append_answer(self, submission: Submission) -> bool:
        """Keep an answer as given. False when that guest's answer of that version is there already."""
        ...

    async def answers(self, batch_id: BatchId) -> tuple[Submission, ...]:
        """Return all answers of a batch, by guest and version."""
        ...

    async def ask_undo(self, request: UndoRequest) -> None:
        """Keep a reviewer's wish to have a guest back; the first one of a case stays."""
        ...

    async def undo_requests(self, batch_id: BatchId) -> tuple[UndoRequest, ...]:
        """Return the wishes to have guests of a batch back, by guest."""
        ...

    async def owed_mail(self, home: str, mail_id: str) -> OwedMail | None:
        """Read one owed mail."""
        ...

    async def save_mail(self, mail: OwedMail) -> OwedMail:
        """Replace a mail read at ``mail.version``; return it with its new version. Raises Conflict.

        A mail that is verified or dropped leaves the index of owed mails.
        """
        ...

    async def owe(self, mail: OwedMail) -> None:
        """Owe a mail in a batch's or run's home unless it is there already."""
        ...

    async def owed_mails(self) -> tuple[tuple[str, str], ...]:
        """Return (home, id) of every mail not yet verified or dropped."""
        ...

    async def mails(self, home: str) -> tuple[OwedMail, ...]:
        """Return every mail ever owed in a home, by id."""
        ...

    async def take_day(self, reader: str, day: date, marker: str) -> bool:
        """Take the one mail a reader gets on a day; False when another has it. Safe to repeat."""
        ...

    async def last_day(self, reader: str) -> date | None:
        """Return the newest day on which a reader's mail was taken; None when there was none."""
        ...

    async def approve(self, plan_hash: str, *, by: str, at: datetime) -> None:
        """Write down that an operator approved a plan by its hash. Safe to repeat."""
        ...

    async def approved(self, plan_hash: str) -> bool:
        """Say whether a plan was approved."""
        ...
