"""The sockets in the walls: what the jobs need of the world, and what they hand to one another.

Each protocol has a production plug in ``adapters`` and an in-memory one in ``sandbox/memory.py``;
tests/contracts runs the same suite against both.
"""

from reviews.ports.directory import Census, Directory, Page
from reviews.ports.ledger import Ledger
from reviews.ports.mailbox import Draft, Leftover, Letter, Mailer
from reviews.ports.native import AccessReviews, NativeDecision, NativeReview
from reviews.ports.world import Archive, Clock, Policies, Queue

__all__ = [
    "AccessReviews",
    "Archive",
    "Census",
    "Clock",
    "Directory",
    "Draft",
    "Ledger",
    "Leftover",
    "Letter",
    "Mailer",
    "NativeDecision",
    "NativeReview",
    "Page",
    "Policies",
    "Queue",
]
