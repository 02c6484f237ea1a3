"""Reviews that others opened: told by their scope, read to the last page, written at one place."""

from datetime import timedelta

import pytest

from adapters.graph.native_rounds import covered
from adapters.graph.packages import GraphPackages
from reviews.jobs.elsewhere import Elsewhere, Found, Places, follow
from reviews.model import Answer, Choice, Covers, GuestId, Source
from reviews.policy import Policy
from sandbox.package_stories import a_package, a_policy, holds
from sandbox.stories import a_population
from sandbox.tenant import Fault
from sandbox.tenant_licence import Licence
from tests.contracts.graph_plugs import Plugs, plugged_in

GROUP = "11111111-1111-4111-8111-111111111111"
PACKAGE = "22222222-2222-4222-8222-222222222222"
ASSIGNED = "33333333-3333-4333-8333-333333333333"
RECORD = (
    "POST /identityGovernance/accessReviews/definitions/{accessReviewScheduleDefinition-id}"
    "/instances/{accessReviewInstance-id}/batchRecordDecisions"
)
DEFINITIONS = "GET /identityGovernance/accessReviews/definitions"
_HELD = "/identityGovernance/entitlementManagement/accessPackageAssignments?$filter="
SCOPES = [
    (
        f"{_HELD}(accessPackageId eq '{PACKAGE}' and assignmentPolicyId eq '{ASSIGNED}')",
        (Covers.PACKAGE, ASSIGNED, PACKAGE),
    ),
    (f"{_HELD}(assignmentPolicyId eq '{ASSIGNED.upper()}')", (Covers.PACKAGE, ASSIGNED, None)),
    (f"/groups/{GROUP}/transitiveMembers/microsoft.graph.user", (Covers.GROUP, GROUP, None)),
    (f"/v1.0/groups/{GROUP}/members", (Covers.GROUP, GROUP, None)),
    ("/groups?$filter=(groupTypes/any(c:c+eq+'Unified'))", (Covers.EVERY_GROUP, None, None)),
    ("/servicePrincipals/x/appRoleAssignedTo", (Covers.OTHER, None, None)),
    ("", (Covers.OTHER, None, None)),
]


@pytest.mark.parametrize(("query", "told"), SCOPES)
def test_a_scope_tells_what_is_reviewed(query: str, told: tuple[Covers, str | None, str | None]) -> None:
    assert covered({"query": query}) == told


def test_a_scope_that_is_none_is_about_something_else() -> None:
    assert covered(None)[0] is covered({"principalScopes": []})[0] is Covers.OTHER


async def a_round(plugs: Plugs, guests: int, *, in_days: int = -1) -> tuple[str, list[GuestId]]:
    """Let guests hold a package that has been under review since yesterday, or will be soon."""
    tenant = plugs.tenant
    begins = tenant.now() + timedelta(days=in_days)
    policy = a_policy(tenant, a_package(tenant, "Portal"), starts_at=max(begins, tenant.now()))
    held = [GuestId(str(tenant.population.guest(n)["id"])) for n in range(guests)]
    for guest in held:
        holds(tenant, guest, policy)
    await plugs.wait(hours=1)
    return policy.id, held


def elsewhere(plugs: Plugs) -> Elsewhere:
    return Elsewhere(clock=plugs.clock, access_reviews=plugs.reviews, packages=GraphPackages(plugs.client))


async def test_every_place_of_a_running_round_is_found_page_by_page() -> None:
    async with plugged_in(population=a_population(130), licence=Licence.GOVERNANCE) as plugs:
        policy_id, held = await a_round(plugs, 120)
        found = await elsewhere(plugs).look(Policy())
        assert found.items.keys() == set(held)
        assert {(item.resource_id, item.name) for (item,) in found.items.values()} == {(policy_id, "Portal")}
        (one,) = await follow(plugs.reviews)
        assert (one.places, one.decided, one.contacted) == (120, 0, 1)


async def test_a_round_that_begins_within_days_is_foretold_to_who_holds_the_package() -> None:
    async with plugged_in(population=a_population(30), licence=Licence.GOVERNANCE) as plugs:
        _, held = await a_round(plugs, 5, in_days=6)
        found = await elsewhere(plugs).look(Policy())
        assert found.items == {}
        day = (plugs.clock.now() + timedelta(days=6)).date()
        assert found.soon == dict.fromkeys(held, day)


@pytest.mark.parametrize("dials", [{"licence": Licence.P1}, {"granted": ["User.Read.All"]}])
async def test_where_other_reviews_are_not_open_to_us_nothing_is_known_and_nothing_fails(
    dials: dict[str, object],
) -> None:
    async with plugged_in(**dials) as plugs:  # type: ignore[arg-type]
        assert await elsewhere(plugs).look(Policy()) == Found()


async def test_an_outage_ends_no_night() -> None:
    async with plugged_in(population=a_population(30), licence=Licence.GOVERNANCE) as plugs:
        await a_round(plugs, 3)
        plugs.break_down(*[Fault(when="before", status=503)] * 20, on=DEFINITIONS)
        assert (await elsewhere(plugs).look(Policy())).items == {}


FAULTS = {
    "503 before its effect": Fault(when="before"),
    "504 after its effect": Fault(when="after", status=504, code="gatewayTimeout"),
    "no answer after its effect": Fault(when="after", status=None),
    "429": Fault(when="before", status=429, code="TooManyRequests", retry_after=timedelta(seconds=3)),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_an_answer_is_written_at_one_place_whatever_happens_to_it(name: str) -> None:
    async with plugged_in(population=a_population(30), licence=Licence.GOVERNANCE) as plugs:
        _, held = await a_round(plugs, 8)
        places = await Places(plugs.reviews).of_everybody()
        (item,) = places[held[3]]
        said = Answer(
            id="a" * 32,
            choice=Choice.REMOVE,
            by=plugs.tenant.population.member(0)["id"],
            at=plugs.clock.now(),
            source=Source.PAGE,
        )
        plugs.break_down(FAULTS[name], on=RECORD)
        await plugs.reviews.record_elsewhere(item, held[3], said)
        after = Places(plugs.reviews)
        there = await after.decision(held[3], item)
        assert there is not None
        assert (there.decision, there.is_ours) == ("Deny", True)
        assert (await after.of_everybody()).keys() == set(held) - {held[3]}
