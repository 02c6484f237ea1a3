"""Entitlement management in the sandbox: policies written whole, requests worked on, assignments that end."""

import copy
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from sandbox.package_estate import an_estate
from sandbox.package_stories import (
    PolicyFault,
    a_connected_organization,
    a_package,
    a_policy,
    holds,
)
from sandbox.stories import a_population
from sandbox.tenant import Tenant
from sandbox.tenant_licence import Cause, Licence
from tests.contracts.graph_room import Room, a_room, code_of

EM = "/identityGovernance/entitlementManagement"
BAD, DENIED, GONE = (
    (400, "Request_BadRequest"),
    (403, "Authorization_RequestDenied"),
    (404, "Request_ResourceNotFound"),
)
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with a_room(licence=Licence.GOVERNANCE) as made:
        yield made


def shelf(room: Room, *faults: PolicyFault) -> tuple[str, str]:
    """A package that Ada holds: the ids of its policy and of her assignment."""
    package = a_package(room.tenant, "Supplier portal")
    policy = a_policy(room.tenant, package, faults)
    return policy.id, holds(room.tenant, room.id("ada"), policy).id


def whole(policy: dict[str, Any]) -> dict[str, Any]:
    """What was read, ready to be changed and written back."""
    return copy.deepcopy({k: v for k, v in policy.items() if k != "@odata.context"})


async def put(room: Room, policy_id: str, body: dict[str, Any]) -> Any:
    return await room.graph.put(f"{EM}/assignmentPolicies/{policy_id}", json=body)


async def order(room: Room, **content: Any) -> Any:
    return await room.graph.post(f"{EM}/assignmentRequests", json=content)


# --- reading ---------------------------------------------------------------------------------------


async def test_packages_show_their_policies_and_policies_their_package(room: Room) -> None:
    policy_id, _ = shelf(room)
    [package] = await room.every(f"{EM}/accessPackages", expand="assignmentPolicies,catalog")
    assert [p["id"] for p in package["assignmentPolicies"]] == [policy_id]
    assert package["catalog"]["displayName"] == "Partners"
    assert "catalog" not in await room.get(f"{EM}/accessPackages/{package['id']}")
    of_package = await room.every(f"{EM}/accessPackages/{package['id']}/assignmentPolicies")
    assert [p["id"] for p in of_package] == [policy_id]
    policy = await room.get(
        f"{EM}/assignmentPolicies/{policy_id}", expand="accessPackage($select=displayName)"
    )
    assert policy["accessPackage"] == {"id": package["id"], "displayName": "Supplier portal"}
    assert len(await room.every(f"{EM}/accessPackages/{package['id']}/resourceRoleScopes")) == 1
    assert len(await room.every(f"{EM}/catalogs")) == 1


async def test_assignments_are_found_by_the_guests_object_id_and_state(room: Room) -> None:
    _, assignment_id = shelf(room)
    a_connected_organization(room.tenant, "Fabrikam", "fabrikam.example")
    rows = await room.every(
        f"{EM}/assignments",
        expand="target,accessPackage,assignmentPolicy",
        filter=f"target/objectId eq '{room.id('ada')}' and state eq 'Delivered'",
    )
    assert [(r["id"], r["state"], r["target"]["objectId"]) for r in rows] == [
        (assignment_id, "delivered", room.id("ada"))
    ]
    assert rows[0]["target"]["subjectLifecycle"] == "governed"
    assert rows[0]["accessPackage"]["displayName"] == "Supplier portal"
    assert "target" not in await room.get(f"{EM}/assignments/{assignment_id}")
    refused = await room.graph.get(f"{EM}/assignments", params={"$expand": "manager"})
    assert code_of(refused) == BAD
    unknown = await room.graph.get(f"{EM}/assignments", params={"$filter": "status eq 'Delivered'"})
    assert code_of(unknown) == (400, "Request_UnsupportedQuery")


# --- policies --------------------------------------------------------------------------------------


async def test_putting_back_what_was_read_changes_nothing_but_the_date(room: Room) -> None:
    policy_id, _ = shelf(room)
    before = await room.get(f"{EM}/assignmentPolicies/{policy_id}")
    await room.wait(hours=1)
    answer = await put(room, policy_id, whole(before))
    assert answer.status_code == 200
    after = await room.get(f"{EM}/assignmentPolicies/{policy_id}")
    assert after.pop("modifiedDateTime") > before.pop("modifiedDateTime")
    assert after == before


async def test_what_a_put_leaves_out_is_gone(room: Room) -> None:
    policy_id, _ = shelf(room)
    assert (await put(room, policy_id, {"displayName": "Bare"})).status_code == 200
    policy = await room.get(f"{EM}/assignmentPolicies/{policy_id}")
    assert (policy["reviewSettings"], policy["expiration"]["type"]) == (None, "noExpiration")
    assert policy["allowedTargetScope"] == "notSpecified"
    assert policy["requestApprovalSettings"]["stages"] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("expiration.duration", "180 days, 0:00:00"),
        ("expiration.duration", None),
        ("expiration.type", "afterSomeTime"),
        ("allowedTargetScope", "everybody"),
        ("reviewSettings.expirationBehavior", "ask"),
        ("reviewSettings.schedule.expiration.duration", "14 days, 0:00:00"),
        ("reviewSettings.schedule.expiration.duration", "P120D"),
        ("reviewSettings.schedule.startDateTime", None),
        ("reviewSettings.schedule.recurrence.pattern.type", "absoluteYearly"),
        ("reviewSettings.primaryReviewers", []),
        ("reviewSettings.primaryReviewers", [{"@odata.type": "#microsoft.graph.targetUserSponsors"}]),
        ("reviewSettings.primaryReviewers", [{"@odata.type": "#microsoft.graph.singleUser"}]),
        (
            "reviewSettings.primaryReviewers",
            [{"@odata.type": "#microsoft.graph.singleUser", "userId": NOBODY}],
        ),
        ("reviewSettings.fallbackReviewers", [{"@odata.type": "#microsoft.graph.requestorManager"}]),
        ("reviewSettings.colour", "red"),
        ("displayName", None),
        ("accessPackage", {"id": NOBODY}),
    ],
)
async def test_a_policy_that_makes_no_sense_is_refused_and_stays_as_it_was(path: str, value: Any) -> None:
    async with a_room(checked=False) as room:
        policy_id, _ = shelf(room)
        before = await room.get(f"{EM}/assignmentPolicies/{policy_id}")
        body = whole(before)
        spot = body
        *parents, name = path.split(".")
        for parent in parents:
            spot = spot[parent]
        spot[name] = value
        assert code_of(await put(room, policy_id, body)) == BAD
        assert await room.get(f"{EM}/assignmentPolicies/{policy_id}") == before


async def test_a_policy_cannot_be_patched_but_made_and_removed() -> None:
    async with a_room(checked=False) as room:
        policy_id, assignment_id = shelf(room)
        path = f"{EM}/assignmentPolicies/{policy_id}"
        assert (await room.graph.patch(path, json={"description": "x"})).status_code == 501
        package = (await room.every(f"{EM}/accessPackages"))[0]["id"]
        body = {"displayName": "Second", "accessPackage": {"id": package}}
        made = await room.graph.post(f"{EM}/assignmentPolicies", json=body)
        assert made.status_code == 201
        assert code_of(await room.graph.delete(path)) == BAD
        await order(room, requestType="adminRemove", assignment={"id": assignment_id})
        await room.wait(minutes=5)
        assert (await room.graph.delete(path)).status_code == 204
        assert [p["displayName"] for p in await room.every(f"{EM}/assignmentPolicies")] == ["Second"]


async def test_sponsor_approval_bills_guests_and_needs_governance() -> None:
    async with a_room() as room:
        policy_id, _ = shelf(room)
        body = whole(await room.get(f"{EM}/assignmentPolicies/{policy_id}"))
        sponsors = [{"@odata.type": "#microsoft.graph.targetUserSponsors"}]
        body["requestApprovalSettings"]["stages"][0]["primaryApprovers"] = sponsors
        assert code_of(await put(room, policy_id, body)) == DENIED
        room.tenant.licence = Licence.GOVERNANCE
        assert (await put(room, policy_id, body)).status_code == 200
        policy = room.tenant.packages.policies[policy_id]
        room.tenant.packages.order_add(policy, room.id("alan"), None, room.clock.now(), kind="userAdd")
        await room.wait(minutes=5)
        room.tenant.now()
        assert room.tenant.billed_guests == {"2026-09": {Cause.SPONSOR_APPROVAL: {room.id("alan")}}}


# --- assignments -----------------------------------------------------------------------------------


async def test_a_removal_is_worked_on_and_then_done(room: Room) -> None:
    _, assignment_id = shelf(room)
    answer = await order(room, requestType="adminRemove", assignment={"id": assignment_id})
    assert (answer.status_code, answer.json()["state"]) == (201, "submitted")
    path = f"{EM}/assignmentRequests/{answer.json()['id']}"
    again = await order(room, requestType="adminRemove", assignment={"id": assignment_id})
    assert code_of(again) == BAD
    await room.wait(minutes=3)
    assert (await room.get(path))["state"] == "delivering"
    assert (await room.get(f"{EM}/assignments/{assignment_id}"))["state"] == "delivered"
    await room.wait(minutes=2)
    assert (await room.get(path, expand="assignment"))["assignment"]["state"] == "expired"
    assert (await room.get(path))["state"] == "delivered"
    [package] = room.tenant.packages.packages.values()
    assert room.id("ada") not in room.tenant.directory.groups[package.groups[0]].members
    late = await order(room, requestType="adminRemove", assignment={"id": assignment_id})
    assert code_of(late) == BAD


async def test_a_package_is_given_once(room: Room) -> None:
    policy_id, _ = shelf(room)
    package = room.tenant.packages.policies[policy_id].package_id
    for name, status in (("alan", 201), ("alan", 400), ("ada", 400)):
        ids = {"targetId": room.id(name), "assignmentPolicyId": policy_id, "accessPackageId": package}
        assert (await order(room, requestType="adminAdd", assignment=ids)).status_code == status
    await room.wait(minutes=5)
    held = await room.every(f"{EM}/assignments", filter="state eq 'delivered'", expand="target")
    assert {a["target"]["objectId"] for a in held} == {room.id("ada"), room.id("alan")}


@pytest.mark.parametrize(
    ("where", "state"),
    [("undeliverable", "deliveryFailed"), ("half_deliverable", "partiallyDelivered")],
)
async def test_a_removal_that_fails_leaves_the_access(room: Room, where: str, state: str) -> None:
    _, assignment_id = shelf(room)
    getattr(room.tenant.packages, where).add(room.id("ada"))
    made = await order(room, requestType="adminRemove", assignment={"id": assignment_id})
    await room.wait(minutes=5)
    assert (await room.get(f"{EM}/assignmentRequests/{made.json()['id']}"))["state"] == state
    assert (await room.get(f"{EM}/assignments/{assignment_id}"))["state"] == "delivered"


async def test_an_assignment_ends_on_its_day(room: Room) -> None:
    policy = a_policy(room.tenant, a_package(room.tenant, "Audit room"))
    assignment = holds(room.tenant, room.id("ada"), policy, ends_in=timedelta(days=3))
    await room.wait(days=2, hours=23)
    assert (await room.get(f"{EM}/assignments/{assignment.id}"))["state"] == "delivered"
    await room.wait(hours=1)
    ended = await room.get(f"{EM}/assignments/{assignment.id}")
    assert (ended["state"], ended["expiredDateTime"]) == ("expired", "2026-09-04T00:00:00Z")


# --- a whole estate --------------------------------------------------------------------------------


def test_an_estate_is_as_big_as_asked_for_and_the_same_each_time() -> None:
    from adapters.clock import HandClock

    snapshots = []
    for _ in range(2):
        population = a_population(2_100, members=48)
        tenant = Tenant(population, HandClock(population.as_of))
        estate = an_estate(tenant)
        assert (len(estate.packages), len(estate.policies), len(estate.faults)) == (12, 30, 19)
        assert len(estate.holders) == 600
        assert set(estate.faults.values()) == set(PolicyFault)
        held = [a for a in tenant.packages.assignments.values() if a.state == "delivered"]
        assert len(held) > 600
        snapshots.append(tenant.snapshot())
    assert snapshots[0] == snapshots[1]
