"""Governance in the sandbox can be copied in the middle, fails on order at every call, and stays in order."""

import copy
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from adapters.clock import HandClock
from sandbox.graph_api.routes import ROUTES
from sandbox.package_estate import an_estate
from sandbox.package_stories import (
    a_connected_organization,
    a_guest_lifecycle_policy,
    a_package,
    a_policy,
    holds,
)
from sandbox.stories import STARTS_AT, a_population
from sandbox.tenant import Fault, Tenant
from sandbox.tenant_agenda import Agenda, Due
from sandbox.tenant_licence import Licence
from sandbox.tenant_recurrence import round_after, round_at, shortest_period
from tests.contracts.governance_room import OWNERS, of_every_group, only, post, user
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


# --- both sides of every operation -----------------------------------------------------------------

Ask = tuple[str, str, Any]
"""Method, path and body."""


def of_packages(room: Room) -> list[Ask]:
    policy = a_policy(room.tenant, a_package(room.tenant, "Portal"))
    held = holds(room.tenant, room.id("ada"), policy)
    partner = a_connected_organization(room.tenant, "Fabrikam", "fabrikam.example")
    package, organization = f"{EM}/accessPackages/{policy.package_id}", f"connectedOrganizations/{partner.id}"
    subject = f"{EM}/subjects(objectId='{room.id('ada')}')"
    sara = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{room.id('sara')}"}
    second = {"displayName": "Second", "accessPackage": {"id": policy.package_id}}
    order = room.tenant.packages.order_remove(held, None, room.clock.now())
    spare = a_policy(room.tenant, a_package(room.tenant, "Spare"))
    target = {"targetId": room.id("alan"), "assignmentPolicyId": policy.id}
    addition = {"requestType": "adminAdd", "assignment": {**target, "accessPackageId": policy.package_id}}
    lists = ("catalogs", "accessPackages", "assignmentPolicies", "assignments", "assignmentRequests")
    kinds = ("internalSponsors", "externalSponsors")
    return [
        *(
            ("GET", f"{EM}/{name}", None)
            for name in (*lists, "settings", "connectedOrganizations", organization)
        ),
        *(("GET", f"{package}{part}", None) for part in ("", "/assignmentPolicies", "/resourceRoleScopes")),
        ("GET", f"{EM}/assignmentPolicies/{policy.id}", None),
        ("GET", f"{EM}/assignments/{held.id}", None),
        ("GET", f"{EM}/assignmentRequests/{order.id}", None),
        ("GET", subject, None),
        ("GET", "/identityGovernance/lifecycleWorkflows/lifecyclePolicies", None),
        *(("GET", f"{EM}/{organization}/{kind}", None) for kind in kinds),
        *(("POST", f"{EM}/{organization}/{kind}/$ref", sara) for kind in kinds),
        *(("DELETE", f"{EM}/{organization}/{kind}/{room.id('sara')}/$ref", None) for kind in kinds),
        ("PATCH", subject, {"subjectLifecycle": "governed"}),
        ("PATCH", f"{EM}/settings", {"externalUserLifecycleAction": "none"}),
        ("POST", f"{EM}/assignmentRequests", addition),
        ("POST", f"{EM}/assignmentPolicies", second),
        ("DELETE", f"{EM}/assignmentPolicies/{spare.id}", None),
        ("PUT", f"{EM}/assignmentPolicies/{policy.id}", second),
    ]


async def of_reviews(room: Room) -> list[Ask]:
    group = await room.a_group("ada")
    plain = a_definition(group, [f"/users/{room.id('sara')}"])
    first = {"stageId": "1", "durationInDays": 5, "reviewers": [user(room.id("sara"))]}
    second = {"stageId": "2", "dependsOn": ["1"], "durationInDays": 5, "reviewers": []}
    definition = await post(room, {**plain, "stageSettings": [first, second]})
    path = await only(room, definition)
    [stage, _] = [f"{path}/stages/{one['id']}" for one in await room.every(f"{path}/stages")]
    [item] = [one["id"] for one in await room.every(f"{path}/decisions")]
    decision = {"decision": "Deny", "principalId": room.id("ada"), "resourceId": group}
    asked = {"scope": (await room.get(path))["scope"], "reviewers": [user(room.id("joost"))]}
    return [
        *(
            ("GET", f"{DEFINITIONS}{part}", None)
            for part in ("", f"/{definition}", f"/{definition}/instances")
        ),
        *(("GET", f"{path}{part}", None) for part in ("", "/stages", "/decisions", "/contactedReviewers")),
        *(("GET", f"{stage}{part}", None) for part in ("", "/decisions", f"/decisions/{item}")),
        ("GET", f"{path}/decisions/{item}", None),
        ("PATCH", path, asked),
        *(("POST", f"{one}/batchRecordDecisions", decision) for one in (path, stage)),
        *(("POST", f"{path}/{action}", None) for action in ("sendReminder", "resetDecisions")),
        ("POST", f"{stage}/stop", None),
        *(("POST", f"{path}/{action}", None) for action in ("stop", "applyDecisions")),
        ("PUT", f"{DEFINITIONS}/{definition}", plain),
        ("DELETE", f"{DEFINITIONS}/{definition}", None),
    ]


async def test_every_operation_is_valid_on_both_sides() -> None:
    rival = [a_guest_lifecycle_policy(since=STARTS_AT)]
    async with a_room(licence=Licence.GOVERNANCE, guest_lifecycle_policies=rival) as room:
        for method, path, body in [*of_packages(room), *await of_reviews(room)]:
            answer = await room.graph.request(method, path, json=body)
            assert answer.is_success, (method, path, answer.text)
        played = {call.operation for call in room.tenant.calls}
    ours = {route.name for route in ROUTES if route.template.startswith("/identityGovernance/")}
    refused = {name for name in ours if name.startswith("PATCH") and name.endswith("DecisionItem-id}")}
    assert ours - refused <= played


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
