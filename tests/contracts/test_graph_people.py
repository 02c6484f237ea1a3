"""The people around guests, read through Graph: whole, or with the reason why not; never a gap."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.graph.invitations import GraphInvitations
from adapters.graph.people import GraphPeople
from reviews.errors import Forbidden
from reviews.model import Crowd, GroupPeople, Person, PersonId, Unreadable
from reviews.records import Arrival
from sandbox.people_cast import Cast, GroupSpec, GuestSpec, MemberSpec
from sandbox.people_groups import GroupKind
from sandbox.tenant import DEFAULT_GRANTED, Fault
from tests.builders import guid
from tests.contracts.graph_plugs import Plugs, plugged_in

NO_PERMISSION = Unreadable(why="no-permission")
DAY = timedelta(days=1)

CAST = Cast(
    as_of=datetime(2026, 11, 20, tzinfo=UTC),
    guests=(
        GuestSpec(name="ada", aged=5 * DAY, invited_by="sara"),
        GuestSpec(name="bob", aged=9 * DAY, invited_by="SharePoint Online"),
        GuestSpec(name="old", aged=90 * DAY, silent_for=80 * DAY, invited_by="sara"),
    ),
    members=(
        MemberSpec(name="sara", manager="maud"),
        MemberSpec(name="left", standing="departed", manager="maud"),
        MemberSpec(name="deleted", standing="deleted", manager="maud"),
        MemberSpec(name="maud", manager="sara"),
        MemberSpec(name="fay"),
    ),
    group_specs=(
        GroupSpec(name="small", members=("sara", "left", "ada"), owners=("maud", "fay")),
        GroupSpec(name="outer", members=("inner",), kind=GroupKind.SECURITY),
        GroupSpec(name="inner", members=("sara",), kind=GroupKind.SECURITY),
        GroupSpec(name="empty", owners=("ada",)),
        GroupSpec(name="ruled", kind=GroupKind.DYNAMIC),
    ),
)


@pytest.fixture
async def plugs() -> AsyncIterator[Plugs]:
    async with plugged_in(population=CAST) as plugs:
        yield plugs


def names(people: Any) -> tuple[str, ...]:
    assert isinstance(people, tuple)
    named: list[Any] = [*CAST.guests, *CAST.members]
    called = {CAST.id_of(one.name): one.name for one in named}
    return tuple(sorted(called[one.id] for one in people))


async def test_people_are_read_in_bulk_and_who_is_gone_is_none(plugs: Plugs) -> None:
    sara, gone = plugs.person_id("sara"), plugs.person_id("deleted")
    nobody = PersonId(guid(7))

    found = await GraphPeople(plugs.client).persons([sara, gone, nobody])

    assert found[gone] is found[nobody] is None
    person = found[sara]
    assert isinstance(person, Person)
    assert (person.enabled, person.user_type) == (True, "Member")
    assert person.user_principal_name
    assert plugs.asked("POST /$batch") == 1


async def test_managers_are_those_of_people_who_are_still_there(plugs: Plugs) -> None:
    ids = {name: plugs.person_id(name) for name in ("sara", "left", "deleted", "fay")}

    found = await GraphPeople(plugs.client).managers(list(ids.values()))

    assert isinstance(found[ids["sara"]], Person)
    assert found[ids["left"]] == found[ids["sara"]]
    assert found[ids["deleted"]] is found[ids["fay"]] is None


async def test_members_of_groups_in_groups_are_members_and_guests_and_leavers_are_shown(plugs: Plugs) -> None:
    small, outer, empty = (plugs.person_id(name) for name in ("small", "outer", "empty"))

    found = await GraphPeople(plugs.client).members([small, outer, empty, PersonId(guid(7))], 25)

    groups = {one: group.members for one, group in found.items() if isinstance(group, GroupPeople)}
    assert names(groups[small]) == ("ada", "left", "sara")
    assert names(groups[outer]) == ("sara",)
    assert groups[empty] == groups[PersonId(guid(7))] == ()


async def test_a_group_with_too_many_members_or_a_rule_is_a_crowd(plugs: Plugs) -> None:
    small, ruled = plugs.person_id("small"), plugs.person_id("ruled")

    found = await GraphPeople(plugs.client).members([small, ruled], 2)

    assert found == {
        small: GroupPeople(members=Crowd.LARGE),
        ruled: GroupPeople(members=Crowd.DYNAMIC),
    }


async def test_owners_are_read_guests_too(plugs: Plugs) -> None:
    small, empty, inner = (plugs.person_id(name) for name in ("small", "empty", "inner"))

    found = await GraphPeople(plugs.client).owners([small, empty, inner])

    assert names(found[small]) == ("fay", "maud")
    assert names(found[empty]) == ("ada",)
    assert found[inner] == ()


async def test_without_the_permission_a_group_is_unreadable_and_never_empty() -> None:
    granted = DEFAULT_GRANTED - {"Group.ReadWrite.All", "Directory.Read.All"}
    async with plugged_in(population=CAST, granted=granted) as plugs:
        small = plugs.person_id("small")
        people = GraphPeople(plugs.client)

        assert await people.members([small], 25) == {small: NO_PERMISSION}
        assert await people.owners([small]) == {small: NO_PERMISSION}


async def test_a_request_that_keeps_failing_leaves_its_own_answer_open_and_no_other(plugs: Plugs) -> None:
    sara, fay = plugs.person_id("sara"), plugs.person_id("fay")
    plugs.tenant.faults = lambda operation, path: (
        Fault(when="before", status=503) if operation == "GET /users/{user-id}" and sara in path else None
    )

    found = await GraphPeople(plugs.client).persons([sara, fay])

    assert found[sara] == Unreadable(why="failed")
    assert isinstance(found[fay], Person)


async def test_nobody_is_asked_for_nobody(plugs: Plugs) -> None:
    people = GraphPeople(plugs.client)
    assert await people.persons([]) == await people.owners([]) == await people.members([], 25) == {}
    assert not plugs.tenant.calls


# --- the audit log ---------------------------------------------------------------------------------


async def harvested(plugs: Plugs, since: timedelta) -> list[Arrival]:
    pages = GraphInvitations(plugs.client).since(plugs.clock.now() - since)
    return [one async for page in pages for one in page.arrivals]


async def test_the_log_tells_who_invited_whom_and_when_they_accepted(plugs: Plugs) -> None:
    told = await harvested(plugs, timedelta(days=30))

    ada = [one for one in told if one.guest_id == plugs.guest_id("ada")]
    assert [(one.by, one.app) for one in ada if one.invited_at] == [(plugs.person_id("sara"), None)]
    assert len([one for one in ada if one.redeemed_at]) == 1
    bob = [one for one in told if one.guest_id == plugs.guest_id("bob") and one.invited_at]
    assert [(one.by, one.app) for one in bob] == [(None, "SharePoint Online")]
    assert plugs.guest_id("old") not in {one.guest_id for one in told}


async def test_only_what_was_written_since_is_read(plugs: Plugs) -> None:
    told = await harvested(plugs, timedelta(days=7))
    assert {one.guest_id for one in told if one.invited_at} == {plugs.guest_id("ada")}


async def test_the_log_is_kept_for_a_month_with_a_licence_and_a_week_without(plugs: Plugs) -> None:
    assert await GraphInvitations(plugs.client).kept_for() == timedelta(days=30)
    async with plugged_in(population=CAST, premium=False) as unlicensed:
        assert await GraphInvitations(unlicensed.client).kept_for() == timedelta(days=7)


async def test_a_log_that_must_not_be_read_is_refused_by_name() -> None:
    granted = DEFAULT_GRANTED - {"AuditLog.Read.All", "Directory.Read.All"}
    async with plugged_in(population=CAST, granted=granted) as plugs:
        with pytest.raises(Forbidden, match=r"AuditLog\.Read\.All"):
            await harvested(plugs, timedelta(days=30))


async def test_a_line_that_is_not_understood_is_counted_and_passed_over(plugs: Plugs) -> None:
    def spoil(_request: object, answer: dict[str, object]) -> dict[str, object]:
        rows = answer.get("value")
        if isinstance(rows, list) and rows and "targetResources" in rows[0]:
            rows[0] = {**rows[0], "targetResources": []}
        return answer

    plugs.wire.change = spoil
    pages = [
        page async for page in GraphInvitations(plugs.client).since(plugs.clock.now() - timedelta(days=30))
    ]
    assert sum(page.odd for page in pages) == 2
    assert any(page.arrivals for page in pages)
