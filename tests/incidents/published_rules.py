"""What the rules in public use would have done: each restated in a few lines of ours, from its documentation.

They judge the very rows that Graph sent to Gatehouse. Sources: the links in ``pack.py``.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

Json = dict[str, Any]
INTERACTIVE, NON_INTERACTIVE = "lastSignInDateTime", "lastNonInteractiveSignInDateTime"
SUCCESS = "lastSuccessfulSignInDateTime"


def _signed_in(row: Json, field: str) -> str:
    return str((row.get("signInActivity") or {}).get(field) or "")


def _limit(now: datetime, days: int) -> str:
    return (now - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def stale_guests_script(rows: Sequence[Json], now: datetime) -> list[Json]:
    """JBines/Remove-StaleGuests, as its README warns: no date counts as inactive; ten removals in a run."""
    return [row for row in rows if _signed_in(row, INTERACTIVE) < _limit(now, 90)][:10]


def disable_guests_standard(rows: Sequence[Json], now: datetime) -> list[Json]:
    """CIPP after CIPP-API#1427: older than 90 days, and no later success; no date is no success."""
    old = [row for row in rows if row["accountEnabled"] and row["createdDateTime"] < _limit(now, 90)]
    return [row for row in old if _signed_in(row, SUCCESS) < _limit(now, 90)]


def disable_guests_standard_before(rows: Sequence[Json], now: datetime) -> list[Json]:
    """CIPP before CIPP-API#1427: asks Graph for whoever has an old success, and gets nobody without any."""
    return [row for row in rows if "" < _signed_in(row, SUCCESS) < _limit(now, 90)]


def one_sort_of_sign_in(rows: Sequence[Json], now: datetime, field: str) -> list[Json]:
    """CIPP at the time of #5300 (interactive alone) and of #2861 (non-interactive alone)."""
    return [row for row in rows if "" < _signed_in(row, field) < _limit(now, 90)]


def inactive_guests_pipeline(rows: Sequence[Json], now: datetime) -> list[Json]:
    """Hmcts: dates compared as text, null printed as the word, 31 days; no date at all is an empty word."""
    limit = _limit(now, 31)
    found = []
    for row in rows:
        signs = row.get("signInActivity") or {}
        words = [
            "null" if signs.get(field) is None else signs[field] for field in (INTERACTIVE, NON_INTERACTIVE)
        ]
        if all(limit > word for word in words):
            found.append(row)
    return found


def last_sign_in_filter(rows: Sequence[Json], now: datetime) -> list[Json]:
    """c7n_azure entraid-user, last-sign-in over 90: who shows no sign-in activity is given 999 days."""
    return [row for row in rows if _days_since(row, now) > 90]


def _days_since(row: Json, now: datetime) -> int:
    seen = _signed_in(row, INTERACTIVE)
    return (now - datetime.fromisoformat(seen)).days if seen else 999


def first_page(pages: Sequence[Json]) -> list[Json]:
    """Hmcts and c7n_azure: one request, and what its answer holds is the tenant."""
    return list(pages[0]["value"]) if pages else []


def refusal_as_empty(status: int, rows: Sequence[Json]) -> list[Json]:
    """c7n_azure entraid-user: a refused list is a list of nobody."""
    return [] if status == 403 else list(rows)


def unprotected(rows: Sequence[Json], settings: Mapping[str, str]) -> list[Json]:
    """Woodgrove clean-up: everybody but the protected; without the setting, nobody is protected."""
    return [row for row in rows if row["id"] not in settings.get("AdminGroupId", "")]


def without_sponsor(rows: Sequence[Json]) -> list[Json]:
    """Zero Trust assessment 21877: no sponsors came back, so there are none."""
    return [row for row in rows if not row.get("sponsors")]


def done(statuses: Sequence[int]) -> bool:
    """Woodgrove clean-up: what was sent is done; nobody looks whether it is."""
    return bool(statuses)


def denied(statuses: Sequence[int], group: str, members: Sequence[str]) -> str:
    """A review of a dynamic group: the denial is recorded, and what applying it did is nobody's business."""
    still = "is still in" if statuses and members else "is out of"
    return f"records the denial; {', '.join(members) or 'nobody'} {still} {group}"


def runs(firings: Sequence[datetime]) -> list[datetime]:
    """A function that works when its timer fires, and knows of no slot."""
    return list(firings)


def single_use_link(opened: Sequence[str]) -> str:
    """An approval link of the activepieces sort: who opens it has decided."""
    return "approved" if opened else "waiting"
