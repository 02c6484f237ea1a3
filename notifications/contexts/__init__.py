"""Exactly what each mail may say: one frozen class per mail, one explained field per thing shown.

Everything here is words already, in the reader's language and harmless to look at; ``composing`` makes them.
Each class also says to whom its mail goes, where it is owed and when it is dropped. docs/mail.md is written
from this package by ``reference``.
"""

from typing import Final

from notifications.contexts.explained import PASSED, Mail
from notifications.contexts.operators import (
    CountLine,
    ExceptionExpiring,
    ManualTask,
    Paused,
    RoundSummary,
    RunDigest,
)
from notifications.contexts.outcomes import AnswerLine, AnswerReceipt, GuestNotice, RemovalDone, Restored
from notifications.contexts.questions import (
    Candidate,
    Escalation,
    FinalReminder,
    GuestLine,
    Handover,
    NameLine,
    Question,
    Reminder,
    ReviewReminder,
    ReviewRequest,
    Section,
)

Context = (
    ReviewRequest
    | Candidate
    | Escalation
    | Handover
    | ReviewReminder
    | FinalReminder
    | AnswerReceipt
    | GuestNotice
    | RemovalDone
    | Restored
    | ManualTask
    | ExceptionExpiring
    | RunDigest
    | Paused
    | RoundSummary
)

CONTEXTS: Final[tuple[type[Context], ...]] = (
    ReviewRequest,
    Candidate,
    Escalation,
    Handover,
    ReviewReminder,
    FinalReminder,
    AnswerReceipt,
    GuestNotice,
    RemovalDone,
    Restored,
    ManualTask,
    ExceptionExpiring,
    RunDigest,
    Paused,
    RoundSummary,
)
"""Every mail there is."""

LINES: Final = (Section, GuestLine, NameLine, AnswerLine, CountLine)
"""What the lists in mails consist of."""

__all__ = [
    "CONTEXTS",
    "LINES",
    "PASSED",
    "AnswerLine",
    "AnswerReceipt",
    "Candidate",
    "Context",
    "CountLine",
    "Escalation",
    "ExceptionExpiring",
    "FinalReminder",
    "GuestLine",
    "GuestNotice",
    "Handover",
    "Mail",
    "ManualTask",
    "NameLine",
    "Paused",
    "Question",
    "Reminder",
    "RemovalDone",
    "Restored",
    "ReviewReminder",
    "ReviewRequest",
    "RoundSummary",
    "RunDigest",
    "Section",
]
