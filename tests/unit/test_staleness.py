"""The table of verdicts in docs/policy.md, every boundary from both sides."""

from datetime import timedelta
from typing import Any

import pytest

from reviews.model import Activity, Redemption, SignIns, Unreadable
from reviews.policy import Policy, Thresholds
from reviews.staleness import in_place_since, judge
from tests.builders import NOW, a_guest, ago
from tests.tables import moment, table

POLICY = Policy()


def sign_ins(success: str, attempt: str) -> SignIns | Unreadable:
    if success in {"unreadable", "no licence"}:
        return Unreadable(why="no-permission" if success == "unreadable" else "no-licence")
    return SignIns(successful_at=moment(success, NOW), interactive_at=moment(attempt, NOW))


@pytest.mark.parametrize("row", table("Is the account used"), ids=str)
def test_each_documented_account_has_its_verdict(row: dict[str, str]) -> None:
    guest = a_guest(
        created_at=moment(row["created"], NOW),
        redemption=None if row["redemption"] == "-" else Redemption(row["redemption"]),
        redemption_changed_at=moment(row["changed"], NOW),
        sign_ins=sign_ins(row["success"], row["attempt"]),
    )
    met = moment(row["first met"], NOW)
    verdict = judge(guest, POLICY.thresholds, POLICY.scope.min_account_age, NOW, first_seen=met)
    assert (verdict.activity, verdict.confidence, verdict.because.code) == (
        row["activity"],
        row["confidence"],
        row["reason"],
    )


@pytest.mark.parametrize("row", table("A long threshold"), ids=str)
def test_a_threshold_longer_than_the_record_takes_a_trace_for_recent(row: dict[str, str]) -> None:
    guest = a_guest(created_at=ago(4000), sign_ins=SignIns(interactive_at=moment(row["attempt"], NOW)))
    thresholds = Thresholds.model_validate({"inactive_after": row["inactive_after"]})
    verdict = judge(guest, thresholds, POLICY.scope.min_account_age, NOW)
    assert (verdict.activity, verdict.confidence, verdict.because.code) == (
        row["activity"],
        row["confidence"],
        row["reason"],
    )


def test_every_activity_is_documented() -> None:
    assert {row["activity"] for row in table("Is the account used")} == set(Activity)


@pytest.mark.parametrize(
    ("interactive", "other", "expected"), [(40, 31, 31), (31, 40, 31), (None, 31, 31), (31, None, 31)]
)
def test_the_later_attempt_of_either_sort_counts(
    interactive: int | None, other: int | None, expected: int
) -> None:
    both = SignIns(
        interactive_at=None if interactive is None else ago(interactive),
        non_interactive_at=None if other is None else ago(other),
    )
    verdict = judge(a_guest(sign_ins=both), POLICY.thresholds, POLICY.scope.min_account_age, NOW)
    assert verdict.since == ago(expected)
    assert verdict.because.params["days"] == expected


def test_a_reason_names_the_day_and_the_days_since() -> None:
    verdict = judge(a_guest(), POLICY.thresholds, POLICY.scope.min_account_age, NOW)
    assert dict(verdict.because.params) == {"days": 120, "on": "2026-07-23"}


def test_a_least_age_is_proven_by_the_earliest_trace() -> None:
    nothing: dict[str, Any] = {"created_at": None, "redemption_changed_at": None}
    seen = SignIns(successful_at=ago(100), non_interactive_at=ago(50))
    assert in_place_since(a_guest(**nothing, sign_ins=seen)) == ago(100)
    assert in_place_since(a_guest(**nothing, sign_ins=SignIns())) is None
    assert in_place_since(a_guest(**nothing, sign_ins=Unreadable(why="not-asked"))) is None
    assert in_place_since(a_guest(created_at=ago(400), sign_ins=seen)) == ago(400)


def test_other_thresholds_move_every_boundary() -> None:
    strict = Thresholds(inactive_after=timedelta(days=10))
    signed_in = a_guest(sign_ins=SignIns(successful_at=ago(11)))
    assert judge(signed_in, strict, POLICY.scope.min_account_age, NOW).activity is Activity.STALE
    assert judge(signed_in, Thresholds(), POLICY.scope.min_account_age, NOW).activity is Activity.ACTIVE
