"""The sockets in the walls: what the jobs need of the world, and what they hand to one another.

Each protocol has a production plug in ``adapters`` and an in-memory one in ``sandbox/memory.py``;
tests/contracts runs the same suite against both.
"""

from reviews.ports.connections import Connections
from reviews.ports.directory import Census, Directory, Page
from reviews.ports.groups import GroupReviews
from reviews.ports.invitations import Invitations, Lines
from reviews.ports.ledger import Ledger, Turns
from reviews.ports.mailbox import Draft, Leftover, Letter, Mailer
from reviews.ports.native import AccessReviews, Attested, NativeDecision, NativeReview
from reviews.ports.packages import Packages, PolicyChange
from reviews.ports.partners import Partners
from reviews.ports.people import Named, People
from reviews.ports.rivals import LifecyclePolicies
from reviews.ports.tenant import TenantFacts
from reviews.ports.world import Archive, Clock, Policies, Queue

__all__ = [
    "AccessReviews",
    "Archive",
    "Attested",
    "Census",
    "Clock",
    "Connections",
    "Directory",
    "Draft",
    "GroupReviews",
    "Invitations",
    "Ledger",
    "Leftover",
    "Letter",
    "LifecyclePolicies",
    "Lines",
    "Mailer",
    "Named",
    "NativeDecision",
    "NativeReview",
    "Packages",
    "Page",
    "Partners",
    "People",
    "Policies",
    "PolicyChange",
    "Queue",
    "TenantFacts",
    "Turns",
]
