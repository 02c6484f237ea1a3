import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.people import People, Population
from sandbox.people_silence import (
    GAP_DAYS,
    RETURNED_WITHIN_A_YEAR,
    chance_of_return,
    days_until_return,
    gap_days,
)

NOW = datetime(2026, 9, 1, 6, 30, tzinfo=UTC)
SHARED = Path(__file__).parents[3] / "shared"


def stamped(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def a_tenant(guests: int, **unusual: Any) -> Population:
    known: dict[str, Any] = {"seed": 7, "member_count": max(8, guests // 8), "as_of": NOW}
    return Population(guest_count=guests, **(known | unusual))


def share(crowd: list[dict[str, Any]], true_of: Any) -> float:
    return sum(1 for guest in crowd if true_of(guest)) / len(crowd)


def last_success(guest: dict[str, Any]) -> str | None:
    activity = guest.get("signInActivity")
    return None if activity is None else activity["lastSuccessfulSignInDateTime"]


@pytest.mark.parametrize(("of_gaps", "days"), GAP_DAYS)
def test_gaps_have_the_counted_quantiles(of_gaps: float, days: float) -> None:
    assert gap_days(of_gaps) == pytest.approx(days)


@pytest.mark.parametrize(("days", "returned"), RETURNED_WITHIN_A_YEAR)
def test_the_return_curve_meets_every_counted_row(days: float, returned: float) -> None:
    assert chance_of_return(days, 365) == pytest.approx(returned, abs=0.01)


def test_the_counted_numbers_are_those_of_the_data_file() -> None:
    path = SHARED / "data" / "activity-gaps.json"
    if not path.exists():
        pytest.skip("the counted gaps are not beside this clone")
    counted = json.loads(path.read_text(encoding="utf-8"))

    assert {str(of): days for of, days in GAP_DAYS[:-1]}.items() <= counted["gap_days_quantiles"].items()
    returned = {int(days): part for days, part in RETURNED_WITHIN_A_YEAR}
    assert returned == {int(k): v["share"] for k, v in counted["return_after_silence_of_days"].items()}


@given(st.floats(1, 3000), st.floats(0.0001, 1, exclude_max=True))
def test_a_return_happens_when_the_curve_says(silent: float, luck: float) -> None:
    days = days_until_return(silent, luck)

    if days is not None and days < 1e6:
        assert chance_of_return(silent, days) == pytest.approx(1 - luck, abs=1e-3)


def returning(tenant: People, days: int) -> dict[int, list[date]]:
    span = [NOW.date() + timedelta(days=ahead) for ahead in range(1, days + 1)]
    return {n: [day for day in span if tenant.returns_on(n, day)] for n in range(tenant.guest_count)}


def test_silent_guests_come_back_as_often_as_counted_and_active_ones_keep_coming() -> None:
    tenant = a_tenant(4_000)
    border, lately = stamped(NOW - timedelta(days=90)), stamped(NOW - timedelta(days=7))
    guests = {n: g for n in range(4_000) if (g := tenant.guest(n))["accountEnabled"]}
    silent = [n for n, g in guests.items() if (last_success(g) or "9") < border]
    active = [n for n, g in guests.items() if (last_success(g) or "") > lately]

    came = returning(tenant, 60)

    assert 0.005 <= sum(bool(came[n]) for n in silent) / len(silent) <= 0.06
    assert sum(bool(came[n]) for n in active) / len(active) >= 0.85


def test_nobody_comes_who_is_blocked_and_nobody_before_the_history_ends() -> None:
    tenant = a_tenant(2_000)
    blocked = [n for n in range(2_000) if not tenant.guest(n)["accountEnabled"]]
    ahead = [NOW.date() + timedelta(days=d) for d in range(1, 30)]

    assert blocked
    assert not [n for n in blocked for day in ahead if tenant.returns_on(n, day)]
    assert not [n for n in range(2_000) if tenant.returns_on(n, NOW.date())]
