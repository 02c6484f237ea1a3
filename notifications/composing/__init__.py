"""From records to what a mail says: pure, in the reader's language, with every guest's text made harmless."""

from notifications.composing.following import follows, no_answer, what_follows
from notifications.composing.guests import (
    about,
    beyond,
    by_hand,
    changed,
    guest_line,
    in_order,
    reach,
    risk,
    thing,
    unread,
    why_you,
)
from notifications.composing.operators import (
    exception_expiring,
    manual_task,
    paused,
    round_summary,
    run_digest,
    slot_of,
)
from notifications.composing.outcomes import PassedOn, answer_receipt, guest_notice, removal_done, restored
from notifications.composing.questions import Asked, handed_by, question
from notifications.composing.setting import MY_ACCESS, Setting, reviewer_name

__all__ = [
    "MY_ACCESS",
    "Asked",
    "PassedOn",
    "Setting",
    "about",
    "answer_receipt",
    "beyond",
    "by_hand",
    "changed",
    "exception_expiring",
    "follows",
    "guest_line",
    "guest_notice",
    "handed_by",
    "in_order",
    "manual_task",
    "no_answer",
    "paused",
    "question",
    "reach",
    "removal_done",
    "restored",
    "reviewer_name",
    "risk",
    "round_summary",
    "run_digest",
    "slot_of",
    "thing",
    "unread",
    "what_follows",
    "why_you",
]
