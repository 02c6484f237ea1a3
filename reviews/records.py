"""What is written down: plans, events, mails owed, runs."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from reviews.model import (
    AskedAs,
    Case,
    CaseId,
    GuestId,
    Licence,
    NativeItem,
    PersonId,
    Reason,
    Receipt,
    Recommendation,
    RunId,
    Sight,
    Vehicle,
)

# --- what a night intends --------------------------------------------------------------------------


class Act(StrEnum):
    """What a night may want done to one guest. Harmful ones are told by ``HARMFUL``."""

    ASK = "ask"
    NOTICE = "notice"
    BLOCK = "block"
    DELETE = "delete"
    CLOSE = "close"
    ADD_SPONSOR = "add-sponsor"


HARMFUL = frozenset({Act.NOTICE, Act.BLOCK, Act.DELETE})
"""Notice is counted as harmful because it announces harm: what holds harm back holds the warning back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing a night wants done, under a key that makes its effect happen once."""

    key: str
    kind: Act
    guest_id: GuestId
    reviewers: tuple[PersonId, ...] = ()
    reasons: tuple[Reason, ...] = ()
    because: str = ""
    """The first reason's code: what a table or a count groups by."""
    case_id: CaseId | None = None
    recommendation: Recommendation | None = None
    asked_as: AskedAs | None = None
    """Why the first reviewer is asked; None where nobody is."""
    together: tuple[PersonId, ...] = ()
    """Whose answers are needed besides the first reviewer's, where the policy wants several."""
    continues: CaseId | None = None
    """The case that goes on with another person, when the question is handed over; None for a new one."""
    sight: Sight | None = None
    """What a closer look at the guest found; None where none was taken."""
    items: tuple[NativeItem, ...] = ()
    """The reviews of access packages that an answer is to be written to."""
    vehicle: Vehicle | None = None
    """How the question is put natively; None for what is no question, or one that is put to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An action the guardrails took out of the plan, and by which of them."""

    action: Action
    held_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a night intends: data to print, store, compare, refuse or approve by ``plan_hash``."""

    taken_at: datetime
    guests: int
    receipt: Receipt
    policy_hash: str
    plan_hash: str
    actions: tuple[Action, ...]
    held: tuple[Held, ...]
    alerts: tuple[Reason, ...] = ()
    findings: tuple[Reason, ...] = ()
    """What an admin should know of partners, groups and labels; nothing is held or done because of it."""
    privileged: tuple[GuestId, ...] = ()
    """Guests with a directory role, or found to be privileged by a closer look."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Guests by verdict (``activity.stale`` ...) and by why left alone (``left-alone.exempt`` ...)."""
    tier: Licence | None = None
    """What the tenant was able to that night; None in plans of older releases, which did not look."""


# --- what the ledger keeps -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a guest's record. ``hash`` covers everything else and the hash of the line before."""

    guest_id: GuestId
    seq: int
    at: datetime
    kind: str
    actor: str
    """``gatehouse``, a person's object id, or ``operator``."""
    run_id: RunId | None
    case: Case
    """The case as it is after this event: the current case can be rebuilt from events alone."""
    facts: Mapping[str, str | int | None]
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """How a guest came into the tenant, as far as the audit log told before it forgot."""

    guest_id: GuestId
    invited_at: datetime | None = None
    by: PersonId | None = None
    """The person who invited the guest; None when an app did, or nobody knows."""
    app: str | None = None
    """The name of the app that invited the guest (SharePoint, an access package); None when a person did."""
    redeemed_at: datetime | None = None
    """When the invitation was accepted; None when we never saw it."""


class MailStep(StrEnum):
    """Where a mail stands in the outbox."""

    PENDING = "pending"
    DRAFTED = "drafted"
    SENT = "sent"
    VERIFIED = "verified"
    DROPPED = "dropped"


def marker(home: str, mail_id: str) -> str:
    """Return what ties a message in the mailbox to its row in the outbox."""
    return hashlib.sha256(f"{home}|{mail_id}".encode()).hexdigest()[:32]


def reader_of(address: str) -> str:
    """Return who reads the mail of an address, as a digest: addresses are no ids."""
    return hashlib.sha256(address.lower().encode()).hexdigest()


class MailKind(StrEnum):
    """Every mail there is; the value is the folder of its templates."""

    REVIEW_REQUEST = "review-request"
    CANDIDATE = "candidate"
    ESCALATION = "escalation"
    HANDOVER = "handover"
    REVIEW_REMINDER = "review-reminder"
    FINAL_REMINDER = "final-reminder"
    ANSWER_RECEIPT = "answer-receipt"
    GUEST_NOTICE = "guest-notice"
    REMOVAL_DONE = "removal-done"
    RESTORED = "restored"
    MANUAL_TASK = "manual-task"
    EXCEPTION_EXPIRING = "exception-expiring"
    RUN_DIGEST = "run-digest"
    PAUSED = "paused"
    ROUND_SUMMARY = "round-summary"


QUESTIONS = frozenset({MailKind.REVIEW_REQUEST, MailKind.CANDIDATE, MailKind.ESCALATION, MailKind.HANDOVER})
"""Mails that put a question: once one is seen to have left, the cases of its batches count as asked."""
REMINDERS = frozenset({MailKind.REVIEW_REMINDER, MailKind.FINAL_REMINDER})
"""Mails that repeat a question, to those who have not answered."""

_ASKED_BY: Mapping[AskedAs, MailKind] = {
    AskedAs.CANDIDATE: MailKind.CANDIDATE,
    AskedAs.ESCALATED: MailKind.ESCALATION,
    AskedAs.HANDED_OVER: MailKind.HANDOVER,
}


def question_kind(asked_as: Collection[AskedAs]) -> MailKind:
    """Return the mail that asks about guests: one of its own when all are asked for the same reason."""
    (only, *others) = {*asked_as} or {AskedAs.SPONSOR}
    return MailKind.REVIEW_REQUEST if others else _ASKED_BY.get(only, MailKind.REVIEW_REQUEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedMail:
    """A mail that is owed: written in the same transaction as its reason, sent by the outbox protocol.

    ``home`` is where the reason lives: ``guest:<id>``, ``batch:<id>`` or ``run:<id>``. ``id`` is unique in
    its home, for example ``guest-notice.<case id>``. ``to`` is an address (never logged).
    """

    home: str
    id: str
    kind: MailKind
    to: str
    language: str
    owed_at: datetime
    version: int = 1
    step: MailStep = MailStep.PENDING
    draft_id: str | None = None
    internet_message_id: str | None = None
    sent_at: datetime | None = None
    claimed_until: datetime | None = None
    """Until when one worker has it to itself while it lays the draft; None before that."""
    facts: Mapping[str, str | int | None] = field(default_factory=dict)
    """What the composer needs besides the records: ids and codes."""

    @property
    def marker(self) -> str:
        """What ties its message in the mailbox to this row."""
        return marker(self.home, self.id)

    @property
    def reader(self) -> str:
        """Who reads it."""
        return reader_of(self.to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One transaction on one guest: the case changes, an event says why, mails are owed.

    ``case.version`` is the version after the move, one more than the stored one (1 for a guest never
    seen before, or one more than the closed case it replaces).
    """

    case: Case
    kind: str
    actor: str
    at: datetime
    run_id: RunId | None = None
    facts: Mapping[str, str | int | None] | None = None
    owes: tuple[OwedMail, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often all workers together may do something: at most ``turns`` in any ``period``."""

    of: str
    turns: int
    period: timedelta


class RunStep(StrEnum):
    """How far a run has come."""

    STARTED = "started"
    PLANNED = "planned"
    HANDED_OVER = "handed-over"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One job at one slot. ``nonce`` is random, drawn once, and seeds the ids of what the run creates."""

    id: RunId
    job: str
    slot: datetime
    step: RunStep
    owner: str
    leased_until: datetime
    nonce: str
    version: int
    plan_hash: str | None = None
    plan_digest: str | None = None
    """SHA-256 of the stored plan's bytes."""
    guests: int | None = None
    """How many guests the census read: what the next night's shrink breaker compares with."""
    finished_at: datetime | None = None
    summary: Mapping[str, int | str] = field(default_factory=dict)
