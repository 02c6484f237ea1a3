"""What is suggested, row by row of docs/policy.md."""

import pytest

from reviews.model import Confidence, Guest, Recommendation, Redemption, SignIns, Unreadable, Verdict
from reviews.policy import Policy
from reviews.risk import recommend
from reviews.sponsors import Ladder, who_answers
from reviews.staleness import judge
from tests.builders import FALLBACK, NOW, a_guest, a_person, ago
from tests.tables import codes, moment, table

POLICY = Policy()


def judged(guest: Guest) -> Verdict:
    return judge(guest, POLICY.thresholds, POLICY.scope.min_account_age, NOW)


def ladder(cell: str) -> Ladder:
    return who_answers(a_guest(sponsors=(a_person(),) if cell == "healthy" else ()), (FALLBACK,))


def guest(row: dict[str, str]) -> Guest:
    if row["last success"] in {"unreadable", "no licence"}:
        why = "no-permission" if row["last success"] == "unreadable" else "no-licence"
        return a_guest(sign_ins=Unreadable(why=why))
    if row["last success"] == "no age":
        return a_guest(created_at=None, redemption_changed_at=None, sign_ins=SignIns())
    attempt = moment(row["last attempt"], NOW)
    seen = SignIns(successful_at=moment(row["last success"], NOW), interactive_at=attempt)
    pending = Redemption.PENDING if row["activity"] == "unredeemed" else Redemption.ACCEPTED
    return a_guest(sign_ins=seen, redemption=pending, created_at=ago(2500))


@pytest.mark.parametrize("row", table("What we suggest"), ids=str)
def test_each_documented_guest_gets_its_suggestion(row: dict[str, str]) -> None:
    given = guest(row)
    verdict = judged(given)
    assert (verdict.activity, verdict.confidence) == (row["activity"], row["confidence"])
    suggestion, reasons = recommend(given, verdict, ladder(row["sponsor"]), NOW)
    assert suggestion == row["suggestion"]
    assert tuple(reason.code for reason in reasons) == codes(row["reasons"])


def test_every_suggestion_is_documented() -> None:
    assert {row["suggestion"] for row in table("What we suggest")} == set(Recommendation)


def test_a_stale_verdict_without_a_moment_has_no_attempts_after_it() -> None:
    given = a_guest()
    undated = Verdict(
        activity=judged(given).activity, confidence=Confidence.HIGH, because=judged(given).because
    )
    suggestion, _ = recommend(given, undated, ladder("healthy"), NOW)
    assert suggestion is Recommendation.REMOVE


def test_a_stale_verdict_on_sign_ins_that_cannot_be_read_again_is_not_contradicted() -> None:
    verdict = judged(a_guest())
    suggestion, _ = recommend(a_guest(sign_ins=Unreadable(why="not-asked")), verdict, ladder("healthy"), NOW)
    assert suggestion is Recommendation.REMOVE
