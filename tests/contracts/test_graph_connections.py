"""What ties guests to the tenant, read by our adapter from the sandbox's Graph, each exchange checked."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from adapters.graph.connections import SORTS, GraphConnections
from adapters.graph.roles import FEW
from reviews.errors import Forbidden, Transient
from reviews.exposure import exposure_of
from reviews.model import GuestId, Obstacle, Path, Thing, Unreadable
from reviews.model.ties import Ties
from reviews.policy import Policy
from sandbox.package_stories import a_package, a_policy, holds
from sandbox.people_cast import Cast
from sandbox.people_groups import GroupKind, Label
from sandbox.people_specs import GroupSpec, GuestSpec, MemberSpec
from sandbox.stories import STARTS_AT
from sandbox.tenant import DEFAULT_GRANTED, Fault
from sandbox.tenant_licence import Licence
from tests.contracts.graph_plugs import Plugs, plugged_in

NOBODY = GuestId("00000000-0000-4000-8000-000000000000")
EVERYDAY = tuple(f"g{n}" for n in range(FEW + 5))

CAST = Cast(
    as_of=STARTS_AT,
    members=(MemberSpec(name="sara"),),
    group_specs=(
        GroupSpec(name="Vendor team", kind=GroupKind.TEAM, label=Label.CONFIDENTIAL, owners=("sara",)),
        GroupSpec(name="Research", kind=GroupKind.DYNAMIC),
        GroupSpec(name="Old file server", kind=GroupKind.SYNCED),
        GroupSpec(name="Newsletter", kind=GroupKind.DISTRIBUTION),
        GroupSpec(name="Board", kind=GroupKind.RESTRICTED),
        GroupSpec(name="Helpers", kind=GroupKind.ROLE_ASSIGNABLE, roles=("Helpdesk Administrator",)),
        GroupSpec(name="Buyers", kind=GroupKind.SECURITY, apps=("SAP: Purchasing",)),
        GroupSpec(name="Middle", kind=GroupKind.SECURITY, members=("Buyers",)),
        GroupSpec(name="Everybody", kind=GroupKind.SECURITY, members=("Middle", "Newsletter")),
    ),
    guests=(
        GuestSpec(name="ada", reaches=("Vendor team", "Buyers"), apps=("Jira: User", "Jira: Project admin")),
        GuestSpec(name="stuck", reaches=("Research", "Old file server", "Newsletter", "Board")),
        GuestSpec(name="admin", roles=("User Administrator",), eligible=("Global Reader",)),
        GuestSpec(name="helper", reaches=("Helpers",)),
        GuestSpec(name="owner", owner_of=("Vendor team", "SAP")),
        GuestSpec(name="bare"),
        *(GuestSpec(name=name) for name in EVERYDAY),
    ),
)


@pytest.fixture
async def plugs() -> AsyncIterator[Plugs]:
    async with plugged_in(population=CAST, licence=Licence.GOVERNANCE) as made:
        yield made


async def reached(plugs: Plugs, *names: str) -> dict[str, tuple[Path, ...]]:
    connections = GraphConnections(plugs.client)
    found = await connections.ties([plugs.guest_id(name) for name in names])
    ties = {name: found[plugs.guest_id(name)] for name in names}
    assert all(isinstance(one, Ties) for one in ties.values()), ties
    return {name: exposure_of(one, Policy()).paths for name, one in ties.items() if isinstance(one, Ties)}


def told(paths: tuple[Path, ...]) -> set[tuple[Any, ...]]:
    return {(path.thing, path.name, path.through, path.obstacle) for path in paths}


async def test_direct_and_nested_groups_are_told_apart_with_the_way_between(plugs: Plugs) -> None:
    seen = await reached(plugs, "ada", "bare")
    assert told(seen["ada"]) == {
        (Thing.TEAM, "Vendor team", (), None),
        (Thing.GROUP, "Buyers", (), None),
        (Thing.GROUP, "Middle", ("Buyers",), Obstacle.NESTED),
        (Thing.GROUP, "Everybody", ("Buyers", "Middle"), Obstacle.NESTED),
        (Thing.APP, "Jira", (), None),
        (Thing.APP, "SAP", ("Buyers",), Obstacle.BY_GROUP),
    }
    assert seen["bare"] == ()
    (team,) = [path for path in seen["ada"] if path.thing is Thing.TEAM]
    assert team.label == "Confidential"


async def test_groups_a_denial_cannot_touch_are_named_as_such(plugs: Plugs) -> None:
    seen = await reached(plugs, "stuck")
    obstacles = {path.name: path.obstacle for path in seen["stuck"] if not path.through}
    assert obstacles["Research"] is Obstacle.DYNAMIC
    assert obstacles["Old file server"] is Obstacle.SYNCED
    assert obstacles["Newsletter"] is Obstacle.MAIL_ENABLED
    assert obstacles["Board"] is Obstacle.RESTRICTED


async def test_roles_are_found_held_eligible_and_by_group(plugs: Plugs) -> None:
    few = await reached(plugs, "admin", "helper")
    many = await reached(plugs, "admin", "helper", *EVERYDAY)
    assert {name: many[name] for name in few} == few
    roles = {name: [path for path in paths if path.thing is Thing.ROLE] for name, paths in few.items()}
    assert [(p.name, p.eligible, p.through) for p in roles["admin"]] == [
        ("User Administrator", False, ()),
        ("Global Reader", True, ()),
    ]
    assert [(p.name, p.through) for p in roles["helper"]] == [("Helpdesk Administrator", ("Helpers",))]
    holders = await GraphConnections(plugs.client).role_holders()
    assert not isinstance(holders, Unreadable)
    assert {plugs.guest_id("admin"), plugs.guest_id("helper")} <= holders
    assert plugs.guest_id("ada") not in holders


async def test_things_owned_and_packages_held_are_found_with_their_end(plugs: Plugs) -> None:
    package = a_package(plugs.tenant, "Supplier portal", (plugs.guest_id("Vendor team"),))
    policy = a_policy(plugs.tenant, package)
    holds(plugs.tenant, plugs.guest_id("bare"), policy, ends_in=timedelta(days=30))
    seen = await reached(plugs, "owner", "bare")
    owned = {(path.name, path.tier.value) for path in seen["owner"] if path.thing is Thing.OWNED}
    assert owned == {("Vendor team", "medium"), ("SAP", "high")}
    (held,) = [path for path in seen["bare"] if path.thing is Thing.PACKAGE]
    assert held.name == "Supplier portal"
    assert held.expires_at == plugs.clock.now() + timedelta(days=30)


async def test_many_guests_cost_one_request_for_each_fact_and_no_refusal(plugs: Plugs) -> None:
    names = [guest.name for guest in CAST.guests]
    await reached(plugs, *names)
    asked = sum(call.operation != "POST /$batch" for call in plugs.tenant.calls)
    nested, roles = 2, 3
    assert asked == len(names) * len(SORTS) + nested + roles
    assert plugs.asked("POST /$batch") <= asked / 20 + 8
    assert all(call.status == 200 for call in plugs.tenant.calls)


async def test_our_own_cohort_groups_give_nothing(plugs: Plugs) -> None:
    await plugs.reviews.create_group(plugs.a_batch("bare"))
    await plugs.wait(minutes=1)
    assert (await reached(plugs, "bare"))["bare"] == ()


async def test_who_left_meanwhile_is_gone_and_nobody_else_suffers(plugs: Plugs) -> None:
    found = await GraphConnections(plugs.client).ties([NOBODY, plugs.guest_id("ada")])
    assert found[NOBODY] == Unreadable(why="gone")
    assert isinstance(found[plugs.guest_id("ada")], Ties)


@pytest.mark.parametrize(
    ("without", "sort", "unread"),
    [
        ("Directory.Read.All", "apps", {"nesting", "apps"}),
        ("EntitlementManagement.ReadWrite.All", "packages", {"packages"}),
        ("RoleManagement.Read.Directory", "eligible_roles", {"eligible-roles"}),
    ],
)
async def test_a_missing_permission_is_a_sort_unread_and_asked_for_once(
    without: str, sort: str, unread: set[str]
) -> None:
    granted = DEFAULT_GRANTED - {without}
    async with plugged_in(population=CAST, licence=Licence.GOVERNANCE, granted=granted) as plugs:
        found = await GraphConnections(plugs.client).ties([plugs.guest_id(name) for name in EVERYDAY])
        for ties in found.values():
            assert isinstance(ties, Ties)
            assert getattr(ties, sort) == Unreadable(why="no-permission")
            assert unread <= set(exposure_of(ties, Policy()).unread)
        refused = [call.operation for call in plugs.tenant.calls if call.status == 403]
        assert len(refused) == len(set(refused))


async def test_without_the_licence_nobody_is_eligible_and_packages_are_unread() -> None:
    async with plugged_in(population=CAST, licence=Licence.P1) as plugs:
        ties = (await GraphConnections(plugs.client).ties([plugs.guest_id("admin")]))[plugs.guest_id("admin")]
        assert isinstance(ties, Ties)
        assert ties.eligible_roles == ()
        assert isinstance(ties.roles, tuple)
        assert len(ties.roles) == 1


async def test_one_sort_that_fails_for_good_leaves_the_others(plugs: Plugs) -> None:
    plugs.break_down(
        *[Fault(when="before", status=503, code="ServiceUnavailable")] * 5,
        on="GET /users/{user-id}/ownedObjects",
    )
    ada = plugs.guest_id("ada")
    ties = (await GraphConnections(plugs.client).ties([ada]))[ada]
    assert isinstance(ties, Ties)
    assert ties.owned == Unreadable(why="failed")
    assert isinstance(ties.groups, tuple)


async def test_a_page_that_cannot_be_understood_makes_its_sort_unread(plugs: Plugs) -> None:
    def spoil(_request: object, body: dict[str, Any]) -> dict[str, Any]:
        for one in body.get("responses", ()):
            for row in one.get("body", {}).get("value", ()):
                if row.get("@odata.type") == "#microsoft.graph.group":
                    row["groupTypes"] = "Unified"
        return body

    plugs.wire.change = spoil
    ada = plugs.guest_id("ada")
    ties = (await GraphConnections(plugs.client).ties([ada]))[ada]
    assert isinstance(ties, Ties)
    assert ties.groups == Unreadable(why="not-understood")


async def test_a_graph_that_is_not_there_is_a_passing_failure(plugs: Plugs) -> None:
    plugs.break_down(*[Fault(when="before", status=None)] * 9, on="POST /$batch")
    with pytest.raises(Transient):
        await GraphConnections(plugs.client).ties([plugs.guest_id("ada")])


async def test_a_token_that_is_refused_is_said_so(plugs: Plugs) -> None:
    plugs.tenant.token = "another"
    with pytest.raises(Forbidden):
        await GraphConnections(plugs.client).ties([plugs.guest_id("ada")])
