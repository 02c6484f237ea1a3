"""The mails about what was answered and done: to reviewers, and to the guest."""

from dataclasses import dataclass
from typing import ClassVar

from notifications.contexts.explained import Mail, says
from reviews.records import MailKind

OF_CASE = ("case-replaced", "case-moved-on")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLine:
    """One guest in the receipt of a reviewer's answers."""

    name: str = says("The guest's name, or words for a name that cannot be shown.")
    answer: str = says("What was recorded.")
    follows: str = says("What happens next, with its date, or who is asked now.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerReceipt(Mail):
    """Tells a reviewer what was recorded, after answers were weighed, and who is asked in their place."""

    KIND: ClassVar[MailKind] = MailKind.ANSWER_RECEIPT
    TO: ClassVar[str] = "the reviewer of the batch"
    HOME: ClassVar[str] = "batch:<batch id>"
    ID: ClassVar[str] = "answer-receipt.<digest of what was weighed>"
    PASSES: ClassVar[tuple[str, ...]] = ("batch-gone",)

    reviewer_name: str = says("The person who answered.")
    answers: tuple[AnswerLine, ...] = says("What was recorded of each guest, by name.")
    open_count: int = says("How many guests of the batch have no answer yet.")
    deadline: str = says("The last day to answer or to answer otherwise, with weekday.")
    answer_url: str = says("The answer page of this batch.")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestNotice(Mail):
    """Warns a guest that access ends, before anything is done."""

    KIND: ClassVar[MailKind] = MailKind.GUEST_NOTICE
    TO: ClassVar[str] = "the guest"
    HOME: ClassVar[str] = "guest:<guest id>"
    ID: ClassVar[str] = "guest-notice.<case id>.<first 8 of the answer's id, or lapsed>"
    PASSES: ClassVar[tuple[str, ...]] = OF_CASE

    guest_name: str = says("The guest, by name or by the domain of their address.")
    blocked_from: str = says("The first day sign-in may be blocked, with weekday.")
    deleted_after: str = says("How long after that the account is deleted; empty when it is only blocked.")
    contact_name: str = says("Who in the organisation can vouch for the guest; empty when not known.")
    added: tuple[str, ...] = says("What the admins add to the notice, by paragraph; may be empty.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalDone(Mail):
    """Tells a reviewer that a guest's account was deleted, and how and until when it can come back."""

    KIND: ClassVar[MailKind] = MailKind.REMOVAL_DONE
    TO: ClassVar[str] = "the reviewer of the guest"
    HOME: ClassVar[str] = "guest:<guest id>"
    ID: ClassVar[str] = "removal-done.<case id>"
    PASSES: ClassVar[tuple[str, ...]] = OF_CASE

    reviewer_name: str = says("The person who was asked about the guest.")
    guest_name: str = says("The guest's name, or words for a name that cannot be shown.")
    deleted_on: str = says("The day of the deletion.")
    restorable_until: str = says("The last day the directory can bring the account back, with weekday.")
    undo_url: str = says("The page to bring the guest back on; opening it changes nothing.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored(Mail):
    """Tells a reviewer that a guest has access again."""

    KIND: ClassVar[MailKind] = MailKind.RESTORED
    TO: ClassVar[str] = "the reviewer of the guest"
    HOME: ClassVar[str] = "guest:<guest id>"
    ID: ClassVar[str] = "restored.<case id>"
    PASSES: ClassVar[tuple[str, ...]] = OF_CASE

    reviewer_name: str = says("The person who was asked about the guest.")
    guest_name: str = says("The guest's name, or words for a name that cannot be shown.")
    restored_on: str = says("The day access came back.")
    rests_until: str = says("Until when nobody is asked about this guest; empty when no such day is set.")
