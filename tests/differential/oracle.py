"""A second opinion: ("ask", guest, reviewer), ("held", guest, by), from raw JSON and docs/policy.md alone."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

SIGNS = ("lastSignInDateTime", "lastNonInteractiveSignInDateTime", "lastSuccessfulSignInDateTime")


def opinion(users: list[Any], policy: Any, now: datetime, before: int | None) -> Any:
    today = now.astimezone(ZoneInfo(policy["tenant"]["zone"])).date()
    quiet = (today.weekday() > 4 and policy["quiet"]["weekends"]) or str(today) in policy["quiet"]["days"]
    spared = {e["guest"].lower() for e in policy["exemptions"] if str(today) <= e["until"]}
    sane, due, asked = [user for user in users if understood(user)], [], [""]
    stop, most = red(users, sane, policy["breakers"], before), policy["reviewers"]["max_open_items"]
    for user in sane:
        sort = kind(user, policy["tenant"]["home_domains"])
        may = user["accountEnabled"] and user["id"] not in spared and sort in policy["scope"]["kinds"]
        if may and (why := unused(user, policy, now)):
            case = hashlib.sha256(f"case|{user['id']}|{now.date()}".encode()).hexdigest()[:32]
            due.append((*why, case, user["id"], reviewer(user, policy["reviewers"]["fallback"])))
    for *_, guest, whom in sorted(due):
        by = (whom == "?") * "sponsors-unreadable" or stop or (not whom) * "no-reviewer"
        by = by or quiet * "quiet-day" or (asked.count(whom) >= most) * "reviewer-full"
        by = by or (len(asked) > policy["caps"]["asks_per_run"]) * "cap-asks"
        asked += [] if by else [whom]
        yield ("held", guest, by) if by else ("ask", guest, whom)


def understood(user: Any) -> bool:
    texts = [user.get(name) for name in ("id", "displayName", "userPrincipalName", "userType")]
    known = user.get("externalUserState", "lost") in (None, "Accepted", "PendingAcceptance")
    known &= isinstance(user["accountEnabled"], bool) and isinstance(user.get("sponsors", []), list)
    return known and "createdDateTime" in user and all(isinstance(t, str) and len(t) <= 1024 for t in texts)


def kind(user: Any, home: list[str]) -> str:
    ours = any(one["issuer"].lower() in [name.lower() for name in home] for one in user["identities"])
    vouching = {one["issuer"] for one in user["identities"] if one["signInType"] != "userPrincipalName"}
    outside = (vouching and not ours) or "#EXT#" in user["userPrincipalName"]
    guest = "personal-guest" if vouching and vouching <= {"mail", "google.com"} else "external-guest"
    guest = "pending-guest" if user["externalUserState"] == "PendingAcceptance" else guest
    guest = guest if outside or user["externalUserState"] == "Accepted" else "internal-guest"
    guest = "synced-guest" if user["onPremisesSyncEnabled"] else guest
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
    spared = young or back or max(dates, default=now) > now + day
    return (rank, -(now - since).days) if not spared and now - since > limit[after] else None


def bare(sponsor: Any) -> bool:
    return None in [sponsor.get("displayName"), sponsor.get("accountEnabled", 0), sponsor.get("userType", 0)]


def reviewer(user: Any, fallback: list[str]) -> str:
    able, others = [], [one for one in fallback if one != user["id"]]
    for one in user.get("sponsors", []):
        if one["@odata.type"].endswith("group") or bare(one):  # people in groups are not looked at here
            others = ["?"]
        elif one.get("userType") == "Member" and one["accountEnabled"] and one.get("mail"):
            able += [one["id"]] if one["id"] != user["id"] else []
    return min(able) if able else (["?"] if "sponsors" not in user else [*others, ""])[0]


def red(users: list[Any], sane: list[Any], limits: Any, before: int | None) -> str:
    come = [user.get("signInActivity") for user in sane if user["externalUserState"] != "PendingAcceptance"]
    blank = sum(not moments(one, *SIGNS) for one in come) > max(4, limits["unread_sign_ins"] * len(come))
    names = ["createdDateTime", "externalUserState", "identities", "mail"]
    shown = [any(user[name] for user in sane) for name in names]
    bares = [bare(one) for user in sane for one in user.get("sponsors", [])]
    by = blank * "too-many-unseen" or (len(sane) > 4 and not all(shown)) * "fields-lost"
    by = by or (sum(bares) > 4 and all(bares)) * "sponsors-not-read"
    by = by or (before is not None and before - len(sane) > limits["shrunk_by"] * before) * "guests-shrunk"
    return by or (len(users) - len(sane) > max(4, limits["set_aside"] * len(users))) * "too-many-set-aside"
