"""Which reviews cover the groups that guests are in, by the table of docs/reviews.md."""

from datetime import timedelta
from typing import Any

import pytest

from reviews.coverage import Coverage, coverage, is_alive
from reviews.model import (
    Covered,
    Covers,
    Definition,
    GroupReview,
    GuestGroup,
    Person,
    Reason,
    Unreadable,
)
from reviews.model.ties import Group
from reviews.policy import GroupReviews, Policy, Reviewers
from tests.builders import FALLBACK, NOW, SARA, a_person, guid
from tests.tables import DOCS, table

TODAY = NOW.date()
UNREAD = Unreadable(why="no-permission")
MINE, OTHER = guid(11), guid(12)
KINDS: dict[str, dict[str, Any]] = {
    "Microsoft 365": {"is_unified": True, "is_mail_enabled": True},
    "security": {},
    "dynamic": {"is_unified": True, "is_dynamic": True},
    "role-assignable": {"is_unified": True, "is_role_assignable": True},
    "synced": {"is_synced": True},
    "mail-enabled": {"is_mail_enabled": True},
    "restricted": {"is_unified": True, "is_restricted": True},
}
ABOUT = {
    "of it": Covered(covers=Covers.GROUP, groups=(MINE,)),
    "of it and another": Covered(covers=Covers.GROUP, groups=(OTHER, MINE)),
    "of another": Covered(covers=Covers.GROUP, groups=(OTHER,)),
    "of a package": Covered(covers=Covers.PACKAGE, policy_id=guid(13)),
    "of something unknown": Covered(covers=Covers.OTHER, words="/moons"),
    "of every group": Covered(covers=Covers.EVERY_GROUP),
}
STATES: dict[str, dict[str, Any]] = {
    "runs": {"status": "InProgress"},
    "begins soon": {"status": "NotStarted"},
    "comes again": {"status": "Completed", "recurs": True, "last_round_on": TODAY},
    "over": {"status": "Applied"},
    "its last round is past": {
        "status": "Completed",
        "recurs": True,
        "last_round_on": TODAY - timedelta(days=1),
    },
    "in a state nobody knows": {"status": "Moonlit"},
}
OFF = a_person(SARA, enabled=False)
OWNERS: dict[str, tuple[Person, ...] | Unreadable] = {
    "fit": (a_person(SARA),),
    "one fit, one switched off": (a_person(SARA), a_person(FALLBACK, enabled=False)),
    "switched off": (OFF,),
    "a guest": (a_person(SARA, user_type="Guest"),),
    "never asked": (a_person(SARA, user_principal_name="svc-sync@contoso.example"),),
    "none": (),
    "unreadable": UNREAD,
}
DESK = guid(77)
ROWS = table("Which reviews cover a group", DOCS / "reviews.md")


def a_definition(words: str, number: int = 0) -> Definition:
    about, state = words.split(", ")
    return Definition(id=f"d{number}", name=words, about=ABOUT[about], **STATES[state])


def a_group(kind: str = "Microsoft 365", owners: str = "fit") -> GuestGroup:
    group = Group(id=MINE, name="Vendor team", **KINDS[kind])
    return GuestGroup(group=group, guests=3, owners=OWNERS[owners])


def rules(fallback: str = "yes", **changes: Any) -> Policy:
    named = (DESK,) if fallback == "yes" else ()
    return Policy(reviewers=Reviewers(fallback=named, never=("^svc-",)), **changes)


def told(row: dict[str, str]) -> Coverage:
    there = row["reviews there are"]
    definitions = () if there == "-" else (a_definition(there),)
    (found,) = coverage([a_group(row["group"], row["owners"])], definitions, rules(row["fallback"]), NOW)
    return found


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_group_is_covered_or_proposed_as_documented(row: dict[str, str]) -> None:
    found = told(row)
    sorts = {Covers.GROUP: "a review of it", Covers.EVERY_GROUP: "every group"}
    assert [sorts[one.about.covers] for one in found.by] == [one for one in [row["covered by"]] if one != "-"]
    match found.proposal:
        case None:
            proposed = ("-", "-")
        case Reason(code=code):
            proposed = (code, "-")
        case GroupReview(reviewers=reviewers, fallback=fallback, removes=removes):
            assert reviewers in {(SARA,), (DESK,)}
            to = "owners" if SARA in reviewers else "fallback"
            assert fallback == ((DESK,) if to == "owners" and row["fallback"] == "yes" else ())
            proposed = (to, "removes" if removes else "tells")
    assert proposed == (row["proposed to"], row["a denial"])


def test_every_sort_of_group_review_state_and_owner_is_documented() -> None:
    assert {row["group"] for row in ROWS} == KINDS.keys()
    assert {row["owners"] for row in ROWS} == OWNERS.keys()
    there = [row["reviews there are"].split(", ") for row in ROWS if row["reviews there are"] != "-"]
    assert {about for about, _ in there} == ABOUT.keys()
    assert {state for _, state in there} == STATES.keys()


def test_a_review_that_names_the_group_comes_before_one_of_every_group() -> None:
    definitions = [a_definition("of every group, runs", 1), a_definition("of it, comes again", 2)]
    (found,) = coverage([a_group()], definitions, rules(), NOW)
    assert [one.id for one in found.by] == ["d2", "d1"]


def test_a_series_without_an_end_goes_on() -> None:
    ended = Definition(id="d", name="", status="Completed", about=ABOUT["of it"], recurs=True)
    assert is_alive(ended, TODAY)


def test_a_proposal_says_how_often_how_long_and_for_how_many() -> None:
    wanted = GroupReviews(every_months=6, lasts=timedelta(days=7), removes=False)
    (found,) = coverage([a_group()], (), rules(group_reviews=wanted), NOW)
    proposal = found.proposal
    assert isinstance(proposal, GroupReview)
    assert (proposal.rhythm.interval, proposal.lasts, proposal.removes) == (6, timedelta(days=7), False)
    assert (proposal.guests, proposal.starts_on) == (3, TODAY)


def test_a_fallback_who_owns_the_group_is_asked_once() -> None:
    policy = Policy(reviewers=Reviewers(fallback=(SARA, DESK)))
    (found,) = coverage([a_group()], (), policy, NOW)
    assert isinstance(found.proposal, GroupReview)
    assert (found.proposal.reviewers, found.proposal.fallback) == ((SARA,), (DESK,))
