"""The sandbox ends and gives back access as Graph does: block, delete, restore, groups, replication lag."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from sandbox.tenant import DEFAULT_GRANTED
from tests.contracts.graph_room import EVENTUAL, Room, a_group_of, a_room, code_of

DENIED = (403, "Authorization_RequestDenied")
MISSING = (404, "Request_ResourceNotFound")


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with a_room() as made:
        yield made


# --- accounts --------------------------------------------------------------------------------------


async def test_a_blocked_account_reads_as_blocked_and_cannot_sign_in(room: Room) -> None:
    ada = room.id("ada")
    assert (await room.graph.patch(f"/users/{ada}", json={"accountEnabled": False})).status_code == 204
    before = await room.get(f"/users/{ada}", select="accountEnabled,signInActivity")
    assert before["accountEnabled"] is False
    assert room.tenant.sign_in(ada) is False
    after = (await room.get(f"/users/{ada}", select="signInActivity"))["signInActivity"]
    was = before["signInActivity"]
    assert after["lastSuccessfulSignInDateTime"] == was["lastSuccessfulSignInDateTime"]
    assert after["lastSignInDateTime"] > was["lastSignInDateTime"]


async def test_a_sign_in_is_a_success_from_now_and_redeems_an_invitation(room: Room) -> None:
    assert room.tenant.sign_in(room.id("pim")) is True
    row = await room.get(f"/users/{room.id('pim')}", select="externalUserState,signInActivity")
    assert row["externalUserState"] == "Accepted"
    assert row["signInActivity"]["lastSuccessfulSignInDateTime"] == room.clock.now().strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )


async def test_a_holder_of_an_admin_role_is_out_of_reach(room: Room) -> None:
    petra = f"/users/{room.id('petra')}"
    assert code_of(await room.graph.patch(petra, json={"accountEnabled": False})) == DENIED
    assert code_of(await room.graph.delete(petra)) == DENIED
    assert room.tenant.snapshot()["changed"] == {}


async def test_enabling_and_disabling_is_all_that_its_permission_allows(room: Room) -> None:
    ada = f"/users/{room.id('ada')}"
    assert code_of(await room.graph.patch(ada, json={"department": "x"})) == DENIED
    assert code_of(await room.graph.patch(ada, json={"accountEnabled": False, "department": "x"})) == DENIED
    async with a_room(granted=DEFAULT_GRANTED | {"User.ReadWrite.All"}) as wider:
        changed = await wider.graph.patch(f"/users/{wider.id('ada')}", json={"department": "x"})
        assert changed.status_code == 204


async def test_a_deleted_account_lies_thirty_days_in_the_bin_and_is_then_forgotten(room: Room) -> None:
    ada = room.id("ada")
    assert (await room.graph.delete(f"/users/{ada}")).status_code == 204
    assert code_of(await room.graph.get(f"/users/{ada}")) == MISSING
    assert code_of(await room.graph.delete(f"/users/{ada}")) == MISSING
    for cast in ("graph.user", "microsoft.graph.user"):
        [row] = (await room.get(f"/directory/deletedItems/{cast}", select="id,deletedDateTime"))["value"]
        assert row == {"id": ada, "deletedDateTime": room.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")}
    one = await room.get(f"/directory/deletedItems/{ada}")
    assert one["userPrincipalName"].startswith(ada.replace("-", ""))
    await room.wait(days=29, hours=23)
    assert room.tenant.deleted(ada)
    await room.wait(hours=1)
    assert not room.tenant.deleted(ada)
    assert code_of(await room.graph.post(f"/directory/deletedItems/{ada}/restore")) == MISSING
    assert (await room.get("/directory/deletedItems/graph.user"))["value"] == []


async def test_a_restored_account_is_back_with_its_groups_and_sponsors(room: Room) -> None:
    ada = room.id("ada")
    group = await room.a_group("ada", "pim")
    await room.graph.delete(f"/users/{ada}")
    assert [m["id"] for m in (await room.get(f"/groups/{group}/members"))["value"]] == [room.id("pim")]
    assert room.tenant.groups_created()[0]["members"] == [room.id("pim")]
    answer = await room.graph.post(f"/directory/deletedItems/{ada}/restore")
    assert (answer.status_code, answer.json()["id"]) == (200, ada)
    assert [m["id"] for m in (await room.get(f"/groups/{group}/members"))["value"]] == [ada, room.id("pim")]
    assert (await room.get(f"/users/{ada}"))["userPrincipalName"].startswith("ada")
    assert code_of(await room.graph.post(f"/directory/deletedItems/{ada}/restore")) == MISSING


async def test_what_the_app_did_stands_in_the_audit_log(room: Room) -> None:
    ada = room.id("ada")
    await room.graph.patch(f"/users/{ada}", json={"accountEnabled": False})
    await room.graph.delete(f"/users/{ada}")
    await room.graph.post(f"/directory/deletedItems/{ada}/restore")
    rows = (await room.get("/auditLogs/directoryAudits", filter="loggedByService eq 'Core Directory'"))[
        "value"
    ]
    assert [row["activityDisplayName"] for row in rows] == ["Restore user", "Delete user", "Disable account"]
    only = await room.get("/auditLogs/directoryAudits", filter="activityDisplayName eq 'Delete user'")
    assert [row["targetResources"][0]["id"] for row in only["value"]] == [ada]
    await room.wait(days=31)
    assert (await room.get("/auditLogs/directoryAudits"))["value"] == []


async def test_an_account_added_today_is_listed_after_the_lag(room: Room) -> None:
    newcomer = {**room.cast.guest(0), "id": "aaaaaaaa-0000-4000-8000-000000000001", "displayName": "New"}
    room.tenant.add(newcomer, sponsors=(room.id("sara"),))
    assert code_of(await room.graph.get(f"/users/{newcomer['id']}")) == MISSING
    assert len(await room.every("/users", filter="userType eq 'Guest'", select="id")) == 12
    await room.wait(seconds=5)
    row = await room.get(f"/users/{newcomer['id']}", expand="sponsors($select=id)")
    assert [sponsor["id"] for sponsor in row["sponsors"]] == [room.id("sara")]
    asked = {"$filter": "userType eq 'Guest'"}
    assert (await room.graph.get("/users/$count", params=asked, headers=EVENTUAL)).text == "13"


# --- groups ----------------------------------------------------------------------------------------


async def test_a_new_group_cannot_be_read_or_referred_to_until_the_lag_is_over(room: Room) -> None:
    answer = await room.graph.post("/groups", json=a_group_of([room.id("ada")]))
    assert answer.status_code == 201
    group = answer.json()["id"]
    found = {"filter": "mailNickname eq 'cohort-1'", "select": "id,displayName"}
    assert code_of(await room.graph.get(f"/groups/{group}")) == MISSING
    assert code_of(await room.graph.get(f"/groups/{group}/members")) == MISSING
    assert (await room.get("/groups", **found))["value"] == []
    await room.wait(seconds=5)
    assert [row["id"] for row in (await room.get("/groups", **found))["value"]] == [group]
    assert (await room.get(f"/groups/{group}", select="mailNickname"))["mailNickname"] == "cohort-1"


async def test_without_lag_a_new_group_is_there_at_once() -> None:
    async with a_room(lag=timedelta()) as room:
        group = (await room.graph.post("/groups", json=a_group_of([]))).json()["id"]
        assert (await room.get(f"/groups/{group}/members"))["value"] == []


async def test_a_nickname_is_given_once(room: Room) -> None:
    await room.a_group("ada")
    again = await room.graph.post("/groups", json=a_group_of([]))
    assert code_of(again) == (400, "Request_BadRequest")
    spaced = await room.graph.post("/groups", json=a_group_of([], nickname="with space"))
    assert code_of(spaced) == (400, "Request_BadRequest")


async def test_twenty_references_at_once_and_no_more() -> None:
    async with a_room(fifty=True) as room:
        names = [spec.name for spec in room.cast.guests]
        ids = [room.id(name) for name in names]
        too_many = await room.graph.post("/groups", json=a_group_of(ids[:21]))
        assert code_of(too_many) == (400, "Request_BadRequest")
        group = await room.a_group(*names[:20])
        more = {"members@odata.bind": a_group_of(ids[20:40])["members@odata.bind"]}
        assert (await room.graph.patch(f"/groups/{group}", json=more)).status_code == 204
        again = await room.graph.patch(f"/groups/{group}", json=more)
        assert code_of(again) == (400, "Request_BadRequest")
        members = await room.every(f"/groups/{group}/members", select="id,displayName", top="7")
        assert [row["id"] for row in members] == ids[:40]


async def test_a_reference_to_nobody_adds_nobody(room: Room) -> None:
    group = await room.a_group("ada")
    links = a_group_of([room.id("pim"), "00000000-0000-4000-8000-000000000000"])["members@odata.bind"]
    answer = await room.graph.patch(f"/groups/{group}", json={"members@odata.bind": links})
    assert code_of(answer) == MISSING
    assert len((await room.get(f"/groups/{group}/members"))["value"]) == 1


async def test_members_are_added_and_removed_one_by_one(room: Room) -> None:
    group = await room.a_group("ada")
    link = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{room.id('pim')}"}
    assert (await room.graph.post(f"/groups/{group}/members/$ref", json=link)).status_code == 204
    assert (await room.graph.post(f"/groups/{group}/members/$ref", json=link)).status_code == 400
    path = f"/groups/{group}/members/{room.id('ada')}/$ref"
    assert (await room.graph.delete(path)).status_code == 204
    assert code_of(await room.graph.delete(path)) == MISSING
    assert [g["members"] for g in room.tenant.groups_created()] == [[room.id("pim")]]


async def test_a_group_is_renamed_and_removed(room: Room) -> None:
    group = await room.a_group("ada")
    assert (await room.graph.patch(f"/groups/{group}", json={"displayName": "Old cohort"})).status_code == 204
    rows = (await room.get("/groups", filter="startswith(displayName,'Old')", select="displayName"))["value"]
    assert [row["displayName"] for row in rows] == ["Old cohort"]
    assert (await room.graph.delete(f"/groups/{group}")).status_code == 204
    assert code_of(await room.graph.get(f"/groups/{group}")) == MISSING
    assert room.tenant.groups_created() == ()


async def test_forgetting_ref_deletes_the_account_itself() -> None:
    async with a_room(checked=False) as room:
        group = await room.a_group("ada")
        answer = await room.graph.delete(f"/groups/{group}/members/{room.id('ada')}")
        assert answer.status_code == 204
        assert room.tenant.user(room.id("ada")) is None
        assert room.tenant.deleted(room.id("ada"))
    async with a_room(checked=False, granted=DEFAULT_GRANTED - {"User.DeleteRestore.All"}) as room:
        group = await room.a_group("ada")
        assert code_of(await room.graph.delete(f"/groups/{group}/members/{room.id('ada')}")) == DENIED
        assert room.tenant.user(room.id("ada")) is not None
