"""Who is asked, in one tenant in which each rung of the ladder in turn is the first that works."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from admin.explained import as_object
from admin.explaining import explain
from reviews.model import AskedAs, GuestId
from reviews.planning import Known, Survey
from reviews.policy import Mode
from reviews.records import Act
from sandbox.package_stories import a_connected_organization, a_package, a_person, a_policy, holds
from sandbox.people_cast import Cast, GroupSpec, GuestSpec, MemberSpec
from sandbox.people_groups import GroupKind
from sandbox.stories import STARTS_AT, Story
from tests import builders
from tests.stories.telling import Tale, telling

LATER = 95
"""Days after the start, when the audit log has long forgotten who invited Ines."""
RECENT: dict[str, Any] = {"aged": timedelta(days=20), "silent_for": timedelta(days=15)}
HERE = ("sara", "gerd", "ivo", "hilda", "petra", "otto", "vera", "maud", "fay")
SILENT = timedelta(days=200)


def silent(name: str, *sponsors: str, **more: Any) -> GuestSpec:
    return GuestSpec(name=name, silent_for=SILENT, sponsors=sponsors, **more)


CAST = Cast(
    as_of=STARTS_AT,
    guests=(
        silent("spencer", "sara", "left"),
        silent("grete", "few"),
        silent("nested", "outer"),
        GuestSpec(name="inez", **RECENT, invited_by="ivo"),
        GuestSpec(name="shared", **RECENT, invited_by="SharePoint"),
        silent("hugo", "huge"),
        silent("rudy", "ruled"),
        silent("emma", "empty"),
        silent("paul"),
        silent("oscar", address_domain="tailspin.example"),
        silent("gina", reaches=("harmless", "vault")),
        silent("manuel", "left"),
        silent("circe", "round"),
        silent("selma", "selma"),
        silent("guido", "spencer"),
        silent("noah"),
    ),
    members=(
        *(MemberSpec(name=name) for name in HERE),
        MemberSpec(name="left", standing="departed", manager="aged"),
        MemberSpec(name="aged", standing="departed", manager="maud"),
        MemberSpec(name="round", standing="departed", manager="about"),
        MemberSpec(name="about", standing="departed", manager="round"),
        *(MemberSpec(name=f"clerk{n}") for n in range(30)),
    ),
    group_specs=(
        GroupSpec(name="few", members=("left", "spencer", "gerd")),
        GroupSpec(name="outer", members=("inner",), kind=GroupKind.SECURITY),
        GroupSpec(name="inner", members=("outer", "gerd"), kind=GroupKind.SECURITY),
        GroupSpec(name="huge", members=tuple(f"clerk{n}" for n in range(30)), owners=("left", "hilda")),
        GroupSpec(name="ruled", kind=GroupKind.DYNAMIC, owners=("hilda",)),
        GroupSpec(name="empty", owners=("hilda",)),
        GroupSpec(name="harmless", owners=("sara",)),
        GroupSpec(name="vault", owners=("spencer", "vera")),
    ),
)  # fmt: skip

ASKED = {
    "spencer": ("sara", AskedAs.SPONSOR),
    "grete": ("gerd", AskedAs.SPONSOR),
    "nested": ("gerd", AskedAs.SPONSOR),
    "inez": ("ivo", AskedAs.CANDIDATE),
    "shared": ("fay", AskedAs.FALLBACK),
    "hugo": ("hilda", AskedAs.CANDIDATE),
    "rudy": ("hilda", AskedAs.CANDIDATE),
    "emma": ("hilda", AskedAs.CANDIDATE),
    "paul": ("petra", AskedAs.CANDIDATE),
    "oscar": ("otto", AskedAs.CANDIDATE),
    "gina": ("vera", AskedAs.CANDIDATE),
    "manuel": ("maud", AskedAs.CANDIDATE),
    "circe": ("fay", AskedAs.FALLBACK),
    "selma": ("fay", AskedAs.FALLBACK),
    "guido": ("fay", AskedAs.FALLBACK),
    "noah": ("fay", AskedAs.FALLBACK),
}
TOLD = {
    "inez": "asked-as-inviter",
    "hugo": "asked-as-sponsor-group-owner",
    "paul": "asked-as-package-approver",
    "oscar": "asked-as-organisation-sponsor",
    "gina": "asked-as-group-owner",
    "manuel": "asked-as-manager",
}


@pytest.fixture
async def tale(tmp_path: Path) -> AsyncIterator[Tale]:
    story = Story(name="ladder", says="Each rung in turn.", population=CAST)
    tiers = {"high": {"names": ["^vault$"]}}
    async with telling(tmp_path, story=story, mode=Mode.REPORT, quiet=False, tiers=tiers) as told:
        tenant = told.quick.tenant
        approved_by_petra = a_policy(
            tenant, a_package(tenant, "Joint venture"), reviewers=[a_person(told.id("petra"))]
        )
        holds(tenant, told.id("paul"), approved_by_petra, since=timedelta(days=1))
        a_connected_organization(tenant, "Tailspin", "tailspin.example", internal=(told.id("otto"),))
        yield told
        assert told.check is None or told.check.violations == []


async def test_each_rung_in_turn_is_the_first_that_works(tale: Tale) -> None:
    await tale.night(0)
    await tale.night(LATER)

    plan = await tale.plan()
    asks = {one.guest_id: one for one in plan.actions if one.kind is Act.ASK}
    called = {tale.id(name): name for name in ("fay", *{who for who, _ in ASKED.values()})}
    asked = {}
    for name in ASKED:
        ask = asks[GuestId(tale.id(name))]
        asked[name] = (called.get(ask.reviewers[0], ask.reviewers[0]), ask.asked_as)
    assert asked == ASKED
    for name, code in TOLD.items():
        assert code in [reason.code for reason in asks[GuestId(tale.id(name))].reasons], name
    everybody = {one for ask in asks.values() for one in ask.reviewers}
    assert everybody.isdisjoint({tale.id(guest.name) for guest in CAST.guests})
    assert everybody.isdisjoint({tale.id("left"), tale.id("aged"), tale.id("round"), tale.id("about")})


async def test_where_nobody_can_be_asked_nobody_is_and_operators_are_told(tmp_path: Path) -> None:
    alone = ("circe", "selma", "guido", "noah")
    guests = tuple(guest for guest in CAST.guests if guest.name in {*alone, "spencer"})
    story = Story(name="nobody", says="Nobody stands near.", population=replace(CAST, guests=guests))
    async with telling(tmp_path, story=story, quiet=False, reviewers={"fallback": []}) as tale:
        await tale.night(0)

        plan = await tale.plan()
        held = {one.action.guest_id: one.held_by for one in plan.held}
        assert held == {tale.id(name): "no-reviewer" for name in alone}
        (told,) = [reason for reason in plan.alerts if reason.code == "asks-without-reviewer"]
        assert told.params["count"] == len(alone)
        judged = as_object(await explain(tale.quick.house, GuestId(tale.id("noah"))))["judged"]
        assert [rung["code"] for rung in judged["rungs"]] == [
            "no-sponsor",
            *["rung-empty"] * 6,
            "no-reviewer",
        ]
        digests = [mail.html or "" for mail in tale.quick.tenant.inbox("operators@contoso.example")]
        assert f"{len(alone)} guests have nobody who can answer for them" in digests[-1]


async def test_nights_that_were_missed_for_too_long_are_told_as_a_gap(tale: Tale) -> None:
    await tale.night(0)
    assert "invitations-lost" not in [reason.code for reason in (await tale.plan()).alerts]

    await tale.night(LATER)

    (gap,) = [reason for reason in (await tale.plan()).alerts if reason.code == "invitations-lost"]
    assert gap.params["days"] == LATER - 30
    digests = [mail.html or "" for mail in tale.quick.tenant.inbox("operators@contoso.example")]
    assert "audit log are lost" in digests[-1]


async def test_a_harvest_that_may_not_read_says_so_and_reads_on_once_it_may(tmp_path: Path) -> None:
    story = Story(name="ladder", says="Each rung in turn.", population=CAST)
    async with telling(tmp_path, story=story, mode=Mode.REPORT) as tale:
        inez, granted = GuestId(tale.id("inez")), tale.quick.tenant.granted
        tale.quick.tenant.granted = granted - {"AuditLog.Read.All", "Directory.Read.All"}
        await tale.night(0)
        assert "invitations-unreadable" in [reason.code for reason in (await tale.plan()).alerts]
        assert await tale.quick.ledger.arrivals([inez]) == {}

        tale.quick.tenant.granted = granted
        await tale.night(1)

        (arrival,) = (await tale.quick.ledger.arrivals([inez])).values()
        assert arrival.by == tale.id("ivo")
        assert arrival.redeemed_at is not None
        told = as_object(await explain(tale.quick.house, inez))["arrival"]
        assert told["by"] == tale.id("ivo")
        assert "invitations-lost" not in [reason.code for reason in (await tale.plan()).alerts]


async def test_the_same_harvest_twice_is_one_and_a_cut_one_is_simply_done_again(tale: Tale) -> None:
    house, inez = tale.quick.house, GuestId(tale.id("inez"))
    slot = STARTS_AT
    first = await house.harvest.run(slot)
    await tale.quick.clock.sleep(timedelta(hours=1))
    known = await tale.quick.ledger.arrivals([inez])
    assert first is not None
    assert await house.harvest.run(slot) is None

    again = await house.harvest.run(slot + timedelta(days=1))

    assert again is not None
    assert (first.summary["lines"], again.summary["lines"]) == (4, 0)  # nothing new in a day and an hour
    assert await tale.quick.ledger.arrivals([inez]) == known


def test_ten_thousand_guests_on_one_sponsor_are_asked_about_a_few_at_a_time() -> None:
    policy = builders.a_policy()
    survey = Survey(policy=policy, now=builders.NOW, round_name="2026-11-20", known=Known())
    for number in range(1, 10_001):
        survey.look(builders.a_guest(number))

    plan = survey.draw_up(builders.a_receipt(), previous_guests=None)

    assert len(plan.actions) == policy.reviewers.max_open_items
    assert {action.reviewers[0] for action in plan.actions} == {builders.SARA}
    assert {held.held_by for held in plan.held} == {"reviewer-full"}
