"""Where guests see who else is in a group, each has a group, a review and a place of their own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reviews.model import Alone, BatchId, BatchStep, GuestId, GuestRole, Step
from reviews.native import DELETED
from sandbox.tenant import DEFAULT_GRANTED, Fault
from sandbox.tenant_review_records import Review
from tests.stories.telling import Tale, telling

REVIEWS = frozenset({"AccessReview.ReadWrite.All", "AccessReview.Read.All"})


@pytest.fixture
async def tale(tmp_path: Path) -> AsyncIterator[Tale]:
    """A first night in a tenant whose guests see the members of their groups; the reviews have begun."""
    async with telling(tmp_path, caps={"harmful_share": 1.0}, quiet=False) as told:
        told.quick.tenant.guest_role = GuestRole.LIMITED
        await told.night(0)
        nobody_sees_anybody(told)
        await told.quick.clock.sleep(told.quick.tenant.start_delay * 2)
        yield told
        nobody_sees_anybody(told)


def nobody_sees_anybody(tale: Tale) -> None:
    assert all(len(one["members"]) <= 1 for one in tale.quick.tenant.groups_created())


async def review_alone(tale: Tale, guest: str) -> Alone:
    cards = await tale.quick.ledger.cards((await tale.case(guest)).batch_id)
    alone = next(card.alone for card in cards if card.guest_id == tale.id(guest))
    assert alone is not None
    return alone


async def review_of(tale: Tale, guest: str) -> Review:
    alone = await review_alone(tale, guest)
    return next(one for one in tale.quick.tenant.definitions() if one.id == alone.definition_id)


async def decided(tale: Tale, guest: str) -> dict[str, str]:
    return {person: item.decision for person, item in (await review_of(tale, guest)).items.items()}


async def test_each_guest_has_a_group_and_a_review_of_their_own_and_the_reviewer_one_mail(tale: Tale) -> None:
    cases = await tale.quick.ledger.live_cases()
    groups = tale.quick.tenant.groups_created()
    assert sorted(one["members"] for one in groups) == sorted([case.guest_id] for case in cases)
    names = {str(one.body["displayName"]) for one in tale.quick.tenant.definitions()}
    assert len(names) == len(cases) == len({one["mailNickname"] for one in groups})
    batch = await tale.quick.ledger.batch(BatchId((await tale.case("ada")).batch_id))
    assert batch is not None
    assert (batch.group_id, batch.definition_id, batch.step) == (None, None, BatchStep.OPEN)
    assert len(batch.guests) > 1
    (asked,) = tale.quick.tenant.inbox(str((tale.guest("sara") or {})["mail"]))
    assert "My Access" in (asked.html or "")


async def test_an_answer_is_written_to_the_guests_own_review_and_to_no_other(tale: Tale) -> None:
    await tale.answer("sara", {"ada": "remove", "pim": "keep"})
    assert await decided(tale, "ada") == {tale.id("ada"): "Deny"}
    assert await decided(tale, "pim") == {tale.id("pim"): "Approve"}
    assert await decided(tale, "just-over") == {tale.id("just-over"): "NotReviewed"}
    assert "mirrored" in await tale.kinds("ada")


async def test_an_answer_given_before_the_review_has_begun_is_written_by_the_next_tracking(
    tmp_path: Path,
) -> None:
    async with telling(tmp_path) as tale:
        tale.quick.tenant.guest_role = GuestRole.LIMITED
        await tale.night(0)
        await tale.answer("sara", {"ada": "keep"})
        assert "mirrored" not in await tale.kinds("ada")
        await tale.noon(0)
        assert await decided(tale, "ada") == {tale.id("ada"): "Approve"}


async def test_an_answer_given_in_my_access_is_read_from_the_guests_own_review(tale: Tale) -> None:
    review = await review_of(tale, "ada")
    tale.quick.tenant.decide(
        review.id, review.instance_id, tale.id("ada"), "Deny", "in My Access", tale.id("sara")
    )
    await tale.noon(0)
    case = await tale.case("ada")
    assert case.answer is not None
    assert (case.answer.by, case.answer.source.value) == (tale.id("sara"), "my-access")
    assert (await tale.case("pim")).step is Step.ASKED
    assert (await review_alone(tale, "ada")).contacted == (tale.id("sara"),)


async def test_a_review_that_somebody_deletes_is_told_once_and_the_question_goes_on(
    tale: Tale, caplog: pytest.LogCaptureFixture
) -> None:
    tale.quick.tenant.reviews.remove(await review_of(tale, "ada"))
    await tale.noon(1)
    await tale.noon(2)
    assert (await review_alone(tale, "ada")).native == DELETED
    assert len([one for one in caplog.records if getattr(one, "event", "") == "native.ended"]) == 1
    await tale.answer("sara", {"ada": "keep", "pim": "keep"})
    assert (await tale.case("ada")).step is Step.KEPT
    assert await decided(tale, "pim") == {tale.id("pim"): "Approve"}


async def test_an_answer_taken_back_natively_is_noted_once(tale: Tale) -> None:
    await tale.answer("sara", {"ada": "keep"})
    review = await review_of(tale, "ada")
    assert review.newest is not None
    tale.quick.tenant.reviews.reset(review.newest, tale.quick.clock.now())
    await tale.noon(1)
    await tale.noon(2)
    assert (await tale.kinds("ada")).count("native-reset") == 1


async def test_a_question_that_goes_to_a_colleague_gets_a_review_of_its_own_there(tale: Tale) -> None:
    before = await review_alone(tale, "ada")
    await tale.answer("sara", {"ada": "not-mine"})
    after = await review_alone(tale, "ada")
    assert after.id != before.id
    assert after.definition_id not in {None, before.definition_id}
    nobody_sees_anybody(tale)


async def test_every_group_goes_with_its_round(tale: Tale) -> None:
    first = {one["id"] for one in tale.quick.tenant.groups_created()}
    for day in (14, 15, 16):
        await tale.noon(day)
    assert not first & {one["id"] for one in tale.quick.tenant.groups_created()}


async def test_where_entra_refuses_reviews_no_group_is_left(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with telling(tmp_path, granted=sorted(DEFAULT_GRANTED - REVIEWS)) as tale:
        tale.quick.tenant.guest_role = GuestRole.LIMITED
        await tale.night(0)
        assert tale.quick.tenant.groups_created() == ()
        assert [one for one in caplog.records if getattr(one, "event", "") == "batch.without-review"]
        cards = await tale.quick.ledger.cards((await tale.case("ada")).batch_id)
        assert {card.alone for card in cards} == {None}
        await tale.answer("sara", {"ada": "keep"})
        assert (await tale.case("ada")).step is Step.KEPT


async def test_a_group_that_may_not_be_removed_at_once_goes_with_the_round(tmp_path: Path) -> None:
    async with telling(tmp_path, granted=sorted(DEFAULT_GRANTED - REVIEWS)) as tale:
        tale.quick.tenant.guest_role = GuestRole.LIMITED
        refused = Fault(when="before", status=403, code="Authorization_RequestDenied")
        tale.quick.tenant.faults = lambda name, _: refused if name.startswith("DELETE /groups") else None
        await tale.night(0)
        assert tale.quick.tenant.groups_created()
        assert (await review_alone(tale, "ada")).definition_id is None
        tale.quick.tenant.faults = None
        first = {one["id"] for one in tale.quick.tenant.groups_created()}
        for day in (14, 15, 16):
            await tale.noon(day)
        assert not first & {one["id"] for one in tale.quick.tenant.groups_created()}


async def test_a_guest_alone_is_asked_first_in_the_first_stage_of_its_own_review(tmp_path: Path) -> None:
    first = {"guest_attests_first": "P7D"}
    async with telling(tmp_path, quiet=False, reviews=first, caps={"harmful_share": 1.0}) as tale:
        tenant = tale.quick.tenant
        tenant.guest_role = GuestRole.LIMITED
        await tale.night(0)
        await tale.quick.clock.sleep(tenant.start_delay * 2)
        review = await review_of(tale, "ada")
        tenant.decide(review.id, review.instance_id, tale.id("ada"), "Approve", "me", tale.id("ada"))
        assert tale.mails("sara") == []
        for day in range(1, 9):
            await tale.noon(day)

        cards = await tale.quick.ledger.cards((await tale.case("ada")).batch_id)
        told = {card.guest_id: {reason.code for reason in card.reasons} for card in cards}
        assert "guest-needs-it" in told[GuestId(tale.id("ada"))]
        assert "guest-was-silent" in told[GuestId(tale.id("pim"))]
        await tale.answer("sara", {"ada": "remove"})
        assert (await tale.case("ada")).step is Step.DENIED
        stages = (await review_of(tale, "ada")).instances[0].stages
        assert [next(iter(one.items.values())).decision for one in stages] == ["Approve", "Deny"]
        nobody_sees_anybody(tale)


async def test_guests_are_not_asked_first_where_no_review_could_be_opened(tmp_path: Path) -> None:
    granted = sorted(DEFAULT_GRANTED - REVIEWS)
    async with telling(tmp_path, granted=granted, reviews={"guest_attests_first": "P7D"}) as tale:
        tale.quick.tenant.guest_role = GuestRole.LIMITED
        await tale.night(0)
        assert tale.mails("sara")
