"""The things Gatehouse talks about: guests, sponsors, verdicts, access, cases, answers.

Three values never stand for one another: what could not be read (``Unreadable``), what is not there
(``None`` or an empty tuple) and what is known to be false.
"""

from reviews.model.access import Exposure, Obstacle, Path, Thing, Tier
from reviews.model.cases import (
    Answer,
    Batch,
    BatchStep,
    Card,
    Case,
    Choice,
    HandOver,
    Outcome,
    Removed,
    Source,
    Step,
    Submission,
    Undone,
    UndoRequest,
)
from reviews.model.ids import BatchId, CaseId, GuestId, PersonId, Reason, RunId, Unreadable
from reviews.model.people import (
    Guest,
    Identity,
    Kind,
    Nameless,
    Person,
    Receipt,
    Redemption,
    SetAside,
    SignIns,
    Sponsor,
    SponsorGroup,
)
from reviews.model.sight import AskedAs, Sight
from reviews.model.surroundings import NOT_LOOKED_AT, Candidate, Circle, Surroundings
from reviews.model.verdicts import Activity, Confidence, Recommendation, Risk, Verdict

__all__ = [
    "NOT_LOOKED_AT",
    "Activity",
    "Answer",
    "AskedAs",
    "Batch",
    "BatchId",
    "BatchStep",
    "Candidate",
    "Card",
    "Case",
    "CaseId",
    "Choice",
    "Circle",
    "Confidence",
    "Exposure",
    "Guest",
    "GuestId",
    "HandOver",
    "Identity",
    "Kind",
    "Nameless",
    "Obstacle",
    "Outcome",
    "Path",
    "Person",
    "PersonId",
    "Reason",
    "Receipt",
    "Recommendation",
    "Redemption",
    "Removed",
    "Risk",
    "RunId",
    "SetAside",
    "Sight",
    "SignIns",
    "Source",
    "Sponsor",
    "SponsorGroup",
    "Step",
    "Submission",
    "Surroundings",
    "Thing",
    "Tier",
    "UndoRequest",
    "Undone",
    "Unreadable",
    "Verdict",
]
