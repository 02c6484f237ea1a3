"""What the sandbox tenant has bought, and which guests it is billed for.

Guest governance is metered: a guest counts once in every month in which a billed feature acts on them.
Source: Microsoft Entra ID Governance licensing for guest users.
"""

from datetime import datetime
from enum import IntEnum, StrEnum

from sandbox.tenant_logs import AuditLog

USED = "GovernanceLicenseFeatureUsed"
"""What the audit log calls the use of a billed feature."""


class Licence(IntEnum):
    """The tiers; a higher one holds all of the lower."""

    NONE = 0
    P1 = 1
    P2 = 2
    GOVERNANCE = 3


class Cause(StrEnum):
    """Why a guest is billed."""

    INACTIVE_REVIEW = "inactive-user review"
    AFFILIATION = "user-to-group affiliation"
    GOVERNED = "marked governed"
    SPONSOR_APPROVAL = "approval by a sponsor"
    AUTO_ASSIGNMENT = "automatic assignment"


class Meter:
    """The guests billed, by month (``2026-09``) and cause; the audit log has a line for each."""

    def __init__(self, audits: AuditLog) -> None:
        self.audits = audits
        self.by_month: dict[str, dict[Cause, set[str]]] = {}

    def bill(self, guest_id: str, cause: Cause, at: datetime) -> None:
        """Count a guest for the month of ``at``; a second time in the month changes nothing."""
        billed = self.by_month.setdefault(f"{at:%Y-%m}", {}).setdefault(cause, set())
        if guest_id not in billed:
            billed.add(guest_id)
            self.audits.by_service(USED, guest_id, at)

    def guests(self, month: str) -> frozenset[str]:
        """Return who is billed in a month, whatever the causes."""
        return frozenset().union(*self.by_month.get(month, {}).values())
