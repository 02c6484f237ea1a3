"""What the reviewers' pages show: pure, in the reader's language, with every guest's text made harmless."""

from notifications.pages.answering import answer_page
from notifications.pages.cards import needs_reason
from notifications.pages.messages import message_page
from notifications.pages.standing import Standing, handed_over, refused_hand_over, standing
from notifications.pages.typed import LONGEST_REASON, PAGE, Attempt, Typed, bulk_name
from notifications.pages.undoing import WayBack, undo_page, way_back

__all__ = [
    "LONGEST_REASON",
    "PAGE",
    "Attempt",
    "Standing",
    "Typed",
    "WayBack",
    "answer_page",
    "bulk_name",
    "handed_over",
    "message_page",
    "needs_reason",
    "refused_hand_over",
    "standing",
    "undo_page",
    "way_back",
]
