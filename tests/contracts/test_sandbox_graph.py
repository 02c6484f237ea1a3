"""The sandbox refuses what Graph refuses: strangers, missing permissions, unknown paths and fields."""

from collections.abc import AsyncIterator

import httpx
import pytest

from sandbox.tenant import DEFAULT_GRANTED, Fault
from tests.contracts.graph_room import (
    DEFINITIONS,
    EVENTUAL,
    MAILBOX,
    MESSAGES,
    Room,
    a_group_of,
    a_room,
    code_of,
)


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with a_room() as made:
        yield made


@pytest.fixture
async def unchecked() -> AsyncIterator[Room]:
    """For requests that the metadata forbids: here the sandbox itself must refuse them."""
    async with a_room(checked=False) as made:
        yield made


# --- who asks --------------------------------------------------------------------------------------


async def test_without_a_token_nothing_is_answered(room: Room) -> None:
    del room.graph.headers["Authorization"]
    assert code_of(await room.graph.get("/users")) == (401, "InvalidAuthenticationToken")


async def test_a_wrong_token_is_refused(room: Room) -> None:
    answer = await room.graph.get("/users", headers={"Authorization": "Bearer somebody-else"})
    assert code_of(answer) == (401, "InvalidAuthenticationToken")


@pytest.mark.parametrize(
    ("without", "method", "path", "body"),
    [
        ({"User.Read.All", "Directory.Read.All"}, "GET", "/users", None),
        ({"User.Read.All"}, "GET", "/users/{ada}/sponsors", None),
        ({"User.EnableDisableAccount.All"}, "PATCH", "/users/{ada}", {"accountEnabled": False}),
        ({"User.Read.All"}, "PATCH", "/users/{ada}", {"accountEnabled": False}),
        ({"User.DeleteRestore.All"}, "DELETE", "/users/{ada}", None),
        ({"Group.ReadWrite.All"}, "POST", "/groups", a_group_of([])),
        ({"AccessReview.ReadWrite.All"}, "GET", DEFINITIONS, None),
        ({"Policy.Read.All"}, "GET", "/policies/authorizationPolicy", None),
        ({"Directory.Read.All"}, "GET", "/subscribedSkus", None),
        ({"AuditLog.Read.All", "Directory.Read.All"}, "GET", "/auditLogs/directoryAudits", None),
    ],
)
async def test_a_call_without_its_permission_is_denied(
    without: set[str], method: str, path: str, body: dict[str, object] | None
) -> None:
    async with a_room(granted=DEFAULT_GRANTED - without) as room:
        answer = await room.graph.request(method, path.format(ada=room.id("ada")), json=body)
        assert code_of(answer) == (403, "Authorization_RequestDenied")
        assert room.tenant.snapshot()["changed"] == {}


async def test_sign_in_activity_needs_its_own_permission_and_licence() -> None:
    options = {"$select": "id,signInActivity"}
    async with a_room(granted=DEFAULT_GRANTED - {"AuditLog.Read.All"}) as room:
        assert code_of(await room.graph.get("/users", params=options)) == (403, "Authorization_RequestDenied")
    async with a_room(premium=False) as room:
        code = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
        assert code_of(await room.graph.get("/users", params=options)) == (403, code)
        assert len(await room.every("/users", select="id")) > 12


async def test_reading_basic_profiles_opens_no_guest_work() -> None:
    async with a_room(granted={"User.ReadBasic.All"}) as room:
        assert len((await room.get("/users", select="id,displayName"))["value"]) > 12
        denied = (403, "Authorization_RequestDenied")
        assert code_of(await room.graph.get("/users", params={"$select": "id,userType"})) == denied
        assert code_of(await room.graph.get("/users", params={"$filter": "userType eq 'Guest'"})) == denied


async def test_without_reading_all_users_a_sponsor_is_only_an_id() -> None:
    async with a_room(granted={"Directory.Read.All"}) as room:
        row = await room.get(f"/users/{room.id('ada')}", expand="sponsors($select=id,displayName,mail)")
        assert row["sponsors"] == [{"@odata.type": "#microsoft.graph.user", "id": room.id("sara")}]


# --- what is asked ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/me"),
        ("GET", "/users/delta()"),
        ("GET", f"/users/{MAILBOX}"),
        ("POST", "/invitations"),
        ("POST", f"/users/{MAILBOX}/sendMail"),
        ("GET", "/directory/deletedItems"),
        ("POST", "/users/x/exportPersonalData"),
    ],
)
async def test_what_is_not_simulated_says_so(unchecked: Room, method: str, path: str) -> None:
    assert code_of(await unchecked.graph.request(method, path)) == (501, "NotSimulated")


async def test_only_v1_is_there(unchecked: Room) -> None:
    answer = await unchecked.graph.get("http://127.0.0.1/beta/users")
    assert code_of(answer) == (501, "NotSimulated")


@pytest.mark.parametrize("option", ["$skip", "$format", "$Select", "top", "$compute"])
async def test_an_unknown_query_option_is_refused_by_name(unchecked: Room, option: str) -> None:
    answer = await unchecked.graph.get("/users", params={option: "1"})
    assert code_of(answer) == (400, "Request_BadRequest")
    assert option in answer.json()["error"]["message"]


async def test_an_option_given_twice_is_refused(unchecked: Room) -> None:
    assert code_of(await unchecked.graph.get("/users?$top=5&$top=6")) == (400, "Request_BadRequest")


@pytest.mark.parametrize(
    ("method", "path", "body", "named"),
    [
        ("POST", "/groups", {**a_group_of([]), "colour": "red"}, "colour"),
        ("POST", "/groups", {k: v for k, v in a_group_of([]).items() if k != "mailNickname"}, "mailNickname"),
        ("POST", "/groups", {**a_group_of([]), "securityEnabled": "yes"}, "securityEnabled"),
        ("PATCH", "/users/{ada}", {"accountEnable": False}, "accountEnable"),
        ("PATCH", "/users/{ada}", {"userType": "Guest", "id": "x"}, "id"),
        ("POST", MESSAGES, {"subject": "s", "toRecipients": [{"emailAddress": {"mailbox": "x"}}]}, "address"),
        ("POST", MESSAGES, {"isDraft": False}, "isDraft"),
        ("POST", DEFINITIONS, {"displayName": "x"}, "descriptionForAdmins"),
    ],
)
async def test_a_wrong_body_is_refused_and_the_field_named(
    unchecked: Room, method: str, path: str, body: dict[str, object], named: str
) -> None:
    answer = await unchecked.graph.request(method, path.format(ada=unchecked.id("ada")), json=body)
    assert code_of(answer) == (400, "Request_BadRequest")
    assert named in answer.json()["error"]["message"]


async def test_a_body_that_is_no_json_is_refused(unchecked: Room) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await unchecked.graph.post("/groups", content=b"{", headers=headers)
    assert code_of(answer) == (400, "Request_BadRequest")


# --- what comes back -------------------------------------------------------------------------------


async def test_an_error_carries_ids_that_both_sides_can_quote(room: Room) -> None:
    answer = await room.graph.get("/users/none", headers={"client-request-id": "mine"})
    inner = answer.json()["error"]["innerError"]
    assert inner["client-request-id"] == answer.headers["client-request-id"] == "mine"
    assert inner["request-id"] == answer.headers["request-id"] != "mine"
    assert inner["date"] == room.clock.now().strftime("%Y-%m-%dT%H:%M:%S")
    assert answer.headers["Date"] == room.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT")


async def test_every_call_is_remembered_under_the_metadatas_name(room: Room) -> None:
    await room.get(f"/users/{room.id('ada')}", select="id")
    await room.graph.get("/users/none")
    calls = [(call.operation, call.status) for call in room.tenant.calls]
    assert calls == [("GET /users/{user-id}", 200), ("GET /users/{user-id}", 404)]
    assert room.tenant.calls[0].path == f"/users/{room.id('ada')}"
    assert room.tenant.calls[0].at == room.clock.now()


async def test_the_tenant_tells_about_itself(room: Room) -> None:
    [organization] = (await room.get("/organization"))["value"]
    assert organization["id"] == room.cast.tenant_id
    policy = await room.get("/policies/authorizationPolicy")
    assert policy["allowInvitesFrom"] == "adminsAndGuestInviters"
    [sku] = (await room.get("/subscribedSkus", select="skuPartNumber,servicePlans"))["value"]
    assert {plan["servicePlanName"] for plan in sku["servicePlans"]} == {"AAD_PREMIUM", "AAD_PREMIUM_P2"}


# --- faults on order -------------------------------------------------------------------------------


async def test_a_fault_before_the_effect_leaves_no_effect(room: Room) -> None:
    room.tenant.faults = lambda operation, _: Fault(when="before") if operation == "POST /groups" else None
    answer = await room.graph.post("/groups", json=a_group_of([]))
    assert code_of(answer) == (503, "serviceNotAvailable")
    assert room.tenant.groups_created() == ()


async def test_a_fault_after_the_effect_hides_an_effect_that_is_there(room: Room) -> None:
    room.tenant.faults = lambda operation, _: Fault(when="after", status=504) if "POST" in operation else None
    assert (await room.graph.post("/groups", json=a_group_of([]))).status_code == 504
    assert [group["mailNickname"] for group in room.tenant.groups_created()] == ["cohort-1"]


@pytest.mark.parametrize(("when", "groups"), [("before", 0), ("after", 1)])
async def test_a_lost_connection_looks_like_one(unchecked: Room, when: str, groups: int) -> None:
    fault = Fault(when="before" if when == "before" else "after", status=None)
    unchecked.tenant.faults = lambda _operation, _path: fault
    with pytest.raises(httpx.RemoteProtocolError):
        await unchecked.graph.post("/groups", json=a_group_of([]))
    assert len(unchecked.tenant.groups_created()) == groups
    assert [call.status for call in unchecked.tenant.calls] == [None]


# --- $batch ----------------------------------------------------------------------------------------


async def test_a_batch_answers_every_item_by_itself_and_in_no_promised_order(room: Room) -> None:
    names = ("ada", "pim", "alan")
    items = [{"id": n, "method": "GET", "url": f"/users/{room.id(n)}?$select=id"} for n in names]
    items.append({"id": "gone", "method": "GET", "url": "/users/none"})
    answer = await room.graph.post("/$batch", json={"requests": items})
    responses = {one["id"]: one for one in answer.json()["responses"]}
    assert [one["id"] for one in answer.json()["responses"]] != [item["id"] for item in items]
    assert {name: responses[name]["body"]["id"] for name in names} == {name: room.id(name) for name in names}
    assert (responses["gone"]["status"], responses["gone"]["body"]["error"]["code"]) == (
        404,
        "Request_ResourceNotFound",
    )
    assert [c.operation for c in room.tenant.calls] == ["GET /users/{user-id}"] * 4 + ["POST /$batch"]


async def test_a_batch_of_twenty_one_is_refused(unchecked: Room) -> None:
    items = [{"id": str(n), "method": "GET", "url": "/organization"} for n in range(21)]
    assert code_of(await unchecked.graph.post("/$batch", json={"requests": items})) == (
        400,
        "Request_BadRequest",
    )
    assert (await unchecked.graph.post("/$batch", json={"requests": items[:20]})).status_code == 200


async def test_an_item_whose_forerunner_failed_is_not_tried(room: Room) -> None:
    change = {"accountEnabled": False}
    json_header = {"Content-Type": "application/json"}
    items = [
        {"id": "1", "method": "GET", "url": "/users/none"},
        {
            "id": "2",
            "method": "PATCH",
            "url": f"/users/{room.id('ada')}",
            "body": change,
            "headers": json_header,
            "dependsOn": ["1"],
        },
    ]
    answer = await room.graph.post("/$batch", json={"requests": items})
    assert {one["id"]: one["status"] for one in answer.json()["responses"]} == {"1": 404, "2": 424}
    assert room.tenant.snapshot()["changed"] == {}


@pytest.mark.parametrize(
    "item",
    [
        {"id": "1", "method": "GET", "url": "http://127.0.0.1/v1.0/users"},
        {"id": "1", "method": "GET", "url": "/v1.0/users"},
        {"id": "1", "method": "POST", "url": "/$batch"},
        {"id": "1", "method": "PATCH", "url": "/users/x", "body": {"accountEnabled": False}},
        {"id": "1", "method": "GET", "url": "/users", "dependsOn": ["2"]},
        {"id": "1", "method": "GET", "url": "/users", "mood": "good"},
        {"method": "GET", "url": "/users"},
    ],
)
async def test_a_malformed_batch_is_refused_as_a_whole(unchecked: Room, item: dict[str, object]) -> None:
    answer = await unchecked.graph.post("/$batch", json={"requests": [item]}, headers=EVENTUAL)
    assert code_of(answer) == (400, "Request_BadRequest")
