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
    Outcome,
    Source,
    Step,
    Submission,
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
from reviews.model.verdicts import Activity, Confidence, Recommendation, Risk, Verdict

__all__ = [
    "Activity",
    "Answer",
    "Batch",
    "BatchId",
    "BatchStep",
    "Card",
    "Case",
    "CaseId",
    "Choice",
    "Confidence",
    "Exposure",
    "Guest",
    "GuestId",
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
    "Risk",
    "RunId",
    "SetAside",
    "SignIns",
    "Source",
    "Sponsor",
    "SponsorGroup",
    "Step",
    "Submission",
    "Thing",
    "Tier",
    "Unreadable",
    "Verdict",
]
