"""The people around candidates, gathered through Graph: only as far as needed, each of them once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.graph.people import GraphPeople
from reviews.jobs.gathering import Gathering
from reviews.model import (
    NOT_LOOKED_AT,
    AskedAs,
    Candidate,
    Circle,
    Crowd,
    GroupPeople,
    Guest,
    GuestId,
    PersonId,
    Rung,
    SponsorGroup,
    Step,
)
from reviews.policy import Reviewers
from reviews.staleness import judge
from sandbox.memory import MemoryLedger
from sandbox.people_cast import Cast, GroupSpec, GuestSpec, MemberSpec
from tests.builders import NOW, a_guest, a_person, a_policy, guid
from tests.contracts.graph_plugs import Plugs, plugged_in
from tests.contracts.ledger_samples import a_case, a_move

CAST = Cast(
    as_of=datetime(2026, 11, 20, tzinfo=UTC),
    guests=(GuestSpec(name="ada", silent_for=timedelta(days=200)),),
    members=(
        MemberSpec(name="left", standing="departed", manager="aged"),
        MemberSpec(name="aged", standing="departed", manager="maud"),
        MemberSpec(name="deleted", standing="deleted", manager="maud"),
        MemberSpec(name="maud"),
        *(MemberSpec(name=f"clerk{n}") for n in range(26)),
    ),
    group_specs=(GroupSpec(name="huge", members=tuple(f"clerk{n}" for n in range(26)), owners=("maud",)),),
)
RULES = Reviewers(chain=(Rung.SPONSOR, Rung.SPONSOR_GROUP_OWNER, Rung.MANAGER))


@pytest.fixture
async def plugs() -> AsyncIterator[Plugs]:
    async with plugged_in(population=CAST) as plugs:
        yield plugs


def candidates(*guests: Guest) -> list[Candidate]:
    policy = a_policy()
    return [
        Candidate(guest=guest, verdict=judge(guest, policy.thresholds, policy.scope.min_account_age, NOW))
        for guest in guests
    ]


def managers(circle: Circle) -> list[PersonId]:
    found = circle.others.get(Rung.MANAGER, NOT_LOOKED_AT)
    assert isinstance(found, tuple)
    return [one.id for one in found]


async def test_a_guest_whose_sponsor_can_answer_costs_nothing(plugs: Plugs) -> None:
    several = [a_guest(number) for number in range(1, 11)]
    found = await Gathering(people=GraphPeople(plugs.client)).circles(candidates(*several), {}, RULES)
    assert list(found.values()) == [Circle()] * len(several)
    assert not plugs.tenant.calls


async def test_two_thousand_guests_of_one_sponsor_who_left_ask_for_its_manager_once(plugs: Plugs) -> None:
    left = a_person(plugs.person_id("left"), enabled=False)
    crowd = [a_guest(number, sponsors=(left,)) for number in range(1, 2001)]

    found = await Gathering(people=GraphPeople(plugs.client)).circles(candidates(*crowd), {}, RULES)

    up = [plugs.person_id("aged"), plugs.person_id("maud")]
    assert all(managers(circle) == up for circle in found.values())
    assert len(found) == len(crowd)
    assert plugs.asked("GET /users/{user-id}/manager") == 2


async def test_a_thousand_guests_of_one_huge_group_read_its_beginning_and_its_owners_once(
    plugs: Plugs,
) -> None:
    group = SponsorGroup(id=plugs.person_id("huge"), name="Huge")
    crowd = [a_guest(number, sponsors=(group,)) for number in range(1, 1001)]

    found = await Gathering(people=GraphPeople(plugs.client)).circles(candidates(*crowd), {}, RULES)

    maud = (await GraphPeople(plugs.client).owners([group.id]))[group.id]
    assert {circle.groups[group.id] for circle in found.values()} == {
        GroupPeople(members=Crowd.LARGE, owners=maud)
    }
    assert isinstance(maud, tuple)
    assert [one.id for one in maud] == [plugs.person_id("maud")]
    assert plugs.asked("GET /groups/{group-id}/transitiveMembers/graph.user") == 1
    assert plugs.asked("GET /groups/{group-id}/owners") == 2  # and once for this test


@pytest.mark.parametrize(
    ("last", "asked_as", "up"),
    [
        ("aged", AskedAs.SPONSOR, ["maud"]),  # switched off, and no sponsor any more
        ("deleted", AskedAs.SPONSOR, []),  # Graph no longer tells who managed somebody who was deleted
        ("aged", AskedAs.CANDIDATE, []),  # asked, but never known to answer for the guest
    ],
)
async def test_a_sponsor_who_left_is_known_from_the_last_case(
    plugs: Plugs, last: str, asked_as: AskedAs, up: list[str]
) -> None:
    ledger, ada = MemoryLedger(), GuestId(guid(1))
    asked = a_case(ada, step=Step.CLOSED, reviewer=plugs.person_id(last), asked_as=asked_as)
    await ledger.move(a_move(replace(asked, rests_until=None)))
    gathering = Gathering(people=GraphPeople(plugs.client), ledger=ledger)

    found = await gathering.circles(candidates(a_guest(1, sponsors=())), {}, RULES)

    assert managers(found[ada]) == [plugs.person_id(name) for name in up]
