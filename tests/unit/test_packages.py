"""Access packages by the tables of docs/reviews.md: what is wrong, what mends it, when a round comes."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.model import Asked, Audience, OnSilence, PackagePolicy, PackageReview, Reason, Rhythm
from reviews.packages import MENDABLE, Mending, lint, mend, next_round
from reviews.policy import Packages, Policy, Reviewers, TierRule, Tiers
from tests.builders import FALLBACK, NOW, SARA
from tests.tables import DOCS, codes, table

PAGE = DOCS / "reviews.md"
RULES = Policy(
    reviewers=Reviewers(fallback=(FALLBACK,)), tiers=Tiers(high=TierRule(names=("^Board papers$",)))
)
DESK = Asked(kind="group", id="desk")
QUARTERLY = Rhythm(unit="absoluteMonthly", interval=3)


def a_review(**changes: Any) -> PackageReview:
    """A sound review by the desk."""
    facts: dict[str, Any] = {
        "starts_at": datetime(2026, 9, 1, tzinfo=UTC),
        "lasts": timedelta(days=14),
        "rhythm": QUARTERLY,
        "primary": (DESK,),
        "fallback": (DESK,),
        "has_suggestions": True,
    }
    return PackageReview(**{**facts, **changes})


def a_policy(**changes: Any) -> PackagePolicy:
    """A sound policy for partners."""
    facts: dict[str, Any] = {
        "id": "p1",
        "name": "External partners",
        "package_id": "k1",
        "package_name": "Portal",
        "audience": Audience.PARTNERS,
        "is_approved": True,
        "lasts": timedelta(days=180),
        "review": a_review(),
    }
    return PackagePolicy(**{**facts, **changes})


def documented(row: dict[str, str]) -> PackagePolicy:
    ends: dict[str, Any] = {"lasts": None, "ends_at": None}
    if row["ends"].startswith("on "):
        ends["ends_at"] = datetime.fromisoformat(row["ends"][3:]).replace(tzinfo=UTC)
    elif row["ends"] != "never":
        ends["lasts"] = timedelta(days=int(row["ends"].split()[0]))
    review = None
    if row["review"] != "-":
        until = row["review"].removeprefix("until ") if row["review"].startswith("until ") else None
        review = a_review(
            rhythm=None if row["review"] == "once" else QUARTERLY,
            ends_on=date.fromisoformat(until) if until else None,
            primary={"desk": (DESK,), "self": (), "manager": (Asked(kind="requestorManager"),)}[row["by"]],
            is_self_review=row["by"] == "self",
            fallback=(DESK,) if row["fallback"] == "yes" else (),
            on_silence=OnSilence(row["silence"]),
            has_suggestions=row["suggestions"] == "yes",
        )
    return a_policy(
        audience=Audience(row["audience"]),
        is_approved=row["approved"] == "yes",
        package_name=row["package"],
        review=review,
        **ends,
    )


@pytest.mark.parametrize("row", table("What is wrong", PAGE), ids=str)
def test_each_documented_policy_has_its_findings(row: dict[str, str]) -> None:
    found = lint(documented(row), RULES, NOW.date())
    assert tuple(one.code for one in found) == codes(row["findings"])


@pytest.mark.parametrize("row", table("What is wrong", PAGE), ids=str)
def test_what_mends_a_policy_leaves_nothing_that_a_review_settles(row: dict[str, str]) -> None:
    package = documented(row)
    mending = mend(package, RULES, NOW)
    if not MENDABLE.intersection(codes(row["findings"])):
        assert mending is None
        return
    assert isinstance(mending, Mending)
    mended = a_policy(**{**_fields(package), "review": mending.review})
    assert not MENDABLE & {one.code for one in lint(mended, RULES, NOW.date())}
    assert mend(mended, RULES, NOW) is None


def _fields(package: PackagePolicy) -> dict[str, Any]:
    return {name: getattr(package, name) for name in PackagePolicy.__dataclass_fields__}


def test_the_page_names_every_finding_and_says_what_mends_it() -> None:
    found = {code for row in table("What is wrong", PAGE) for code in codes(row["findings"])}
    told = {code for row in table("What mends it", PAGE) for code in codes(row["what is wrong"])}
    assert found == told
    assert {code for code in told if code not in MENDABLE} == {"package-for-anyone", "package-unapproved"}
    assert told >= MENDABLE


def test_a_mending_changes_no_more_than_the_findings_name() -> None:
    before = a_review(fallback=(), on_silence=OnSilence.REMOVE, needs_justification=False)
    mending = mend(a_policy(review=before), RULES, NOW)
    assert isinstance(mending, Mending)
    assert mending.review == a_review(
        fallback=(Asked(kind="user", id=FALLBACK),), on_silence=OnSilence.REMOVE, needs_justification=False
    )


def test_a_new_review_is_by_who_approves_requests_unless_the_policy_names_others() -> None:
    approvers = (Asked(kind="targetUserSponsors"), Asked(kind="user", id=SARA))
    package = a_policy(review=None, lasts=None, approvers=approvers)
    by_approvers = mend(package, RULES, NOW)
    assert isinstance(by_approvers, Mending)
    assert by_approvers.review.primary == (Asked(kind="user", id=SARA),)
    assert by_approvers.review.starts_at == datetime(2026, 11, 21, tzinfo=UTC)
    named = RULES.model_copy(update={"packages": Packages(reviewers=(FALLBACK,))})
    by_named = mend(package, named, NOW)
    assert isinstance(by_named, Mending)
    assert by_named.review.primary == (Asked(kind="user", id=FALLBACK),)


def test_without_a_fallback_nothing_is_proposed_and_that_is_said() -> None:
    assert mend(a_policy(review=None), Policy(), NOW) == Reason(code="package-nobody-to-review")


def test_looser_rules_let_guests_attest_below_tier_high_and_short_packages_go_unreviewed() -> None:
    loose = RULES.model_copy(update={"packages": Packages(self_review="below-high", require_review=False)})
    own = a_review(is_self_review=True, primary=(), fallback=())
    assert lint(a_policy(review=own), loose, NOW.date()) == ()
    high = lint(a_policy(review=own, package_name="Board papers"), loose, NOW.date())
    assert [one.code for one in high] == ["package-self-review"]
    assert lint(a_policy(review=None), loose, NOW.date()) == ()
    quiet = a_review(is_self_review=True, primary=(), fallback=(), has_suggestions=False)
    mending = mend(a_policy(review=quiet), loose, NOW)
    assert isinstance(mending, Mending)
    assert mending.review.is_self_review


@pytest.mark.parametrize("row", table("When a round comes", PAGE), ids=str)
def test_each_documented_round_comes_on_its_day(row: dict[str, str]) -> None:
    rhythm = None
    if row["comes every"] != "once":
        count, unit = row["comes every"].split()
        rhythm = Rhythm(unit={"months": "absoluteMonthly", "weeks": "weekly"}[unit], interval=int(count))
    review = a_review(
        starts_at=datetime.fromisoformat(row["first round"]).replace(tzinfo=UTC),
        rhythm=rhythm,
        ends_on=None if row["last day"] == "-" else date.fromisoformat(row["last day"]),
    )
    now = datetime.fromisoformat(row["today"]).replace(tzinfo=UTC, hour=13)
    expected = None if row["next round"] == "-" else date.fromisoformat(row["next round"])
    assert next_round(review, now) == expected


def test_a_rhythm_we_do_not_know_promises_no_next_round() -> None:
    assert next_round(a_review(rhythm=Rhythm(unit="relativeMonthly", interval=1)), NOW) is None


@given(
    first=st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    later=st.integers(0, 9000),
    unit=st.sampled_from(["weekly", "absoluteMonthly"]),
    interval=st.integers(1, 12),
)
def test_the_next_round_is_never_past_and_never_further_than_one_interval(
    first: date, later: int, unit: str, interval: int
) -> None:
    review = a_review(
        starts_at=datetime(first.year, first.month, first.day, tzinfo=UTC),
        rhythm=Rhythm(unit=unit, interval=interval),
    )
    now = review.starts_at + timedelta(days=later, hours=5)
    day = next_round(review, now)
    assert day is not None
    assert now.date() <= day <= now.date() + timedelta(days=(7 if unit == "weekly" else 31) * interval)
