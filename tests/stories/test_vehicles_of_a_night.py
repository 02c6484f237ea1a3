"""The night looks at the tenant, and no question is put so that a guest sees who else is asked about."""

from datetime import timedelta
from pathlib import Path

import pytest

from reviews.errors import Transient
from reviews.model import BatchId, GuestRole, Licence, Unreadable, Vehicle
from reviews.records import Act
from sandbox.people_cast import GuestSpec
from sandbox.stories import Story
from sandbox.tenant import DEFAULT_GRANTED, Fault
from sandbox.tenant_licence import Licence as Bought
from tests.incidents.setting import people
from tests.stories.telling import Tale, telling

READ_ROLE = "GET /policies/authorizationPolicy"
READ_LICENCE = "GET /subscribedSkus"


def a_pair_and_a_loner() -> Story:
    """Sara is asked about two guests, Fay about one."""
    silent = timedelta(days=120)
    return people(
        GuestSpec(name="ada", silent_for=silent, sponsors=("sara",)),
        GuestSpec(name="pim", silent_for=silent, sponsors=("sara",)),
        GuestSpec(name="solo", silent_for=silent, sponsors=("fay",)),
    )


async def vehicles(tale: Tale) -> set[Vehicle | None]:
    return {one.vehicle for one in (await tale.plan()).actions if one.kind is Act.ASK}


async def asked_in_the_record_alone(tale: Tale) -> None:
    """Nothing of ours is in the directory, and the question is put and answered all the same."""
    assert tale.quick.tenant.groups_created() == ()
    assert tale.quick.tenant.definitions() == ()
    await tale.answer("sara", {"ada": "keep"})
    assert "answered" in await tale.kinds("ada")


async def test_a_tenant_that_shows_guests_nobody_uses_one_group_for_each_reviewer(tmp_path: Path) -> None:
    async with telling(tmp_path, quiet=False) as tale:
        await tale.night(0)
        assert await vehicles(tale) == {Vehicle.COHORT}
        groups = {one["id"]: set(one["members"]) for one in tale.quick.tenant.groups_created()}
        batch = await tale.quick.ledger.batch(BatchId((await tale.case("ada")).batch_id))
        assert batch is not None
        assert groups[batch.group_id] == set(batch.guests)
        assert len(batch.guests) > 1
        assert (await tale.plan()).tier is Licence.P2


async def test_refuse_holds_the_questions_whose_guests_would_see_one_another(tmp_path: Path) -> None:
    async with telling(tmp_path, story=a_pair_and_a_loner(), reviews={"cohort": "refuse"}) as tale:
        tale.quick.tenant.guest_role = GuestRole.LIMITED
        await tale.night(0)
        plan = await tale.plan()
        held = {one.action.guest_id for one in plan.held if one.held_by == "co-members-visible"}
        assert held == {tale.id("ada"), tale.id("pim")}
        asked = {one.guest_id: one.vehicle for one in plan.actions if one.kind is Act.ASK}
        assert asked == {tale.id("solo"): Vehicle.ALONE}, "who is asked about alone sees nobody"


async def test_ledger_opens_no_review_where_guests_would_see_one_another(tmp_path: Path) -> None:
    async with telling(tmp_path, story=a_pair_and_a_loner(), reviews={"cohort": "ledger"}) as tale:
        tale.quick.tenant.guest_role = GuestRole.AS_MEMBERS
        await tale.night(0)
        assert await vehicles(tale) == {Vehicle.LEDGER, Vehicle.ALONE}
        batch = await tale.quick.ledger.batch(BatchId((await tale.case("ada")).batch_id))
        assert batch is not None
        assert (batch.group_id, batch.definition_id) == (None, None)
        assert all(len(one["members"]) == 1 for one in tale.quick.tenant.groups_created())


@pytest.mark.parametrize("bought", [Bought.NONE, Bought.P1])
async def test_without_p2_no_review_is_even_tried(tmp_path: Path, bought: Bought) -> None:
    async with telling(tmp_path) as tale:
        tale.quick.tenant.licence = bought
        await tale.night(0)
        assert await vehicles(tale) == {Vehicle.LEDGER}
        tried = {call.operation for call in tale.quick.tenant.calls}
        assert not tried & {"POST /groups", "POST /identityGovernance/accessReviews/definitions"}
        await asked_in_the_record_alone(tale)


async def test_what_the_tenant_is_able_to_is_read_once_a_night(tmp_path: Path) -> None:
    async with telling(tmp_path) as tale:
        await tale.night(0)
        calls = [call.operation for call in tale.quick.tenant.calls]
        assert calls.count(READ_ROLE) == 1


async def test_a_role_that_cannot_be_read_counts_as_one_that_shows_others(tmp_path: Path) -> None:
    granted = sorted(DEFAULT_GRANTED - {"Policy.Read.All"})
    async with telling(tmp_path, granted=granted) as tale:
        await tale.night(0)
        assert await vehicles(tale) == {Vehicle.ALONE}


async def test_a_tenant_that_does_not_answer_ends_no_night(tmp_path: Path) -> None:
    async with telling(tmp_path) as tale:
        tale.quick.tenant.faults = lambda name, _: Fault(when="before") if name == READ_LICENCE else None
        terms = await tale.quick.house.looking_closer.terms()
        assert terms.licence == terms.guest_role == Unreadable(why="failed")
        with pytest.raises(Transient):
            await tale.quick.house.tenant_facts.licence()
