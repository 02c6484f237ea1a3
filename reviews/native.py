"""What the state of a native review means for us, whatever word the directory uses for it."""

from collections.abc import Mapping
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

DELETED = "deleted"
"""Our own word for a review that is not there any more; the directory has none."""


def state_of(word: str) -> Native:
    """Return what a status word means."""
    return Native.DELETED if word == DELETED else _WORDS.get(word, Native.UNKNOWN)
