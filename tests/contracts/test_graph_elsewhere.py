"""Reviews that others opened: told by their scope, read to the last page, written at one place."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.graph.group_reviews import GraphGroupReviews
from adapters.graph.operations import CREATE_DEFINITION, LIST_DECISIONS, RECORD_DECISION
from adapters.graph.packages import GraphPackages
from adapters.graph.review_scopes import covered
from reviews.jobs.elsewhere import Elsewhere, Found, Places, follow
from reviews.model import (
    Answer,
    Choice,
    Covered,
    Covers,
    Exposure,
    GroupReview,
    GuestId,
    NativeItem,
    NativeRound,
    Path,
    PersonId,
    Rhythm,
    Source,
    Thing,
    Unreadable,
)
from reviews.packages import MONTHLY, occurrence
from reviews.policy import Policy
from sandbox.package_stories import a_package, a_policy, holds
from sandbox.stories import a_population
from sandbox.tenant import Fault
from sandbox.tenant_licence import Licence
from tests.contracts.governance_room import OWNERS, of_every_group, user
from tests.contracts.graph_plugs import Plugs, plugged_in

DEFINITIONS_PATH = "/identityGovernance/accessReviews/definitions"
QUARTERLY = {"type": "absoluteMonthly", "interval": 3}
GROUP = "11111111-1111-4111-8111-111111111111"
PACKAGE = "22222222-2222-4222-8222-222222222222"
ASSIGNED = "33333333-3333-4333-8333-333333333333"
RECORD = (
    "POST /identityGovernance/accessReviews/definitions/{accessReviewScheduleDefinition-id}"
    "/instances/{accessReviewInstance-id}/batchRecordDecisions"
)
DECISIONS = LIST_DECISIONS.name
DEFINITIONS = "GET /identityGovernance/accessReviews/definitions"
EVERYWHERE = "/groups?$filter=(groupTypes/any(c:c+eq+'Unified'))"
DYNAMIC = "groupTypes/any(a:a eq 'DynamicMembership')"
_HELD = "/identityGovernance/entitlementManagement/accessPackageAssignments?$filter="
_QUERY = "#microsoft.graph.accessReviewQueryScope"
_INACTIVE = "#microsoft.graph.accessReviewInactiveUsersQueryScope"
_GUESTS = "$filter=(userType eq 'Guest')"
SCOPES = [
    (
        f"{_HELD}(accessPackageId eq '{PACKAGE}' and assignmentPolicyId eq '{ASSIGNED}')",
        Covered(covers=Covers.PACKAGE, policy_id=ASSIGNED, package_id=PACKAGE),
    ),
    (
        f"{_HELD}(assignmentPolicyId eq '{ASSIGNED.upper()}')",
        Covered(covers=Covers.PACKAGE, policy_id=ASSIGNED),
    ),
    *(
        (query, Covered(covers=Covers.GROUP, groups=(GROUP,)))
        for query in (
            f"/groups/{GROUP}/transitiveMembers/microsoft.graph.user",
            f"/v1.0/groups/{GROUP.upper()}/members",
            f"/groups/{GROUP}/transitiveMembers/microsoft.graph.user/?$count=true&{_GUESTS}",
            f"/groups/{GROUP}/members/?{_GUESTS}&$count=true",
            f"https://graph.microsoft.com/beta/groups/{GROUP}/members?$filter=((userType+eq+'Guest'))",
        )
    ),
    (EVERYWHERE, Covered(covers=Covers.EVERY_GROUP)),
    *(
        (query, Covered(covers=Covers.OTHER, words=query))
        for query in (
            "/servicePrincipals/x/appRoleAssignedTo",
            f"/groups/{GROUP}/members?$filter=(accountEnabled eq false)",
            f"/groups/{GROUP}/members?$filter=userType eq 'Guest' and startswith(mail, 'a')",
            f"/groups/{GROUP}/members?$search=x",
            f"/groups/{GROUP}/owners",
            "/groups?$filter=(groupTypes/any(c:c eq 'Unified')) and startswith(displayName, 'A')",
            "",
        )
    ),
]


@pytest.mark.parametrize(("query", "told"), SCOPES, ids=str)
def test_a_scope_tells_what_is_reviewed(query: str, told: Covered) -> None:
    assert covered({"query": query}) == told


@pytest.mark.parametrize(
    "query",
    [
        EVERYWHERE,
        "/groups?$count=true&$filter=groupTypes/any(g:g eq 'Unified')",
        "/v1.0/groups?$filter=(groupTypes/any(c:c+eq+'Unified'))&$count=true",
        "./groups?$filter=(groupTypes/any(c:c%20eq%20'Unified'))",
        f"{EVERYWHERE} and not({DYNAMIC})",
        f"/groups?$filter=(not {DYNAMIC} and groupTypes/any(c:c eq 'Unified'))",
    ],
)
@pytest.mark.parametrize("people", ["./members", f"./members/microsoft.graph.user/?$count=true&{_GUESTS}"])
def test_every_microsoft_365_group_is_recognised_however_it_is_asked_for(query: str, people: str) -> None:
    told = covered({"@odata.type": _QUERY, "query": people}, {"query": query})
    assert told == Covered(covers=Covers.EVERY_GROUP)


@pytest.mark.parametrize(
    ("scope", "query"),
    [
        ({"query": "./members"}, "/groups?$filter=startswith(displayName, 'A')"),
        ({"query": "./members"}, "/groups?$filter=groupTypes/any(c:c eq 'DynamicMembership')"),
        ({"query": "./owners"}, EVERYWHERE),
        ({"query": "./members", "@odata.type": _INACTIVE}, EVERYWHERE),
        ({"query": "./members", "@odata.type": "#microsoft.graph.accessReviewMoonScope"}, EVERYWHERE),
    ],
)
def test_a_review_of_some_groups_or_some_guests_proves_nothing(scope: dict[str, str], query: str) -> None:
    told = covered(scope, {"query": query})
    assert told.covers is Covers.OTHER
    assert query in told.words
    assert scope["query"] in told.words


GUESTS = {"query": f"/users?{_GUESTS}"}
A_GROUP, ITS_MEMBERS, AN_APP = (
    {"query": query} for query in (f"/groups/{GROUP}", f"/groups/{PACKAGE}/members", "/servicePrincipals/x")
)


@pytest.mark.parametrize(
    ("people", "resources", "told"),
    [
        ([GUESTS], [A_GROUP, ITS_MEMBERS, AN_APP], Covered(covers=Covers.GROUP, groups=(GROUP, PACKAGE))),
        ([{"query": "/v1.0/users"}], [A_GROUP], Covered(covers=Covers.GROUP, groups=(GROUP,))),
        ([GUESTS], [{"query": EVERYWHERE}], Covered(covers=Covers.EVERY_GROUP)),
        (
            [{**GUESTS, "@odata.type": _INACTIVE}, GUESTS],
            [A_GROUP],
            Covered(covers=Covers.GROUP, groups=(GROUP,)),
        ),
        ([GUESTS], [AN_APP], None),
        ([{**GUESTS, "@odata.type": _INACTIVE}], [A_GROUP], None),
        ([{"query": "/users?$filter=userType eq 'Member'"}], [A_GROUP], None),
        ([], [], None),
    ],
)
def test_people_and_resources_that_are_named_apart_are_read_together(
    people: list[dict[str, str]], resources: list[dict[str, str]], told: Covered | None
) -> None:
    scope = {
        "@odata.type": "#microsoft.graph.principalResourceMembershipsScope",
        "principalScopes": people,
        "resourceScopes": resources,
    }
    found = covered(scope)
    assert (found == told) if told else (found.covers is Covers.OTHER)


def test_a_scope_that_is_none_is_about_something_else() -> None:
    assert covered(None) == covered({"principalScopes": []}) == Covered(covers=Covers.OTHER)


UNIFIED = [
    EVERYWHERE,
    "/groups?$count=true&$filter=groupTypes/any(g:g eq 'Unified')",
    "/v1.0/groups?$filter=(groupTypes/any(c:c eq 'Unified'))&$count=true",
]


@pytest.mark.parametrize("query", UNIFIED)
async def test_a_review_of_every_group_is_found_with_a_round_for_each(query: str) -> None:
    async with plugged_in(population=a_population(300)) as plugs:
        today = plugs.clock.now().date()
        span = {"type": "numbered", "startDate": today.isoformat(), "numberOfOccurrences": 4}
        body = of_every_group([OWNERS], recurrence={"pattern": QUARTERLY, "range": span})
        body["instanceEnumerationScope"]["query"] = query
        await plugs.client.write(CREATE_DEFINITION, DEFINITIONS_PATH, body)
        await plugs.wait(hours=1)
        (found,) = await plugs.reviews.definitions()
        told = (found.about, found.status, found.recurs, found.last_round_on)
        assert told == (
            Covered(covers=Covers.EVERY_GROUP),
            "InProgress",
            True,
            occurrence(today, Rhythm(unit=MONTHLY, interval=3), 3),
        )
        rounds = await plugs.reviews.rounds(Covers.EVERY_GROUP)
        expected = plugs.tenant.reviews.life.access.groups_with_guests(plugs.clock.now())
        assert {one.resource_id for one in rounds} == {one.id for one in expected}
        assert len(rounds) > 1
        assert {one.covers for one in rounds} == {Covers.GROUP}
        assert await plugs.reviews.rounds(Covers.GROUP, Covers.PACKAGE, Covers.OTHER) == ()


async def test_rounds_that_ended_are_read_where_they_are_asked_for() -> None:
    async with plugged_in(population=a_population(300)) as plugs:
        await plugs.client.write(CREATE_DEFINITION, DEFINITIONS_PATH, of_every_group([OWNERS]))
        await plugs.wait(days=15)
        now = plugs.clock.now()
        assert await plugs.reviews.rounds(Covers.EVERY_GROUP) == ()
        assert await plugs.reviews.rounds(Covers.EVERY_GROUP, since=now - timedelta(days=2))
        assert await plugs.reviews.rounds(Covers.EVERY_GROUP, since=now) == ()
        (found,) = await plugs.reviews.definitions()
        assert (found.recurs, found.last_round_on) == (False, None)


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
        found = await elsewhere(plugs).look(Policy(), {})
        assert found.items.keys() == set(held)
        assert {(item.resource_id, item.name) for (item,) in found.items.values()} == {(policy_id, "Portal")}
        (one,) = await follow(plugs.reviews)
        assert (one.places, one.decided, one.contacted) == (120, 0, 1)


async def test_a_round_that_begins_within_days_is_foretold_to_who_holds_the_package() -> None:
    async with plugged_in(population=a_population(30), licence=Licence.GOVERNANCE) as plugs:
        _, held = await a_round(plugs, 5, in_days=6)
        found = await elsewhere(plugs).look(Policy(), {})
        assert found.items == {}
        day = (plugs.clock.now() + timedelta(days=6)).date()
        assert found.soon == dict.fromkeys(held, day)


@pytest.mark.parametrize("dials", [{"licence": Licence.P1}, {"granted": ["User.Read.All"]}])
async def test_where_other_reviews_are_not_open_to_us_nothing_is_known_and_nothing_fails(
    dials: dict[str, object],
) -> None:
    async with plugged_in(**dials) as plugs:  # type: ignore[arg-type]
        assert await elsewhere(plugs).look(Policy(), {}) == Found()


async def test_an_outage_ends_no_night() -> None:
    async with plugged_in(population=a_population(30), licence=Licence.GOVERNANCE) as plugs:
        await a_round(plugs, 3)
        plugs.break_down(*[Fault(when="before", status=503)] * 20, on=DEFINITIONS)
        assert (await elsewhere(plugs).look(Policy(), {})).items == {}


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


async def reviewed(plugs: Plugs, **settings: Any) -> tuple[GuestId, NativeRound]:
    """Open a review of every group, and choose a guest who is in one of its rounds only."""
    body = of_every_group([user(the_desk(plugs))], **settings)
    await plugs.client.write(CREATE_DEFINITION, DEFINITIONS_PATH, body)
    await plugs.wait(hours=1)
    rounds = await plugs.reviews.rounds(Covers.EVERY_GROUP)
    seen: Counter[GuestId] = Counter()
    places: dict[GuestId, NativeRound] = {}
    for one in rounds:
        for decision in await plugs.reviews.decisions(one.definition_id, one.instance_id):
            seen[decision.guest_id] += 1
            places[decision.guest_id] = one
    guest = next(guest for guest, count in sorted(seen.items()) if count == 1)
    return guest, places[guest]


def the_desk(plugs: Plugs) -> str:
    return str(plugs.tenant.population.member(0)["id"])


def reaching(*groups: str | None) -> Exposure:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    return Exposure(
        read_at=now, paths=tuple(Path(thing=Thing.GROUP, id=one or "", name="G") for one in groups)
    )


async def test_who_stands_in_a_review_of_others_is_found_and_rounds_nobody_reaches_are_not_read() -> None:
    async with plugged_in(population=a_population(300)) as plugs:
        guest, one = await reviewed(plugs)
        before = plugs.asked(DECISIONS)
        found = await elsewhere(plugs).look(Policy(), {guest: reaching(one.resource_id)})
        assert plugs.asked(DECISIONS) == before + 1
        (item,) = found.elsewhere[guest]
        assert (item.definition_id, item.instance_id) == (one.definition_id, one.instance_id)
        assert (found.items, found.kept_at) == ({}, {})
        assert (await elsewhere(plugs).look(Policy(), {guest: reaching()})).elsewhere == {}
        unread = Unreadable(why="failed")
        assert (await elsewhere(plugs).look(Policy(), {guest: unread})).elsewhere == found.elsewhere


@pytest.mark.parametrize("days", [0, 1, 2])
async def test_who_will_stand_in_a_review_within_a_day_stands_in_it_already(
    days: int,
) -> None:
    async with plugged_in(population=a_population(60)) as plugs:
        now = plugs.clock.now()
        starts_on = (now + timedelta(days=days)).date()
        groups = GraphGroupReviews(plugs.client)
        one = next(one for one in await groups.with_guests() if one.group.is_unified)
        desk = PersonId(the_desk(plugs))
        await groups.create(
            GroupReview(
                group_id=one.group.id,
                group_name=one.group.name,
                guests=one.guests,
                reviewers=(desk,),
                fallback=(),
                starts_on=starts_on,
                rhythm=Rhythm(unit=MONTHLY, interval=3),
                lasts=timedelta(days=14),
                removes=False,
            )
        )
        mine, other = GuestId("mine"), GuestId("other")
        found = await elsewhere(plugs).look(Policy(), {mine: reaching(one.group.id), other: reaching()})
        assert found.elsewhere.keys() == ({mine} if days < 2 else set())


@pytest.mark.parametrize("by", ["desk", "nobody", "app", "us"])
async def test_only_a_person_who_kept_the_guest_lets_it_rest(by: str) -> None:
    default = {"defaultDecisionEnabled": True, "defaultDecision": "Approve"}
    async with plugged_in(population=a_population(300)) as plugs:
        guest, one = await reviewed(plugs, **default)
        if by == "desk":
            plugs.tenant.decide(one.definition_id, one.instance_id, guest, "Approve", "seen", the_desk(plugs))
        elif by == "app":
            body = {
                "decision": "Approve",
                "justification": "j",
                "principalId": guest,
                "resourceId": one.resource_id,
            }
            path = f"{DEFINITIONS_PATH}/{one.definition_id}/instances/{one.instance_id}/batchRecordDecisions"
            await plugs.client.write(RECORD_DECISION, path, body)
        elif by == "us":
            item = NativeItem(
                definition_id=one.definition_id,
                instance_id=one.instance_id,
                resource_id=one.resource_id or "",
            )
            said = Answer(
                id="a" * 32,
                choice=Choice.KEEP,
                by=PersonId(the_desk(plugs)),
                at=plugs.clock.now(),
                source=Source.PAGE,
            )
            await plugs.reviews.record_elsewhere(item, guest, said)
        decided_at = plugs.clock.now()
        await plugs.wait(days=20)
        wanted = {guest: reaching(one.resource_id)}
        found = await elsewhere(plugs).look(Policy(), wanted)
        assert found.kept_at == ({guest: decided_at} if by == "desk" else {})
        assert found.elsewhere == {}
        await plugs.wait(days=60)
        assert (await elsewhere(plugs).look(Policy(), wanted)).kept_at == {}
