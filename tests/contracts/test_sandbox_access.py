"""What a guest reaches, holds, owns and answers to in the sandbox, as Graph tells it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.people_apps import DEFAULT_ACCESS
from sandbox.stories import access_of_every_kind
from sandbox.tenant import DEFAULT_GRANTED, WRITES_SPONSORS
from tests.contracts.graph_room import EVENTUAL, Room, a_room, code_of

DENIED = (403, "Authorization_RequestDenied")
MISSING = (404, "Request_ResourceNotFound")
ROLES = "/roleManagement/directory"


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with a_room(story=access_of_every_kind()) as made:
        yield made


def names(rows: list[Any]) -> set[str]:
    return {row["displayName"] for row in rows}


async def reached(room: Room, guest: str, path: str) -> set[str]:
    return names(await room.every(f"/users/{room.id(guest)}/{path}", select="id,displayName"))


# --- groups ----------------------------------------------------------------------------------------


async def test_direct_and_transitive_groups_differ_by_the_groups_around_them(room: Room) -> None:
    assert await reached(room, "nested", "memberOf") == {"Inner"}
    assert await reached(room, "nested", "transitiveMemberOf") == {"Inner", "Middle", "Outer", "Around"}


async def test_an_active_role_and_a_unit_are_among_the_memberships(room: Room) -> None:
    [role] = await room.every(f"/users/{room.id('admin')}/memberOf")
    assert (role["@odata.type"], role["displayName"]) == (
        "#microsoft.graph.directoryRole",
        "User Administrator",
    )
    [unit] = await room.every(f"/users/{room.id('kept-apart')}/memberOf")
    assert (unit["@odata.type"], unit["isMemberManagementRestricted"]) == (
        "#microsoft.graph.administrativeUnit",
        True,
    )
    assert await reached(room, "may-be-admin", "memberOf") == set()
    assert await reached(room, "operator", "transitiveMemberOf") == {"Operators", "Helpdesk Administrator"}


async def test_a_group_shows_what_keeps_its_members_in_place(room: Room) -> None:
    async def shown(name: str, *properties: str) -> tuple[Any, ...]:
        record = await room.get(f"/groups/{room.id(name)}", select=",".join(properties))
        return tuple(record[one] for one in properties)

    assert await shown("By rule", "groupTypes", "membershipRuleProcessingState") == (
        ["DynamicMembership"],
        "On",
    )
    assert await shown("From premises", "onPremisesSyncEnabled") == (True,)
    assert await shown("Suppliers", "mailEnabled", "securityEnabled", "groupTypes") == (True, True, [])
    assert await shown("Newsletter", "mailEnabled", "securityEnabled") == (True, False)
    assert await shown("Operators", "isAssignableToRole") == (True,)
    assert await shown("Board papers", "isManagementRestricted", "resourceProvisioningOptions") == (
        True,
        ["Team"],
    )
    [[label]] = await shown("Board papers", "assignedLabels")
    assert label["displayName"] == "Highly Confidential"


async def test_labels_come_only_when_they_are_selected(room: Room) -> None:
    plain = await room.get(f"/groups/{room.id('Board papers')}")
    assert not {"assignedLabels", "isManagementRestricted"} & plain.keys()


@pytest.mark.parametrize(
    "group", ["By rule", "From premises", "Suppliers", "Newsletter", "Board papers", "Operators"]
)
async def test_nobody_is_taken_out_of_a_group_that_is_kept_elsewhere(room: Room, group: str) -> None:
    members = f"/groups/{room.id(group)}/members"
    [guest, *_] = (await room.get(members, select="id"))["value"]
    assert code_of(await room.graph.delete(f"{members}/{guest['id']}/$ref")) == DENIED
    assert guest in await room.every(members, select="id")


async def test_a_guest_leaves_an_ordinary_team(room: Room) -> None:
    team, guest = room.id("Project Delta"), room.id("in-a-team")
    assert (await room.graph.delete(f"/groups/{team}/members/{guest}/$ref")).status_code == 204
    assert await reached(room, "in-a-team", "memberOf") == {"Company café"}
    room.tenant.reach.join(guest, team)
    assert await reached(room, "in-a-team", "memberOf") == {"Company café", "Project Delta"}


async def test_groups_are_found_by_type_team_and_missing_owner(room: Room) -> None:
    async def found(text: str, headers: dict[str, str] | None = None, **options: str) -> set[str]:
        asked = {"$filter": text, "$select": "displayName", **{f"${k}": v for k, v in options.items()}}
        answer = await room.graph.get("/groups", params=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        return names(answer.json()["value"])

    unified = await found("groupTypes/any(c:c eq 'Unified')")
    assert {"Project Delta", "Company café"} <= unified
    assert not {"Suppliers", "Inner"} & unified
    assert await found("resourceProvisioningOptions/Any(x:x eq 'Team')") == {
        *("Project Delta", "Board papers", "Left behind", "Run by a guest"),
    }
    assert await found("isAssignableToRole eq true") == {"Operators"}
    ownerless = await found("owners/$count eq 0", EVENTUAL, count="true")
    assert {"Left behind", "By rule", "Empty office"} <= ownerless
    assert not {"Project Delta", "Company café", "Run by a guest"} & ownerless
    asked = {"$filter": "owners/$count eq 0"}
    assert code_of(await room.graph.get("/groups", params=asked)) == (400, "Request_UnsupportedQuery")


async def test_owners_are_shown_whatever_became_of_them(room: Room) -> None:
    async def owners(name: str) -> list[Any]:
        rows = await room.every(
            f"/groups/{room.id(name)}/owners", select="id,displayName,accountEnabled,userType"
        )
        return [(row["displayName"], row["accountEnabled"], row["userType"]) for row in rows]

    assert await owners("Project Delta") == [("Sara Sponsor", True, "Member")]
    assert await owners("Company café") == [("Dora Departed", False, "Member")]
    assert await owners("Left behind") == []
    assert await owners("Run by a guest") == [("Owner", True, "Guest")]


async def test_guests_of_a_group_are_counted_and_listed_by_an_advanced_query(room: Room) -> None:
    path = f"/groups/{room.id('Project Delta')}/members/microsoft.graph.user"
    room.tenant.reach.join(room.id("sara"), room.id("Project Delta"))
    asked = {"$filter": "userType eq 'Guest'", "$count": "true", "$select": "id"}
    page = (await room.graph.get(path, params=asked, headers=EVENTUAL)).json()
    assert (page["@odata.count"], page["value"]) == (1, [{"id": room.id("in-a-team")}])
    count = await room.graph.get(f"{path}/$count", params={"$filter": asked["$filter"]}, headers=EVENTUAL)
    assert count.text == "1"
    assert code_of(await room.graph.get(path, params={"$filter": asked["$filter"]})) == (
        400,
        "Request_UnsupportedQuery",
    )
    everybody = await room.every(path, select="id")
    assert {row["id"] for row in everybody} == {room.id("in-a-team"), room.id("sara")}


async def test_everything_inside_a_group_comes_once_however_the_groups_are_nested(room: Room) -> None:
    outer = f"/groups/{room.id('Outer')}"
    rows = await room.every(f"{outer}/transitiveMembers", select="id,displayName")
    assert [row["displayName"] for row in rows] == ["Middle", "Around", "Inner", "Nested"]
    users = await room.every(f"{outer}/transitiveMembers/graph.user", select="id")
    assert users == [{"id": room.id("nested")}]
    assert names(await room.every(f"{outer}/members", select="id,displayName")) == {"Middle", "Around"}


async def test_teams_tell_their_guests(room: Room) -> None:
    assert names(await room.every("/teams")) == {
        "Project Delta",
        "Board papers",
        "Left behind",
        "Run by a guest",
    }
    members = await room.every(f"/teams/{room.id('Run by a guest')}/members")
    assert [(one["userId"], one["roles"]) for one in members] == [(room.id("owner"), ["owner", "guest"])]
    assert code_of(await room.graph.get(f"/teams/{room.id('Company café')}/members")) == MISSING


# --- apps and roles --------------------------------------------------------------------------------


async def test_app_roles_name_the_path_that_grants_them(room: Room) -> None:
    async def assigned(path: str) -> set[tuple[str, str, str]]:
        rows = await room.every(f"{path}/appRoleAssignments")
        return {
            (row["resourceDisplayName"], row["principalType"], row["principalDisplayName"]) for row in rows
        }

    assert await assigned(f"/users/{room.id('buyer')}") == {
        ("SAP", "User", "Buyer"),
        ("Travel desk", "User", "Buyer"),
    }
    assert await assigned(f"/users/{room.id('out-of-reach')}") == {("SAP", "Group", "From premises")}
    assert await assigned(f"/users/{room.id('nested')}") == set(), "only groups the guest is in directly"
    assert await assigned(f"/groups/{room.id('Outer')}") == {("Supplier portal", "Group", "Outer")}


async def test_an_app_tells_what_its_roles_are_called(room: Room) -> None:
    rows = await room.every(f"/users/{room.id('buyer')}/appRoleAssignments")
    by_app = {row["resourceDisplayName"]: row for row in rows}
    sap = await room.get(f"/servicePrincipals/{by_app['SAP']['resourceId']}", select="displayName,appRoles")
    assert [role["displayName"] for role in sap["appRoles"] if role["id"] == by_app["SAP"]["appRoleId"]] == [
        "Purchasing"
    ]
    assert by_app["Travel desk"]["appRoleId"] == DEFAULT_ACCESS
    [found] = await room.every("/servicePrincipals", filter="displayName eq 'SAP'", select="id")
    assert found == {"id": by_app["SAP"]["resourceId"]}
    assert code_of(await room.graph.get(f"/servicePrincipals/{room.id('buyer')}")) == MISSING


async def test_active_and_eligible_roles_are_told_apart(room: Room) -> None:
    definitions = {row["id"]: row["displayName"] for row in await room.every(f"{ROLES}/roleDefinitions")}

    async def roles(path: str, guest: str) -> list[str]:
        rows = await room.every(f"{ROLES}/{path}", filter=f"principalId eq '{room.id(guest)}'")
        return [definitions[row["roleDefinitionId"]] for row in rows]

    assert await roles("roleAssignments", "admin") == ["User Administrator"]
    assert await roles("roleAssignments", "may-be-admin") == []
    assert await roles("roleEligibilityScheduleInstances", "may-be-admin") == ["Global Reader"]
    assert await roles("roleAssignments", "operator") == [], "it is the group that holds the role"
    assert await roles("roleAssignments", "Operators") == ["Helpdesk Administrator"]


async def test_all_role_assignments_come_with_who_holds_them(room: Room) -> None:
    rows = await room.every(f"{ROLES}/roleAssignments", expand="principal")
    assert names([row["principal"] for row in rows]) == {"Admin", "Operators"}
    [row] = await room.every(
        f"{ROLES}/roleAssignments", filter=f"principalId eq '{room.id('admin')}'", expand="roleDefinition"
    )
    assert row["roleDefinition"]["displayName"] == "User Administrator"
    both = await room.graph.get(f"{ROLES}/roleAssignments", params={"$expand": "principal,roleDefinition"})
    assert both.status_code == 400


async def test_without_p2_nobody_can_tell_who_may_activate_a_role() -> None:
    async with a_room(story=access_of_every_kind(), premium=False) as room:
        answer = await room.graph.get(f"{ROLES}/roleEligibilityScheduleInstances")
        assert code_of(answer) == (400, "AadPremiumLicenseRequired")
        assert len(await room.every(f"{ROLES}/roleAssignments")) == 2


@pytest.mark.parametrize("guest", ["admin", "operator", "kept-apart"])
async def test_who_is_shielded_can_be_read_and_not_changed(room: Room, guest: str) -> None:
    path = f"/users/{room.id(guest)}"
    assert code_of(await room.graph.patch(path, json={"accountEnabled": False})) == DENIED
    assert code_of(await room.graph.delete(path)) == DENIED
    shown = await room.get(path, select="accountEnabled,isManagementRestricted")
    assert shown["accountEnabled"] is True
    assert shown["isManagementRestricted"] == (True if guest == "kept-apart" else None)


async def test_who_may_activate_a_role_is_within_reach_until_a_story_gives_one(room: Room) -> None:
    guest = room.id("may-be-admin")
    path, switch = f"/users/{guest}", {"accountEnabled": False}
    room.tenant.reach.give_roles(guest, roles=["Guest Inviter"])
    assert code_of(await room.graph.patch(path, json=switch)) == DENIED
    room.tenant.reach.give_roles(guest)
    assert (await room.graph.patch(path, json=switch)).status_code == 204


async def test_owned_things_are_groups_and_apps(room: Room) -> None:
    rows = await room.every(f"/users/{room.id('owner')}/ownedObjects", select="id,displayName")
    assert [(row["@odata.type"].rpartition(".")[2], row["displayName"]) for row in rows] == [
        ("group", "Run by a guest"),
        ("application", "Lab notebook"),
    ]


# --- people ----------------------------------------------------------------------------------------


async def test_a_manager_is_there_gone_or_never_was(room: Room) -> None:
    async def manager(name: str) -> Any:
        answer = await room.graph.get(f"/users/{room.id(name)}/manager", params={"$select": "displayName"})
        return answer.json().get("displayName") or code_of(answer)

    assert await manager("dora") == "Sara Sponsor"
    assert await manager("managed") == "Bea Boss"
    assert (await manager("joost"), await manager("mieke")) == ("Mieke Peeters", "Joost de Vries")
    assert await manager("olga") == MISSING, "a deleted manager"
    assert await manager("bea") == MISSING
    room.tenant.reach.set_manager(room.id("bea"), room.id("sara"))
    assert await manager("bea") == "Sara Sponsor"


async def test_sponsors_are_written_by_who_may_and_five_at_most() -> None:
    async with a_room(story=access_of_every_kind(), granted=DEFAULT_GRANTED | {WRITES_SPONSORS}) as room:
        path = f"/users/{room.id('managed')}/sponsors"

        async def add(name: str) -> int:
            link = f"https://graph.microsoft.com/v1.0/directoryObjects/{room.id(name)}"
            return (await room.graph.post(f"{path}/$ref", json={"@odata.id": link})).status_code

        first = ["sara", "joost", "mieke", "bea", "Small office"]
        assert [await add(name) for name in first] == [204] * 5
        assert await add("colleague-1") == 400
        assert [row["id"] for row in await room.every(path, select="id")] == [room.id(n) for n in first]
        assert (await room.graph.delete(f"{path}/{room.id('bea')}/$ref")).status_code == 204
        assert code_of(await room.graph.delete(f"{path}/{room.id('bea')}/$ref")) == MISSING
        assert await add("sara") == 400, "twice"
        assert await add("dirk") == 404, "deleted"
        assert await add("colleague-1") == 204


async def test_writing_sponsors_needs_more_than_the_default(room: Room) -> None:
    body = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{room.id('sara')}"}
    path = f"/users/{room.id('managed')}/sponsors"
    assert code_of(await room.graph.post(f"{path}/$ref", json=body)) == DENIED


async def test_revoking_sessions_is_answered_and_changes_nothing(room: Room) -> None:
    guest = room.id("in-a-team")
    before = await room.get(f"/users/{guest}", select="accountEnabled,signInActivity")
    answer = await room.graph.post(f"/users/{guest}/revokeSignInSessions")
    assert (answer.status_code, answer.json()["value"]) == (200, True)
    assert await room.get(f"/users/{guest}", select="accountEnabled,signInActivity") == before


async def test_names_for_ids_come_by_the_thousand(room: Room) -> None:
    async def named(ids: list[str], types: list[str] | None = None) -> Any:
        body = {"ids": ids, **({"types": types} if types else {})}
        return await room.graph.post("/directoryObjects/getByIds", json=body)

    wanted = [
        room.id("sara"),
        room.id("Project Delta"),
        room.id("dirk"),
        "0" * 8 + "-0000-4000-8000-" + "0" * 12,
    ]
    found = (await named(wanted)).json()["value"]
    assert [row["displayName"] for row in found] == ["Sara Sponsor", "Project Delta"]
    assert names((await named(wanted, ["group"])).json()["value"]) == {"Project Delta"}
    assert (await named([room.id("sara")] * 1_001)).status_code == 400


async def test_a_batch_reads_twenty_facts_about_guests(room: Room) -> None:
    guests = ["nested", "buyer", "owner", "admin", "managed"]
    paths = ["transitiveMemberOf", "appRoleAssignments", "ownedObjects", "manager"]
    items = [
        {"id": f"{guest}/{path}", "method": "GET", "url": f"/users/{room.id(guest)}/{path}"}
        for guest in guests
        for path in paths
    ]
    answer = (await room.graph.post("/$batch", json={"requests": items})).json()
    statuses = {one["id"]: one["status"] for one in answer["responses"]}
    assert [name for name, status in statuses.items() if status != 200] == [
        f"{guest}/manager" for guest in reversed(guests) if guest != "managed"
    ]


@pytest.mark.parametrize(
    ("without", "path"),
    [
        ("Directory.Read.All", "/users/{nested}/memberOf"),
        ("Directory.Read.All", "/users/{nested}/appRoleAssignments"),
        ("RoleManagement.Read.Directory", f"{ROLES}/roleEligibilityScheduleInstances"),
        ("Team.ReadBasic.All", "/teams"),
        (
            "CrossTenantInformation.ReadBasic.All",
            "/tenantRelationships/findTenantInformationByDomainName(domainName='x')",
        ),
    ],
)
async def test_each_of_these_needs_its_permission(without: str, path: str) -> None:
    async with a_room(story=access_of_every_kind(), granted=DEFAULT_GRANTED - {without}) as room:
        answer = await room.graph.get(path.format(nested=room.id("nested")))
        assert code_of(answer) == DENIED


async def test_who_may_not_read_groups_sees_their_ids_only() -> None:
    async with a_room(story=access_of_every_kind(), granted={"User.Read.All"}) as room:
        rows = await room.every(f"/users/{room.id('nested')}/transitiveMemberOf", select="id,displayName")
        assert {frozenset(row) for row in rows} == {frozenset({"@odata.type", "id"})}
