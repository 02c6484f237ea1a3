"""The mails to the people who run Gatehouse: what is theirs to do, what a night did, how a round ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from notifications.contexts.explained import Mail, says
from reviews.records import MailKind

_OPERATOR = "each operator the policy names"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLine:
    """One line of figures."""

    what: str = says("What is counted.")
    count: int = says("How many.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualTask(Mail):
    """Asks an operator to end by hand what Gatehouse cannot end, and says how."""

    KIND: ClassVar[MailKind] = MailKind.MANUAL_TASK
    TO: ClassVar[str] = _OPERATOR
    HOME: ClassVar[str] = "guest:<guest id>"
    ID: ClassVar[str] = "manual-task.<case id>.<because>.<which operator: 1, 2 ...>"
    FACTS: ClassVar[Mapping[str, str]] = {
        "because": "code of the reason why a person must act; its parameters stand beside it, by name"
    }
    PASSES: ClassVar[tuple[str, ...]] = ("case-replaced", "case-moved-on")

    guest_name: str = says("The guest's name, or words for a name that cannot be shown.")
    about: str = says("Mail address and organisation, as far as there are any; may be empty.")
    guest_id: str = says("The object id of the account, to find it by in Entra.")
    because: tuple[str, ...] = says("Why access must end, and why Gatehouse cannot end it.")
    todo: str = says("What to do.")
    beyond: tuple[str, ...] = says(
        "What the account reaches that must be taken away elsewhere, each with how."
    )
    reviewer_name: str = says("Who was asked about the guest.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionExpiring(Mail):
    """Tells an operator that an exemption ends, after which the guest is asked about like any other."""

    KIND: ClassVar[MailKind] = MailKind.EXCEPTION_EXPIRING
    TO: ClassVar[str] = _OPERATOR
    HOME: ClassVar[str] = "guest:<guest id>"
    ID: ClassVar[str] = "exception-expiring.<last day>.<which operator: 1, 2 ...>"
    FACTS: ClassVar[Mapping[str, str]] = {"until": "the last day of the exemption, as the policy writes it"}
    PASSES: ClassVar[tuple[str, ...]] = ("exemption-changed",)

    guest_name: str = says("The guest's name as last shown to a reviewer; empty when none ever was.")
    guest_id: str = says("The object id of the guest.")
    until: str = says("The last day of the exemption, with weekday.")
    reason: str = says("Why the guest is exempt, as the policy says.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDigest(Mail):
    """Tells the operators what a night found, did and held back, or that a run is overdue."""

    KIND: ClassVar[MailKind] = MailKind.RUN_DIGEST
    TO: ClassVar[str] = _OPERATOR
    HOME: ClassVar[str] = "run:<run id>"
    ID: ClassVar[str] = "run-digest.<which operator: 1, 2 ...>, or alert-<alert>.<which operator>"
    FACTS: ClassVar[Mapping[str, str]] = {"alert": "code of the alarm when the mail is one, else absent"}
    PASSES: ClassVar[tuple[str, ...]] = ("run-gone", "run-finished")

    night: str = says("The day of the night, with weekday.")
    lead: str = says("How many guests were read and how far the night might go; empty when it did not run.")
    tier: str = says("What the tenant is able to; empty when that was not looked at.")
    actions: tuple[CountLine, ...] = says("What the plan holds, by kind of action.")
    held: tuple[CountLine, ...] = says("What was held back, by which rule.")
    alerts: tuple[str, ...] = says("What looks wrong, one sentence each.")
    findings: tuple[str, ...] = says("What stands out about groups, labels and partners, one sentence each.")
    notes: tuple[CountLine, ...] = says(
        "What the census could not read, and whose case ended without a word."
    )
    plan_hash: str = says("The plan's hash, by which it is approved; empty when there is no plan.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(Mail):
    """Tells the operators that a night stopped itself, and how to let it go on."""

    KIND: ClassVar[MailKind] = MailKind.PAUSED
    TO: ClassVar[str] = _OPERATOR
    HOME: ClassVar[str] = "run:<run id>"
    ID: ClassVar[str] = "paused.<which operator: 1, 2 ...>"
    PASSES: ClassVar[tuple[str, ...]] = ("run-gone", "nothing-held", "approved-already")

    night: str = says("The day of the night, with weekday.")
    alerts: tuple[str, ...] = says("What looks wrong, one sentence each.")
    held: tuple[CountLine, ...] = says("What was held back, by which rule.")
    held_count: int = says("How many actions were held back.")
    plan_hash: str = says("The plan's hash, by which it is approved.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundSummary(Mail):
    """Tells the operators how a round of questions ended; figures only, nobody is named."""

    KIND: ClassVar[MailKind] = MailKind.ROUND_SUMMARY
    TO: ClassVar[str] = _OPERATOR
    HOME: ClassVar[str] = "run:<run id of the night that asked>"
    ID: ClassVar[str] = "round-summary.<which operator: 1, 2 ...>"
    PASSES: ClassVar[tuple[str, ...]] = ("run-gone",)

    night: str = says("The day of the night that asked, with weekday.")
    asked: int = says("How many guests were asked about.")
    reviewers: int = says("How many people were asked.")
    answers: tuple[CountLine, ...] = says("The answers, and how many guests nobody answered for.")
    standing: tuple[CountLine, ...] = says("Where the cases stand by now.")
