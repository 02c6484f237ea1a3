"""How a round runs and ends in the sandbox: states passed through, stages, stops, and what is applied."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from sandbox.tenant_unknowns import Unknowns
from tests.contracts.governance_room import (
    DELETES,
    OWNERS,
    a_team,
    decide,
    names,
    of_every_group,
    only,
    post,
    results,
    user,
)
from tests.contracts.graph_room import DEFINITIONS, Room, a_definition, a_room, code_of

BAD, DENIED = (400, "Request_BadRequest"), (403, "Authorization_RequestDenied")


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with a_room() as made:
        yield made


async def begun(room: Room, *people: str, **settings: Any) -> tuple[str, str]:
    """A running review of a new group: the paths of its instance, and the group."""
    group = await room.a_group(*people)
    definition, instance = await room.a_review(group, **settings)
    return f"{DEFINITIONS}/{definition}/instances/{instance}", group


async def status(room: Room, path: str) -> str:
    return str((await room.get(path))["status"])


# --- states ----------------------------------------------------------------------------------------


async def test_a_slow_tenant_shows_every_state(room: Room) -> None:
    room.tenant.reviews.life.passing = timedelta(hours=1)
    group = await room.a_group("ada", "alan")
    body = a_definition(
        group,
        [f"/users/{room.id('sara')}"],
        autoApplyDecisionsEnabled=True,
        defaultDecisionEnabled=True,
        defaultDecision="Deny",
    )
    path = await only(room, await post(room, body))
    seen = [await status(room, path)]
    await room.wait(hours=1)
    seen.append(await status(room, path))
    await room.wait(days=14, hours=-1, minutes=-10)
    for _ in range(5):
        seen.append(await status(room, path))
        await room.wait(hours=1)
    assert seen == [
        "Starting",
        "InProgress",
        "Completing",
        "AutoReviewing",
        "AutoReviewed",
        "Applying",
        "Applied",
    ]


async def test_decisions_wait_for_the_start_and_are_closed_by_the_end(room: Room) -> None:
    room.tenant.reviews.life.passing = timedelta(hours=1)
    group = await room.a_group("ada")
    path = await only(room, await post(room, a_definition(group, [f"/users/{room.id('sara')}"])))
    assert (await status(room, path), await decide(room, path, "ada", "Deny", group)) == ("Starting", 400)
    await room.wait(days=14)
    assert (await status(room, path), await decide(room, path, "ada", "Deny", group)) == ("Completing", 400)


# --- stages ----------------------------------------------------------------------------------------


def two_stages(group: str, second: str, moves: list[str] | None = None) -> dict[str, Any]:
    """The guests say for themselves first; then somebody else decides."""
    first: dict[str, Any] = {"stageId": "1", "durationInDays": 5, "reviewers": []}
    if moves is not None:
        first["decisionsThatWillMoveToNextStage"] = moves
    last = {"stageId": "2", "dependsOn": ["1"], "durationInDays": 7, "reviewers": [user(second)]}
    return {**a_definition(group, []), "stageSettings": [first, last]}


async def test_stages_follow_each_other_and_ask_again_about_what_moves_on(room: Room) -> None:
    group = await room.a_group("ada", "alan", "nadia")
    body = two_stages(group, room.id("sara"), ["Approve", "NotReviewed"])
    definition = await post(room, body)
    path = await only(room, definition)
    instance = path.rpartition("/")[2]
    first, second = await room.every(f"{path}/stages")
    assert (first["status"], second["status"]) == ("InProgress", "NotStarted")
    assert await room.every(f"{path}/stages/{second['id']}/decisions") == []
    room.tenant.decide(definition, instance, room.id("ada"), "Approve", "", room.id("ada"))
    room.tenant.decide(definition, instance, room.id("alan"), "Deny", "", room.id("alan"))
    await room.wait(days=5)
    moved = await room.every(f"{path}/stages/{second['id']}/decisions")
    assert {d["principal"]["id"]: d["decision"] for d in moved} == {
        room.id("ada"): "NotReviewed",
        room.id("nadia"): "NotReviewed",
    }
    assert len(await room.every(f"{path}/stages/{first['id']}/decisions")) == 3
    assert (await room.get(path))["reviewers"] == [user(room.id("sara"))]
    room.tenant.decide(definition, instance, room.id("ada"), "Deny", "", room.id("sara"))
    await room.wait(days=7)
    assert await status(room, path) == "Completed"
    final = {d["principal"]["id"]: d["decision"] for d in await room.every(f"{path}/decisions")}
    assert final == {room.id("ada"): "Deny", room.id("alan"): "Deny", room.id("nadia"): "NotReviewed"}


async def test_an_app_decides_in_a_stage_and_stops_it(room: Room) -> None:
    group = await room.a_group("ada")
    path = await only(room, await post(room, two_stages(group, room.id("sara"))))
    first, second = (f"{path}/stages/{stage['id']}" for stage in await room.every(f"{path}/stages"))
    content = {"decision": "Approve", "principalId": room.id("ada"), "resourceId": group}
    assert (await room.graph.post(f"{second}/batchRecordDecisions", json=content)).status_code == 400
    assert (await room.graph.post(f"{first}/batchRecordDecisions", json=content)).status_code == 204
    [item] = await room.every(f"{first}/decisions")
    assert (await room.get(f"{first}/decisions/{item['id']}"))["decision"] == "Approve"
    patched = await room.graph.patch(f"{first}/decisions/{item['id']}", json={"decision": "Deny"})
    assert code_of(patched) == DENIED
    assert (await room.graph.post(f"{first}/stop")).status_code == 204
    assert (await room.get(second))["status"] == "InProgress"
    assert await decide(room, path, "ada", "Deny", group) == 204
    await room.wait(days=6, hours=23)
    assert await status(room, path) == "InProgress"
    await room.wait(hours=1)
    assert await status(room, path) == "Completed"


@pytest.mark.parametrize(
    "spoilt",
    [
        [{"stageId": "1", "durationInDays": 5}, {"stageId": "2", "durationInDays": 5}],
        [{"stageId": "1", "durationInDays": 0}],
        [{"stageId": "1", "durationInDays": 5, "decisionsThatWillMoveToNextStage": ["Perhaps"]}],
        [{"stageId": str(n), "durationInDays": 5, "dependsOn": [str(n - 1)] * (n > 0)} for n in range(4)],
    ],
)
async def test_stages_that_do_not_follow_each_other_are_refused(
    room: Room, spoilt: list[dict[str, Any]]
) -> None:
    body = {**a_definition(await room.a_group("ada"), []), "stageSettings": spoilt}
    assert code_of(await room.graph.post(DEFINITIONS, json=body)) == BAD


# --- what is done to a running round ---------------------------------------------------------------


async def test_named_reviewers_can_be_replaced_while_it_runs(room: Room) -> None:
    path, _ = await begun(room, "ada", mailNotificationsEnabled=True)
    scope = (await room.get(path))["scope"]
    joost = {"scope": scope, "reviewers": [user(room.id("joost"))]}
    assert (await room.graph.patch(path, json=joost)).status_code == 204
    assert {p["id"] for p in await room.every(f"{path}/contactedReviewers")} == {
        room.id("sara"),
        room.id("joost"),
    }
    assert [mail.to for mail in room.tenant.sent()] == [("sara@contoso.example",), ("joost@contoso.example",)]
    for refused in (
        {"scope": scope, "reviewers": [OWNERS]},
        {"scope": scope, "reviewers": []},
        {"scope": {**scope, "query": "/groups"}, "reviewers": [user(room.id("joost"))]},
    ):
        assert code_of(await room.graph.patch(path, json=refused)) == BAD
    await room.wait(days=14)
    assert code_of(await room.graph.patch(path, json=joost)) == BAD


async def test_fallback_reviewers_can_only_be_added(room: Room) -> None:
    path, _ = await begun(room, "ada")
    scope = (await room.get(path))["scope"]
    fay, joost = user(room.id("fay")), user(room.id("joost"))
    for wanted, answer in (([fay], 204), ([fay, joost], 204), ([joost], 400)):
        body = {"scope": scope, "fallbackReviewers": wanted}
        assert (await room.graph.patch(path, json=body)).status_code == answer
    assert (await room.get(path))["fallbackReviewers"] == [fay, joost]


async def test_reviewers_who_are_no_users_stay(room: Room) -> None:
    a_team(room, "Project Delta", ["ada"], owners=["joost"])
    path = await only(room, await post(room, of_every_group([OWNERS])))
    body = {"scope": (await room.get(path))["scope"], "reviewers": [user(room.id("sara"))]}
    assert code_of(await room.graph.patch(path, json=body)) == BAD


async def test_a_reset_takes_every_decision_back_and_history_keeps_them(room: Room) -> None:
    path, group = await begun(room, "ada")
    for decision in ("Approve", "Deny"):
        assert await decide(room, path, "ada", decision, group) == 204
    assert (await room.graph.post(f"{path}/resetDecisions")).status_code == 204
    [row] = await room.every(f"{path}/decisions")
    assert (row["decision"], row["reviewedDateTime"]) == ("NotReviewed", None)
    item = room.tenant.definitions()[0].items[room.id("ada")]
    assert [answer.decision for answer in item.history] == ["Approve", "Deny", "NotReviewed"]


async def test_an_app_cannot_decide_where_that_open_question_is_answered_with_no() -> None:
    async with a_room(unknowns=Unknowns(apps_decide=False)) as room:
        path, group = await begun(room, "ada")
        assert await decide(room, path, "ada", "Deny", group) == 403


# --- what is applied -------------------------------------------------------------------------------


async def test_applying_waits_for_the_end(room: Room) -> None:
    path, group = await begun(room, "ada", "alan")
    await decide(room, path, "ada", "Deny", group)
    assert code_of(await room.graph.post(f"{path}/applyDecisions")) == BAD
    await room.wait(days=14)
    assert await results(room, path) == {"ada": "New", "alan": "New"}
    assert (await room.graph.post(f"{path}/applyDecisions")).status_code == 204
    assert await results(room, path) == {"ada": "AppliedSuccessfully", "alan": "New"}
    assert [m["id"] for m in (await room.get(f"/groups/{group}/members"))["value"]] == [room.id("alan")]


async def test_a_stop_without_applying_is_the_other_answer_to_an_open_question() -> None:
    async with a_room(unknowns=Unknowns(stop_applies=False)) as room:
        path, group = await begun(room, "ada")
        await decide(room, path, "ada", "Deny", group)
        assert (await room.graph.post(f"{path}/stop")).status_code == 204
        assert (await status(room, path), await results(room, path)) == ("Completed", {"ada": "New"})


async def test_an_unknown_failure_is_cured_by_applying_again(room: Room) -> None:
    path, group = await begun(room, "ada")
    await decide(room, path, "ada", "Deny", group)
    stubborn = room.tenant.reviews.life.access.stubborn
    stubborn.add(room.id("ada"))
    await room.graph.post(f"{path}/stop")
    assert await results(room, path) == {"ada": "AppliedWithUnknownFailure"}
    stubborn.clear()
    await room.graph.post(f"{path}/applyDecisions")
    assert await results(room, path) == {"ada": "AppliedSuccessfully"}


@pytest.mark.parametrize(
    ("facts", "result"),
    [
        ({}, "AppliedSuccessfully"),
        ({"groupTypes": ["DynamicMembership"]}, "ApplyNotSupported"),
        ({"onPremisesSyncEnabled": True}, "ApplyNotSupported"),
        ({"groupTypes": [], "mailEnabled": True}, "ApplyNotSupported"),
    ],
)
async def test_some_groups_keep_whom_a_review_denied(room: Room, facts: dict[str, Any], result: str) -> None:
    group = a_team(room, "Project Delta", ["ada"], **facts)
    path = await only(room, await post(room, a_definition(group, [f"/users/{room.id('sara')}"])))
    await decide(room, path, "ada", "Deny", group)
    await room.graph.post(f"{path}/stop")
    assert await results(room, path) == {"ada": result}
    assert (room.id("ada") in room.tenant.directory.groups[group].members) is (result == "ApplyNotSupported")


async def test_a_nested_member_and_a_vanished_one_are_told_apart(room: Room) -> None:
    inner = a_team(room, "Inner", ["ada"])
    outer = a_team(room, "Outer", ["alan"])
    room.tenant.directory.groups[outer].members[inner] = None
    path = await only(room, await post(room, a_definition(outer, [f"/users/{room.id('sara')}"])))
    assert await names(room, path) == {"ada", "alan"}
    for name in ("ada", "alan"):
        await decide(room, path, name, "Deny", outer)
    room.tenant.delete(room.id("alan"))
    await room.graph.post(f"{path}/stop")
    assert await results(room, path) == {
        "ada": "ApplyNotSupported",
        "alan": "AppliedSuccessfullyButObjectNotFound",
    }


async def test_blocked_accounts_are_deleted_after_thirty_days_and_nobody_may_look_meanwhile(
    room: Room,
) -> None:
    path, group = await begun(room, "ada", "alan", applyActions=[DELETES], autoApplyDecisionsEnabled=True)
    await decide(room, path, "ada", "Deny", group)
    await room.wait(days=14)
    assert await status(room, path) == "Applying"
    for hidden in ("decisions", "contactedReviewers"):
        assert code_of(await room.graph.get(f"{path}/{hidden}")) == BAD
    ada = await room.get(f"/users/{room.id('ada')}", select="accountEnabled")
    assert ada["accountEnabled"] is False
    await room.wait(days=30)
    assert await status(room, path) == "Applied"
    assert await results(room, path) == {"ada": "AppliedSuccessfully", "alan": "New"}
    assert room.tenant.deleted(room.id("ada"))
    assert not room.tenant.deleted(room.id("alan"))


async def test_deleting_accounts_is_refused_for_every_group_and_for_colleagues(room: Room) -> None:
    everyone = a_definition(await room.a_group("ada"), [], applyActions=[DELETES])
    everyone["scope"]["query"] = everyone["scope"]["query"].partition("?")[0]
    for body in (everyone, of_every_group([OWNERS], applyActions=[DELETES])):
        assert code_of(await room.graph.post(DEFINITIONS, json=body)) == BAD
