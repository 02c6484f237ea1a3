"""What every mail has, and how a field is declared together with its meaning."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Final

from reviews.records import MailKind

PASSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "batch-gone": "The batch is not in the ledger.",
        "batch-closed": "The batch is closed, or its deadline has passed.",
        "told-today": "Another mail of the same day told its reader the same.",
        "answered-already": "Nobody in the batches waits for an answer.",
        "case-replaced": "The guest's current case is another one.",
        "case-moved-on": "The case is no longer where the mail says it is.",
        "exemption-changed": "The policy no longer holds this exemption, or its last day has passed.",
        "run-gone": "The run or its plan is not in the record.",
        "run-finished": "The run that was overdue has finished after all.",
        "nothing-held": "The plan holds nothing back.",
        "approved-already": "An operator has approved the plan.",
    }
)
"""Why the reason for a mail may have passed before it left, by code."""


def says(meaning: str) -> Any:
    """Declare a field of a context together with what it means."""
    return field(metadata={"says": meaning})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What stands at the foot of every mail, and what the class of each mail says about itself."""

    KIND: ClassVar[MailKind]
    TO: ClassVar[str]
    """Who gets it."""
    HOME: ClassVar[str]
    """Where it is owed: ``OwedMail.home``."""
    ID: ClassVar[str]
    """How ``OwedMail.id`` is made: unique in its home, so that nothing is owed twice."""
    FACTS: ClassVar[Mapping[str, str]] = {}
    """What ``OwedMail.facts`` may hold besides what the records tell, by name."""
    PASSES: ClassVar[tuple[str, ...]] = ()
    """Why it may be dropped before it leaves: codes of ``PASSED``."""

    organisation: str = says("What the organisation is called: as the policy says, else its domain.")
    contact: str = says("Where to ask: the address the mail comes from.")
    closing: tuple[str, ...] = says("What the admins add at the foot, by paragraph; may be empty.")
