"""Reviews come round: series, every group at once, several resources, and who is asked in each."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.people_apps import app_named
from sandbox.tenant import NATIVE_SENDER
from sandbox.tenant_licence import Cause, Licence
from sandbox.tenant_unknowns import Unknowns
from tests.contracts.governance_room import (
    INACTIVE,
    MANAGERS,
    OWNERS,
    QUERY,
    a_team,
    decide,
    instances,
    names,
    of_every_group,
    of_resources,
    only,
    post,
    results,
    user,
)
from tests.contracts.graph_room import DEFINITIONS, Room, a_definition, a_room, code_of

BAD, DENIED = (400, "Request_BadRequest"), (403, "Authorization_RequestDenied")
MONTHLY = {
    "pattern": {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 5},
    "range": {"type": "noEnd", "startDate": "2026-09-05"},
}


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with a_room() as made:
        yield made


async def starts(room: Room, definition: str) -> list[tuple[str, str]]:
    return [(i["startDateTime"][:10], i["status"]) for i in await instances(room, definition)]


# --- a series --------------------------------------------------------------------------------------


async def test_a_series_opens_one_instance_a_round(room: Room) -> None:
    group = await room.a_group("ada")
    definition = await post(room, a_definition(group, [f"/users/{room.id('sara')}"], recurrence=MONTHLY))
    assert await starts(room, definition) == [("2026-09-05", "NotStarted")]
    await room.wait(days=4)
    assert await starts(room, definition) == [("2026-09-05", "InProgress")]
    await room.wait(days=31)
    assert await starts(room, definition) == [("2026-09-05", "Completed"), ("2026-10-05", "InProgress")]
    by_scope = f"contains(scope/microsoft.graph.accessReviewQueryScope/query, '{group}')"
    assert [d["status"] for d in await room.every(DEFINITIONS, filter=by_scope)] == ["InProgress"]


@pytest.mark.parametrize(
    ("end", "rounds"),
    [
        ({"type": "numbered", "numberOfOccurrences": 2}, 2),
        ({"type": "endDate", "endDate": "2026-11-05"}, 3),
    ],
)
async def test_a_series_ends_where_its_range_says(room: Room, end: dict[str, Any], rounds: int) -> None:
    recurrence = {**MONTHLY, "range": {**end, "startDate": "2026-09-05"}}
    group = await room.a_group("ada")
    body = a_definition(group, [f"/users/{room.id('sara')}"], recurrence=recurrence)
    definition = await post(room, body, days=200)
    assert len(await instances(room, definition)) == rounds


async def test_a_replaced_definition_changes_the_rounds_to_come_only(room: Room) -> None:
    group = await room.a_group("ada")
    sara, joost = (f"/users/{room.id(name)}" for name in ("sara", "joost"))
    definition = await post(room, a_definition(group, [sara], recurrence=MONTHLY), days=6)
    answer = await room.graph.put(
        f"{DEFINITIONS}/{definition}", json=a_definition(group, [joost], recurrence=MONTHLY)
    )
    assert answer.status_code == 204
    await room.wait(days=30)
    asked = [i["reviewers"][0]["query"] for i in await instances(room, definition)]
    assert asked == [sara, joost]
    ended = {**MONTHLY, "range": {"type": "endDate", "startDate": "2026-09-05", "endDate": "2026-09-30"}}
    await room.graph.put(f"{DEFINITIONS}/{definition}", json=a_definition(group, [joost], recurrence=ended))
    await room.wait(days=90)
    assert len(await instances(room, definition)) == 2


async def test_what_was_read_can_be_put_back(room: Room) -> None:
    group = await room.a_group("ada")
    definition = await post(room, a_definition(group, [f"/users/{room.id('sara')}"], recurrence=MONTHLY))
    await unchanged(room, definition)
    await room.wait(days=34, minutes=-4)  # the second round has come and not begun
    await unchanged(room, definition)
    once = (await room.graph.post(DEFINITIONS, json=a_definition(group, []))).json()["id"]
    await room.wait(minutes=5)
    await unchanged(room, once)


async def unchanged(room: Room, definition: str) -> None:
    before = await room.get(f"{DEFINITIONS}/{definition}")
    first = await instances(room, definition)
    assert (await room.graph.put(f"{DEFINITIONS}/{definition}", json=before)).status_code == 204
    assert await instances(room, definition) == first


@pytest.mark.parametrize(
    "settings",
    [
        {"recurrence": {**MONTHLY, "pattern": {"type": "daily", "interval": 1}}},
        {"recurrence": {**MONTHLY, "range": {"type": "numbered", "startDate": "2026-09-05"}}},
        {"recurrence": MONTHLY, "instanceDurationInDays": 29},
    ],
)
async def test_a_series_that_cannot_be_is_refused(room: Room, settings: dict[str, Any]) -> None:
    body = a_definition(await room.a_group("ada"), [f"/users/{room.id('sara')}"], **settings)
    assert code_of(await room.graph.post(DEFINITIONS, json=body)) == BAD


# --- every group, several groups -------------------------------------------------------------------


async def test_every_group_with_guests_gets_an_instance_of_its_own(room: Room) -> None:
    ours = a_team(room, "Project Delta", ["ada", "sara"], owners=["joost"])
    a_team(room, "Only colleagues", ["sara"])
    a_team(room, "Whoever is in Delft", ["alan"], groupTypes=["Unified", "DynamicMembership"])
    a_team(room, "Admins", ["alan"], isAssignableToRole=True)
    a_team(room, "Plain list", ["alan"], groupTypes=[])
    body = of_every_group([OWNERS])
    created = await room.graph.post(DEFINITIONS, json=body)
    definition = created.json()["id"]
    assert (created.json()["status"], await instances(room, definition)) == ("Initializing", [])
    await room.wait(minutes=10)
    path = await only(room, definition)
    assert ours in (await room.get(path))["scope"]["query"]
    assert await names(room, path) == {"ada"}
    contacted = await room.every(f"{path}/contactedReviewers")
    assert [person["id"] for person in contacted] == [room.id("joost")]


async def test_owners_are_those_of_the_start(room: Room) -> None:
    group = a_team(room, "Project Delta", ["ada"], owners=["joost"])
    definition = await post(room, of_every_group([OWNERS]))
    room.tenant.directory.groups[group].owners = {room.id("sara"): None}
    [review] = [r for r in room.tenant.definitions() if r.id == definition]
    [instance] = review.instances
    [item] = instance.items.values()
    assert room.tenant.reviews.reviewers(instance, item, room.clock.now()) == {room.id("joost")}


async def test_an_instance_that_nobody_can_decide_says_so(room: Room) -> None:
    a_team(room, "Ownerless", ["ada"])
    path = await only(room, await post(room, of_every_group([OWNERS])))
    [error] = (await room.get(path))["errors"]
    assert error["code"] == "NoReviewers"


async def test_one_review_can_be_about_several_groups(room: Room) -> None:
    first, second = a_team(room, "One", ["ada"]), a_team(room, "Two", ["ada", "alan", "sara"])
    path = await only(room, await post(room, of_resources([first, second], [user(room.id("sara"))])))
    rows = await room.every(f"{path}/decisions")
    assert len(rows) == 3
    content = {"decision": "Deny", "justification": "j", "principalId": room.id("ada")}
    await room.graph.post(f"{path}/batchRecordDecisions", json=content)
    denied = await room.every(f"{path}/decisions", filter="decision eq 'Deny'")
    assert {d["resource"]["id"] for d in denied} == {first, second}


async def test_guests_of_an_application_are_reviewed_and_keep_what_a_group_gives(room: Room) -> None:
    portal = room.tenant.population.access.ids.of("app", app_named("Supplier portal"))
    team = a_team(room, "Buyers", ["alan"])
    room.tenant.reach.give_apps(room.id("ada"), {app_named("Supplier portal"): "Buyer"})
    room.tenant.reach.give_apps(team, {app_named("Supplier portal"): "Reader"})
    body = of_resources([], [user(room.id("sara"))])
    query = f"/servicePrincipals/{portal}"
    body["scope"]["resourceScopes"] = [{"@odata.type": QUERY, "query": query, "queryType": "MicrosoftGraph"}]
    path = await only(room, await post(room, body))
    rows = await room.every(f"{path}/decisions")
    assert {row["resource"]["displayName"] for row in rows} == {"Supplier portal"}
    for name in ("ada", "alan"):
        assert await decide(room, path, name, "Deny", portal) == 204
    await room.graph.post(f"{path}/stop")
    assert await results(room, path) == {"ada": "AppliedSuccessfully", "alan": "ApplyNotSupported"}
    assert room.tenant.reach.app_roles(room.id("ada")) == ()
    body["settings"]["recommendationLookBackDuration"] = "P60D"
    assert code_of(await room.graph.post(DEFINITIONS, json=body)) == BAD


async def test_stopping_a_round_leaves_the_series_going(room: Room) -> None:
    group = await room.a_group("ada")
    body = a_definition(group, [f"/users/{room.id('sara')}"], recurrence=MONTHLY)
    definition = await post(room, body, days=5)
    path = await only(room, definition)
    assert (await room.graph.post(f"{path}/stop")).status_code == 204
    await room.wait(days=31)
    assert [status for _, status in await starts(room, definition)] == ["Completed", "InProgress"]


# --- who decides -----------------------------------------------------------------------------------


async def test_managers_decide_and_the_fallback_for_who_has_none(room: Room) -> None:
    group = await room.a_group("ada", "alan")
    room.tenant.reach.set_manager(room.id("ada"), room.id("joost"))
    body = {**a_definition(group, []), "reviewers": [MANAGERS], "fallbackReviewers": [user(room.id("fay"))]}
    path = await only(room, await post(room, body))
    contacted = await room.every(f"{path}/contactedReviewers")
    assert {person["id"] for person in contacted} == {room.id("joost"), room.id("fay")}
    bare = {**body, "reviewers": [{k: v for k, v in MANAGERS.items() if k != "queryRoot"}]}
    assert code_of(await room.graph.post(DEFINITIONS, json=bare)) == BAD


async def test_guests_review_themselves_and_the_unredeemed_are_not_written_to(room: Room) -> None:
    group = await room.a_group("ada", "pim")
    path = await only(room, await post(room, a_definition(group, [], mailNotificationsEnabled=True)))
    contacted = await room.every(f"{path}/contactedReviewers")
    assert [person["id"] for person in contacted] == [room.id("ada")]
    assert [mail.from_address for mail in room.tenant.sent()] == [NATIVE_SENDER]


async def test_a_reminder_goes_out_half_way(room: Room) -> None:
    group = await room.a_group("ada")
    body = a_definition(group, [f"/users/{room.id('sara')}"], reminderNotificationsEnabled=True)
    await post(room, body, days=6, hours=23)
    assert room.tenant.sent() == ()
    await room.wait(hours=2)
    assert len(room.tenant.sent()) == 1


async def test_sponsors_can_review_where_that_open_question_is_answered_with_yes() -> None:
    sponsors = {"@odata.type": "#microsoft.graph.accessReviewReviewerScope", "scopeType": "sponsor"}
    for answer, status in ((False, 501), (True, 201)):
        async with a_room(unknowns=Unknowns(sponsors_review=answer)) as room:
            body = {**a_definition(await room.a_group("ada"), []), "reviewers": [sponsors]}
            assert (await room.graph.post(DEFINITIONS, json=body)).status_code == status
            await room.wait(minutes=11)
            asked = {person for review in room.tenant.definitions() for person in review.contacted}
            assert asked == ({room.id("sara")} if answer else set())


# --- licences and the meter ------------------------------------------------------------------------


def inactive(group: str, duration: str = "P30D") -> dict[str, Any]:
    body = a_definition(group, [])
    scope = {**body["scope"], "@odata.type": INACTIVE, "inactiveDuration": duration}
    return {**body, "scope": scope}


async def test_a_review_of_inactive_guests_is_billed_for_each() -> None:
    async with a_room() as room:
        body = inactive(await room.a_group("ada"))
        assert code_of(await room.graph.post(DEFINITIONS, json=body)) == DENIED
    async with a_room(licence=Licence.GOVERNANCE) as room:
        # Nina is younger than the period, Alan was here; neither is asked about, or billed.
        group = await room.a_group("ada", "alan", "nina")
        path = await only(room, await post(room, inactive(group)))
        assert await names(room, path) == {"ada"}
        assert room.tenant.billed_guests == {"2026-09": {Cause.INACTIVE_REVIEW: {room.id("ada")}}}
        too_long = inactive(group, "P731D")
        assert code_of(await room.graph.post(DEFINITIONS, json=too_long)) == BAD


async def test_affiliation_is_billed_and_a_plain_review_is_not() -> None:
    outliers = [{"@odata.type": "#microsoft.graph.groupPeerOutlierRecommendationInsightSettings"}]
    async with a_room(licence=Licence.GOVERNANCE) as room:
        group = await room.a_group("ada")
        await room.a_review(group)
        assert room.tenant.billed_guests == {}
        await post(room, a_definition(group, [], recommendationInsightSettings=outliers))
        assert room.tenant.billed_guests == {"2026-09": {Cause.AFFILIATION: {room.id("ada")}}}


@pytest.mark.parametrize(
    ("licence", "plans"),
    [
        (Licence.NONE, set()),
        (Licence.P1, {"AAD_PREMIUM"}),
        (Licence.P2, {"AAD_PREMIUM", "AAD_PREMIUM_P2"}),
        (Licence.GOVERNANCE, {"AAD_PREMIUM", "AAD_PREMIUM_P2", "Entra_Identity_Governance"}),
    ],
)
async def test_a_licence_shows_in_its_plans_and_opens_reviews_from_p2_on(
    licence: Licence, plans: set[str]
) -> None:
    async with a_room(licence=licence) as room:
        [sku] = (await room.get("/subscribedSkus"))["value"]
        assert {plan["servicePlanName"] for plan in sku["servicePlans"]} == plans
        group = await room.a_group("ada")
        created = await room.graph.post(DEFINITIONS, json=a_definition(group, []))
        listed = await room.graph.get(DEFINITIONS)
        expected = (201, 200) if licence >= Licence.P2 else (403, 403)
        assert (created.status_code, listed.status_code) == expected
