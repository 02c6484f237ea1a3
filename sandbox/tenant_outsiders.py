"""What entitlement management does to guests whose last package is gone: block, then delete.

It acts on guests it governs only: those it invited itself, and those marked governed. Source: Graph,
entitlementManagementSettings and accessPackageSubject; Entra docs, external users in entitlement management.
"""

import re
from datetime import datetime, timedelta

from sandbox.tenant_agenda import Agenda, Due
from sandbox.tenant_directory import Directory, Json
from sandbox.tenant_logs import AuditLog

GOVERNED, NOT_GOVERNED, NOT_DEFINED = "governed", "notGoverned", "notDefined"
LIFECYCLES = frozenset({GOVERNED, NOT_GOVERNED, NOT_DEFINED})
BLOCK, BLOCK_AND_DELETE = "blockSignIn", "blockSignInAndDelete"
ACTIONS = frozenset({"none", BLOCK, BLOCK_AND_DELETE})

DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def length_of(duration: str) -> timedelta:
    """Read an Edm.Duration such as P30D; ValueError for anything else, a timedelta's own text too."""
    match = DURATION.fullmatch(duration)
    if match is None or not any(match.groups()):
        raise ValueError(duration)
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


class Outsiders:
    """The guests entitlement management governs, and the setting that says what their end looks like."""

    def __init__(self, directory: Directory, agenda: Agenda, audits: AuditLog) -> None:
        self.directory = directory
        self.audits = audits
        self.agenda = agenda
        self.settings: Json = {
            "externalUserLifecycleAction": BLOCK_AND_DELETE,
            "durationUntilExternalUserDeletedAfterBlocked": "P30D",
        }
        self.lifecycles: dict[str, str] = {}
        self.leaving: dict[str, datetime] = {}
        """Who is blocked and when they will be deleted."""

    def lifecycle(self, object_id: str) -> str:
        """Return whether a person is governed; ``notDefined`` for whom nobody ever said."""
        return self.lifecycles.get(object_id, NOT_DEFINED)

    def lost_everything(self, object_id: str, at: datetime) -> None:
        """Act on a person whose last package is gone, where the settings and the lifecycle ask for that."""
        action = self.settings["externalUserLifecycleAction"]
        account = self.directory.account(object_id)
        if self.lifecycle(object_id) != GOVERNED or action == "none" or account is None:
            return
        if account.get("userType") != "Guest" or object_id in self.directory.deleted:
            return
        self.directory.change(object_id, {"accountEnabled": False})
        self.audits.by_service("Disable account", object_id, at)
        if action == BLOCK_AND_DELETE:
            after = length_of(self.settings["durationUntilExternalUserDeletedAfterBlocked"])
            self.leaving[object_id] = at + after
            self.agenda.put(at + after, Due.LEAVE, object_id)

    def spare(self, object_id: str) -> None:
        """Call the deletion off: the person holds a package again."""
        self.leaving.pop(object_id, None)

    def delete(self, object_id: str, at: datetime) -> None:
        """Delete a person who is still to leave at this moment."""
        if self.leaving.get(object_id) != at:
            return
        del self.leaving[object_id]
        if object_id not in self.directory.deleted:
            self.directory.deleted[object_id] = at
            self.audits.by_service("Delete user", object_id, at)
