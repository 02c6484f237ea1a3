"""A sandbox tenant can be copied at any moment, and two histories compared by their outcome."""

import copy
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.clock import HandClock
from sandbox.graph_api import create_app
from sandbox.people_cast import Cast
from sandbox.stories import a_population, access_of_every_kind
from sandbox.tenant import DEFAULT_GRANTED, WRITES_SPONSORS, Tenant
from tests.contracts.graph_room import MESSAGES, Room, a_room


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with a_room() as made:
        yield made


async def test_a_copy_goes_its_own_way(room: Room) -> None:
    group = await room.a_group("ada")
    definition, instance = await room.a_review(group)
    twin = copy.deepcopy(room.tenant)
    assert twin.population is room.tenant.population
    assert twin.snapshot() == room.tenant.snapshot()
    twin.decide(definition, instance, room.id("ada"), "Deny", "", room.id("sara"))
    twin.delete(room.id("pim"))
    assert twin.snapshot() != room.tenant.snapshot()
    assert room.tenant.user(room.id("pim")) is not None
    before = room.clock.now()
    headers = {"Authorization": "Bearer sandbox"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(twin)), headers=headers) as graph:
        url = f"http://127.0.0.1/v1.0/groups/{group}/members/{room.id('ada')}/$ref"
        assert (await graph.delete(url)).status_code == 204
    assert room.tenant.groups_created()[0]["members"] == [room.id("ada")]
    assert room.clock.now() == before


async def test_a_copy_of_a_big_tenant_is_cheap() -> None:
    population = a_population(1_000_000)
    tenant = Tenant(population, HandClock(population.as_of))
    started = time.process_time()
    copy.deepcopy(tenant)
    assert time.process_time() - started < 1


async def test_the_same_history_has_the_same_ids_and_the_same_outcome() -> None:
    outcomes = []
    for reads in (0, 3):
        async with a_room() as room:
            for _ in range(reads):
                await room.get("/organization")
            group = await room.a_group("ada", "pim")
            definition, _ = await room.a_review(group)
            draft = (await room.a_draft()).json()["id"]
            await room.graph.post(f"{MESSAGES}/{draft}/send")
            outcomes.append((group, definition, draft, room.tenant.snapshot()))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][3]["mail"] == [
        ("guest-reviews@contoso.example", ("sara@contoso.example",), "Please confirm")
    ]


async def test_each_default_permission_is_needed_by_something() -> None:
    """Taking any one away closes at least one operation that the rest cannot open."""
    from sandbox.graph_api.properties import derived

    rows = [set(allowed) for allowed in derived()["permissions"].values() if allowed]
    mail = {"Mail.ReadWrite", "Mail.Send", "Mail.Read"}
    closed = [row for row in rows if not row & (DEFAULT_GRANTED | mail)]
    assert len(closed) == 2, "sponsors are written and removed"
    assert all(WRITES_SPONSORS in row for row in closed)
    for permission in DEFAULT_GRANTED - {"User.Read.All"}:
        rest = (DEFAULT_GRANTED | mail) - {permission}
        assert any(not row & rest for row in rows if row not in closed), permission


def test_nobody_is_changed_who_does_not_exist() -> None:
    population = a_population(10)
    tenant = Tenant(population, HandClock(population.as_of))
    with pytest.raises(KeyError):
        tenant.change("00000000-0000-4000-8000-000000000000", department="x")
    with pytest.raises(KeyError):
        tenant.delete("00000000-0000-4000-8000-000000000000")


def test_a_copy_of_a_tenant_goes_its_own_way() -> None:
    population = access_of_every_kind().population
    assert isinstance(population, Cast)
    tenant = Tenant(population, HandClock(population.as_of))
    guest, team = population.id_of("in-a-team"), population.id_of("Project Delta")

    twin = copy.deepcopy(tenant)
    twin.reach.leave(guest, team)
    twin.reach.give_roles(guest, roles=["Guest Inviter"])
    twin.sign_in(guest)

    now = population.as_of
    assert tenant.reach.groups_of(guest, now) == [team, population.id_of("Company café")]
    assert (tenant.reach.shielded(guest, now), twin.reach.shielded(guest, now)) == (False, True)
    record = population.guest(0)
    assert (len(tenant.sign_ins.of(record, now)), len(twin.sign_ins.of(record, now))) == (0, 1)
    assert tenant.snapshot()["members"] == {}
    assert twin.snapshot()["members"] == {team: []}
