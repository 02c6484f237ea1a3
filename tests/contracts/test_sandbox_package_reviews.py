"""Entitlement management opens reviews by itself, and what they decide ends assignments."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from sandbox.package_stories import (
    PolicyFault,
    a_group_of_people,
    a_package,
    a_person,
    a_policy,
    an_internal_policy,
    holds,
)
from sandbox.tenant_licence import Licence
from sandbox.tenant_package_records import Assignment, Policy
from tests.contracts.governance_room import instances, only, results
from tests.contracts.graph_room import DEFINITIONS, Room, a_room

EM = "/identityGovernance/entitlementManagement"
SCOPE_QUERY = "scope/microsoft.graph.accessReviewQueryScope/query"


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with a_room(licence=Licence.GOVERNANCE) as made:
        yield made


def held(room: Room, *faults: PolicyFault, **options: Any) -> tuple[Policy, Assignment]:
    """A package that Ada holds, reviewed from tomorrow on by Sara."""
    reviewers = options.pop("reviewers", [a_person(room.id("sara"))])
    policy = a_policy(room.tenant, a_package(room.tenant, "Portal"), faults, reviewers=reviewers, **options)
    return policy, holds(room.tenant, room.id("ada"), policy)


async def of_package(room: Room, package_id: str) -> list[Any]:
    return await room.every(DEFINITIONS, filter=f"contains({SCOPE_QUERY}, '{package_id}')")


async def decide(room: Room, path: str, decision: str, policy: Policy) -> None:
    content = {"decision": decision, "principalId": room.id("ada"), "resourceId": policy.id}
    answer = await room.graph.post(f"{path}/batchRecordDecisions", json={**content, "justification": "j"})
    assert answer.status_code == 204


async def test_a_reviewed_policy_is_found_by_its_scope_and_names_who_holds_it(room: Room) -> None:
    policy, _ = held(room)
    [definition] = await of_package(room, policy.package_id)
    assert policy.id in definition["scope"]["query"]
    assert (definition["status"], definition["settings"]["autoApplyDecisionsEnabled"]) == ("NotStarted", True)
    assert definition["createdBy"]["displayName"] == "Microsoft Entra entitlement management"
    await room.wait(days=1, minutes=10)
    path = await only(room, definition["id"])
    [row] = await room.every(f"{path}/decisions")
    assert row["principal"]["id"] == room.id("ada")
    assert row["resource"]["type"] == "accessPackageAssignmentPolicy"
    assert (row["resource"]["id"], row["resource"]["accessPackageDisplayName"]) == (policy.id, "Portal")
    assert [p["id"] for p in await room.every(f"{path}/contactedReviewers")] == [room.id("sara")]
    assert [mail.to for mail in room.tenant.sent()] == [("sara@contoso.example",)]


async def test_a_denial_ends_the_assignment_when_the_round_ends(room: Room) -> None:
    policy, assignment = held(room)
    await room.wait(days=1, minutes=10)
    path = await only(room, policy.definition_id or "")
    await decide(room, path, "Deny", policy)
    assert (await room.get(f"{EM}/assignments/{assignment.id}"))["state"] == "delivered"
    await room.wait(days=14)
    assert await results(room, path) == {"ada": "AppliedSuccessfully"}
    assert (await room.get(f"{EM}/assignments/{assignment.id}"))["state"] == "expired"
    ada = await room.get(f"/users/{room.id('ada')}", select="accountEnabled")
    assert ada["accountEnabled"] is False
    await room.wait(days=30)
    room.tenant.now()
    assert room.tenant.deleted(room.id("ada"))


@pytest.mark.parametrize(
    ("behaviour", "state"),
    [("keepAccess", "delivered"), ("removeAccess", "expired"), ("acceptAccessRecommendation", "expired")],
)
async def test_silence_counts_as_the_policy_says(room: Room, behaviour: str, state: str) -> None:
    policy, assignment = held(room)
    body = await room.get(f"{EM}/assignmentPolicies/{policy.id}")
    del body["@odata.context"]
    body["reviewSettings"]["expirationBehavior"] = behaviour
    await room.graph.put(f"{EM}/assignmentPolicies/{policy.id}", json=body)
    await room.wait(days=15, minutes=10)
    assert (await room.get(f"{EM}/assignments/{assignment.id}"))["state"] == state


async def test_an_assignment_gone_meanwhile_is_not_found_and_one_that_sticks_is_said_to(room: Room) -> None:
    policy, assignment = held(room)
    await room.wait(days=1, minutes=10)
    path = await only(room, policy.definition_id or "")
    await decide(room, path, "Deny", policy)
    room.tenant.packages.take_away(assignment, room.clock.now())
    await room.graph.post(f"{path}/stop")
    assert await results(room, path) == {"ada": "AppliedSuccessfullyButObjectNotFound"}
    other, kept = held(room)
    room.tenant.packages.undeliverable.add(room.id("ada"))
    await room.wait(days=1, minutes=10)
    path = await only(room, other.definition_id or "")
    await decide(room, path, "Deny", other)
    await room.graph.post(f"{path}/stop")
    assert (await results(room, path), kept.state) == ({"ada": "AppliedWithUnknownFailure"}, "delivered")


async def test_rounds_come_quarterly_and_follow_a_changed_policy(room: Room) -> None:
    policy, _ = held(room)
    definition = policy.definition_id or ""
    await room.wait(days=2)
    body = await room.get(f"{EM}/assignmentPolicies/{policy.id}")
    del body["@odata.context"]
    body["reviewSettings"]["primaryReviewers"] = [a_group_of_people(room.id("Vendor office"))]
    await room.graph.put(f"{EM}/assignmentPolicies/{policy.id}", json=body)
    assert policy.definition_id == definition
    await room.wait(days=95)
    first, second = await instances(room, definition)
    assert (first["startDateTime"][:10], second["startDateTime"][:10]) == ("2026-09-02", "2026-12-02")
    assert first["reviewers"][0]["query"] == f"/users/{room.id('sara')}"
    assert second["reviewers"][0]["query"].startswith("/groups/")


async def test_a_policy_that_stops_being_reviewed_ends_its_series(room: Room) -> None:
    policy, _ = held(room)
    body = {"displayName": "Unreviewed"}
    await room.graph.put(f"{EM}/assignmentPolicies/{policy.id}", json=body)
    assert await of_package(room, policy.package_id) == []
    running, _ = held(room)
    definition = running.definition_id or ""
    await room.wait(days=2)
    await room.graph.put(f"{EM}/assignmentPolicies/{running.id}", json=body)
    await room.wait(days=200)
    assert [one["status"] for one in await instances(room, definition)] == ["Applied"]


async def test_an_unreviewed_policy_and_one_for_colleagues_open_nothing(room: Room) -> None:
    held(room, PolicyFault.NO_END_NO_REVIEW)
    an_internal_policy(room.tenant, a_package(room.tenant, "Colleagues only"))
    await room.wait(days=2)
    assert await room.every(DEFINITIONS) == []


async def test_self_review_and_managers_are_said_in_the_reviews_own_words(
    room: Room,
) -> None:
    alone, _ = held(room, PolicyFault.SELF_REVIEW)
    managed, _ = held(room, PolicyFault.NO_FALLBACK)
    await room.wait(days=1, minutes=10)
    [own] = await instances(room, alone.definition_id or "")
    [by_manager] = await instances(room, managed.definition_id or "")
    assert own["reviewers"] == []
    assert by_manager["reviewers"][0]["queryRoot"] == "decisions"
    assert by_manager["errors"][0]["code"] == "NoReviewers"


async def test_a_review_past_its_start_waits_for_the_next_round(room: Room) -> None:
    policy, _ = held(room, starts_at=room.clock.now() - timedelta(days=40))
    await room.wait(minutes=11)
    starts = [one["startDateTime"][:10] for one in await instances(room, policy.definition_id or "")]
    assert starts == ["2026-10-23"]
