"""Exactly what each mail may say: one frozen class per mail, one explained field per thing shown.

Everything here is words already, in the reader's language and harmless to look at; ``composing`` makes them.
docs/mail.md is written from this module by ``reference``.
"""

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final

from reviews.records import MailKind


def says(meaning: str) -> Any:
    """Declare a field of a context together with what it means."""
    return field(metadata={"says": meaning})


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestLine:
    """One guest in the question put to a reviewer."""

    name: str = says("The guest's name, or words for a name that cannot be shown.")
    about: str = says("Mail address and company, as far as there are any; may be empty.")
    because: tuple[str, ...] = says("Why we ask, one sentence each.")
    suggestion: str = says("What we suggest, in a few words.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLine:
    """One guest in the receipt of a reviewer's answers."""

    name: str = says("The guest's name, or words for a name that cannot be shown.")
    answer: str = says("What was recorded.")
    follows: str = says("What happens next, with its date.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLine:
    """One line of figures."""

    what: str = says("What is counted.")
    count: int = says("How many.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRequest:
    """Asks a reviewer about the guests of one batch. Opening its link decides nothing."""

    KIND: ClassVar[MailKind] = MailKind.REVIEW_REQUEST

    reviewer_name: str = says("The person being asked.")
    count: int = says("How many guests are asked about.")
    deadline: str = says("The last day to answer, with weekday.")
    deadline_time: str = says("The time on that day, with its zone.")
    guests: tuple[GuestLine, ...] = says("The guests, those we suggest to remove first.")
    no_answer: str = says("What happens when there is no answer.")
    answer_url: str = says("The answer page of this batch; holds no secret and no decision.")
    my_access_url: str = says("Microsoft's own page for the same question.")
    organisation: str = says("The tenant's domain.")
    contact: str = says("Where to ask: the address the mail comes from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerReceipt:
    """Tells a reviewer what was recorded, after answers were weighed."""

    KIND: ClassVar[MailKind] = MailKind.ANSWER_RECEIPT

    reviewer_name: str = says("The person who answered.")
    answers: tuple[AnswerLine, ...] = says("What was recorded of each guest, by name.")
    open_count: int = says("How many guests of the batch have no answer yet.")
    deadline: str = says("The last day to answer or to answer otherwise, with weekday.")
    answer_url: str = says("The answer page of this batch.")
    organisation: str = says("The tenant's domain.")
    contact: str = says("Where to ask: the address the mail comes from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestNotice:
    """Warns a guest that access ends, before anything is done."""

    KIND: ClassVar[MailKind] = MailKind.GUEST_NOTICE

    guest_name: str = says("The guest, by name or by the domain of their address.")
    blocked_from: str = says("The first day sign-in may be blocked, with weekday.")
    deleted_after: str = says("How long after that the account is deleted; empty when it is only blocked.")
    contact_name: str = says("Who in the organisation can vouch for the guest; empty when not known.")
    organisation: str = says("The tenant's domain.")
    contact: str = says("Where to ask: the address the mail comes from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalDone:
    """Tells a reviewer that a guest's account was deleted, and until when it can come back."""

    KIND: ClassVar[MailKind] = MailKind.REMOVAL_DONE

    reviewer_name: str = says("The person who was asked about the guest.")
    guest_name: str = says("The guest's name, or words for a name that cannot be shown.")
    deleted_on: str = says("The day of the deletion.")
    restorable_until: str = says("The last day the directory can bring the account back, with weekday.")
    organisation: str = says("The tenant's domain.")
    contact: str = says("Where to ask: the address the mail comes from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """Tells a reviewer that a guest has access again."""

    KIND: ClassVar[MailKind] = MailKind.RESTORED

    reviewer_name: str = says("The person who was asked about the guest.")
    guest_name: str = says("The guest's name, or words for a name that cannot be shown.")
    restored_on: str = says("The day access came back.")
    rests_until: str = says("Until when nobody is asked about this guest; empty when no such day is set.")
    organisation: str = says("The tenant's domain.")
    contact: str = says("Where to ask: the address the mail comes from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDigest:
    """Tells the operators what a night found, did and held back."""

    KIND: ClassVar[MailKind] = MailKind.RUN_DIGEST

    night: str = says("The day of the night, with weekday.")
    lead: str = says("How many guests were read and how far the night might go; empty when it did not run.")
    actions: tuple[CountLine, ...] = says("What the plan holds, by kind of action.")
    held: tuple[CountLine, ...] = says("What was held back, by which rule.")
    alerts: tuple[str, ...] = says("What looks wrong, one sentence each.")
    notes: tuple[CountLine, ...] = says("What the census could not read.")
    plan_hash: str = says("The plan's hash, by which it is approved; empty when there is no plan.")
    organisation: str = says("The tenant's domain.")
    contact: str = says("The address the mail comes from.")


Context = ReviewRequest | AnswerReceipt | GuestNotice | RemovalDone | Restored | RunDigest

CONTEXTS: Final[tuple[type[Context], ...]] = (
    ReviewRequest,
    AnswerReceipt,
    GuestNotice,
    RemovalDone,
    Restored,
    RunDigest,
)
"""Every mail there is."""

LINES: Final = (GuestLine, AnswerLine, CountLine)
"""What the lists in mails consist of."""

_PREFACE: Final = """\
# Mails

Every mail Gatehouse sends, and exactly what each may say. This page is written from
`notifications/contexts.py`: `python -c "from notifications.contexts import *; print(reference(), end='')"`.
A test compares the two.

The texts lie in `notifications/templates/mail/<name>/` and `notifications/locales/<language>.po`. A subject
never holds anything a guest can choose. A mail is sent once: docs/architecture.md says how.
"""


def reference() -> str:
    """Return docs/mail.md: every mail with its fields and their meaning."""
    mails = [_section(kind, f"`{kind.KIND}`") for kind in CONTEXTS]
    lines = [_section(kind, f"In lists: {kind.__name__}") for kind in LINES]
    return "\n".join([_PREFACE, *mails, *lines])


def _section(kind: type[Any], title: str) -> str:
    summary = (kind.__doc__ or "").strip()
    rows = [f"| `{one.name}` | {one.metadata['says']} |" for one in fields(kind)]
    return "\n".join([f"## {title}", "", summary, "", "| field | meaning |", "|---|---|", *rows, ""])
