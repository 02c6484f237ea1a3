"""What the made-up crowd and a cast reach: both directions agree, and it looks like a company."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.people import Population
from sandbox.people_apps import APPS
from sandbox.people_cast import Cast, GroupSpec, GuestSpec, MemberSpec
from sandbox.people_crowd_groups import FIRST_TEAM, OPERATORS
from sandbox.stories import STARTS_AT, a_million, a_population, access_of_every_kind

SIZE = 2_000


@pytest.fixture(scope="module")
def crowd() -> Population:
    return a_population(SIZE)


def teams(crowd: Population) -> list[dict[str, Any]]:
    return [crowd.group(n) for n in range(FIRST_TEAM, crowd.group_count)]


def kind_of(people: Population, object_id: str) -> str:
    found = people.find(object_id)
    return "nobody" if found is None else found[0]


def both_ways(people: Population | Cast) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Who is in which group, read from the groups and read from the people."""
    ids = {n: people.group(n)["id"] for n in range(people.group_count)}
    down = {(one, ids[n]) for n in ids for one in people.group_members(n)}
    everybody = [people.guest(n)["id"] for n in range(people.guest_count)] + list(ids.values())
    everybody += [people.member(m)["id"] for m in range(people.member_count) if not people.member_deleted(m)]
    return down, {(one, group) for one in everybody for group in people.access.groups_of(one)}


@given(st.integers(0, 50), st.integers(1, 120), st.integers(1, 30))
def test_a_group_has_in_it_exactly_who_says_so(seed: int, guests: int, members: int) -> None:
    people = Population(seed=seed, guest_count=guests, member_count=members, as_of=STARTS_AT)

    down, up = both_ways(people)

    assert down == up


@given(st.integers(0, 50), st.integers(1, 120), st.integers(1, 30))
def test_a_group_is_owned_by_exactly_who_says_so(seed: int, guests: int, members: int) -> None:
    people = Population(seed=seed, guest_count=guests, member_count=members, as_of=STARTS_AT)
    ids = people.access.ids
    everybody = [ids.of("guest", n) for n in range(guests)]
    everybody += [ids.of("member", m) for m in range(members) if not people.member_deleted(m)]

    up = {(one, o) for one in everybody for o in people.access.owned_by(one) if kind_of(people, o) == "group"}
    down = {(one, ids.of("group", n)) for n in range(people.group_count) for one in people.group_owners(n)}

    assert {pair for pair in down if kind_of(people, pair[0]) != "app"} == up


def test_a_cast_agrees_with_itself_too() -> None:
    cast = access_of_every_kind().population
    assert isinstance(cast, Cast)

    down, up = both_ways(cast)

    assert down == up


@pytest.mark.parametrize(
    ("what", "true_of", "low", "high"),
    [
        ("with a team", lambda g: g["resourceProvisioningOptions"] == ["Team"], 0.50, 0.68),
        ("microsoft 365", lambda g: g["groupTypes"] == ["Unified"], 0.65, 0.82),
        ("synced", lambda g: g["onPremisesSyncEnabled"] is True, 0.01, 0.09),
        ("in exchange", lambda g: g["mailEnabled"] and not g["groupTypes"], 0.01, 0.10),
        ("labelled", lambda g: bool(g["assignedLabels"]), 0.33, 0.55),
        (
            "highly confidential",
            lambda g: any(one["displayName"] == "Highly Confidential" for one in g["assignedLabels"]),
            0.01,
            0.10,
        ),
    ],
)
def test_teams_come_in_their_shares(
    crowd: Population, what: str, true_of: Callable[[Any], bool], low: float, high: float
) -> None:
    found = teams(crowd)
    share = sum(map(true_of, found)) / len(found)

    assert low <= share <= high, f"{what}: {share:.3f}"


def test_owners_are_of_every_sort(crowd: Population) -> None:
    kinds: Counter[str] = Counter()
    for n in range(FIRST_TEAM, crowd.group_count):
        owners = [crowd.find(one) for one in crowd.group_owners(n)]
        if not owners:
            kinds["nobody"] += 1
        for kind, number in filter(None, owners):
            gone = kind == "member" and not crowd.member(number)["accountEnabled"]
            kinds["a leaver" if gone else kind] += 1

    assert set(kinds) == {"nobody", "a leaver", "guest", "app", "member"}
    assert 0.10 <= kinds["nobody"] / len(teams(crowd)) <= 0.30


def test_a_few_guests_hold_what_nobody_should(crowd: Population) -> None:
    access, ids = crowd.access, [crowd.guest(n)["id"] for n in range(SIZE)]
    active = [one for one in ids if any(not role.eligible for role in access.roles(one))]
    eligible = [one for one in ids if any(role.eligible for role in access.roles(one))]
    operators = set(crowd.group_members(OPERATORS))

    assert {one for one in ids if crowd.privileged(one)} == set(active) | (operators & set(ids))
    assert 1 <= len(eligible) <= 12
    assert set(access.role_holders()) >= set(active) | set(eligible)
    assert 0.10 <= sum(bool(access.app_roles(one)) for one in ids) / SIZE <= 0.20
    assert any(access.owned_by(one) for one in ids)


def test_every_member_but_one_has_a_manager_and_no_chain_is_endless(crowd: Population) -> None:
    for m in range(crowd.member_count):
        chain, one = 0, crowd.access.manager(crowd.member(m)["id"])
        while one is not None:
            chain, one = chain + 1, crowd.access.manager(one)
        assert (chain == 0) == (m == 0)
        assert chain < 10


def test_recent_guests_were_invited_by_a_colleague_or_an_app(crowd: Population) -> None:
    since = (STARTS_AT - timedelta(days=30)).timestamp()
    inviters = [crowd.access.inviter(n) for n in crowd.access.newcomers(since)]
    by_app = [one for one in inviters if one is not None and one.app is not None]
    by_person = [one.person for one in inviters if one is not None and one.person is not None]

    assert by_app
    assert by_person
    assert {kind_of(crowd, one) for one in by_person} == {"member"}


def test_the_groups_of_a_million_guests_are_made_when_asked_for() -> None:
    population = a_million().population
    guest = population.guest(999_999)["id"]

    groups = population.access.groups_of(guest)

    assert population.group_count > 100_000
    assert all(
        guest in population.group_members(found[1])
        for one in groups
        if (found := population.find(one)) is not None and found[1] >= FIRST_TEAM
    )


@pytest.mark.parametrize(
    "wrong",
    [
        GuestSpec(name="ada", reaches=("Nowhere",)),
        GuestSpec(name="ada", owner_of=("Nowhere",)),
        GuestSpec(name="ada", roles=("King",)),
        GuestSpec(name="ada", eligible=("King",)),
        GuestSpec(name="ada", apps=("SAP: Nothing",)),
        GuestSpec(name="ada", manager="nobody"),
    ],
)
def test_a_cast_knows_every_name_in_it(wrong: GuestSpec) -> None:
    with pytest.raises(ValueError, match="not in the cast"):
        Cast(guests=(wrong,), members=(), as_of=STARTS_AT)


def test_one_line_says_what_a_guest_reaches() -> None:
    ada = GuestSpec(name="ada", reaches=("Lab",), owner_of=("Lab", "SAP"), apps=("SAP",), invited_by="bea")
    cast = Cast(
        guests=(ada,),
        members=(MemberSpec(name="bea"),),
        group_specs=(GroupSpec(name="Lab"),),
        as_of=STARTS_AT,
    )
    access, one = cast.access, cast.id_of("ada")

    assert access.groups_of(one) == (cast.id_of("Lab"),)
    assert [cast.find(o) for o in access.owned_by(one)] == [("group", 0), ("registration", 1)]
    assert [(APPS[held.app].name, held.role) for held in access.app_roles(one)] == [("SAP", "Display")]
    assert access.inviter(0) == (cast.id_of("bea"), None)
