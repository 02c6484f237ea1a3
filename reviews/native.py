"""What the state of a native review means for us, whatever word the directory uses for it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class Native(StrEnum):
    """How far a native review is."""

    NOT_BEGUN = "not-begun"
    """Answers wait until it takes them."""
    OPEN = "open"
    OVER = "over"
    """It takes no more answers. Ours stand, and our own page goes on until its deadline."""
    DELETED = "deleted"
    """Somebody removed it. It is not made again, and the question goes on without it."""
    UNKNOWN = "unknown"
    """A word we do not know: kept as it is, and nothing changes."""


_WORDS: Mapping[str, Native] = MappingProxyType(
    {
        "NotStarted": Native.NOT_BEGUN,
        "Initializing": Native.NOT_BEGUN,
        "Starting": Native.NOT_BEGUN,
        "InProgress": Native.OPEN,
        "Completing": Native.OVER,
        "Completed": Native.OVER,
        "AutoReviewing": Native.OVER,
        "AutoReviewed": Native.OVER,
        "Applying": Native.OVER,
        "Applied": Native.OVER,
    }
)
"""Source: Graph ``accessReviewInstance.status``, a text and not an enumeration; docs/reviews.md."""


class Applied(StrEnum):
    """Whether the service carried out what was decided."""

    DONE = "done"
    WAITS = "waits"
    FAILED = "failed"


_APPLIED: Mapping[str, Applied] = MappingProxyType(
    {
        "AppliedSuccessfully": Applied.DONE,
        "AppliedSuccessfullyButObjectNotFound": Applied.DONE,
        "New": Applied.WAITS,
        "": Applied.WAITS,
    }
)
"""Source: Graph ``accessReviewInstanceDecisionItem.applyResult``; any other word tells of a failure."""


class Remedy(StrEnum):
    """What is done about a denial that the service could not carry out."""

    AGAIN = "again"
    """It is asked to try again, every night."""
    TASK = "task"
    """Operators are told, once; ``admin reviews`` says what to do."""
    NONE = "none"


TRIED_FOR = timedelta(days=3)
"""How long after the end of a round the service is asked again."""


def applied(word: str) -> Applied:
    """Return what a word about the carrying out of a decision means."""
    return _APPLIED.get(word, Applied.FAILED)


def remedy(ended_at: datetime, now: datetime) -> Remedy:
    """Return what to do tonight about denials of a round that ended and were not carried out."""
    since = now - ended_at
    if since < TRIED_FOR:
        return Remedy.AGAIN
    return Remedy.TASK if since < TRIED_FOR + timedelta(days=1) else Remedy.NONE


DELETED = "deleted"
"""Our own word for a review that is not there any more; the directory has none."""


def state_of(word: str) -> Native:
    """Return what a status word means."""
    return Native.DELETED if word == DELETED else _WORDS.get(word, Native.UNKNOWN)
