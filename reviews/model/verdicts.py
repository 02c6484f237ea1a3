"""What we think of a guest: whether it is used, how dangerous it is, and what we suggest."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reviews.model.ids import Reason


class Activity(StrEnum):
    """Whether an account is used."""

    ACTIVE = "active"
    STALE = "stale"
    NEVER_SEEN = "never-seen"
    UNREDEEMED = "unredeemed"
    ATTEMPTS_ONLY = "attempts-only"
    UNWATCHED = "unwatched"
    """Old enough to ask about, in a tenant without the licence to see whether it is used."""
    UNKNOWN = "unknown"


class Confidence(StrEnum):
    """How sure a verdict is. Harm needs HIGH, or a person's word on top."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Our judgement of use, with its reason. ``since`` is the moment silence is counted from."""

    activity: Activity
    confidence: Confidence
    because: Reason
    since: datetime | None = None


class Risk(StrEnum):
    """How dangerous an account would be in the wrong hands: led by what it reaches, not by how it is used."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Recommendation(StrEnum):
    """What we suggest to the reviewer; never followed by itself."""

    REMOVE = "remove"
    LOOK_CLOSER = "look-closer"
    KEEP = "keep"
    CANNOT_TELL = "cannot-tell"
