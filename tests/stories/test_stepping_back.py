"""Others act on guests too: before them we step back, and what they did meanwhile is told."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.graph.access_reviews import DEFINITIONS
from adapters.graph.operations import CREATE_DEFINITION, LIST_LIFECYCLE_POLICIES, READ_PACKAGE_SETTINGS
from admin.explained import as_object, show
from admin.explaining import explain
from reviews.model import GuestId, Outcome, Step
from sandbox.package_stories import a_guest_lifecycle_policy, a_package, a_policy, holds
from sandbox.people_cast import Cast
from sandbox.people_specs import GroupSpec, GuestSpec, MemberSpec
from sandbox.stories import STARTS_AT, Story
from sandbox.tenant import Fault
from sandbox.tenant_licence import Licence
from tests.contracts.graph_room import a_definition
from tests.stories.telling import Tale, telling

STALE = timedelta(days=120)
CAST = Cast(
    as_of=STARTS_AT,
    members=(MemberSpec(name="sara"), MemberSpec(name="fay"), MemberSpec(name="owen")),
    group_specs=(GroupSpec(name="Vendor team", owners=("owen",)),),
    guests=(
        GuestSpec(name="ada", silent_for=STALE, sponsors=("sara",)),
        GuestSpec(name="pim", silent_for=STALE, sponsors=("sara",), reaches=("Vendor team",)),
        *(GuestSpec(name=f"used{n}", silent_for=timedelta(days=3), sponsors=("sara",)) for n in range(6)),
    ),
)
STORY = Story(name="others", says="Others act on guests.", population=CAST)


@pytest.fixture
async def tale(tmp_path: Path) -> AsyncIterator[Tale]:
    async with telling(tmp_path, story=STORY, quiet=False, caps={"harmful_share": 1.0}) as told:
        told.quick.tenant.licence = Licence.GOVERNANCE
        yield told


def a_rival(tale: Tale, silent_days: int = 125) -> None:
    """A guest lifecycle policy, a year old, that blocks who was silent for so many days."""
    made_at = STARTS_AT - timedelta(days=365)
    policy = a_guest_lifecycle_policy(since=made_at, silent_days=silent_days, sponsors=0, grace=0)
    tale.quick.tenant.governance.lifecycle_policies = [policy]


async def held(tale: Tale) -> dict[str, list[tuple[str, Any]]]:
    """Say by what tonight's questions are held, with the day, by guest."""
    return {
        one.action.guest_id: [(one.held_by, reason.params.get("on"))]
        for one in (await tale.plan()).held
        for reason in one.action.reasons
        if reason.code == one.held_by
    }


async def told(tale: Tale, name: str) -> dict[str, Any]:
    judged: dict[str, Any] = as_object(await explain(tale.quick.house, GuestId(tale.id(name))))["judged"]
    return judged


async def test_a_guest_whom_a_lifecycle_policy_is_about_to_block_is_asked_about_when_it_did_not(
    tale: Tale, capsys: pytest.CaptureFixture[str]
) -> None:
    a_rival(tale)
    await tale.night(0)
    due = f"{STARTS_AT + timedelta(days=5):%Y-%m-%d}"
    assert (await held(tale))[tale.id("ada")] == [("lifecycle-policy-acts", due)]
    others = (await told(tale, "ada"))["others"]
    assert [(one["rival"], one["on"][:10], one["near"]) for one in others["deeds"]] == [
        ("guest-lifecycle-policy", due, True)
    ]
    assert others["waits_for"]["what"] == "Silent guests"
    await show(tale.quick.house, GuestId(tale.id("ada")), as_json=False)
    text = capsys.readouterr().out
    assert f"guest-lifecycle-policy Silent guests on {due}, deletes on" in text
    assert "near, and we wait" in text
    assert "Silent guests of the tenant acts on the guest by itself" in text

    await tale.night(11)
    assert tale.id("ada") in await held(tale), "a week of patience"
    await tale.night(13)
    assert (await tale.case("ada")).step is Step.ASKED
    assert (await told(tale, "ada"))["others"]["deeds"][0]["near"] is False


async def test_who_is_blocked_by_others_meanwhile_is_not_asked_about(tale: Tale) -> None:
    a_rival(tale)
    await tale.night(0)
    tale.quick.tenant.change(tale.id("ada"), accountEnabled=False)
    await tale.night(13)
    assert await tale.quick.ledger.case(GuestId(tale.id("ada"))) is None
    assert (await tale.case("pim")).step is Step.ASKED


async def test_a_policy_that_does_not_yield_asks_all_the_same(tale: Tale) -> None:
    a_rival(tale)
    tale.change_policy(mode="enforce", coexistence={"yield_to": []})
    await tale.night(0)
    assert (await tale.case("ada")).step is Step.ASKED


async def test_harm_waits_for_others_is_told_once_and_not_for_ever(tale: Tale) -> None:
    await tale.night(0)
    await tale.answer("sara", {"ada": "remove"})
    a_rival(tale)
    for day in (1, 2, 3):
        await tale.night(day)
    objections = [one for one in await tale.events("ada") if one.kind == "objection"]
    assert [(one.facts["because"], one.facts["on"], one.facts["name"]) for one in objections] == [
        ("lifecycle-policy-acts", f"{STARTS_AT + timedelta(days=5):%Y-%m-%d}", "Silent guests")
    ]
    assert (await tale.case("ada")).step is Step.DENIED
    await tale.night(13)
    await tale.noon(13)
    assert (await tale.case("ada")).step is Step.NOTICED


async def test_harm_waits_a_night_for_others_who_could_not_be_read_just_now(tale: Tale) -> None:
    await tale.night(0)
    await tale.answer("sara", {"ada": "remove"})
    broken = {READ_PACKAGE_SETTINGS.name, LIST_LIFECYCLE_POLICIES.name}
    tale.quick.tenant.faults = lambda operation, _: Fault(when="before") if operation in broken else None
    await tale.night(1)
    [told] = [one for one in await tale.events("ada") if one.kind == "objection"]
    assert (told.facts["because"], told.facts["what"]) == (
        "others-not-read",
        "guest-lifecycle-policy, package-lifecycle",
    )
    tale.quick.tenant.faults = None
    await tale.night(2)
    await tale.noon(2)
    assert (await tale.case("ada")).step is Step.NOTICED


async def test_the_last_package_is_waited_for_when_it_takes_the_account_along(tale: Tale) -> None:
    tenant = tale.quick.tenant
    tenant.packages.outsiders.settings |= {
        "externalUserLifecycleAction": "blockSignInAndDelete",
        "durationUntilExternalUserDeletedAfterBlocked": "P30D",
    }
    policy = a_policy(tenant, a_package(tenant, "Portal"), starts_at=STARTS_AT + timedelta(days=80))
    holds(tenant, tale.id("ada"), policy, ends_in=timedelta(days=10))
    holds(tenant, tale.id("pim"), policy, ends_in=timedelta(days=40))
    await tale.night(0)
    due = f"{STARTS_AT + timedelta(days=10):%Y-%m-%d}"
    assert await held(tale) == {tale.id("ada"): [("package-lifecycle-acts", due)]}
    async with tale.browser("sara") as browser:
        page = (await browser.get(tale.link("sara"))).text
    assert "when the last package ends, on" in page
    assert "blocks the account and deletes it 30 days later" in page


async def test_a_review_of_others_is_waited_for_unless_the_policy_says_otherwise(tale: Tale) -> None:
    body = a_definition(tale.id("Vendor team"), [f"/users/{tale.id('owen')}"])
    await tale.quick.house.graph.write(CREATE_DEFINITION, DEFINITIONS, body)
    await tale.quick.clock.sleep(tale.quick.tenant.start_delay * 2)
    await tale.night(0)
    due = f"{STARTS_AT + timedelta(days=14):%Y-%m-%d}"
    assert await held(tale) == {tale.id("pim"): [("in-native-review", due)]}
    [deed] = (await told(tale, "pim"))["others"]["deeds"]
    assert (deed["rival"], deed["what"], deed["near"]) == ("native-review", "Guests of Sara", True)

    tale.change_policy(mode="enforce", coexistence={"yield_to": ["guest-lifecycle-policy"]})
    await tale.night(1)
    assert (await tale.case("pim")).step is Step.ASKED


async def test_what_could_not_be_read_is_told_and_nobody_waits_for_it(tmp_path: Path) -> None:
    granted = ("User.Read.All", "AuditLog.Read.All", "Group.ReadWrite.All", "AccessReview.ReadWrite.All")
    async with telling(tmp_path, story=STORY, granted=granted) as tale:
        a_rival(tale)
        await tale.night(0)
        assert (await tale.case("ada")).step is Step.ASKED
        others = (await told(tale, "ada"))["others"]
        assert (others["deeds"], others["waits_for"]) == ([], None)
        assert set(others["unread"]) >= {"guest-lifecycle-policy", "package-lifecycle"}


async def test_operators_are_told_of_a_guest_who_became_a_member(tmp_path: Path) -> None:
    operators = {"sender": "guest-desk@contoso.example", "operators": ["ops@contoso.example"]}
    async with telling(tmp_path, story=STORY, caps={"harmful_share": 1.0}, mail=operators) as tale:
        await tale.night(0)
        tale.quick.tenant.change(tale.id("ada"), userType="Member")
        await tale.night(1)
        await tale.noon(1)
        case = await tale.case("ada")
        assert case.outcome is Outcome.CONVERTED
        digest = tale.quick.tenant.inbox("ops@contoso.example")[-1]
        assert "who are members now" in (digest.html or "")


async def test_an_account_invited_again_names_the_one_before_while_that_can_come_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with telling(tmp_path, story=STORY, caps={"harmful_share": 1.0}) as tale:
        await tale.night(0)
        await tale.answer("sara", {"ada": "remove"})
        ada = tale.guest("ada")
        assert ada is not None
        assert (await told(tale, "ada"))["before"] is None
        for day in (1, 9, 40):
            await tale.night(day)
        assert (await tale.case("ada")).step is Step.DELETED

        again = {**ada, "id": tale.quick.tenant.new_id(), "mail": str(ada["mail"]).upper()}
        tale.quick.tenant.add(again)
        await tale.quick.clock.sleep(timedelta(minutes=1))
        new = as_object(await explain(tale.quick.house, GuestId(again["id"])))["judged"]
        assert (new["before"]["guest_id"], new["before"]["step"]) == (tale.id("ada"), "deleted")
        await show(tale.quick.house, GuestId(again["id"]), as_json=False)
        assert f"invited again: {tale.id('ada')} was deleted on" in capsys.readouterr().out
        tale.quick.tenant.change(again["id"], mail=None)
        assert as_object(await explain(tale.quick.house, GuestId(again["id"])))["judged"]["before"] is None
