"""``admin guest`` explains one guest so that an auditor needs no second command."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from admin.explained import as_object, show
from admin.explaining import explain
from reviews.model import GuestId
from tests.stories.telling import Tale, telling
from tests.stories.test_finding import REACH, TIERS

NOBODY = GuestId("00000000-0000-0000-0000-000000000000")


async def told(tale: Tale, name: str) -> dict[str, Any]:
    return as_object(await explain(tale.quick.house, GuestId(tale.id(name))))


async def printed(tale: Tale, guest_id: str, capsys: pytest.CaptureFixture[str]) -> str:
    await show(tale.quick.house, GuestId(guest_id), as_json=False)
    return capsys.readouterr().out


async def test_one_command_tells_all_there_is_before_and_after_a_round(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with telling(tmp_path, story=REACH, tiers=TIERS, caps={"harmful_share": 1.0}) as tale:
        before = await told(tale, "ada")
        assert before["case"] is None
        assert [action["kind"] for action in before["judged"]["next"]["actions"]] == ["ask"]

        await tale.night(0)
        await tale.answer("sara", {"ada": "remove"})
        after = await told(tale, "ada")
        assert after["arrival"] is None
        text = await printed(tale, tale.id("ada"), capsys)

    judged = after["judged"]
    assert judged["kind"] == "external-guest"
    assert judged["verdict"]["activity"] == "stale"
    assert judged["reviewers"][0] == tale.id("sara")
    assert {path["name"] for path in judged["exposure"]["paths"]} == {
        "SAP",
        "Tender room",
        "Buyers",
        "Research",
    }
    assert judged["risk"] == "high"
    assert {point["code"]: point["points"] for point in judged["points"]} == {"reaches-high": 25}
    assert judged["suggestion"] == "remove"
    assert [action["kind"] for action in judged["next"]["actions"]] == ["notice"]
    assert judged["next"]["by_hand"] is None
    assert after["case"]["step"] == "denied"
    assert after["batch"]["step"] == "open"
    assert after["card"]["sight"]["reach_count"] == 4
    assert {mail["kind"] for mail in after["mails"]} == {"review-request", "answer-receipt"}
    assert after["chain"] == {"holds": True, "faults": []}
    for said in (
        "2026-05-04", "Tender room", "dynamic", ["reaches", "high"][0].title(), "sharepoint-sharing",
        "25  ", "denied", "mail review-request verified", "the record holds", "would notice",
    ):  # fmt: skip
        assert said in text, said


async def test_it_says_why_nothing_comes_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with telling(tmp_path, story=REACH, caps={"harmful_share": 1.0}) as tale:
        await tale.night(0)
        await tale.answer("sara", {"bare": "keep", "admin": "remove"})
        admin = (await told(tale, "admin"))["judged"]["next"]
        assert [action["kind"] for action in admin["actions"]] == ["notice"]
        assert admin["by_hand"]["code"] == "privileged"
        assert "not by itself" in await printed(tale, tale.id("admin"), capsys)
        await tale.noon(15)

        resting = (await told(tale, "bare"))["judged"]["next"]
        assert (resting["actions"], resting["left_alone"]) == ([], "resting")
        assert resting["rests_until"] is not None
        assert (await told(tale, "used0"))["judged"]["next"]["left_alone"] == "signed-in"
        assert "nothing is asked: resting until" in await printed(tale, tale.id("bare"), capsys)


async def test_a_quiet_day_and_missing_sight_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with telling(tmp_path, story=REACH, granted=("User.Read.All", "AuditLog.Read.All")) as tale:
        judged = (await told(tale, "ada"))["judged"]
        assert set(judged["exposure"]["unread"]) >= {"apps", "packages", "roles", "groups"}
        assert "could not be read" in await printed(tale, tale.id("ada"), capsys)
        tale.change_policy(quiet={"days": [f"{tale.quick.clock.now() + timedelta(hours=3):%Y-%m-%d}"]})
        held = (await told(tale, "ada"))["judged"]["next"]["held"]
        assert [one["held_by"] for one in held] == ["quiet-day"]


async def test_a_stranger_is_not_in_the_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with telling(tmp_path, story=REACH) as tale:
        assert "not in the directory" in await printed(tale, NOBODY, capsys)
        await show(tale.quick.house, NOBODY, as_json=True)
        assert json.loads(capsys.readouterr().out)["directory"] is None
