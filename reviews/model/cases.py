"""What was asked and answered: cases, the batches they are asked in, cards and answers."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from reviews.model.governance import NativeItem
from reviews.model.ids import BatchId, CaseId, GuestId, PersonId, Reason, RunId
from reviews.model.people import Person
from reviews.model.sight import AskedAs, Sight
from reviews.model.verdicts import Recommendation


class Choice(StrEnum):
    """What a reviewer may say."""

    KEEP = "keep"
    REMOVE = "remove"
    DONT_KNOW = "dont-know"
    NOT_MINE = "not-mine"
    """Somebody else answers for this guest. No answer: the question goes to the next person."""


class Source(StrEnum):
    """Where an answer was given: on our page, or natively in My Access."""

    PAGE = "page"
    MY_ACCESS = "my-access"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a reviewer said. ``id`` is stable: the same words arriving twice are one answer."""

    id: str
    choice: Choice
    by: PersonId
    at: datetime
    source: Source
    justification: str = ""
    until: date | None = None
    """The last day a guest that is kept will still be needed; None leaves it to the policy."""
    passes_to: str | None = None
    """Whom a reviewer named as the one to ask, as typed: an address nobody has looked up yet."""


class Step(StrEnum):
    """Where a case stands. docs/policy.md holds the table of what may follow what."""

    OPENED = "opened"
    ASKED = "asked"
    KEPT = "kept"
    DENIED = "denied"
    LAPSED = "lapsed"
    NOTICED = "noticed"
    BLOCKED = "blocked"
    QUARANTINED = "quarantined"
    DELETED = "deleted"
    RESTORED = "restored"
    MANUAL = "manual"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a case ended."""

    KEPT = "kept"
    REMOVED = "removed"
    UNANSWERED = "unanswered"
    RESTORED = "restored"
    SIGNED_IN = "signed-in"
    VANISHED = "vanished"
    EXEMPTED = "exempted"
    CONVERTED = "converted"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One guest's way through one round. Replaced whole, never edited; ``version`` counts its events."""

    id: CaseId
    guest_id: GuestId
    version: int
    step: Step
    reviewer: PersonId
    batch_id: BatchId
    run_id: RunId
    opened_at: datetime
    deadline: datetime
    recommendation: Recommendation
    reasons: tuple[Reason, ...]
    asked_as: AskedAs = AskedAs.SPONSOR
    """Why this reviewer of all people is asked."""
    others: tuple[PersonId, ...] = ()
    """Whose answers are needed as well, where the policy wants more than one: asked before, or next."""
    asked_before: tuple[PersonId, ...] = ()
    """Who was asked about this guest earlier in the round, first first; nobody is asked twice."""
    hops: int = 0
    """How often the question was handed over to another person."""
    escalated: bool = False
    """True when the fallback reviewers are asked because the sponsor did not answer."""
    asked_at: datetime | None = None
    """When the question was seen to have left our mailbox; a lapse counts only after it."""
    answer: Answer | None = None
    """The answer that decides the case; while none does, the newest one if it is no answer at all."""
    answers: tuple[Answer, ...] = ()
    """The newest answer of each person in this round, oldest first; the record keeps those before."""
    mirrored: str | None = None
    """Id of the answer last written to the native review."""
    sponsor_added: PersonId | None = None
    """Who was written to the guest's sponsors because of the answer; it stays when that is taken back."""
    notice_at: datetime | None = None
    """When the guest's notice was seen to have left; grace is counted from here."""
    blocked_at: datetime | None = None
    deleted_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: Outcome | None = None
    rests_until: datetime | None = None
    """Until when this guest is not asked again."""


class BatchStep(StrEnum):
    """How far the opening and closing of a batch has come."""

    INTENDED = "intended"
    GROUPED = "grouped"
    DEFINED = "defined"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """What became of a question whose reviewer cannot answer it: who is asked now, or why nobody else is."""

    guest_id: GuestId
    case_id: CaseId
    because: Reason
    to: Person | None = None
    batch_id: BatchId | None = None
    """The batch in which ``to`` is asked."""
    answer_id: str | None = None
    """The "not mine" it settles; None when the reviewer did not say so but can no longer answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A guest of a batch whose account was deleted, and until when its reviewer may still undo that."""

    guest_id: GuestId
    case_id: CaseId
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoRequest:
    """A reviewer's wish to have a guest back, as the page took it. Append-only, one a case."""

    batch_id: BatchId
    guest_id: GuestId
    case_id: CaseId
    by: PersonId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What became of such a wish: the guest is back, or ``because`` says why not."""

    guest_id: GuestId
    case_id: CaseId
    at: datetime
    because: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The guests one reviewer is asked about in one round: one group, one definition, one mail, one page."""

    id: BatchId
    version: int
    step: BatchStep
    reviewer_id: PersonId
    run_id: RunId
    opened_at: datetime
    deadline: datetime
    nonce: str
    """Unguessable; the page sends it back, so that only a page we made can answer."""
    guests: tuple[GuestId, ...]
    """Who is asked about; those dropped while opening (answered for, gone, exempt) are no longer in it."""
    reviewer: Person | None = None
    """The reviewer as read when the batch was opened; None before."""
    group_id: str | None = None
    definition_id: str | None = None
    instance_id: str | None = None
    native: str | None = None
    """The state of the native review as last read, in the directory's word; ``deleted`` when it is gone."""
    claimed_until: datetime | None = None
    """Until when one worker has it to itself while it is being opened; None when nobody is at it."""
    before: BatchId | None = None
    """The batch whose questions go on here with another person; None for a batch of a night."""
    handed_over: tuple[HandOver, ...] = ()
    """What became of the questions this reviewer could not answer, oldest first."""
    absent_since: datetime | None = None
    """Since when the reviewer's account was seen to be switched off; None while it is on."""
    removed: tuple[Removed, ...] = ()
    """Who was deleted and may still come back, written once the mail that says so has left."""
    undone: tuple[Undone, ...] = ()
    """What became of the reviewer's wishes to have guests back, oldest first."""
    contacted: tuple[PersonId, ...] = ()
    """Whom the native review said it had asked, read when it was seen to be open; empty before."""
    unreached: Reason | None = None
    """Why the question is known not to have reached the reviewer; None as long as nothing came back."""
    attests_until: datetime | None = None
    """Until when the guests are asked themselves, and the reviewer waits; None when they are not."""
    stage_id: str | None = None
    """The stage of the native review in which the reviewer is asked; None where there are no stages."""

    @property
    def asked_from(self) -> datetime:
        """From when on the reviewer is asked."""
        return self.attests_until or self.opened_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """A native review of our own about one guest of a batch, over a group that nobody else is in."""

    id: BatchId
    """What marks its group and its definition in the directory; no batch is called so."""
    group_id: str | None = None
    definition_id: str | None = None
    instance_id: str | None = None
    native: str | None = None
    """Its state as last read; as with a batch."""
    contacted: tuple[PersonId, ...] = ()
    """Whom it said it had asked; as with a batch."""
    stage_id: str | None = None
    """The stage in which the reviewer is asked; as with a batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a reviewer is shown of one guest, as it was when the question was put."""

    guest_id: GuestId
    case_id: CaseId
    name: str
    mail: str | None
    company: str | None
    invited_at: datetime | None
    last_success_at: datetime | None
    recommendation: Recommendation
    reasons: tuple[Reason, ...]
    asked_as: AskedAs = AskedAs.SPONSOR
    sight: Sight | None = None
    """What a closer look found; None on cards of nights that did not look."""
    items: tuple[NativeItem, ...] = ()
    """The reviews of access packages that the answer is written to; empty: a review of our own, if any."""
    alone: Alone | None = None
    """Our own review about this guest alone; None: that of the batch, if it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One answer as the page took it, before it is weighed. Append-only; ``version`` counts per guest."""

    batch_id: BatchId
    guest_id: GuestId
    version: int
    answer: Answer
