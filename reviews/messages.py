"""What one trigger hands to the next: ids only, under 1 KB, safe to arrive more than once."""

from dataclasses import dataclass
from datetime import datetime

from reviews.model import BatchId, CaseId, GuestId, RunId
from reviews.records import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class RunJob:
    """Run a job for a slot; ``start`` is where handing over goes on after a pause."""

    job: str
    slot: datetime
    start: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryOut:
    """Carry out one action on one guest's case."""

    kind: Act
    guest_id: GuestId
    case_id: CaseId
    run_id: RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBatch:
    """Open the review of one intended batch."""

    batch_id: BatchId


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMail:
    """Send one owed mail."""

    home: str
    mail_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighAnswers:
    """Weigh what a reviewer submitted for a batch."""

    batch_id: BatchId


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """Bring back the guests of a batch that its reviewer wants back."""

    batch_id: BatchId


@dataclass(frozen=True, slots=True, kw_only=True)
class MendPackage:
    """Mend the review of one access package's policy."""

    policy_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverGroup:
    """Open a review of one group that no review covers."""

    group_id: str


Message = RunJob | CarryOut | OpenBatch | SendMail | WeighAnswers | Undo | MendPackage | CoverGroup
