"""Who is asked: the ladder of docs/policy.md, and what holds for every guest and everybody around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.ladder import MOST, who_answers
from reviews.model import (
    NOT_LOOKED_AT,
    AskedAs,
    Circle,
    Crowd,
    GroupPeople,
    Nameless,
    PersonId,
    Rung,
    SponsorGroup,
    Unreadable,
)
from reviews.policy import Reviewers
from tests.builders import FALLBACK, GUEST, a_guest, a_person, guid
from tests.ladders import CHANGES, circle, person_id, sponsors
from tests.tables import codes, table


def rules(chain: str, fallback: str) -> Reviewers:
    rungs = tuple(Rung) if chain == "all" else tuple(map(Rung, codes(chain)))
    named = tuple(person_id(word) for word in codes(fallback))
    return Reviewers(chain=rungs, never=("^svc-",), fallback=named)


@pytest.mark.parametrize("row", table("Who is asked"), ids=str)
def test_each_documented_guest_has_its_ladder(row: dict[str, str]) -> None:
    guest = a_guest(sponsors=sponsors(row["sponsors"]))
    ladder = who_answers(guest, Circle(), rules("sponsor, fallback", row["fallback"]))
    expected = tuple(person_id(word) for word in codes(row["who may answer"]))
    assert ladder.reviewers == expected
    assert ladder.reviewer == (expected[0] if expected else None)
    assert tuple(rung.code for rung in ladder.rungs) == codes(row["reasons"])
    assert ladder.held_by == (None if expected else codes(row["reasons"])[-1])


@pytest.mark.parametrize("row", table("The rungs below the sponsors"), ids=str)
def test_each_documented_circle_has_its_ladder(row: dict[str, str]) -> None:
    guest = a_guest(sponsors=sponsors(row["sponsors"]))
    ladder = who_answers(guest, circle(row["around"]), rules(row["chain"], "A"))
    assert ladder.reviewers == tuple(person_id(word) for word in codes(row["who may answer"]))
    assert (ladder.asked_as or "-") == row["asked as"]
    told = tuple(rung.code for rung in ladder.rungs if rung.code != "rung-empty")
    assert told == codes(row["reasons"])


def test_every_rung_and_every_way_it_can_end_is_documented() -> None:
    told = {code for row in table("The rungs below the sponsors") for code in codes(row["reasons"])}
    assert told >= {f"asked-as-{rung}" for rung in Rung if rung is not Rung.SPONSOR}
    assert told >= {"rung-unfit", "rung-unreadable", "sponsor-group-large", "sponsor-group-dynamic"}


def test_every_rung_that_was_tried_leaves_its_reason_and_no_other_does() -> None:
    ladder = who_answers(a_guest(sponsors=()), circle("group-owner: healthy 4"), Reviewers())
    assert [(reason.code, reason.params.get("rung")) for reason in ladder.rungs] == [
        ("no-sponsor", None),
        ("rung-empty", "inviter"),
        ("rung-empty", "sponsor-group-owner"),
        ("rung-empty", "package-approver"),
        ("rung-empty", "organisation-sponsor"),
        ("asked-as-group-owner", None),
    ]
    assert ladder.why_asked == ladder.rungs[-1]


def test_what_nobody_looked_at_is_unreadable_and_never_empty() -> None:
    ladder = who_answers(a_guest(sponsors=()), Circle(), Reviewers(fallback=(FALLBACK,)))
    unread = [reason for reason in ladder.rungs if reason.code == "rung-unreadable"]
    assert len(unread) == 5
    assert {reason.params["why"] for reason in unread} == {NOT_LOOKED_AT.why}
    assert ladder.asked_as is AskedAs.FALLBACK


def test_the_order_in_which_the_directory_lists_sponsors_changes_nothing() -> None:
    listed = (a_person(PersonId(guid(9003))), a_person(enabled=False), a_person(PersonId(guid(9002))))
    one = who_answers(a_guest(sponsors=listed), Circle(), Reviewers())
    assert one == who_answers(a_guest(sponsors=listed[::-1]), Circle(), Reviewers())
    assert one.reviewer == PersonId(guid(9002))


PERSONS = st.builds(
    lambda number, sort: a_person(PersonId(guid(number)), **CHANGES[sort]),
    st.integers(1, 12),  # the guest is number 1
    st.sampled_from(sorted(CHANGES)),
)
UNREADABLE = st.just(Unreadable(why="no-permission"))
SOME = st.lists(PERSONS, max_size=14).map(tuple)
SPONSORS = st.lists(
    st.one_of(
        PERSONS,
        st.builds(Nameless, id=st.integers(1, 3).map(lambda n: PersonId(guid(n)))),
        st.builds(SponsorGroup, id=st.integers(20, 22).map(lambda n: PersonId(guid(n))), name=st.just("G")),
    ),
    max_size=5,
).map(tuple)
GROUPS = st.dictionaries(
    st.integers(20, 22).map(lambda n: PersonId(guid(n))),
    st.one_of(
        UNREADABLE,
        st.builds(GroupPeople, members=st.one_of(st.sampled_from(Crowd), SOME), owners=UNREADABLE | SOME),
    ),
)
CIRCLES = st.builds(
    Circle, groups=GROUPS, others=st.dictionaries(st.sampled_from(Rung), st.one_of(UNREADABLE, SOME))
)
CHAINS = st.permutations(tuple(Rung)).flatmap(
    lambda order: st.integers(0, len(order)).map(lambda n: order[:n])
)


@given(st.one_of(UNREADABLE, SPONSORS), CIRCLES, CHAINS)
def test_nobody_is_asked_who_cannot_answer_and_there_is_always_a_reason(
    named: object, around: Circle, chain: list[Rung]
) -> None:
    guest = a_guest(sponsors=named)
    policy = Reviewers(chain=tuple(chain), fallback=(FALLBACK,), never=("^svc-",))
    ladder = who_answers(guest, around, policy)

    groups = [one for one in around.groups.values() if isinstance(one, GroupPeople)]
    seen = [
        *(() if isinstance(guest.sponsors, Unreadable) else guest.sponsors),
        *(one for people in around.others.values() if not isinstance(people, Unreadable) for one in people),
        *(one for group in groups if not isinstance(group.members, Crowd) for one in group.members),
        *(one for group in groups if not isinstance(group.owners, Unreadable) for one in group.owners),
    ]
    able = {one.id for one in seen if one == a_person(one.id) and one.id != PersonId(GUEST)} | {FALLBACK}
    assert set(ladder.reviewers) <= able
    assert len(set(ladder.reviewers)) == len(ladder.reviewers) <= MOST + 1
    assert (ladder.reviewer is None) == (ladder.asked_as is None) == (not ladder.reviewers)
    assert ladder.rungs or ladder.asked_as is AskedAs.SPONSOR
    if chain and chain[0] is Rung.SPONSOR and isinstance(named, Unreadable):
        assert ladder.held_by == "sponsors-unreadable"
    assert ladder.held_by in {None, "no-reviewer", "sponsors-unreadable"}
