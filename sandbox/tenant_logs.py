"""The sandbox tenant's logs: who signed in, and what was done to accounts, kept for thirty days at most."""

from bisect import insort
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from sandbox.people_access import Inviter
from sandbox.tenant_directory import Directory, Json, graph_time

KEPT_FOR = timedelta(days=30)
"""How long P1 and P2 tenants keep both logs (Entra docs, data retention)."""
KEPT_FREE = timedelta(days=7)
"""How long a tenant without a licence keeps its audit log."""
INVITE, REDEEM = "Invite external user", "Redeem external user invite"
_SUCCESS, _WRONG_PASSWORD, _BLOCKED = 0, 50126, 50057
_WHY = {
    _SUCCESS: "Other.",
    _WRONG_PASSWORD: "Error validating credentials due to invalid username or password.",
    _BLOCKED: "The user account is disabled.",
}


class SignIn(NamedTuple):
    """One interactive sign-in: when, how it ended (0: well), and its request id."""

    at: str
    error: int
    request_id: str


class SignIns:
    """The sign-ins of the story, by account; those before it are read off the last dates Graph shows.

    ``lag``: how much later than in this log a sign-in shows in the account's own activity. The activity of
    accounts in ``missing_from_lists`` shows when one account is read, and not in lists.
    """

    def __init__(self, lag: timedelta) -> None:
        self.lag = lag
        self.missing_from_lists: set[str] = set()
        self._rows: dict[str, list[SignIn]] = {}
        self._late: list[tuple[datetime, str, Json]] = []

    def activity(self, record: Json) -> Json:
        """Return the newest activity of an account, shown yet or not, to be changed."""
        late = [activity for _, object_id, activity in self._late if object_id == record["id"]]
        return dict(late[-1] if late else record.get("signInActivity") or {})

    def put_off(self, object_id: str, activity: Json, now: datetime) -> bool:
        """Keep back an activity that shows later; False when it shows at once."""
        if self.lag:
            self._late.append((now + self.lag, object_id, activity))
        return bool(self.lag)

    def due(self, now: datetime) -> list[tuple[str, Json]]:
        """Return the activities that show by now, and keep them back no longer."""
        shown = [(object_id, activity) for at, object_id, activity in self._late if at <= now]
        self._late = [one for one in self._late if one[0] > now]
        return shown

    def write(self, record: Json, at: datetime, request_id: str, *, well: bool, blocked: bool) -> None:
        """Note a sign-in of the account as it was before it, and forget those nobody can read any more."""
        error = _SUCCESS if well else _BLOCKED if blocked else _WRONG_PASSWORD
        rows = self._rows.setdefault(record["id"], sorted(_before(record)))
        insort(rows, SignIn(graph_time(at), error, request_id))
        oldest = graph_time(at - KEPT_FOR)
        while rows and rows[0].at < oldest:
            del rows[0]

    def of(self, record: Json, now: datetime) -> list[Json]:
        """Return an account's interactive sign-ins of the last thirty days, newest first, as Graph does."""
        rows = {row.at: row for row in (*_before(record), *self._rows.get(record["id"], ()))}
        oldest, latest = graph_time(now - KEPT_FOR), graph_time(now)
        return [_shown(record, rows[at]) for at in sorted(rows, reverse=True) if oldest <= at <= latest]


def _before(record: Json) -> list[SignIn]:
    """Read off the activity what the log must hold: its last attempt, and its last success if interactive."""
    activity = record.get("signInActivity") or {}
    last, success = activity.get("lastSignInDateTime"), activity.get("lastSuccessfulSignInDateTime")
    rows = []
    if success is not None and success != activity.get("lastNonInteractiveSignInDateTime"):
        rows.append(SignIn(success, _SUCCESS, activity["lastSuccessfulSignInRequestId"]))
    if last is not None and last != success:
        tried_since = success is None or last > success
        error = _WRONG_PASSWORD if tried_since else _SUCCESS
        rows.append(SignIn(last, error, activity["lastSignInRequestId"]))
    return rows


def _shown(record: Json, row: SignIn) -> Json:
    return {
        "id": row.request_id,
        "createdDateTime": row.at,
        "userId": record["id"],
        "userDisplayName": record.get("displayName"),
        "userPrincipalName": str(record["userPrincipalName"]).lower(),
        "appId": "00000003-0000-0000-c000-000000000000",
        "appDisplayName": "Microsoft Teams",
        "clientAppUsed": "Browser",
        "correlationId": row.request_id,
        "isInteractive": True,
        "ipAddress": "192.0.2.17",
        "status": {"errorCode": row.error, "failureReason": _WHY[row.error], "additionalDetails": None},
    }


class AuditLog:
    """What was done to accounts; invitations from before the story come from the population."""

    def __init__(self, directory: Directory, new_id: Callable[[], str]) -> None:
        self.directory = directory
        self.new_id = new_id
        self.rows: list[Json] = []

    def write(
        self, activity: str, record: Json, by: Json, now: datetime, service: str = "Core Directory"
    ) -> None:
        """Write a line; ``by`` is the initiator as Graph shows it."""
        row = _audit(f"Directory_{self.new_id()}", self.new_id(), activity, record, by, graph_time(now))
        self.rows.append({**row, "loggedByService": service})

    def invited(self, record: Json, inviter: Inviter, now: datetime) -> None:
        """Write that a guest was invited."""
        self.write(INVITE, record, self.initiator(inviter), now, "Invited Users")

    def redeemed(self, record: Json, now: datetime) -> None:
        """Write that a guest accepted the invitation."""
        self.write(REDEEM, record, _as_user(record), now, "Invited Users")

    def initiator(self, inviter: Inviter) -> Json:
        """Write a person or an app as the initiator of something."""
        if inviter.person is None:
            return {"user": None, "app": {"displayName": inviter.app, "servicePrincipalId": None}}
        return _as_user(self.directory.account(inviter.person) or {"id": inviter.person})

    def since(self, oldest: datetime, now: datetime) -> list[Json]:
        """Return the lines of a time, newest first."""
        first, last = graph_time(oldest), graph_time(now)
        rows = [
            row for row in (*self._history(oldest), *self.rows) if first <= row["activityDateTime"] <= last
        ]
        return sorted(rows, key=lambda row: row["activityDateTime"])[::-1]

    def _history(self, oldest: datetime) -> list[Json]:
        population, rows = self.directory.population, []
        for n in population.access.newcomers(oldest.timestamp()):
            record = population.guest(n)
            inviter = population.access.inviter(n)
            invited, accepted = record["createdDateTime"], record["externalUserStateChangeDateTime"]
            tag = record["id"]
            if inviter is not None and invited is not None:
                row = _audit(f"Directory_1_{tag}", tag, INVITE, record, self.initiator(inviter), invited)
                rows.append({**row, "loggedByService": "Invited Users"})
            if record["externalUserState"] == "Accepted" and accepted is not None:
                row = _audit(f"Directory_2_{tag}", tag, REDEEM, record, _as_user(record), accepted)
                rows.append({**row, "loggedByService": "Invited Users"})
        return rows


def _as_user(record: Json) -> Json:
    shown = {"id": record["id"], "displayName": None, "userPrincipalName": record.get("userPrincipalName")}
    return {"user": {**shown, "ipAddress": "192.0.2.4"}, "app": None}


def _audit(row_id: str, correlation: str, activity: str, record: Json, by: Json, at: str) -> Json:
    shown = {k: record.get(k) for k in ("id", "displayName", "userPrincipalName")}
    details = [{"key": "InvitedUserEmailAddress", "value": record.get("mail")}] if activity == INVITE else []
    return {
        "id": row_id,
        "activityDateTime": at,
        "activityDisplayName": activity,
        "category": "UserManagement",
        "correlationId": correlation,
        "result": "success",
        "resultReason": "",
        "operationType": "Add" if activity == INVITE else activity.partition(" ")[0],
        "initiatedBy": by,
        "targetResources": [{**shown, "type": "User", "modifiedProperties": []}],
        "additionalDetails": details,
    }
