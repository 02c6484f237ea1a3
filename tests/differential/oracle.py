"""A second opinion on a night: naive, from raw Graph JSON and the words of docs/policy.md alone."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

SIGNS = ("lastSignInDateTime", "lastNonInteractiveSignInDateTime", "lastSuccessfulSignInDateTime")


def opinion(users: list[Any], policy: Any, now: datetime, before: int | None) -> set[tuple[str, str, str]]:
    """Return ("ask", guest, reviewer) and ("held", guest, by); last night had ``before`` guests."""
    today = now.astimezone(ZoneInfo(policy["tenant"]["zone"])).date()
    quiet = (today.weekday() > 4 and policy["quiet"]["weekends"]) or str(today) in policy["quiet"]["days"]
    spared = {e["guest"].lower() for e in policy["exemptions"] if str(today) <= e["until"]}
    sane, due, asked, found = [user for user in users if understood(user)], [], [""], set()
    stop = red(users, sane, policy["breakers"], before)
    for user in sane:
        sort = kind(user, policy["tenant"]["home_domains"])
        may = user["accountEnabled"] and user["id"] not in spared and sort in policy["scope"]["kinds"]
        if may and (why := unused(user, policy, now)):
            case = hashlib.sha256(f"case|{user['id']}|{now.date()}".encode()).hexdigest()[:32]
            due.append((*why, case, user["id"], reviewer(user, policy["reviewers"]["fallback"])))
    for *_, guest, whom in sorted(due):
        full = asked.count(whom) >= policy["reviewers"]["max_open_items"]
        by = (whom == "unknown") * "sponsors-unreadable" or stop or (not whom) * "no-reviewer"
        by = by or quiet * "quiet-day" or full * "reviewer-full"
        by = by or (len(asked) > policy["caps"]["asks_per_run"]) * "cap-asks"
        asked += [] if by else [whom]
        found.add(("held", guest, by) if by else ("ask", guest, whom))
    return found


def understood(user: Any) -> bool:
    texts = [user.get(name) for name in ("id", "displayName", "userPrincipalName", "userType")]
    known = user.get("externalUserState", "lost") in (None, "Accepted", "PendingAcceptance")
    known &= isinstance(user["accountEnabled"], bool) and isinstance(user.get("sponsors", []), list)
    return known and "createdDateTime" in user and all(isinstance(t, str) and len(t) <= 1024 for t in texts)


def kind(user: Any, home: list[str]) -> str:
    ours = any(one["issuer"].lower() in [name.lower() for name in home] for one in user["identities"])
    vouching = {one["issuer"] for one in user["identities"] if one["signInType"] != "userPrincipalName"}
    invited = "#EXT#" in user["userPrincipalName"] or user["externalUserState"] == "Accepted"
    outside = invited or (vouching and not ours)
    guest = "personal-guest" if vouching and vouching <= {"mail", "google.com"} else "external-guest"
    guest = "pending-guest" if user["externalUserState"] == "PendingAcceptance" else guest
    guest = "synced-guest" if user["onPremisesSyncEnabled"] else guest if outside else "internal-guest"
    return guest if user["userType"] == "Guest" else "member"


def moments(record: Any, *names: str) -> list[datetime]:
    return [datetime.fromisoformat(t) for t in map((record or {}).get, names) if t and t[:4] != "0001"]


def unused(user: Any, policy: Any, now: datetime) -> tuple[int, int] | None:
    limit = {name: timedelta(days=int(text[1:-1])) for name, text in policy["thresholds"].items()}
    state, created = user["externalUserState"], moments(user, "createdDateTime")
    changed, day = moments(user, "externalUserStateChangeDateTime"), timedelta(days=1)
    tries = sorted(moments(user.get("signInActivity"), *SIGNS[:2]))[-1:]
    success = moments(user.get("signInActivity"), SIGNS[-1])
    dates = created + changed + success + tries
    if success:
        since, after = success[0], "inactive_after"
        rank = int(tries > [since + day] or now - since <= limit[after] + day)
    elif tries:
        since, recorded = tries[0], tries >= [datetime(2023, 12, 1, tzinfo=UTC)]
        rank, after = 1, "attempts_only_after" if recorded else "inactive_after"
    else:
        rank, after = (0, "pending_after") if state == "PendingAcceptance" else (1, "never_signed_in_after")
        since = max(dates, default=now)
    back = state == "Accepted" and changed > [since] and now - changed[0] <= limit["never_signed_in_after"]
    young = now - min(created or dates, default=now) < day * int(policy["scope"]["min_account_age"][1:-1])
    spared = young or (back and (success or tries)) or max(dates, default=now) > now + day
    return (rank, -(now - since).days) if not spared and now - since > limit[after] else None


def reviewer(user: Any, fallback: list[str]) -> str:
    able, others = [], [one for one in fallback if one != user["id"]]
    for one in user.get("sponsors", []):
        group = one["@odata.type"].endswith("group")  # whose people this opinion does not look at
        if group or None in [one.get(name) for name in ("displayName", "accountEnabled", "userType")]:
            others = ["unknown"]
        elif one["userType"] == "Member" and one["accountEnabled"] and one.get("mail"):
            able += [one["id"]] if one["id"] != user["id"] else []
    return min(able) if able else (["unknown"] if "sponsors" not in user else [*others, ""])[0]


def red(users: list[Any], sane: list[Any], limits: Any, before: int | None) -> str:
    come = [user.get("signInActivity") for user in sane if user["externalUserState"] != "PendingAcceptance"]
    if sum(not moments(one, *SIGNS) for one in come) > max(4, limits["unread_sign_ins"] * len(come)):
        return "too-many-unseen"
    if before is not None and before - len(sane) > limits["shrunk_by"] * before:
        return "guests-shrunk"
    return "too-many-set-aside" if len(users) - len(sane) > max(4, limits["set_aside"] * len(users)) else ""
