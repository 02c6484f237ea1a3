"""A review in the sandbox lives as one in Entra: a snapshot at its start, decisions while it runs, an end."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.tenant import NATIVE_SENDER, NotAllowed
from tests.contracts.graph_room import DEFINITIONS, Room, a_definition, a_group_of, a_room, code_of

BAD = (400, "Request_BadRequest")


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with a_room() as made:
        yield made


async def decisions(room: Room, definition: str, instance: str, **options: str) -> list[Any]:
    return await room.every(f"{DEFINITIONS}/{definition}/instances/{instance}/decisions", **options)


async def record(room: Room, definition: str, instance: str, **content: str) -> int:
    path = f"{DEFINITIONS}/{definition}/instances/{instance}/batchRecordDecisions"
    return (await room.graph.post(path, json=content)).status_code


async def test_a_review_begins_late_runs_and_ends(room: Room) -> None:
    group = await room.a_group("ada", "alan", "sara")
    body = a_definition(group, [f"/users/{room.id('sara')}"])
    created = await room.graph.post(DEFINITIONS, json=body)
    assert (created.status_code, created.json()["status"]) == (201, "NotStarted")
    definition = created.json()["id"]
    path = f"{DEFINITIONS}/{definition}/instances"
    [instance] = (await room.get(path))["value"]
    assert (instance["status"], await decisions(room, definition, instance["id"])) == ("NotStarted", [])
    await room.wait(minutes=10)
    assert (await room.get(f"{path}/{instance['id']}"))["status"] == "InProgress"
    assert {d["principal"]["id"] for d in await decisions(room, definition, instance["id"])} == {
        room.id("ada"),
        room.id("alan"),
    }
    await room.wait(days=13, hours=23)
    assert (await room.get(f"{DEFINITIONS}/{definition}", select="status"))["status"] == "InProgress"
    await room.wait(hours=1)
    assert (await room.get(f"{DEFINITIONS}/{definition}", select="status"))["status"] == "Completed"


async def test_the_items_are_a_snapshot_of_the_start(room: Room) -> None:
    group = await room.a_group("ada", "alan")
    definition, instance = await room.a_review(group)
    await room.graph.delete(f"/groups/{group}/members/{room.id('ada')}/$ref")
    link = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{room.id('pim')}"}
    await room.graph.post(f"/groups/{group}/members/$ref", json=link)
    kept = {d["principal"]["id"] for d in await decisions(room, definition, instance)}
    assert kept == {room.id("ada"), room.id("alan")}


async def test_the_suggestion_follows_thirty_days_of_silence(room: Room) -> None:
    definition, instance = await room.a_review(await room.a_group("ada", "alan", "nadia"))
    advice = {d["principal"]["id"]: d["recommendation"] for d in await decisions(room, definition, instance)}
    assert advice == {room.id("ada"): "Deny", room.id("alan"): "Approve", room.id("nadia"): "Deny"}


async def test_no_suggestion_where_none_was_asked_for(room: Room) -> None:
    definition, instance = await room.a_review(await room.a_group("ada"), recommendationsEnabled=False)
    assert [d["recommendation"] for d in await decisions(room, definition, instance)] == ["NoInfoAvailable"]


async def test_an_app_decides_by_batch_and_shows_as_itself(room: Room) -> None:
    group = await room.a_group("ada", "alan")
    definition, instance = await room.a_review(group)
    both = {"principalId": room.id("ada"), "resourceId": group}
    assert await record(room, definition, instance, decision="Deny", justification="left", **both) == 204
    [ada] = await decisions(room, definition, instance, filter="decision eq 'Deny'")
    assert (ada["principal"]["id"], ada["justification"]) == (room.id("ada"), "left")
    assert ada["reviewedBy"]["id"] == room.tenant.app["id"]
    [alan] = await decisions(room, definition, instance, filter="decision eq 'NotReviewed'")
    assert set(alan["reviewedBy"]["id"]) == {"0", "-"}
    assert await record(room, definition, instance, decision="NotReviewed", **both) == 204
    assert len(await decisions(room, definition, instance, filter="decision eq 'NotReviewed'")) == 2


async def test_without_both_ids_the_batch_decides_on_everything(room: Room) -> None:
    group = await room.a_group("ada", "alan")
    definition, instance = await room.a_review(group)
    assert await record(room, definition, instance, decision="Deny", resourceId=group) == 204
    assert {d["decision"] for d in await decisions(room, definition, instance)} == {"Deny"}
    assert await record(room, definition, instance, decision="Approve") == 204
    assert {d["decision"] for d in await decisions(room, definition, instance)} == {"Approve"}


async def test_an_id_that_matches_nobody_changes_nothing_and_does_not_say_so(room: Room) -> None:
    group = await room.a_group("ada")
    definition, instance = await room.a_review(group)
    elsewhere = {"principalId": room.id("ada"), "resourceId": room.id("Vendor office")}
    stranger = {"principalId": room.id("pim"), "resourceId": group}
    for ids in (elsewhere, stranger):
        assert await record(room, definition, instance, decision="Deny", **ids) == 204
    assert [d["decision"] for d in await decisions(room, definition, instance)] == ["NotReviewed"]


async def test_decisions_are_refused_before_the_start_and_after_the_end(room: Room) -> None:
    group = await room.a_group("ada")
    created = await room.graph.post(DEFINITIONS, json=a_definition(group, [f"/users/{room.id('sara')}"]))
    definition = created.json()["id"]
    instance = (await room.get(f"{DEFINITIONS}/{definition}/instances"))["value"][0]["id"]
    both = {"principalId": room.id("ada"), "resourceId": group}
    assert await record(room, definition, instance, decision="Deny", **both) == 400
    await room.wait(days=15)
    assert await record(room, definition, instance, decision="Deny", **both) == 400


async def test_one_decision_item_cannot_be_written_by_an_app(room: Room) -> None:
    definition, instance = await room.a_review(await room.a_group("ada"))
    [item] = await decisions(room, definition, instance)
    path = f"{DEFINITIONS}/{definition}/instances/{instance}/decisions/{item['id']}"
    assert (await room.get(path))["decision"] == "NotReviewed"
    answer = await room.graph.patch(path, json={"decision": "Approve"})
    assert code_of(answer) == (403, "Authorization_RequestDenied")


async def test_stopping_applies_the_decisions_although_nobody_asked_for_that(room: Room) -> None:
    group = await room.a_group("ada", "alan")
    definition, instance = await room.a_review(group)
    both = {"principalId": room.id("ada"), "resourceId": group}
    await record(room, definition, instance, decision="Deny", **both)
    stop = f"{DEFINITIONS}/{definition}/instances/{instance}/stop"
    assert (await room.graph.post(stop)).status_code == 204
    assert [m["id"] for m in (await room.get(f"/groups/{group}/members"))["value"]] == [room.id("alan")]
    applied = await decisions(room, definition, instance, filter="applyResult eq 'AppliedSuccessfully'")
    assert [d["principal"]["id"] for d in applied] == [room.id("ada")]
    assert code_of(await room.graph.post(stop)) == BAD


@pytest.mark.parametrize(("applies", "left"), [(True, {"alan"}), (False, {"ada", "alan"})])
async def test_an_end_applies_decisions_only_when_told_to(room: Room, applies: bool, left: set[str]) -> None:  # noqa: FBT001
    group = await room.a_group("ada", "alan")
    await room.a_review(
        group,
        autoApplyDecisionsEnabled=applies,
        defaultDecisionEnabled=True,
        defaultDecision="Recommendation",
    )
    await room.wait(days=14)
    members = (await room.get(f"/groups/{group}/members"))["value"]
    assert {m["id"] for m in members} == {room.id(name) for name in left}


async def test_definitions_are_found_by_scope_and_status_only(room: Room) -> None:
    group = await room.a_group("ada")
    definition, _ = await room.a_review(group)
    by_scope = f"contains(scope/microsoft.graph.accessReviewQueryScope/query, '{group}')"
    assert [d["id"] for d in await room.every(DEFINITIONS, filter=by_scope)] == [definition]
    assert await room.every(DEFINITIONS, filter=by_scope.replace(group, room.id("ada"))) == []
    assert len(await room.every(DEFINITIONS, filter="status eq 'InProgress'")) == 1
    by_name = await room.graph.get(DEFINITIONS, params={"$filter": "displayName eq 'Guests of Sara'"})
    assert code_of(by_name) == (400, "Request_UnsupportedQuery")


async def test_a_deleted_definition_takes_its_instance_along(room: Room) -> None:
    definition, instance = await room.a_review(await room.a_group("ada"))
    assert (await room.graph.delete(f"{DEFINITIONS}/{definition}")).status_code == 204
    for path in ("", "/instances", f"/instances/{instance}"):
        assert (await room.graph.get(f"{DEFINITIONS}/{definition}{path}")).status_code == 404


async def test_decisions_come_a_hundred_at_a_time() -> None:
    async with a_room(fifty=True) as room:
        group = await room.a_group(*[spec.name for spec in room.cast.guests][:20])
        definition, instance = await room.a_review(group)
        rows = await decisions(room, definition, instance, top="7", select="decision")
        assert len(rows) == len({row["id"] for row in rows}) == 20
        path = f"{DEFINITIONS}/{definition}/instances/{instance}/decisions"
        assert (await room.graph.get(path, params={"$top": "101"})).status_code == 400


@pytest.mark.parametrize(
    ("spoilt", "status"),
    [
        ({"scope": {"query": "/groups/none/members", "queryType": "MicrosoftGraph"}}, 400),
        ({"reviewers": [{"query": "/users/00000000-0000-4000-8000-000000000000"}]}, 404),
        ({"reviewers": [{"query": "./sponsors", "queryType": "MicrosoftGraph"}]}, 501),
        ({"reviewers": [{"query": "/people/x", "queryType": "MicrosoftGraph"}]}, 400),
        ({"settings": {"defaultDecision": "Maybe"}}, 400),
    ],
)
async def test_a_definition_the_sandbox_cannot_honour_is_refused(
    room: Room, spoilt: dict[str, Any], status: int
) -> None:
    group = await room.a_group("ada")
    body = {**a_definition(group, [f"/users/{room.id('sara')}"]), **spoilt}
    assert (await room.graph.post(DEFINITIONS, json=body)).status_code == status
    assert room.tenant.definitions() == ()


async def test_a_review_of_a_group_that_is_not_there_yet_is_refused(room: Room) -> None:
    group = (await room.graph.post("/groups", json=a_group_of([]))).json()["id"]
    body = a_definition(group, [f"/users/{room.id('sara')}"])
    assert (await room.graph.post(DEFINITIONS, json=body)).status_code == 404
    await room.wait(seconds=5)
    assert (await room.graph.post(DEFINITIONS, json=body)).status_code == 201


# --- people in My Access ---------------------------------------------------------------------------


async def test_a_reviewer_decides_in_person_and_an_outsider_does_not(room: Room) -> None:
    definition, instance = await room.a_review(
        await room.a_group("ada"), justificationRequiredOnApproval=True
    )
    ada, sara, joost = (room.id(name) for name in ("ada", "sara", "joost"))
    with pytest.raises(NotAllowed):
        room.tenant.decide(definition, instance, ada, "Approve", "needed", joost)
    with pytest.raises(NotAllowed):
        room.tenant.decide(definition, instance, ada, "Approve", "", sara)
    room.tenant.decide(definition, instance, ada, "Approve", "needed", sara)
    [item] = await decisions(room, definition, instance)
    assert (item["decision"], item["reviewedBy"]["displayName"]) == ("Approve", "Sara Sponsor")
    await room.wait(days=14)
    with pytest.raises(NotAllowed):
        room.tenant.decide(definition, instance, ada, "Deny", "", sara)


async def test_the_fallback_is_asked_when_the_reviewer_is_gone(room: Room) -> None:
    group = await room.a_group("ada")
    fay = room.id("fay")
    body = a_definition(group, [f"/users/{room.id('sara')}"])
    body["fallbackReviewers"] = [{"query": f"/users/{fay}", "queryType": "MicrosoftGraph"}]
    definition = (await room.graph.post(DEFINITIONS, json=body)).json()["id"]
    room.tenant.delete(room.id("sara"))
    await room.wait(minutes=10)
    instance = (await room.get(f"{DEFINITIONS}/{definition}/instances"))["value"][0]["id"]
    contacted = await room.every(f"{DEFINITIONS}/{definition}/instances/{instance}/contactedReviewers")
    assert [person["displayName"] for person in contacted] == ["Fay Fallback"]
    room.tenant.decide(definition, instance, room.id("ada"), "Deny", "", fay)


async def test_entra_writes_to_reviewers_only_when_told_to(room: Room) -> None:
    definition, instance = await room.a_review(await room.a_group("ada"))
    assert room.tenant.sent() == ()
    reminder = f"{DEFINITIONS}/{definition}/instances/{instance}/sendReminder"
    assert (await room.graph.post(reminder)).status_code == 204
    [mail] = room.tenant.inbox(str(room.tenant.user(room.id("sara"))["mail"]))  # type: ignore[index]
    assert mail.from_address == NATIVE_SENDER
    loud = a_group_of([room.id("alan")], nickname="cohort-2")
    group = (await room.graph.post("/groups", json=loud)).json()["id"]
    await room.wait(seconds=6)
    await room.a_review(group, mailNotificationsEnabled=True)
    assert len(room.tenant.sent()) == 2
