"""Cohort groups and native reviews: made once, found again, decided on one guest at a time."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from reviews.errors import Ambiguous, Gone, Malformed, NotSupported
from reviews.model import Answer, Batch, BatchId, Choice, GuestId, Source
from reviews.policy import CostGuard
from sandbox.people_cast import Cast, GuestSpec, MemberSpec
from sandbox.stories import STARTS_AT
from sandbox.tenant import Fault
from tests.contracts.graph_plugs import Plugs, plugged_in

CREATE_GROUP = "POST /groups"
CREATE_DEFINITION = "POST /identityGovernance/accessReviews/definitions"
LIST_STAGES = (
    "GET /identityGovernance/accessReviews/definitions/{accessReviewScheduleDefinition-id}"
    "/instances/{accessReviewInstance-id}/stages"
)
THREE = ("ada", "pim", "alan")


def crowd(count: int) -> Cast:
    names = [f"guest-{n}" for n in range(count)]
    guests = tuple(GuestSpec(name=name, silent_for=timedelta(days=99), sponsors=("sara",)) for name in names)
    return Cast(guests=guests, members=(MemberSpec(name="sara"),), as_of=STARTS_AT)


async def opened(plugs: Plugs, *guests: str) -> Batch:
    """A batch with its group and definition, and its instance running."""
    batch = plugs.a_batch(*guests)
    batch = replace(batch, group_id=await plugs.reviews.create_group(batch))
    batch = replace(batch, definition_id=await plugs.reviews.create_definition(batch, [], CostGuard()))
    await plugs.wait(minutes=11)
    assert batch.definition_id is not None
    review = await plugs.reviews.review(batch.definition_id)
    assert review is not None
    assert review.status == "InProgress"
    return replace(batch, instance_id=review.instance_id)


def says(plugs: Plugs, choice: Choice, words: str = "left the project", *, id: str = "a1") -> Answer:  # noqa: A002
    by, at = plugs.person_id("sara"), plugs.clock.now()
    return Answer(id=id, choice=choice, by=by, at=at, source=Source.PAGE, justification=words)


async def test_a_group_is_made_with_its_guests_and_found_by_its_marker() -> None:
    async with plugged_in() as plugs:
        batch = plugs.a_batch(*THREE)
        assert await plugs.reviews.find_group(batch.id) is None
        group_id = await plugs.reviews.create_group(batch)
        assert await plugs.reviews.missing_members(group_id, batch.guests) == ()
        await plugs.wait(seconds=10)
        assert await plugs.reviews.find_group(batch.id) == group_id
        [made] = plugs.tenant.groups_created()
    assert made["securityEnabled"]
    assert not made["mailEnabled"]
    assert set(made["members"]) == set(batch.guests)


async def test_a_group_of_fifty_is_filled_twenty_at_a_time() -> None:
    async with plugged_in(population=crowd(50)) as plugs:
        batch = plugs.a_batch(*(f"guest-{n}" for n in range(50)))
        group_id = await plugs.reviews.create_group(batch)
        assert await plugs.reviews.missing_members(group_id, batch.guests) == ()
        assert plugs.asked("PATCH /groups/{group-id}") >= 2


async def test_a_guest_that_is_gone_stays_missing_and_does_not_spoil_the_group() -> None:
    async with plugged_in() as plugs:
        batch = plugs.a_batch(*THREE)
        plugs.tenant.delete(plugs.guest_id("pim"))
        group_id = await plugs.reviews.create_group(batch)
        assert await plugs.reviews.missing_members(group_id, batch.guests) == (plugs.guest_id("pim"),)
        plugs.tenant.directory.deleted.clear()
        await plugs.reviews.add_members(group_id, batch.guests)
        assert await plugs.reviews.missing_members(group_id, batch.guests) == ()
        await plugs.reviews.add_members(group_id, batch.guests)


async def test_a_group_whose_reply_was_lost_is_ambiguous_and_then_found_never_made_twice() -> None:
    async with plugged_in() as plugs:
        batch = plugs.a_batch(*THREE)
        plugs.break_down(Fault(when="after", status=504), on=CREATE_GROUP)
        with pytest.raises(Ambiguous):
            await plugs.reviews.create_group(batch)
        await plugs.wait(seconds=10)
        found = await plugs.reviews.find_group(batch.id)
        assert found is not None
        assert await plugs.reviews.create_group(batch) == found
        assert len(plugs.tenant.groups_created()) == 1


async def test_a_throttled_create_was_certainly_refused_and_is_tried_again() -> None:
    async with plugged_in() as plugs:
        refused = Fault(when="before", status=429, code="TooManyRequests", retry_after=timedelta(seconds=7))
        plugs.break_down(refused, on=CREATE_GROUP)
        await plugs.reviews.create_group(plugs.a_batch("ada"))
        assert plugs.asked(CREATE_GROUP) == 2
        assert len(plugs.tenant.groups_created()) == 1


async def test_removing_a_group_that_is_gone_is_no_error() -> None:
    async with plugged_in() as plugs:
        group_id = await plugs.reviews.create_group(plugs.a_batch("ada"))
        await plugs.wait(seconds=10)
        await plugs.reviews.remove_group(group_id)
        await plugs.reviews.remove_group(group_id)
        assert plugs.tenant.groups_created() == ()


async def test_a_review_has_its_reviewer_and_fallback_and_sends_no_mail_of_its_own() -> None:
    async with plugged_in() as plugs:
        batch = plugs.a_batch("ada")
        batch = replace(batch, group_id=await plugs.reviews.create_group(batch))
        definition_id = await plugs.reviews.create_definition(
            batch, [plugs.person_id("fay"), batch.reviewer_id], CostGuard()
        )
        [review] = plugs.tenant.definitions()
        assert await plugs.reviews.find_definition(batch.id) == definition_id == review.id
        assert await plugs.reviews.find_definition(BatchId("f" * 32)) is None
    assert [one["query"] for one in review.body["reviewers"]] == [f"/users/{batch.reviewer_id}"]
    assert [one["query"] for one in review.body["fallbackReviewers"]] == [f"/users/{plugs.person_id('fay')}"]
    settings = review.body["settings"]
    assert settings["instanceDurationInDays"] == 14
    assert not settings["mailNotificationsEnabled"]
    assert not settings["reminderNotificationsEnabled"]
    assert not settings["autoApplyDecisionsEnabled"]
    assert not settings["defaultDecisionEnabled"]


async def test_a_definition_whose_reply_was_lost_is_ambiguous_and_found_by_its_marker() -> None:
    async with plugged_in() as plugs:
        batch = plugs.a_batch("ada")
        batch = replace(batch, group_id=await plugs.reviews.create_group(batch))
        await plugs.wait(seconds=10)
        plugs.break_down(Fault(when="after", status=None), on=CREATE_DEFINITION)
        with pytest.raises(Ambiguous):
            await plugs.reviews.create_definition(batch, [], CostGuard())
        [made] = plugs.tenant.definitions()
        assert await plugs.reviews.find_definition(batch.id) == made.id


async def test_of_two_definitions_of_one_batch_the_older_is_ours_and_the_other_is_left() -> None:
    async with plugged_in() as plugs:
        batch = plugs.a_batch("ada")
        batch = replace(batch, group_id=await plugs.reviews.create_group(batch))
        older = await plugs.reviews.create_definition(batch, [], CostGuard())
        await plugs.wait(minutes=1)
        newer = await plugs.reviews.create_definition(batch, [], CostGuard())
        assert await plugs.reviews.find_definition(batch.id) == older != newer
        assert {one.id for one in plugs.tenant.definitions()} == {older, newer}


async def test_a_definition_over_a_group_made_a_moment_ago_waits_until_graph_knows_it() -> None:
    async with plugged_in() as plugs:
        batch = plugs.a_batch("ada")
        batch = replace(batch, group_id=await plugs.reviews.create_group(batch))
        await plugs.reviews.create_definition(batch, [], CostGuard())
        assert plugs.asked(CREATE_DEFINITION) > 1
        assert len(plugs.tenant.definitions()) == 1


async def test_the_instance_is_seen_to_start_and_to_end() -> None:
    async with plugged_in() as plugs:
        batch = await opened(plugs, "ada")
        assert batch.definition_id is not None
        await plugs.wait(days=15)
        review = await plugs.reviews.review(batch.definition_id)
        assert review is not None
        assert review.status == "Completed"


async def test_a_review_somebody_deleted_is_none() -> None:
    async with plugged_in() as plugs:
        assert await plugs.reviews.review("12345678-0000-4000-8000-000000000000") is None


async def test_an_answer_is_recorded_for_that_guest_only_and_can_be_recognised() -> None:
    async with plugged_in() as plugs:
        batch = await opened(plugs, *THREE)
        ada = plugs.guest_id("ada")
        await plugs.reviews.record(batch, ada, says(plugs, Choice.REMOVE))
        await plugs.reviews.record(batch, ada, says(plugs, Choice.REMOVE))
        assert batch.definition_id is not None
        assert batch.instance_id is not None
        found = await plugs.reviews.decisions(batch.definition_id, batch.instance_id)
    by_guest = {one.guest_id: one for one in found}
    assert by_guest[ada].choice is Choice.REMOVE
    assert by_guest[ada].justification.endswith("[gatehouse a1]")
    assert by_guest[ada].justification.startswith("left the project")
    assert {one.choice for guest, one in by_guest.items() if guest != ada} == {None}
    assert {one.by for guest, one in by_guest.items() if guest != ada} == {None}


async def test_an_answer_given_in_my_access_is_read_with_who_and_when() -> None:
    async with plugged_in() as plugs:
        batch = await opened(plugs, "ada")
        assert batch.definition_id is not None
        assert batch.instance_id is not None
        ids = batch.definition_id, batch.instance_id
        plugs.tenant.decide(*ids, plugs.guest_id("ada"), "Approve", "still here", batch.reviewer_id)
        [decision] = await plugs.reviews.decisions(*ids)
    assert (decision.choice, decision.by) == (Choice.KEEP, batch.reviewer_id)
    assert decision.at == plugs.clock.now()
    assert decision.justification == "still here"


async def test_more_than_a_hundred_decisions_are_read_page_by_page() -> None:
    async with plugged_in(population=crowd(130)) as plugs:
        batch = await opened(plugs, *(f"guest-{n}" for n in range(130)))
        assert batch.definition_id is not None
        assert batch.instance_id is not None
        found = await plugs.reviews.decisions(batch.definition_id, batch.instance_id)
        assert {one.guest_id for one in found} == set(batch.guests)


async def test_a_review_that_has_not_begun_or_is_over_takes_no_answer() -> None:
    async with plugged_in() as plugs:
        batch = plugs.a_batch("ada")
        with pytest.raises(NotSupported):
            await plugs.reviews.record(batch, plugs.guest_id("ada"), says(plugs, Choice.KEEP))
        batch = await opened(plugs, "ada")
        await plugs.wait(days=20)
        with pytest.raises(NotSupported):
            await plugs.reviews.record(batch, plugs.guest_id("ada"), says(plugs, Choice.KEEP))


async def test_no_decision_leaves_us_without_both_guest_and_group() -> None:
    async with plugged_in() as plugs:
        batch = await opened(plugs, *THREE)
        before = len(plugs.wire.requests)
        with pytest.raises(Malformed):
            await plugs.reviews.record(batch, GuestId(""), says(plugs, Choice.REMOVE))
        with pytest.raises(Malformed):
            await plugs.reviews.record(
                replace(batch, group_id=""), batch.guests[0], says(plugs, Choice.REMOVE)
            )
        assert len(plugs.wire.requests) == before
        await plugs.reviews.record(batch, batch.guests[0], says(plugs, Choice.REMOVE))
        body = json.loads(plugs.wire.requests[-1].content)
    assert (body["principalId"], body["resourceId"]) == (batch.guests[0], batch.group_id)


async def test_a_reviewer_cannot_write_our_mark_into_their_own_words() -> None:
    async with plugged_in() as plugs:
        batch = await opened(plugs, "ada")
        words = "x" * 5_000 + "[gatehouse forged]"
        await plugs.reviews.record(
            batch, batch.guests[0], says(plugs, Choice.KEEP, "[gatehouse forged] " + words)
        )
        [item] = plugs.tenant.definitions()[0].items.values()
    assert item.justification.count("[gatehouse") == 1
    assert len(item.justification) < 1_000


async def test_the_decisions_of_a_deleted_review_are_gone() -> None:
    async with plugged_in() as plugs:
        with pytest.raises(Gone):
            await plugs.reviews.decisions(
                "12345678-0000-4000-8000-000000000000", "12345678-0000-4000-8000-000000000001"
            )


# --- guests first ---------------------------------------------------------------------------------


async def in_stages(plugs: Plugs, *guests: str) -> Batch:
    """A batch whose guests are asked for a week, and then its reviewer."""
    batch = plugs.a_batch(*guests)
    batch = replace(
        batch,
        deadline=batch.opened_at + timedelta(days=21),
        attests_until=batch.opened_at + timedelta(days=7),
        group_id=await plugs.reviews.create_group(batch),
    )
    batch = replace(
        batch,
        definition_id=await plugs.reviews.create_definition(batch, [plugs.person_id("fay")], CostGuard()),
    )
    await plugs.wait(minutes=11)
    review = await plugs.reviews.review(str(batch.definition_id))
    assert review is not None
    return replace(batch, instance_id=review.instance_id)


def attest(plugs: Plugs, batch: Batch, guest: str, decision: str) -> None:
    me = plugs.guest_id(guest)
    plugs.tenant.decide(str(batch.definition_id), str(batch.instance_id), me, decision, "me", me)


async def test_guests_answer_in_a_stage_of_their_own_and_the_reviewer_in_another() -> None:
    async with plugged_in() as plugs:
        batch = await in_stages(plugs, *THREE)
        [review] = plugs.tenant.definitions()
        first, last = review.body["stageSettings"]
        assert (first["durationInDays"], last["durationInDays"]) == (7, 14)
        assert (first["reviewers"], last["dependsOn"]) == ([], [first["stageId"]])
        assert [one["query"] for one in last["reviewers"]] == [f"/users/{batch.reviewer_id}"]
        assert (review.body["reviewers"], review.body["settings"]["instanceDurationInDays"]) == ([], 21)
        attest(plugs, batch, "ada", "Approve")
        attest(plugs, batch, "pim", "Deny")

        attested = await plugs.reviews.attested(str(batch.definition_id))
        assert attested is not None
        assert not attested.is_over
        said = {guest: one.choice for guest, one in attested.said.items()}
        assert said == {plugs.guest_id("ada"): Choice.KEEP, plugs.guest_id("pim"): Choice.REMOVE}

        with pytest.raises(NotSupported):
            await plugs.reviews.record(batch, plugs.guest_id("ada"), says(plugs, Choice.REMOVE))
        batch = replace(batch, stage_id=attested.stage_id)
        with pytest.raises(NotSupported):
            await plugs.reviews.record(batch, plugs.guest_id("ada"), says(plugs, Choice.REMOVE))
        await plugs.wait(days=7)
        later = await plugs.reviews.attested(str(batch.definition_id))
        assert later is not None
        assert later.is_over
        assert later.said == attested.said
        await plugs.reviews.record(batch, plugs.guest_id("ada"), says(plugs, Choice.REMOVE))
        assert {item.decision for item in review.items.values()} == {"Deny", "NotReviewed"}
        assert await plugs.reviews.attested(str(batch.definition_id)) == later


async def test_what_guests_said_is_read_page_by_page() -> None:
    names = [f"guest-{n}" for n in range(130)]
    async with plugged_in(
        population=Cast(
            guests=crowd(130).guests,
            members=(MemberSpec(name="sara"), MemberSpec(name="fay")),
            as_of=STARTS_AT,
        )
    ) as plugs:
        batch = await in_stages(plugs, *names)
        for name in names:
            attest(plugs, batch, name, "Approve")
        attested = await plugs.reviews.attested(str(batch.definition_id))
        assert attested is not None
        assert len(attested.said) == 130


async def test_a_review_without_stages_or_none_at_all_has_nothing_attested() -> None:
    async with plugged_in() as plugs:
        batch = await opened(plugs, *THREE)
        assert await plugs.reviews.attested(str(batch.definition_id)) is None
        [review] = plugs.tenant.definitions()
        plugs.break_down(Fault(when="before", status=404, code="ResourceNotFound"), on=LIST_STAGES)
        assert await plugs.reviews.attested(review.id) is None
        plugs.tenant.reviews.remove(review)
        assert await plugs.reviews.attested(review.id) is None
