"""Operators read how well questions are answered; what a person said stays with the rates."""

import json
from pathlib import Path

import pytest

from admin import rating
from tests.stories.telling import telling


async def test_the_rates_follow_what_was_asked_and_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with telling(tmp_path) as tale:
        await rating.show(tale.quick.house, as_json=False)
        assert "nobody was asked yet" in capsys.readouterr().out
        await tale.night(0)
        await tale.quick.clock.sleep(tale.quick.tenant.start_delay * 2)
        await tale.answer("sara", {"ada": "keep"})
        await rating.show(tale.quick.house, as_json=False)
        shown = capsys.readouterr().out
        await rating.show(tale.quick.house, as_json=True)
        told = json.loads(capsys.readouterr().out)
        sara = next(one for one in told["reviewers"] if one["of"] == tale.id("sara"))
        person = await tale.quick.house.directory.person(sara["of"])

    assert tale.id("sara") in shown
    assert sara["asked"] >= 1
    assert sara["flip_rate"] is None, "of one answer nothing is told"
    assert person is not None
    assert person.department
    assert person.department in {one["of"] for one in told["departments"]}
    assert "Sara" not in shown
