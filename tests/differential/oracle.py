"""A second opinion on a night: naive, from raw Graph JSON and the words of docs/policy.md alone."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

TRIES = ("lastSignInDateTime", "lastNonInteractiveSignInDateTime")
SIGNS = (*TRIES, "lastSuccessfulSignInDateTime")


def opinion(users: list[Any], policy: Any, now: datetime, before: int | None) -> set[tuple[str, str, str]]:
    """Return ("ask", guest, reviewer) and ("held", guest, by); last night had ``before`` guests."""
    today = now.astimezone(ZoneInfo(policy["tenant"]["zone"])).date()
    quiet = (today.weekday() > 4 and policy["quiet"]["weekends"]) or str(today) in policy["quiet"]["days"]
    spared = {e["guest"].lower() for e in policy["exemptions"] if str(today) <= e["until"]}
    sane, due, asked, found = [user for user in users if understood(user)], [], [""], set()
    stop = red(users, sane, policy["breakers"], before)
    for user in sane:
        may = user["accountEnabled"] and user["id"] not in spared
        may &= kind(user, policy["tenant"]["home_domains"]) in policy["scope"]["kinds"]
        if may and (why := unused(user, policy, now)):
            case = hashlib.sha256(f"case|{user['id']}|{now.date()}".encode()).hexdigest()[:32]
            due.append((*why, case, user["id"], reviewer(user, policy["reviewers"]["fallback"])))
    for *_, guest, whom in sorted(due):
        by = "sponsors-unreadable" if whom == "unknown" else stop or ("" if whom else "no-reviewer")
        by = by or ("quiet-day" if quiet else "")
        by = by or ("reviewer-full" if asked.count(whom) >= policy["reviewers"]["max_open_items"] else "")
        by = by or ("cap-asks" if len(asked) > policy["caps"]["asks_per_run"] else "")
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
    outside = not ours and any(one["signInType"] != "userPrincipalName" for one in user["identities"])
    outside |= "#EXT#" in user["userPrincipalName"] or user["externalUserState"] == "Accepted"
    vouching = {one["issuer"] for one in user["identities"] if one["signInType"] != "userPrincipalName"}
    guest = "personal-guest" if vouching and vouching <= {"mail", "google.com"} else "external-guest"
    guest = "pending-guest" if user["externalUserState"] == "PendingAcceptance" else guest
    guest = "synced-guest" if user["onPremisesSyncEnabled"] else guest if outside else "internal-guest"
    return guest if user["userType"] == "Guest" else "member"


def moments(record: Any, *names: str) -> list[datetime]:
    texts = [(record or {}).get(name) or "0001" for name in names]
    return [datetime.fromisoformat(text) for text in texts if not text.startswith("0001")]


def unused(user: Any, policy: Any, now: datetime) -> tuple[int, int] | None:
    """Return 0 (remove) or 1 (look closer), and minus the days of silence; None is no reason to ask."""
    limit = {name: timedelta(days=int(text[1:-1])) for name, text in policy["thresholds"].items()}
    pending, created = user["externalUserState"] == "PendingAcceptance", moments(user, "createdDateTime")
    invited = created + moments(user, "externalUserStateChangeDateTime")
    tries = sorted(moments(user.get("signInActivity"), *TRIES))[-1:]
    success = moments(user.get("signInActivity"), SIGNS[-1])
    oldest = min(created or invited + success + tries, default=now)
    if success:
        rank, since, after = int(tries > [success[0] + timedelta(days=1)]), success[0], "inactive_after"
    elif tries:
        since, recorded = tries[0], tries >= [datetime(2023, 12, 1, tzinfo=UTC)]
        rank, after = 1, "attempts_only_after" if recorded else "inactive_after"
    else:
        rank, after = (0, "pending_after") if pending else (1, "never_signed_in_after")
        since = max(invited, default=now)
    young = now - oldest < timedelta(days=int(policy["scope"]["min_account_age"][1:-1]))
    return (rank, -(now - since).days) if not young and now - since > limit[after] else None


def reviewer(user: Any, fallback: list[str]) -> str:
    able, others = [], [one for one in fallback if one != user["id"]]
    for one in user.get("sponsors", []):
        group = one["@odata.type"].endswith("group")
        needs = ("displayName",) if group else ("displayName", "accountEnabled", "userType")
        if None in [one.get(name) for name in needs]:
            others = ["unknown"]
        elif not group and one["userType"] == "Member" and one["accountEnabled"] and one.get("mail"):
            able += [one["id"]] if one["id"] != user["id"] else []
    return min(able) if able else (["unknown"] if "sponsors" not in user else [*others, ""])[0]


def red(users: list[Any], sane: list[Any], limits: Any, before: int | None) -> str:
    come = [user.get("signInActivity") for user in sane if user["externalUserState"] != "PendingAcceptance"]
    if sum(not moments(one, *SIGNS) for one in come) > max(4, limits["unread_sign_ins"] * len(come)):
        return "too-many-unseen"
    if before is not None and before - len(sane) > limits["shrunk_by"] * before:
        return "guests-shrunk"
    return "too-many-set-aside" if len(users) - len(sane) > max(4, limits["set_aside"] * len(users)) else ""
