"""The mails that ask about guests, and those that ask again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from notifications.contexts.explained import Mail, says
from reviews.records import MailKind


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestLine:
    """One guest in a question, with the facts that decide it."""

    name: str = says("The guest's name, or words for a name that cannot be shown.")
    about: str = says("Mail address and organisation, as far as there are any; may be empty.")
    suggestion: str = says("What we suggest, in a few words.")
    risk: str = says("How dangerous the account would be; empty unless high or critical.")
    changed: tuple[str, ...] = says("What is new since somebody last answered for the guest.")
    because: tuple[str, ...] = says("Why we ask, one sentence each.")
    reach: str = says("What the guest reaches, the most sensitive first; empty when nobody could look.")
    beyond: str = says("What a removal would not take away by itself; may be empty.")
    unread: str = says("What could not be read about this guest; may be empty.")
    why_you: str = says(
        "Why the reader of all people is asked about this guest; empty when the mail says it."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NameLine:
    """One guest of many in a question: the facts are on the page."""

    name: str = says("The guest's name, or words for a name that cannot be shown.")
    suggestion: str = says("What we suggest, in a few words.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The guests of one batch that still wait for an answer, with the page to answer on."""

    heading: str = says("Whether they are new or still open; empty when the mail holds one batch only.")
    count: int = says("How many guests wait for an answer.")
    deadline: str = says("The last day to answer, with weekday.")
    deadline_time: str = says("The time on that day, with its zone.")
    answer_url: str = says("The answer page of this batch; holds no secret and no decision.")
    guests: tuple[GuestLine, ...] = says("The first guests with their facts, the riskiest first.")
    others: tuple[NameLine, ...] = says("The guests after those, by name.")
    unlisted: int = says("How many more are on the page only.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Mail):
    """What every mail says that asks a reviewer about guests."""

    TO: ClassVar[str] = "the reviewer of the batch"
    HOME: ClassVar[str] = "batch:<batch id>"
    ID: ClassVar[str] = "review-request"
    FACTS: ClassVar[Mapping[str, str]] = {
        "also": "ids of the reviewer's other batches that this mail asks about too, with a blank between"
    }
    PASSES: ClassVar[tuple[str, ...]] = ("batch-gone", "batch-closed", "answered-already")

    reviewer_name: str = says("The person being asked.")
    count: int = says("How many guests are asked about.")
    deadline: str = says("The last day to answer about the first of them, with weekday.")
    sections: tuple[Section, ...] = says("The batches, new ones first.")
    no_answer: str = says("What happens when there is no answer.")
    if_removed: str = says("What happens when the answer is to remove.")
    my_access_url: str = says(
        "Microsoft's own page for the same question; empty where Entra holds no review of ours about it."
    )
    added: tuple[str, ...] = says("What the admins add to the question, by paragraph; may be empty.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRequest(Question):
    """Asks a reviewer about guests. Opening its link decides nothing."""

    KIND: ClassVar[MailKind] = MailKind.REVIEW_REQUEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate(Question):
    """Asks somebody who is not known to answer for the guests, but is likely to know: is this your guest?"""

    KIND: ClassVar[MailKind] = MailKind.CANDIDATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation(Question):
    """Asks somebody because the colleague who was asked first did not answer."""

    KIND: ClassVar[MailKind] = MailKind.ESCALATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover(Question):
    """Asks somebody because a colleague named them, or because a colleague has left."""

    KIND: ClassVar[MailKind] = MailKind.HANDOVER
    FACTS: ClassVar[Mapping[str, str]] = {
        **Question.FACTS,
        "from": "id of the batch the guests were in before; its reviewer is the colleague named in the mail",
        "why": (
            "`named` when that colleague named the reader, `not-theirs` when they only said that the guests "
            "are not theirs, `left` when they can no longer answer"
        ),
    }

    handed_by: str = says("Which colleague was asked before, and why the reader is asked now; one sentence.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder(Question):
    """What both reminders say. They are about guests without an answer only."""

    PASSES: ClassVar[tuple[str, ...]] = (*Question.PASSES, "told-today")

    asked_on: str = says("The day the question was put first, with weekday.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReminder(Reminder):
    """Asks a reviewer again about the guests without an answer."""

    KIND: ClassVar[MailKind] = MailKind.REVIEW_REMINDER
    ID: ClassVar[str] = "review-reminder.<which: 1, 2 ...>"


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalReminder(Reminder):
    """Asks a reviewer for the last time, shortly before the deadline."""

    KIND: ClassVar[MailKind] = MailKind.FINAL_REMINDER
    ID: ClassVar[str] = "final-reminder"
