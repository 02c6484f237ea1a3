"""Outsiders in the sandbox: how their accounts end, who vouches for partners, what needs which licence."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from sandbox.package_stories import (
    a_connected_organization,
    a_guest_lifecycle_policy,
    a_package,
    a_policy,
    holds,
)
from sandbox.stories import STARTS_AT
from sandbox.tenant import DEFAULT_GRANTED
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


# --- the end of an outsider ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lifecycle", "action", "end"),
    [
        ("governed", "blockSignInAndDelete", "deleted"),
        ("governed", "blockSignIn", "blocked"),
        ("governed", "none", "kept"),
        ("notDefined", "blockSignInAndDelete", "kept"),
    ],
)
async def test_losing_the_last_package_may_end_the_account(
    room: Room, lifecycle: str, action: str, end: str
) -> None:
    answer = await room.graph.patch(f"{EM}/settings", json={"externalUserLifecycleAction": action})
    assert answer.json()["externalUserLifecycleAction"] == action
    policy = a_policy(room.tenant, a_package(room.tenant, "Audit room"))
    governed = lifecycle == "governed"
    holds(room.tenant, room.id("ada"), policy, ends_in=timedelta(days=1), governed=governed)
    await room.wait(days=1)
    ada = await room.get(f"/users/{room.id('ada')}", select="accountEnabled")
    assert ada["accountEnabled"] is (end == "kept")
    await room.wait(days=29)
    room.tenant.now()
    assert not room.tenant.deleted(room.id("ada"))
    await room.wait(days=1)
    room.tenant.now()
    assert room.tenant.deleted(room.id("ada")) is (end == "deleted")
    audits = await room.every("/auditLogs/directoryAudits", filter="activityDisplayName eq 'Delete user'")
    by = {row["initiatedBy"]["app"]["displayName"] for row in audits}
    assert by == ({"Microsoft Entra ID Governance"} if end == "deleted" else set())


async def test_a_new_package_calls_the_deletion_off(room: Room) -> None:
    first = a_policy(room.tenant, a_package(room.tenant, "Audit room"))
    holds(room.tenant, room.id("ada"), first, ends_in=timedelta(days=1))
    await room.wait(days=2)
    room.tenant.now()
    holds(room.tenant, room.id("ada"), a_policy(room.tenant, a_package(room.tenant, "Board papers")))
    await room.wait(days=60)
    room.tenant.now()
    assert not room.tenant.deleted(room.id("ada"))


async def test_one_of_two_packages_gone_changes_nothing_for_the_account(room: Room) -> None:
    first, second = (a_policy(room.tenant, a_package(room.tenant, name)) for name in ("One", "Two"))
    holds(room.tenant, room.id("ada"), first, ends_in=timedelta(days=1))
    holds(room.tenant, room.id("ada"), second)
    await room.wait(days=2)
    assert (await room.get(f"/users/{room.id('ada')}", select="accountEnabled"))["accountEnabled"] is True


async def test_settings_refuse_what_is_no_duration_and_no_action() -> None:
    async with a_room(checked=False) as room:
        for body in (
            {"durationUntilExternalUserDeletedAfterBlocked": "30 days, 0:00:00"},
            {"externalUserLifecycleAction": "delete"},
        ):
            assert code_of(await room.graph.patch(f"{EM}/settings", json=body)) == BAD
        assert (await room.get(f"{EM}/settings"))["durationUntilExternalUserDeletedAfterBlocked"] == "P30D"


async def test_marking_a_guest_governed_bills_them_once_a_month(room: Room) -> None:
    path = f"{EM}/subjects(objectId='{room.id('ada')}')"
    assert (await room.get(path))["subjectLifecycle"] == "notDefined"
    for _ in range(2):
        answer = await room.graph.patch(path, json={"subjectLifecycle": "governed"})
        assert answer.status_code == 204
    assert (await room.get(path))["subjectLifecycle"] == "governed"
    assert room.tenant.billed_guests == {"2026-09": {Cause.GOVERNED: {room.id("ada")}}}
    [used] = await room.every(
        "/auditLogs/directoryAudits", filter="activityDisplayName eq 'GovernanceLicenseFeatureUsed'"
    )
    assert used["targetResources"][0]["id"] == room.id("ada")
    room.tenant.licence = Licence.P2
    assert code_of(await room.graph.patch(path, json={"subjectLifecycle": "governed"})) == DENIED
    assert (await room.graph.patch(path, json={"subjectLifecycle": "notGoverned"})).status_code == 204
    nobody = f"{EM}/subjects(objectId='{NOBODY}')"
    assert code_of(await room.graph.get(nobody)) == GONE


# --- partners, rivals, licences --------------------------------------------------------------------


async def test_a_partner_organisation_has_sponsors_inside_and_outside(room: Room) -> None:
    partner = a_connected_organization(
        room.tenant, "Fabrikam", "fabrikam.example", [room.id("sara")], [room.id("ada")]
    )
    path = f"{EM}/connectedOrganizations/{partner.id}"
    row = await room.get(path, expand="internalSponsors,externalSponsors")
    assert [s["id"] for s in row["internalSponsors"]] == [room.id("sara")]
    assert [s["id"] for s in await room.every(f"{path}/externalSponsors")] == [room.id("ada")]
    link = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{room.id('joost')}"}
    for status in (204, 400):
        assert (await room.graph.post(f"{path}/internalSponsors/$ref", json=link)).status_code == status
    gone = f"{path}/internalSponsors/{room.id('sara')}/$ref"
    for status in (204, 404):
        assert (await room.graph.delete(gone)).status_code == status
    assert [s["id"] for s in await room.every(f"{path}/internalSponsors")] == [room.id("joost")]
    subject = await room.get(f"{EM}/subjects(objectId='{room.id('ada')}')", expand="connectedOrganization")
    assert subject["connectedOrganization"]["id"] == partner.id


async def test_the_native_rival_is_absent_unless_switched_on() -> None:
    path = "/identityGovernance/lifecycleWorkflows/lifecyclePolicies"
    async with a_room() as room:
        assert (await room.graph.get(path)).status_code == 404
    rival = [a_guest_lifecycle_policy(since=STARTS_AT)]
    async with a_room(guest_lifecycle_policies=rival) as room:
        assert code_of(await room.graph.get(path)) == DENIED
    async with a_room(guest_lifecycle_policies=rival, licence=Licence.GOVERNANCE) as room:
        [policy] = (await room.get(path))["value"]
        assert policy["@odata.type"].endswith("guestLifecyclePolicy")


@pytest.mark.parametrize("licence", [Licence.NONE, Licence.P1])
async def test_without_p2_everything_here_is_refused(licence: Licence) -> None:
    async with a_room(licence=licence) as room:
        for path in ("accessPackages", "assignments", "settings", "connectedOrganizations"):
            assert code_of(await room.graph.get(f"{EM}/{path}")) == DENIED


async def test_without_the_permission_everything_here_is_refused() -> None:
    async with a_room(granted=DEFAULT_GRANTED - {"EntitlementManagement.ReadWrite.All"}) as room:
        assert code_of(await room.graph.get(f"{EM}/accessPackages")) == DENIED
    async with a_room(granted={"EntitlementManagement.Read.All"}) as room:
        policy = a_policy(room.tenant, a_package(room.tenant, "Audit room"))
        path = f"{EM}/assignmentPolicies/{policy.id}"
        assert (await room.graph.get(path)).status_code == 200
        assert code_of(await room.graph.put(path, json={"displayName": "Bare"})) == DENIED
