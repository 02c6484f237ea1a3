"""The sockets in the walls: what the jobs need of the world, and what they hand to one another.

Each protocol has a production plug in ``adapters`` and an in-memory one in ``sandbox/memory.py``;
tests/contracts runs the same suite against both.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from reviews.messages import Message
from reviews.model import (
    Answer,
    Batch,
    BatchId,
    Card,
    Case,
    Choice,
    Guest,
    GuestId,
    Person,
    PersonId,
    Receipt,
    RunId,
    SetAside,
    Submission,
)
from reviews.policy import Policy
from reviews.records import Action, Event, Move, OwedMail, Plan, Run


class Clock(Protocol):
    """The time, and waiting for it."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...

    async def sleep(self, duration: timedelta) -> None:
        """Wait; a clock moved by hand moves instead."""
        ...


class Policies(Protocol):
    """Where the policy in force comes from."""

    async def current(self) -> Policy:
        """Return the policy in force now; an edit shows at the next call."""
        ...


# --- the directory ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a census."""

    guests: tuple[Guest, ...]
    set_aside: tuple[SetAside, ...]


class Census(Protocol):
    """One reading of all guests: iterate its pages to the end, then ask for the receipt."""

    def pages(self) -> AsyncIterator[Page]:
        """Yield every page once, in order; an account that appears twice is yielded once.

        Raises:
            CensusIncomplete: a page failed for good or repeated, or page tokens kept expiring.
                (An expired token restarts the reading; who was yielded already is not yielded again.)

        """
        ...

    def receipt(self) -> Receipt:
        """Return what was read. Only after the last page; raises CensusIncomplete before that."""
        ...


class Directory(Protocol):
    """Accounts of the tenant: reading them, switching them off, and the way back."""

    def census(self) -> Census:
        """Start a reading of all guests with sign-in activity and sponsors.

        Without the licence or permission for sign-in activity the census is read without it, and the
        receipt and every guest say so.
        """
        ...

    async def guest(self, guest_id: GuestId, *, sign_ins: bool = True) -> Guest | None:
        """Read one account afresh, with sponsors; None when it is not in the directory.

        Without ``sign_ins`` the guest says ``Unreadable(why="not-asked")``: reads of sign-in activity are
        limited to 10 a minute, so opening questions goes without, and ending access never does.
        """
        ...

    async def person(self, person_id: PersonId) -> Person | None:
        """Read one possible reviewer afresh; None when there is no such user."""
        ...

    async def is_deleted(self, guest_id: GuestId) -> bool:
        """Say whether the account lies among the soft-deleted ones, from which it can be restored."""
        ...

    async def set_enabled(self, guest_id: GuestId, *, enabled: bool) -> None:
        """Allow or block sign-in. Safe to repeat.

        Raises:
            Gone: no such account. Forbidden: the directory protects it (admin role, restricted unit).

        """
        ...

    async def soft_delete(self, guest_id: GuestId) -> None:
        """Move the account to the deleted items, restorable for 30 days. Raises Gone, Forbidden."""
        ...

    async def restore(self, guest_id: GuestId) -> None:
        """Bring a soft-deleted account back. Raises Gone when the directory has forgotten it."""
        ...


# --- native reviews --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeDecision:
    """A decision item of a native review instance. ``by`` is None when nobody has decided."""

    guest_id: GuestId
    choice: Choice | None
    """None for NotReviewed and for words we do not know."""
    decision: str
    """The directory's own word."""
    by: PersonId | None
    at: datetime | None
    justification: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeReview:
    """A definition's only instance. ``status`` is kept as text: the service may use words we do not know."""

    definition_id: str
    instance_id: str | None
    status: str


class AccessReviews(Protocol):
    """Cohort groups and access-review definitions in Entra."""

    async def find_group(self, batch_id: BatchId) -> str | None:
        """Find the cohort group of a batch by its marker; its id, or None."""
        ...

    async def create_group(self, batch: Batch) -> str:
        """Create the cohort group of a batch with its guests as members; return its id. Raises Ambiguous."""
        ...

    async def missing_members(self, group_id: str, guests: Sequence[GuestId]) -> tuple[GuestId, ...]:
        """Return those of ``guests`` the group does not hold (yet)."""
        ...

    async def add_members(self, group_id: str, guests: Sequence[GuestId]) -> None:
        """Add guests to the group, 20 a call. Safe to repeat: who is in already stays in."""
        ...

    async def remove_group(self, group_id: str) -> None:
        """Delete a cohort group; a group that is gone counts as removed."""
        ...

    async def find_definition(self, batch_id: BatchId) -> str | None:
        """Find the definition of a batch by its marker; its id, or None."""
        ...

    async def create_definition(self, batch: Batch, fallback: Sequence[PersonId]) -> str:
        """Create the review of a batch's group by its reviewer; return its id. Raises Ambiguous."""
        ...

    async def review(self, definition_id: str) -> NativeReview | None:
        """Read a definition and its instance; None when somebody deleted it."""
        ...

    async def decisions(self, definition_id: str, instance_id: str) -> tuple[NativeDecision, ...]:
        """Read all decision items of an instance, page by page."""
        ...

    async def record(self, batch: Batch, guest_id: GuestId, answer: Answer) -> None:
        """Write an answer to the native review. Safe to repeat. Always names both guest and group.

        Raises:
            NotSupported: the instance takes no decisions (not started, or over).

        """
        ...


# --- the ledger ------------------------------------------------------------------------------------


class Ledger(Protocol):
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

    async def live_cases(self) -> tuple[Case, ...]:
        """Return every case that is not closed, found through the index of open cases."""
        ...

    async def resting(self, now: datetime) -> Mapping[GuestId, datetime]:
        """Return the guests that are not to be asked before a moment still to come."""
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

    async def live_batches(self) -> tuple[BatchId, ...]:
        """Return the batches that are not closed."""
        ...

    async def append_answer(self, submission: Submission) -> bool:
        """Keep an answer as given. False when that guest's answer of that version is there already."""
        ...

    async def answers(self, batch_id: BatchId) -> tuple[Submission, ...]:
        """Return all answers of a batch, by guest and version."""
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

    async def approve(self, plan_hash: str, *, by: str, at: datetime) -> None:
        """Write down that an operator approved a plan by its hash. Safe to repeat."""
        ...

    async def approved(self, plan_hash: str) -> bool:
        """Say whether a plan was approved."""
        ...


# --- queues, mail, blobs ---------------------------------------------------------------------------


class Queue(Protocol):
    """Work handed from one trigger to the next; messages hold ids only and may arrive more than once."""

    async def put(self, message: Message, *, after: timedelta = timedelta()) -> None:
        """Hand over one message, visible after a while. A lost reply may put it twice."""
        ...

    async def parked(self) -> Mapping[str, int]:
        """Count the messages in each poison queue; empty when there are none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A rendered mail."""

    to: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A mail lying in the sender's Drafts, or sent from it (``is_draft`` False)."""

    id: str
    internet_message_id: str
    is_draft: bool


class Mailer(Protocol):
    """The one mailbox that mail leaves from. ``marker`` ties a message to its row in the outbox."""

    async def find(self, marker: str) -> Draft | None:
        """Find a message by its marker, draft or sent; None when there is none (yet)."""
        ...

    async def draft(self, letter: Letter, marker: str) -> Draft:
        """Lay a draft. Raises Ambiguous when it may or may not lie there."""
        ...

    async def send(self, draft_id: str) -> None:
        """Send a draft. Raises Ambiguous when it may have left, Gone when there is no such draft."""
        ...

    async def look(self, draft_id: str) -> Draft | None:
        """Look at a message by its id; None when it is not to be found."""
        ...


class Archive(Protocol):
    """Blobs: policies, plans, seals. Writing the same name with the same bytes again is fine."""

    async def save_plan(self, run_id: RunId, plan: Plan) -> str:
        """Keep a plan as canonical JSON; return the SHA-256 of its bytes."""
        ...

    async def plan(self, run_id: RunId) -> Plan | None:
        """Read a plan back."""
        ...

    async def put(self, container: str, name: str, content: bytes) -> None:
        """Keep bytes under a name; a different content under a name that exists raises Conflict."""
        ...

    async def get(self, container: str, name: str) -> bytes | None:
        """Read bytes back; None when there are none."""
        ...

    async def names(self, container: str, prefix: str = "") -> tuple[str, ...]:
        """List names in order."""
        ...
