from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.people_cast import Cast, GroupSpec, GuestSpec, MemberSpec
from sandbox.people_guests import GuestKind
from sandbox.stories import (
    STARTS_AT,
    STORIES,
    Style,
    a_handful,
    a_quiet_quarter,
    fifty_guests,
    follows,
)

NOW = datetime(2026, 9, 1, 6, 30, tzinfo=UTC)


def stamped(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def last_success(guest: dict[str, Any]) -> str | None:
    activity = guest.get("signInActivity")
    return None if activity is None else activity["lastSuccessfulSignInDateTime"]


def a_cast(*guests: GuestSpec) -> Cast:
    return Cast(guests=guests, members=(MemberSpec(name="sara"),), as_of=NOW)


def test_a_cast_shows_what_its_specs_say() -> None:
    cast = a_cast(GuestSpec(name="ada", silent_for=timedelta(days=120), sponsors=("sara",)))

    ada = cast.guest(0)

    assert ada["signInActivity"]["lastSuccessfulSignInDateTime"] == stamped(NOW - timedelta(days=120))
    assert cast.sponsors(cast.id_of("ada")) == (cast.id_of("sara"),)
    assert cast.find(ada["id"]) == ("guest", 0)
    assert ada["createdDateTime"] == stamped(NOW - timedelta(days=400))


@pytest.mark.parametrize(
    "make",
    [
        lambda: a_cast(GuestSpec(name="sara")),
        lambda: a_cast(GuestSpec(name="ada", sponsors=("stranger",))),
        lambda: GuestSpec(name="ada", kind=GuestKind.PENDING, silent_for=timedelta(days=1)),
        lambda: GuestSpec(name="ada", silent_for=timedelta(days=2), aged=timedelta(days=1)),
        lambda: Cast(guests=(), members=(), as_of=NOW.replace(tzinfo=None)),
        lambda: Cast(guests=(), members=(), group_specs=(GroupSpec(name="g", members=("x",)),), as_of=NOW),
    ],
)
def test_a_contradictory_cast_is_refused(make: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        make()


def test_the_fifty_are_fifty_and_hold_every_branch() -> None:
    cast = fifty_guests().population
    guests = [cast.guest(n) for n in range(cast.guest_count)]
    sponsors = {guest["id"]: cast.sponsors(guest["id"]) for guest in guests}
    departed = {m["id"] for n in range(cast.member_count) if not (m := cast.member(n))["accountEnabled"]}
    old = stamped(STARTS_AT - timedelta(days=90))
    load = Counter(one for ids in sponsors.values() for one in ids)
    found: dict[str, bool] = {
        "stale with sponsor": any((last_success(g) or "9") < old and sponsors[g["id"]] for g in guests),
        "never redeemed": any(g["externalUserState"] == "PendingAcceptance" for g in guests),
        "never seen": any(g["externalUserState"] == "Accepted" and "signInActivity" not in g for g in guests),
        "active": any((last_success(g) or "0") > stamped(STARTS_AT - timedelta(days=5)) for g in guests),
        "new": any(g["createdDateTime"] > stamped(STARTS_AT - timedelta(days=7)) for g in guests),
        "sponsor left": any(set(ids) and set(ids) <= departed for ids in sponsors.values()),
        "no sponsor": () in sponsors.values(),
        "group sponsor": any(cast.find(one) == ("group", 0) for one in load),
        "internal": any(g["creationType"] == "LocalAccount" for g in guests),
        "synced": any(g["onPremisesSyncEnabled"] for g in guests),
        "privileged": any(cast.privileged(g["id"]) for g in guests),
        "blocked": any(not g["accountEnabled"] for g in guests),
        "six guests": max(load.values()) >= 6,
        "comes back": any(cast.returns_on(n, (STARTS_AT + timedelta(days=20)).date()) for n in range(50)),
    }

    assert len(guests) == 50
    assert [what for what, there in found.items() if not there] == []


def test_the_handful_are_the_first_twelve_of_the_fifty() -> None:
    few, many = a_handful().population, fifty_guests().population

    assert [few.guest(n) for n in range(few.guest_count)] == [many.guest(n) for n in range(12)]


@pytest.mark.parametrize("name", STORIES)
def test_every_story_can_be_told_by_its_name(name: str) -> None:
    story = STORIES[name]()

    assert story.name == name
    assert story.says.endswith(".")
    assert story.population.as_of == STARTS_AT
    assert story.population.find(story.population.guest(0)["id"]) == ("guest", 0)


def test_the_demo_has_its_four_sponsors_and_the_rest_are_prompt() -> None:
    story = a_quiet_quarter()
    styles = [story.temper(story.population.member(n)["id"]) for n in range(40)]

    assert {how.style for how in styles[:4]} == set(Style) - {Style.PROMPT}
    assert {how.style for how in styles[4:]} == {Style.PROMPT}
    assert all(how.answers_after and how.answers_after <= timedelta(days=2) for how in styles[4:])
    with pytest.raises(KeyError):
        story.temper(story.population.guest(0)["id"])


def test_prompt_sponsors_mostly_follow_and_the_one_who_disagrees_never_does() -> None:
    story = a_quiet_quarter()
    people = story.population
    ids = [people.guest(n)["id"] for n in range(500)]
    prompt, contrary = people.member(9)["id"], people.member(3)["id"]

    followed = sum(follows(story.temper(prompt), prompt, one) for one in ids) / len(ids)

    assert 0.85 <= followed <= 0.95
    assert not any(follows(story.temper(contrary), contrary, one) for one in ids)
