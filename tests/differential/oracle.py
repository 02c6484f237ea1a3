"""A second opinion on who is asked and what is held: naive, from raw Graph JSON and the words of docs/policy.md."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

SUCCESSES_SINCE = datetime(2023, 12, 1, tzinfo=UTC)


def opinion(users: list[Any], policy: Any, now: datetime, before: int | None = None) -> set[tuple[str, ...]]:
    """Return ("ask", guest, reviewer) and ("held", guest, by); ``before`` is how many guests last night saw."""
    local, people = now.astimezone(ZoneInfo(policy["tenant"]["zone"])).date(), [u for u in users if _understood(u)]
    due = []
    for user in people:
        kind, used = _kind(user, policy["tenant"]["home_domains"]), _unused(user, policy, now)
        exempt = any(e["guest"] == user["id"] and local <= date.fromisoformat(e["until"]) for e in policy["exemptions"])
        whom = _reviewer(user, policy["reviewers"]["fallback"])
        if kind in policy["scope"]["kinds"] and not exempt and user["accountEnabled"] and used and whom:
            due.append((*used, user["id"], whom))
    quiet = local.weekday() > 4 and policy["quiet"]["weekends"] or local.isoformat() in policy["quiet"]["days"]
    stop, found, asked = _red(users, people, policy, before) or ("quiet-day" if quiet else ""), set(), []
    for _, _, guest, whom in sorted(due):
        by = stop or ("cap-asks" if len(asked) >= policy["caps"]["asks_per_run"] else "")
        by = by or ("reviewer-full" if asked.count(whom) >= policy["reviewers"]["max_open_items"] else "")
        asked += [] if by else [whom]
        found.add(("held", guest, by) if by else ("ask", guest, whom))
    return found


def _understood(user: Any) -> bool:
    texts = [user[f] for f in ("id", "displayName", "userPrincipalName", "userType")]
    known = user["externalUserState"] in (None, "Accepted", "PendingAcceptance")
    return known and isinstance(user["accountEnabled"], bool) and all(isinstance(t, str) and len(t) < 9000 for t in texts)


def _kind(user: Any, home: list[str]) -> str:
    state, signs = user["externalUserState"], [(i["signInType"], i["issuer"].lower()) for i in user["identities"]]
    ours = any(way == "userPrincipalName" or issuer in home for way, issuer in signs)
    outside = "#EXT#" in user["userPrincipalName"] or state == "Accepted" or (signs and not ours)
    if user["userType"] != "Guest":
        return "member"
    if user["onPremisesSyncEnabled"]:
        return "synced-guest"
    return "internal-guest" if not outside else "pending-guest" if state == "PendingAcceptance" else "external-guest"


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text and not text.startswith("0001-01-01") else None


def _unused(user: Any, policy: Any, now: datetime) -> tuple[int, datetime] | None:
    """Return 0 (we would remove) or 1 (look closer) and since when it is silent; None when it is no reason to ask."""
    after = {k: timedelta(days=int(v[1:-1])) for k, v in {**policy["scope"], **policy["thresholds"]}.items() if k != "kinds"}
    signs = user.get("signInActivity") or {}
    created, changed = _moment(user["createdDateTime"]), _moment(user["externalUserStateChangeDateTime"])
    success = _moment(signs.get("lastSuccessfulSignInDateTime"))
    tries = [m for k in ("lastSignInDateTime", "lastNonInteractiveSignInDateTime") if (m := _moment(signs.get(k)))]
    if (born := created or changed) is None or now - born < after["min_account_age"]:
        return None
    since, invited = max(m for m in (created, changed) if m), user["externalUserState"] == "PendingAcceptance"
    rank, clock, limit = (0, since, "pending_after") if invited else (1, since, "never_signed_in_after")
    if tries:
        rank, clock = 1, max(tries)
        limit = "inactive_after" if clock < SUCCESSES_SINCE else "attempts_only_after"
    if success:
        rank, clock, limit = int(bool(tries) and max(tries) - success > timedelta(days=1)), success, "inactive_after"
    return (rank, clock) if now - clock > after[limit] else None


def _reviewer(user: Any, fallback: list[str]) -> str | None:
    able, unknown = [], "sponsors" not in user
    for one in user.get("sponsors", []):
        group, itself = one["@odata.type"].endswith("group"), one["id"] == user["id"]
        unknown |= not itself and one.get("displayName") is None
        if not group and not itself and one.get("userType") == "Member" and one.get("accountEnabled") and one.get("mail"):
            able.append(one["id"])
    return min(able) if able else None if unknown else next((f for f in fallback if f != user["id"]), None)


def _red(users: list[Any], people: list[Any], policy: Any, before: int | None) -> str:
    accepted = [u for u in people if u["userType"] == "Guest" and u["externalUserState"] == "Accepted"]
    unseen, limit = [u for u in accepted if not any(map(_moment, (u.get("signInActivity") or {}).values()))], policy["breakers"]
    if people and all("sponsors" not in u for u in people):
        return "sponsors-not-read"
    if len(accepted) > 4 and len(unseen) > limit["unread_sign_ins"] * len(accepted):
        return "too-many-unseen"
    if before and before > 4 and before - len(users) > limit["shrunk_by"] * before:
        return "guests-shrunk"
    return "too-many-set-aside" if len(users) > 4 and len(users) - len(people) > limit["set_aside"] * len(users) else ""
