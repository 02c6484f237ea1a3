"""How a question is put natively, by the tables of docs/reviews.md."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.model import (
    GuestId,
    GuestRole,
    Licence,
    NativeItem,
    PersonId,
    Reason,
    Rival,
    Unreadable,
    Vehicle,
)
from reviews.policy import Coexistence, Cohort, Policy, Reviews
from reviews.records import Act, Action
from reviews.vehicles import Standing, Terms, choose, tier, vehicle
from tests.builders import guid
from tests.tables import DOCS, table

PAGE = DOCS / "reviews.md"
UNREAD = Unreadable(why="no-permission")
CHOSEN = table("Which vehicle is chosen", PAGE)


@pytest.mark.parametrize("row", table("What a tenant is able to", PAGE), ids=str)
def test_a_tenant_is_able_to_what_is_documented(row: dict[str, str]) -> None:
    terms = Terms(
        licence=UNREAD if row["licence"] == "?" else Licence(row["licence"]),
        guest_role=GuestRole.RESTRICTED,
        refuses_sign_ins=row["sign-ins refused"] == "yes",
        refuses_reviews=row["reviews refused"] == "yes",
    )
    assert tier(terms) == row["able to"]


@pytest.mark.parametrize("row", CHOSEN, ids=str)
def test_the_documented_vehicle_is_chosen(row: dict[str, str]) -> None:
    seen = row["guests see"]
    terms = Terms(licence=Licence(row["able to"]), guest_role=UNREAD if seen == "?" else GuestRole(seen))
    standing = Standing(
        in_package_review=row["in the review of a package"] == "yes",
        in_other_review=row["in another review"] == "yes",
        company=int(row["asked about together"]),
    )
    rivals = (Rival.NATIVE_REVIEW,) if row["yields to reviews"] == "yes" else ()
    policy = Policy(
        reviews=Reviews(cohort=Cohort(row["reviews.cohort"])), coexistence=Coexistence(yield_to=rivals)
    )
    chosen = vehicle(standing, terms, policy)
    assert (chosen.code if isinstance(chosen, Reason) else chosen) == row["vehicle"]


def test_every_vehicle_is_documented() -> None:
    assert {row["vehicle"] for row in CHOSEN} == {*Vehicle, "co-members-visible"}


TERMS = st.builds(
    Terms,
    licence=st.sampled_from((*Licence, UNREAD)),
    guest_role=st.sampled_from((*GuestRole, UNREAD)),
    refuses_sign_ins=st.booleans(),
    refuses_reviews=st.booleans(),
)
STANDINGS = st.builds(
    Standing,
    in_package_review=st.booleans(),
    in_other_review=st.booleans(),
    company=st.integers(min_value=1, max_value=30),
)


@given(standing=STANDINGS, terms=TERMS, cohort=st.sampled_from(Cohort))
def test_no_group_ever_shows_a_guest_who_else_is_asked_about(
    standing: Standing, terms: Terms, cohort: Cohort
) -> None:
    policy = Policy(reviews=Reviews(cohort=cohort))
    if vehicle(standing, terms, policy) is Vehicle.COHORT:
        assert terms.guest_role is GuestRole.RESTRICTED


@given(standing=STANDINGS, terms=TERMS)
def test_a_refusal_never_makes_a_tenant_abler(standing: Standing, terms: Terms) -> None:
    refused = replace(terms, refuses_reviews=True)
    order = list(Licence)
    assert order.index(tier(refused)) <= order.index(tier(terms))
    assert vehicle(standing, refused, Policy()) not in {Vehicle.COHORT, Vehicle.ALONE}


def _asks(*reviewers: str) -> list[Action]:
    return [
        Action(key=f"ask:{n}", kind=Act.ASK, guest_id=GuestId(guid(n)), reviewers=(PersonId(one),))
        for n, one in enumerate(reviewers)
    ]


LIMITED = Terms(licence=Licence.P2, guest_role=GuestRole.LIMITED)
PLACE = NativeItem(definition_id="d", instance_id="i", resource_id="r")


def test_who_is_asked_about_together_is_counted_by_reviewer_and_without_packages() -> None:
    first, second, alone, packaged = _asks("sara", "sara", "joost", "joost")
    packaged = replace(packaged, items=(PLACE,))
    policy = Policy(reviews=Reviews(cohort=Cohort.REFUSE))
    through, held = choose([first, second, alone, packaged], LIMITED, policy)
    assert [one.vehicle for one in through] == [Vehicle.ALONE, Vehicle.PACKAGE]
    assert [(one.action, one.held_by) for one in held] == [
        (first, "co-members-visible"),
        (second, "co-members-visible"),
    ]


def test_what_is_no_question_and_what_nobody_is_asked_goes_by_untouched() -> None:
    block = Action(key="block:1", kind=Act.BLOCK, guest_id=GuestId(guid(1)), reviewers=(PersonId("sara"),))
    (nobody,) = _asks("sara")
    nobody = replace(nobody, reviewers=())
    policy = Policy(reviews=Reviews(cohort=Cohort.REFUSE))
    assert choose([block, nobody], LIMITED, policy) == ((block, nobody), ())


def test_what_was_not_looked_at_counts_as_a_tenant_that_reviews_and_whose_guests_see_one_another() -> None:
    through, held = choose(_asks("sara", "sara"), Terms(), Policy())
    assert {one.vehicle for one in through} == {Vehicle.ALONE}
    assert held == ()
