"""The sandbox counts as Graph does: ResourceUnits, ten activity reads a minute, and a true Retry-After."""

from collections.abc import AsyncIterator

import pytest

from sandbox.tenant_throttle import units_for
from tests.contracts.graph_room import Room, a_room, code_of

ACTIVITY = {"$select": "id,signInActivity"}


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with a_room() as made:
        yield made


async def test_sign_in_activity_is_read_ten_times_a_minute(room: Room) -> None:
    for _ in range(10):
        assert (await room.graph.get("/users", params=ACTIVITY)).status_code == 200
        await room.wait(seconds=1)
    refused = await room.graph.get(f"/users/{room.id('ada')}", params=ACTIVITY)
    assert code_of(refused) == (429, "TooManyRequests")
    assert (await room.graph.get("/users", params={"$select": "id"})).status_code == 200
    await room.wait(seconds=float(refused.headers["Retry-After"]))
    assert (await room.graph.get("/users", params=ACTIVITY)).status_code == 200


async def test_hammering_on_makes_the_wait_longer(room: Room) -> None:
    answers = []
    for _ in range(20):
        answers.append(await room.graph.get("/users", params=ACTIVITY))
        await room.wait(seconds=2)
    assert [a.status_code for a in answers] == [200] * 10 + [429] * 10
    await room.wait(seconds=22)  # the ten that were answered are a minute old, the refused ones are not
    assert (await room.graph.get("/users", params=ACTIVITY)).status_code == 429


async def test_who_waits_exactly_as_told_never_waits_twice(room: Room) -> None:
    refusals = 0
    for _ in range(60):
        answer = await room.graph.get("/users", params=ACTIVITY)
        if answer.status_code == 429:
            refusals += 1
            await room.wait(seconds=float(answer.headers["Retry-After"]))
            answer = await room.graph.get("/users", params=ACTIVITY)
        assert answer.status_code == 200
    assert refusals > 0


async def test_six_seconds_apart_nothing_is_refused(room: Room) -> None:
    for _ in range(30):
        assert (await room.graph.get("/users", params=ACTIVITY)).status_code == 200
        await room.wait(seconds=6)


@pytest.mark.parametrize(
    ("path", "options", "units"),
    [
        ("/users", {}, 2),
        ("/users", {"$select": "id"}, 1),
        ("/users", {"$select": "id", "$expand": "sponsors"}, 2),
        ("/users", {"$expand": "sponsors"}, 3),
        ("/users", {"$top": "5"}, 1),
        ("/users", {"$top": "5", "$select": "id"}, 1),
        ("/subscribedSkus", {}, 3),
        ("/organization", {}, 1),
        ("/users/{ada}/memberOf", {}, 2),
        ("/users/{ada}/memberOf", {"$select": "id"}, 1),
        ("/users/{ada}/transitiveMemberOf", {}, 1),
        ("/users/{ada}/appRoleAssignments", {}, 1),
        ("/groups/{office}/members", {}, 3),
        ("/groups/{office}/transitiveMembers", {}, 5),
        ("/groups/{office}/owners", {}, 1),
    ],
)
async def test_a_request_costs_what_the_table_says(
    room: Room, path: str, options: dict[str, str], units: int
) -> None:
    named = path.format(ada=room.id("ada"), office=room.id("Vendor office"))
    answer = await room.graph.get(named, params=options)
    assert answer.headers["x-ms-resource-unit"] == str(units)


async def test_asking_for_names_by_the_thousand_costs_five_units(room: Room) -> None:
    answer = await room.graph.post("/directoryObjects/getByIds", json={"ids": [room.id("ada")]})
    assert answer.headers["x-ms-resource-unit"] == "5"


@pytest.mark.parametrize(("users", "units"), [(49, 3_500), (50, 5_000), (500, 5_000), (501, 8_000)])
def test_a_bigger_tenant_has_more_units(users: int, units: int) -> None:
    assert units_for(users) == units


async def test_spent_units_are_refused_and_come_back_with_time(room: Room) -> None:
    status, warned = 200, None
    for _ in range(3_501):
        answer = await room.graph.get("/organization")
        warned = answer.headers.get("x-ms-throttle-limit-percentage", warned)
        status = answer.status_code
        if status == 429:
            break
    assert (status, answer.headers["Retry-After"], warned) == (429, "1", "1.0")
    await room.wait(seconds=1)
    assert (await room.graph.get("/organization")).status_code == 200


async def test_switched_off_it_refuses_nothing() -> None:
    async with a_room(throttle=False) as room:
        for _ in range(40):
            assert (await room.graph.get("/users", params=ACTIVITY)).status_code == 200


async def test_reports_are_read_five_times_in_ten_seconds(room: Room) -> None:
    statuses = [(await room.graph.get("/auditLogs/directoryAudits")).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]


async def test_items_of_a_batch_are_charged_and_refused_one_by_one(room: Room) -> None:
    items = [{"id": str(n), "method": "GET", "url": "/users?$select=id,signInActivity"} for n in range(12)]
    responses = (await room.graph.post("/$batch", json={"requests": items})).json()["responses"]
    assert sorted(one["status"] for one in responses) == [200] * 10 + [429] * 2
    assert {one["headers"].get("Retry-After") for one in responses if one["status"] == 429} == {"60"}
