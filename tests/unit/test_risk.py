"""How dangerous and what is suggested, row by row of docs/policy.md and docs/finding.md."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.ladder import Ladder, who_answers
from reviews.model import Circle, Confidence, Guest, Recommendation, Redemption, SignIns, Unreadable, Verdict
from reviews.partners import disallowed
from reviews.policy import Policy, Reviewers
from reviews.risk import BANDS, POINTS, danger_of, recommend
from reviews.staleness import judge
from tests.builders import FALLBACK, NOW, a_guest, a_person, ago
from tests.reach import A_POLICY, exposed, guest_of
from tests.tables import DOCS, codes, moment, table

FINDING = DOCS / "finding.md"
POLICY = Policy()


def judged(guest: Guest) -> Verdict:
    return judge(guest, POLICY.thresholds, POLICY.scope.min_account_age, NOW)


def ladder(cell: str) -> Ladder:
    sponsors = (a_person(),) if cell == "healthy" else ()
    return who_answers(a_guest(sponsors=sponsors), Circle(), Reviewers(fallback=(FALLBACK,)))


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


@pytest.mark.parametrize("row", table("Guests and their risk", FINDING), ids=str)
def test_each_documented_guest_is_as_dangerous_as_the_page_says(row: dict[str, str]) -> None:
    given = guest_of(row["domain"], row["sponsor"])
    found = danger_of(given, exposed(row["guest has"]), ladder(row["sponsor"]), A_POLICY)
    assert (found.risk or "unknown") == row["risk"]
    assert tuple(fact.code for fact in found.facts) == codes(row["facts"])


@pytest.mark.parametrize("row", table("What danger and origin change about a suggestion", FINDING), ids=str)
def test_each_documented_guest_gets_the_suggestion_its_danger_allows(row: dict[str, str]) -> None:
    given = guest_of(row["domain"], row["sponsor"], row["activity"])
    verdict = judged(given)
    assert verdict.activity == row["activity"]
    rungs = ladder(row["sponsor"])
    suggestion, reasons = recommend(
        given,
        verdict,
        rungs,
        NOW,
        danger=danger_of(given, exposed(row["guest has"]), rungs, A_POLICY),
        disallowed=disallowed(given, A_POLICY),
    )
    assert suggestion == row["suggestion"]
    assert tuple(reason.code for reason in reasons) == codes(row["reasons"])


def test_the_points_and_bands_of_the_page_are_those_of_the_code() -> None:
    assert {row["fact"]: int(row["points"]) for row in table("Points", FINDING)} == POINTS
    for row in table("Bands", FINDING):
        points = int(row["points"])
        assert next(risk for least, risk in BANDS if points >= least) == row["risk"]


def test_a_guest_of_no_known_domain_is_no_more_dangerous_for_it() -> None:
    nowhere = a_guest(user_principal_name="ada", mail=None)
    assert danger_of(nowhere, exposed("nothing"), ladder("healthy"), A_POLICY).facts == ()


@given(st.lists(st.sampled_from(["a role", "a high group", "an owned group", "a package", "unread apps"])))
def test_reaching_more_never_makes_a_guest_less_dangerous(things: list[str]) -> None:
    weights = [
        danger_of(a_guest(), exposed(", ".join(things[:n]) or "nothing"), ladder("healthy"), A_POLICY).points
        for n in range(len(things) + 1)
    ]
    # Several groups in one text replace one another, so only lists without a repeat are compared.
    if len(set(things)) == len(things):
        assert weights == sorted(weights)
