"""What nights remember of one another: who is new to us, what was regretted, and the way into new rules."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from admin import regretting
from reviews.jobs.past import read_past
from reviews.model import Kind
from reviews.policy import Mode
from reviews.records import HARMFUL, Act
from reviews.snapshots import CONTAINER
from sandbox.people_cast import GuestSpec
from sandbox.people_guests import GuestKind
from sandbox.people_organisations import SISTER
from sandbox.stories import Story
from tests.incidents.setting import people
from tests.stories.telling import Tale, telling

OPERATORS = "operators@contoso.example"


def days(count: int) -> timedelta:
    return timedelta(days=count)


def many(count: int) -> Story:
    silent = (GuestSpec(name=f"guest-{n}", silent_for=days(60), sponsors=("sara",)) for n in range(count))
    return people(*silent)


async def asked(tale: Tale) -> int:
    return sum(action.kind is Act.ASK for action in (await tale.plan()).actions)


async def test_an_old_account_that_appears_gets_its_first_chance_from_the_night_we_met_it(
    tmp_path: Path,
) -> None:
    story = people(
        GuestSpec(name="ada", silent_for=days(10), sponsors=("sara",)),
        GuestSpec(name="rex", silent_for=days(400), aged=days(900), sponsors=("sara",)),
    )
    async with telling(tmp_path, story=story, mode=Mode.REPORT) as tale:
        tale.quick.tenant.delete(tale.id("rex"))
        await tale.night(0)
        assert (await tale.plan()).guests == 1
        del tale.quick.tenant.directory.deleted[tale.id("rex")]
        await tale.night(1)
        assert (await tale.plan()).counts["left-alone.account-new-to-us"] == 1
        await tale.night(30)
        assert await asked(tale) == 0
        await tale.night(31)
        assert await asked(tale) == 1


async def test_an_approved_plan_lets_new_rules_in_the_night_after(tmp_path: Path) -> None:
    async with telling(tmp_path, story=many(30), mode=Mode.PROPOSE) as tale:
        await tale.night(0)
        assert await asked(tale) == 0
        tale.change_policy(mode="propose", thresholds={"inactive_after": "P30D"})
        await tale.night(1)
        plan = await tale.plan()
        assert {held.held_by for held in plan.held} == {"rules-changed"}
        assert [alert.code for alert in plan.alerts] == ["rules-changed"]
        assert dict(plan.alerts[0].params) == {"count": 30, "limit": 25, "night": 1, "nights": 3}
        await tale.quick.ledger.approve(plan.plan_hash, by="operator", at=tale.quick.clock.now())
        await tale.night(2)
        assert await asked(tale) == 30


async def test_going_back_to_the_old_rules_ends_the_looking_on(tmp_path: Path) -> None:
    async with telling(tmp_path, story=many(30), mode=Mode.PROPOSE) as tale:
        await tale.night(0)
        tale.change_policy(mode="propose", thresholds={"inactive_after": "P30D"})
        await tale.night(1)
        tale.change_policy(mode="propose")
        await tale.night(2)
        plan = await tale.plan()
        assert (plan.alerts, plan.held, plan.actions) == ((), (), ())


async def test_a_night_that_is_not_trusted_is_not_remembered(tmp_path: Path) -> None:
    blank = (GuestSpec(name=f"guest-{n}", kind=GuestKind.NEVER_SEEN, sponsors=("sara",)) for n in range(9))
    async with telling(tmp_path, story=people(*blank), mode=Mode.REPORT) as tale:
        await tale.night(0)
        assert [alert.code for alert in (await tale.plan()).alerts] == ["too-many-unseen"]
        assert await tale.quick.archive.names(CONTAINER) == ()


async def test_who_comes_back_is_counted_and_told(tmp_path: Path) -> None:
    story = people(
        GuestSpec(name="ada", silent_for=days(95), sponsors=("sara",)),
        GuestSpec(name="max", silent_for=days(95), sponsors=("sara",)),
    )
    async with telling(tmp_path, story=story, mode=Mode.REPORT) as tale:
        await tale.night(0)
        await tale.night(1)
        assert [one.code for one in (await tale.plan()).findings] == ["regret-too-early"]
        tale.quick.tenant.sign_in(tale.id("ada"))
        await tale.night(31)
        (finding,) = (await tale.plan()).findings
        assert finding.code == "regret"
        assert (finding.params["threshold"], finding.params["flagged"], finding.params["returned"]) == (
            90,
            2,
            1,
        )
        night = (await read_past(tale.quick.archive, tale.quick.ledger)).night
        assert night is not None
        assert {one.days: (one.flagged, one.returned) for one in night.regret.tallies} == {
            30: (2, 1),
            60: (2, 1),
            90: (2, 1),
            120: (1, 0),
            180: (0, 0),
        }


async def test_admin_regret_prints_what_was_counted_or_that_it_is_too_early(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story = people(GuestSpec(name="ada", silent_for=days(95), sponsors=("sara",)))
    async with telling(tmp_path, story=story, mode=Mode.REPORT) as tale:
        await regretting.show(tale.quick.house, as_json=False)
        assert "nothing is counted" in capsys.readouterr().out
        await tale.night(0)
        await regretting.show(tale.quick.house, as_json=False)
        assert "too early" in capsys.readouterr().out
        tale.quick.tenant.sign_in(tale.id("ada"))
        await tale.night(31)
        await regretting.show(tale.quick.house, as_json=False)
        assert "100 %" in capsys.readouterr().out
        await regretting.show(tale.quick.house, as_json=True)
        tallies = json.loads(capsys.readouterr().out)["regret"]["tallies"]
        assert {"days": 90, "flagged": 1, "returned": 1} in tallies


async def test_a_snapshot_that_cannot_be_read_is_passed_over_for_an_older_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with telling(tmp_path, story=many(3), mode=Mode.REPORT) as tale:
        await tale.night(0)
        await tale.quick.archive.put(CONTAINER, "night-9999-01-01T00-00Z.bin", b"spoilt")
        past = await read_past(tale.quick.archive, tale.quick.ledger)
    assert past.snapshot is not None
    assert len(past.snapshot) == 3
    assert [getattr(one, "event", "") for one in caplog.records if one.name == "gatehouse.past"] == [
        "snapshot.unreadable"
    ]


async def test_without_a_licence_the_night_asks_by_invitation_and_age_and_harms_nobody(
    tmp_path: Path,
) -> None:
    story = people(
        GuestSpec(name="pim", kind=GuestKind.PENDING, aged=days(95), sponsors=("sara",)),
        GuestSpec(name="ada", silent_for=days(1), aged=days(400), sponsors=("sara",)),
        GuestSpec(name="new", silent_for=days(1), aged=days(100), sponsors=("sara",)),
    )
    async with telling(tmp_path, story=story, premium=False) as tale:
        await tale.night(0)
        plan = await tale.plan()
        about = {action.guest_id: action.because for action in plan.actions}
        assert about == {tale.id("pim"): "invitation-open", tale.id("ada"): "nobody-can-tell"}
        assert [alert.code for alert in plan.alerts] == ["without-licence"]
        assert not [action for action in plan.actions if action.kind in HARMFUL]
        (digest,) = tale.quick.tenant.inbox(OPERATORS)
        assert "no Microsoft Entra ID P1" in (digest.html or "")
        assert "no native review is opened" in (digest.html or "")


async def test_a_denied_guest_that_another_tenant_pushes_here_is_handed_to_a_person(tmp_path: Path) -> None:
    story = people(
        GuestSpec(name="pia", silent_for=days(120), address_domain=SISTER, sponsors=("sara",)),
        GuestSpec(name="ada", silent_for=days(120), sponsors=("sara",)),
    )
    wide = {"harmful_per_run": 9, "harmful_share": 1.0}
    async with telling(tmp_path, story=story, caps=wide) as tale:
        await tale.night(0)
        counts = (await tale.plan()).counts
        assert counts[f"kind.{Kind.TENANT_SYNCED_GUEST}"] == counts[f"kind.{Kind.EXTERNAL_GUEST}"] == 1
        await tale.answer("sara", {"pia": "remove", "ada": "remove"})
        await tale.night(1)
        assert [(await tale.case(name)).step.value for name in ("pia", "ada")] == ["manual", "noticed"]
