"""The sandbox's logs and what it knows of partners: sign-ins, invitations, domains, agreements."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from sandbox.people_access import Inviter
from sandbox.people_organisations import SISTER, b2b, tenant_of
from sandbox.stories import access_of_every_kind
from tests.contracts.graph_room import Room, a_room, code_of

MISSING = (404, "Request_ResourceNotFound")
POLICY = "/policies/crossTenantAccessPolicy"


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with a_room(story=access_of_every_kind(), throttle=False) as made:
        yield made


# --- sign-ins --------------------------------------------------------------------------------------


async def sign_ins(room: Room, guest: str, more: str = "") -> list[tuple[str, int]]:
    asked = f"userId eq '{room.id(guest)}'{more}"
    rows = await room.every("/auditLogs/signIns", filter=asked)
    return [(row["createdDateTime"], row["status"]["errorCode"]) for row in rows]


async def activity(room: Room, guest: str) -> Any:
    shown = await room.get(f"/users/{room.id(guest)}", select="signInActivity")
    return shown.get("signInActivity")


async def test_the_log_agrees_with_the_activity_as_far_back_as_it_goes(room: Room) -> None:
    seen = (await activity(room, "came-lately"))["lastSuccessfulSignInDateTime"]
    assert await sign_ins(room, "came-lately") == [(seen, 0)]
    assert await sign_ins(room, "came-lately", " and createdDateTime ge 2026-08-31T00:00:00Z") == []
    assert await sign_ins(room, "in-a-team") == [], "130 days ago"


async def test_what_happens_in_a_story_is_logged_well_or_badly(room: Room) -> None:
    guest = room.id("in-a-team")
    await room.wait(hours=1)
    room.tenant.attempt_sign_in(guest)
    await room.wait(hours=1)
    room.tenant.sign_in(guest)
    await room.wait(hours=1)
    await room.graph.patch(f"/users/{guest}", json={"accountEnabled": False})
    assert room.tenant.sign_in(guest) is False
    assert [error for _, error in await sign_ins(room, "in-a-team")] == [50057, 0, 50126]
    [row] = await room.every("/auditLogs/signIns", filter=f"userId eq '{guest}' and status/errorCode eq 0")
    assert row["isInteractive"] is True
    await room.wait(days=31)
    assert await sign_ins(room, "in-a-team") == []


async def test_a_story_may_let_the_activity_lag_behind_the_log() -> None:
    async with a_room(story=access_of_every_kind(), activity_lag=timedelta(hours=24)) as room:
        guest, before = room.id("in-a-team"), await activity(room, "in-a-team")
        room.tenant.sign_in(guest)
        assert await activity(room, "in-a-team") == before
        [(at, error)] = await sign_ins(room, "in-a-team")
        await room.wait(hours=24)
        assert error == 0
        assert (await activity(room, "in-a-team"))["lastSuccessfulSignInDateTime"] == at


async def test_a_list_may_hide_what_the_account_itself_shows(room: Room) -> None:
    guest = room.id("came-lately")
    room.tenant.sign_ins.missing_from_lists.add(guest)
    rows = await room.every("/users", filter="userType eq 'Guest'", select="id,signInActivity")
    [row] = [row for row in rows if row["id"] == guest]
    assert row == {"id": guest}
    assert (await activity(room, "came-lately"))["lastSuccessfulSignInDateTime"] is not None
    assert sum("signInActivity" not in row for row in rows) == 3, "two who never came, and the hidden one"


async def test_the_log_is_read_one_account_at_a_time_and_only_with_a_licence(room: Room) -> None:
    everybody = await room.graph.get("/auditLogs/signIns")
    assert code_of(everybody) == (501, "NotSimulated")
    either = f"userId eq '{room.id('admin')}' or createdDateTime ge 2026-08-31T00:00:00Z"
    assert code_of(await room.graph.get("/auditLogs/signIns", params={"$filter": either}))[0] == 501
    room.tenant.premium = False
    refused = await room.graph.get("/auditLogs/signIns", params={"$filter": "userId eq 'x'"})
    assert code_of(refused) == (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant")


@pytest.mark.parametrize("log", ["signIns?$filter=userId eq 'x'", "directoryAudits"])
async def test_both_logs_let_five_requests_in_ten_seconds_pass(log: str) -> None:
    async with a_room(story=access_of_every_kind()) as room:
        statuses = [(await room.graph.get(f"/auditLogs/{log}")).status_code for _ in range(6)]
        assert statuses == [200] * 5 + [429]
        await room.wait(seconds=10)
        assert (await room.graph.get(f"/auditLogs/{log}")).status_code == 200


# --- invitations -----------------------------------------------------------------------------------


async def invitations(room: Room) -> dict[str, Any]:
    rows = await room.every(
        "/auditLogs/directoryAudits",
        filter="activityDisplayName eq 'Invite external user' and loggedByService eq 'Invited Users'",
    )
    return {row["targetResources"][0]["id"]: row["initiatedBy"] for row in rows}


async def test_recent_invitations_tell_who_invited_by_which_door(room: Room) -> None:
    invited = await invitations(room)
    assert set(invited) == {room.id(n) for n in ("invited-by-mieke", "invited-by-sharing", "came-lately")}
    assert invited[room.id("invited-by-mieke")]["user"]["userPrincipalName"] == "mieke@contoso.example"
    assert invited[room.id("invited-by-sharing")] == {
        "user": None,
        "app": {"displayName": "SharePoint Online", "servicePrincipalId": None},
    }


async def test_accepting_is_logged_as_the_guests_own_deed(room: Room) -> None:
    async def accepted() -> list[tuple[str, str]]:
        rows = await room.every(
            "/auditLogs/directoryAudits", filter="activityDisplayName eq 'Redeem external user invite'"
        )
        return [(row["targetResources"][0]["id"], row["initiatedBy"]["user"]["id"]) for row in rows]

    lately = room.id("came-lately")
    assert await accepted() == [(lately, lately)]
    pending = room.id("invited-by-mieke")
    room.tenant.sign_in(pending)
    assert await accepted() == [(pending, pending), (lately, lately)]


async def test_invitations_are_forgotten_after_thirty_days_or_seven(room: Room) -> None:
    room.tenant.premium = False
    assert await invitations(room) == {}, "twelve days ago, without a licence"
    room.tenant.premium = True
    await room.wait(days=19)
    assert await invitations(room) == {}


async def test_who_is_added_in_a_story_was_invited_by_somebody(room: Room) -> None:
    newcomer = {**room.cast.guest(0), "id": "aaaaaaaa-0000-4000-8000-000000000001"}
    room.tenant.add(newcomer, sponsors=(room.id("sara"),))
    other = {**room.cast.guest(0), "id": "aaaaaaaa-0000-4000-8000-000000000002"}
    room.tenant.add(other, invited_by=Inviter(None, "Microsoft Teams"))
    invited = await invitations(room)
    assert invited[newcomer["id"]]["user"]["id"] == room.id("sara")
    assert invited[other["id"]]["app"]["displayName"] == "Microsoft Teams"


async def test_the_log_can_be_asked_about_one_account_or_one_inviter(room: Room) -> None:
    guest = room.id("invited-by-mieke")
    about = await room.every("/auditLogs/directoryAudits", filter=f"targetResources/any(t:t/id eq '{guest}')")
    by = await room.every(
        "/auditLogs/directoryAudits",
        filter="initiatedBy/user/userPrincipalName eq 'mieke@contoso.example'",
    )
    assert about == by
    assert [row["additionalDetails"] for row in about] == [
        [{"key": "InvitedUserEmailAddress", "value": "invited-by-mieke@fabrikam.example"}]
    ]


# --- partners --------------------------------------------------------------------------------------


def lookup(domain: str) -> str:
    return f"/tenantRelationships/findTenantInformationByDomainName(domainName='{domain}')"


async def test_domains_of_one_organisation_lead_to_one_tenant(room: Room) -> None:
    bought = await room.get(lookup("tailspin.example"))
    assert (bought["displayName"], bought["defaultDomainName"]) == ("A. Datum", "adatum.example")
    again = await room.get(lookup("Adatum.example"))
    by_id = await room.get(
        f"/tenantRelationships/findTenantInformationByTenantId(tenantId='{bought['tenantId']}')"
    )
    assert {name: bought[name] for name in bought} == again == by_id
    assert (await room.get(lookup("contoso.example")))["tenantId"] == room.cast.tenant_id


@pytest.mark.parametrize("domain", ["brightmail.example", "inbox.example", "nobody.example"])
async def test_a_mailbox_provider_and_a_stranger_are_no_tenant(room: Room, domain: str) -> None:
    assert code_of(await room.graph.get(lookup(domain))) == (404, "Directory_ObjectNotFound")


async def test_partner_settings_tell_who_is_synced_trusted_and_kept_out(room: Room) -> None:
    rows = {
        row["tenantId"]: row
        for row in await room.every(f"{POLICY}/partners", expand="identitySynchronization")
    }
    sister = rows[tenant_of(SISTER)]
    assert sister["identitySynchronization"]["userSyncInbound"] == {"isSyncAllowed": True}
    assert sister["automaticUserConsentSettings"]["inboundAllowed"] is True
    assert rows[tenant_of("fabrikam.example")]["inboundTrust"]["isMfaAccepted"] is True
    assert rows[tenant_of("gemeente-zuid.example")]["b2bCollaborationInbound"] == b2b("blocked")
    plain = await room.get(f"{POLICY}/partners/{tenant_of(SISTER)}")
    assert "identitySynchronization" not in plain
    assert code_of(await room.graph.get(f"{POLICY}/partners/{tenant_of('litware.example')}")) == MISSING


async def test_everybody_else_comes_in_by_the_default(room: Room) -> None:
    default = await room.get(f"{POLICY}/default")
    assert default["isServiceDefault"] is True
    assert default["b2bCollaborationInbound"] == b2b("allowed")


async def test_a_story_changes_what_was_agreed(room: Room) -> None:
    kept_out = tenant_of("litware.example")
    room.tenant.partners[kept_out] = {"b2bCollaborationInbound": b2b("blocked")}
    shown = await room.get(f"{POLICY}/partners/{kept_out}")
    assert shown["b2bCollaborationInbound"] == b2b("blocked")
