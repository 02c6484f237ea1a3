"""Groups with guests are read to the last one, and a review of one is opened once, whatever happens."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count

import httpx
import pytest

from adapters.graph.group_reviews import DEFINITIONS, GraphGroupReviews, new_definition
from adapters.graph.operations import CREATE_DEFINITION
from adapters.graph.people import GraphPeople
from reviews.errors import Ambiguous, Conflict, Forbidden
from reviews.jobs.covering import CONTAINER, Covering
from reviews.metering import features
from reviews.model import BatchId, Covers, GroupReview, GuestId, Obstacle
from reviews.policy import ChangeMode, Mode, Policy, Reviewers
from reviews.policy import GroupReviews as GroupRules
from sandbox.memory import MemoryQueue
from sandbox.memory_archive import MemoryArchive
from sandbox.stories import a_population
from sandbox.tenant import Fault
from sandbox.tenant_directory import Population
from tests.builders import a_batch
from tests.contracts.governance_room import OWNERS, of_every_group
from tests.contracts.graph_plugs import Plugs, plugged_in

LIST = "GET /groups/{group-id}/members/graph.user"
CREATE = "POST /identityGovernance/accessReviews/definitions"


class Rules:
    """A policy in force whose fallback is a colleague."""

    def __init__(self, people: Population) -> None:
        self.policy = Policy(reviewers=Reviewers(fallback=(str(people.member(0)["id"]),)))

    async def current(self) -> Policy:
        return self.policy


ATTEMPTS = map(str, count())


def covering(
    plugs: Plugs, archive: MemoryArchive | None = None, queue: MemoryQueue | None = None
) -> Covering:
    kept = archive or MemoryArchive()
    return Covering(
        clock=plugs.clock,
        policies=Rules(plugs.tenant.population),
        access_reviews=plugs.reviews,
        groups=GraphGroupReviews(plugs.client),
        people=GraphPeople(plugs.client),
        archive=lambda: kept,
        queue=lambda: queue or MemoryQueue(),
        new_owner=partial(next, ATTEMPTS),
    )


def with_guests(plugs: Plugs) -> dict[str, int]:
    """Count the guests in each group, by what the tenant itself holds."""
    directory, found = plugs.tenant.directory, {}
    for _, group in directory.groups.scan(0):
        users = [directory.user(one, plugs.clock.now()) for one in directory.members(group)]
        found[group.record["id"]] = sum(one is not None and one["userType"] == "Guest" for one in users)
    return {group: guests for group, guests in found.items() if guests}


async def a_proposal(plugs: Plugs) -> GroupReview:
    looked = await covering(plugs).look_over()
    return next(one.proposal for one in looked if isinstance(one.proposal, GroupReview))


async def test_every_group_with_guests_is_read_and_none_of_our_cohorts() -> None:
    async with plugged_in(population=a_population(400)) as plugs:
        expected = with_guests(plugs)
        guest = str(plugs.tenant.population.guest(0)["id"])
        await plugs.reviews.create_group(a_batch(id=BatchId("ab" * 16), guests=(GuestId(guest),)))
        await plugs.wait(hours=1)
        looked = await covering(plugs).look_over()
        assert {one.group.group.id: one.group.guests for one in looked} == expected
        assert len(expected) > 5
        assert {one.obstacle for one in looked} >= {None, Obstacle.DYNAMIC}


async def test_a_review_of_every_group_covers_the_microsoft_365_groups_that_it_opens_a_round_for() -> None:
    async with plugged_in(population=a_population(400)) as plugs:
        await plugs.client.write(CREATE_DEFINITION, DEFINITIONS, of_every_group([OWNERS]))
        await plugs.wait(hours=1)
        looked = await covering(plugs).look_over()
        covered = {one.group.group.id for one in looked if one.by}
        rounds = await plugs.reviews.rounds(Covers.EVERY_GROUP)
        assert covered == {one.resource_id for one in rounds} != set()
        assert all(one.proposal is not None for one in looked if not one.by)


async def test_an_opened_review_covers_its_group_runs_and_comes_again() -> None:
    async with plugged_in(population=a_population(400)) as plugs:
        review = await a_proposal(plugs)
        definition_id = await covering(plugs).open(review, by="operator")
        await plugs.wait(hours=1)
        looked = {one.group.group.id: one for one in await covering(plugs).look_over()}
        (by,) = looked[review.group_id].by
        assert (by.id, by.status, by.recurs, by.last_round_on) == (definition_id, "InProgress", True, None)
        (round_,) = await plugs.reviews.rounds(Covers.GROUP)
        decisions = await plugs.reviews.decisions(round_.definition_id, round_.instance_id)
        assert len(decisions) >= review.guests
        contacted = await plugs.reviews.contacted(round_.definition_id, round_.instance_id)
        assert set(contacted) == set(review.reviewers)
        assert features(new_definition(review)) == frozenset()


FAULTS: dict[str, tuple[Fault | None, ...]] = {
    "nothing": (),
    "503 before its effect": (Fault(when="before"),),
    "504 after its effect": (Fault(when="after", status=504, code="gatewayTimeout"),),
    "no answer after its effect": (Fault(when="after", status=None),),
    "no answer before its effect": (Fault(when="before", status=None),),
    "429": (Fault(when="before", status=429, code="TooManyRequests", retry_after=timedelta(seconds=3)),),
    "403, then nothing": (Fault(when="before", status=403, code="Authorization_RequestDenied"),),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_a_review_is_opened_once_whatever_happens_to_it(name: str) -> None:
    async with plugged_in(population=a_population(60)) as plugs:
        review, kept = await a_proposal(plugs), MemoryArchive()
        plugs.break_down(*FAULTS[name], on=CREATE)
        for _ in range(3):
            with suppress(Ambiguous, Forbidden):
                await covering(plugs, kept).open(review, by="operator")
            await plugs.wait(minutes=20)
        mine = [one for one in plugs.tenant.definitions() if review.group_id in one.body["scope"]["query"]]
        in_vain = name in {"503 before its effect", "no answer before its effect"}
        assert len(mine) == (0 if in_vain else 1)
        posts = plugs.asked(CREATE)
        assert posts == (2 if name in {"403, then nothing", "429"} else 1)
        assert await kept.names(CONTAINER)


async def test_a_try_cut_off_is_in_doubt_that_day_and_proposed_again_the_next() -> None:
    async with plugged_in(population=a_population(60)) as plugs:
        review, kept = await a_proposal(plugs), MemoryArchive()
        plugs.break_down(Fault(when="before", status=None), on=CREATE)
        for _ in range(2):
            with pytest.raises(Ambiguous, match="tomorrow"):
                await covering(plugs, kept).open(review, by="operator")
        assert plugs.asked(CREATE) == 1
        await plugs.wait(days=1)
        await covering(plugs, kept).open(await a_proposal(plugs), by="operator")
        assert plugs.asked(CREATE) == 2


async def test_groups_that_cannot_be_counted_make_no_half_list() -> None:
    async with plugged_in(population=a_population(60)) as plugs:
        refusal = Fault(when="before", status=403, code="Authorization_RequestDenied")
        plugs.break_down(refusal, on=LIST)
        with pytest.raises(Forbidden):
            await covering(plugs).look_over()


class Racing(MemoryArchive):
    """An archive whose lists of names are as they were before anybody wrote."""

    async def names(self, container: str, prefix: str = "") -> tuple[str, ...]:
        del container, prefix
        return ()


async def test_of_two_that_open_at_once_one_gives_way() -> None:
    async with plugged_in(population=a_population(60)) as plugs:
        review, kept = await a_proposal(plugs), Racing()
        plugs.break_down(Fault(when="before", status=None), on=CREATE)
        with pytest.raises(Ambiguous):
            await covering(plugs, kept).open(review, by="operator")
        with pytest.raises(Conflict):
            await covering(plugs, kept).open(review, by="operator")
        assert plugs.asked(CREATE) == 1


async def test_one_group_is_read_alone() -> None:
    async with plugged_in(population=a_population(60)) as plugs:
        review = await a_proposal(plugs)
        before = plugs.asked(LIST)
        (one,) = await covering(plugs).look_over(review.group_id)
        assert (one.proposal, plugs.asked(LIST)) == (review, before + 1)


async def test_a_tenant_whose_reviews_are_closed_to_us_hands_nothing_over() -> None:
    async with plugged_in(population=a_population(60), granted=["User.Read.All"]) as plugs:
        queue = MemoryQueue()
        policy = Policy(mode=Mode.PROPOSE, group_reviews=GroupRules(change_mode=ChangeMode.APPLY))
        told = await covering(plugs, queue=queue).hand_over(policy)
        assert told == {"groups": "refused: Forbidden"}
        assert queue.messages == ()


async def test_a_group_is_covered_by_itself_only_where_the_policy_says_so() -> None:
    async with plugged_in(population=a_population(60)) as plugs:
        review = await a_proposal(plugs)
        job = covering(plugs)
        await job.cover(review.group_id)
        assert plugs.asked(CREATE) == 0
        applying = GroupRules(change_mode=ChangeMode.APPLY)
        for mode, posts in ((Mode.REPORT, 0), (Mode.PROPOSE, 1), (Mode.PROPOSE, 1)):
            rules = Rules(plugs.tenant.population)
            rules.policy = rules.policy.model_copy(update={"mode": mode, "group_reviews": applying})
            await replace(job, policies=rules).cover(review.group_id)
            await plugs.wait(hours=1)
            assert plugs.asked(CREATE) == posts


async def test_groups_that_go_while_they_are_counted_are_left_out() -> None:
    async with plugged_in(population=a_population(60)) as plugs:
        gone = Fault(when="before", status=404, code="Request_ResourceNotFound")
        plugs.break_down(*[gone] * len(plugs.tenant.directory.groups), on=LIST)
        assert await covering(plugs).look_over() == ()


class Killed(BaseException):
    """The program dies here."""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_program_that_dies_and_starts_again_opens_no_second_review(method: str, when: str) -> None:
    async with plugged_in(population=a_population(60)) as plugs:
        review, kept = await a_proposal(plugs), MemoryArchive()

        def kill(request: httpx.Request, at: str) -> None:
            if (request.method, at) == (method, when) and "definitions" in request.url.path:
                plugs.wire.kill = lambda _request, _when: None
                raise Killed

        plugs.wire.kill = kill
        with pytest.raises(Killed):
            await covering(plugs, kept).open(review, by="operator")
        for _ in range(3):
            with suppress(Ambiguous):
                for one in await covering(plugs, kept).look_over(review.group_id):
                    if isinstance(one.proposal, GroupReview):
                        await covering(plugs, kept).open(one.proposal, by="operator")
            await plugs.wait(days=1)
        mine = [one for one in plugs.tenant.definitions() if review.group_id in one.body["scope"]["query"]]
        assert len(mine) == plugs.asked(CREATE) == 1
