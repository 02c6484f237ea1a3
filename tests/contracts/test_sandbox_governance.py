"""Governance in the sandbox can be copied in the middle, fails on order at every call, and stays in order."""

import copy
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from adapters.clock import HandClock
from sandbox.package_estate import an_estate
from sandbox.stories import a_population
from sandbox.tenant import Fault, Tenant
from sandbox.tenant_agenda import Agenda, Due
from sandbox.tenant_recurrence import round_after, round_at, shortest_period
from tests.contracts.governance_room import OWNERS, of_every_group
from tests.contracts.graph_room import DEFINITIONS, Room, a_definition, a_room, code_of

EM = "/identityGovernance/entitlementManagement"


def a_tenant() -> tuple[Tenant, HandClock]:
    population = a_population(400, members=48)
    clock = HandClock(population.as_of)
    tenant = Tenant(population, clock)
    an_estate(tenant, packages=3, policies=6, faulty=2, guests=60)
    return tenant, clock


def later(tenant: Tenant, **duration: float) -> Tenant:
    clock = tenant.clock
    assert isinstance(clock, HandClock)
    clock.move(clock.now() + timedelta(**duration))
    tenant.now()
    return tenant


def test_two_copies_of_a_running_tenant_come_to_the_same_end_and_leave_it_alone() -> None:
    tenant, _ = a_tenant()
    later(tenant, days=2)
    [*running] = [review for review in tenant.definitions() if review.status == "InProgress"]
    assert running
    before = tenant.snapshot()
    ends = [later(copy.deepcopy(tenant), days=60).snapshot() for _ in range(2)]
    assert ends[0] == ends[1] != before
    assert tenant.snapshot() == before


def test_one_long_wait_ends_as_many_short_ones() -> None:
    long, _ = a_tenant()
    short = copy.deepcopy(long)
    for _ in range(60):
        later(short, days=1)
    assert later(long, days=60).snapshot() == short.snapshot()


# --- faults ----------------------------------------------------------------------------------------


async def shapes(room: Room) -> list[tuple[str, str, Any]]:
    """A write of every sort of governance: (method, path, body)."""
    group = await room.a_group("ada")
    definition, instance = await room.a_review(group)
    path = f"{DEFINITIONS}/{definition}/instances/{instance}"
    return [
        ("POST", DEFINITIONS, a_definition(group, [])),
        ("POST", DEFINITIONS, of_every_group([OWNERS])),
        ("PUT", f"{DEFINITIONS}/{definition}", a_definition(group, [])),
        ("POST", f"{path}/resetDecisions", None),
        ("PATCH", f"{EM}/settings", {"externalUserLifecycleAction": "none"}),
        ("PATCH", f"{EM}/subjects(objectId='{room.id('ada')}')", {"subjectLifecycle": "notGoverned"}),
        ("POST", f"{path}/stop", None),
    ]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_every_write_fails_on_order_and_only_afterwards_has_an_effect(when: Any) -> None:
    async with a_room() as room:
        for method, path, body in await shapes(room):
            twin = copy.deepcopy(room.tenant)
            room.tenant.faults = lambda _operation, _path: Fault(when=when, status=504, code="timeout")
            assert code_of(await room.graph.request(method, path, json=body)) == (504, "timeout")
            room.tenant.faults = None
            if when == "before":
                assert room.tenant.snapshot() == twin.snapshot(), path
        assert len(room.tenant.definitions()) == (1 if when == "before" else 3)


# --- moments ---------------------------------------------------------------------------------------


def test_what_falls_due_happens_in_order_also_when_it_is_put_in_late() -> None:
    tenant, clock = a_tenant()
    now, agenda = clock.now(), Agenda()
    for hours, key in ((3, "c"), (1, "a"), (3, "d")):
        agenda.put(now + timedelta(hours=hours), Due.WORK, key)
    seen = []
    for at, _, key in agenda.take(now + timedelta(hours=4)):
        seen.append(key)
        if key == "a":
            agenda.put(at + timedelta(hours=1), Due.WORK, "b")
    assert seen == ["a", "b", "c", "d"]
    assert list(agenda.take(now + timedelta(days=9))) == []
    assert tenant.now() == now


@pytest.mark.parametrize(
    ("pattern", "days"),
    [
        ({"type": "weekly", "interval": 2}, ["01-31", "02-14", "02-28"]),
        ({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31}, ["01-31", "02-28", "03-31"]),
        ({"type": "absoluteMonthly", "interval": 3, "dayOfMonth": 1}, ["01-31", "04-30", "07-31"]),
    ],
)
def test_rounds_keep_to_their_pattern(pattern: dict[str, Any], days: list[str]) -> None:
    first = date(2026, 1, 31)
    recurrence = {"pattern": pattern, "range": {"type": "noEnd"}}
    starts = [at for n in range(3) if (at := round_at(recurrence, first, n)) is not None]
    assert [f"{at:%m-%d}" for at in starts] == days
    assert round_after(recurrence, first, starts[1] - timedelta(seconds=1)) == 1
    assert min(b - a for a, b in pairwise(starts)) >= shortest_period(pattern)
