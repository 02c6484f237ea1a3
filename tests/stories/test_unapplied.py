"""Denials that Entra could not carry out in a review of a group that was opened here."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from admin.reviewing import as_object, look, show
from sandbox.people_cast import Cast
from sandbox.people_specs import GroupSpec, GuestSpec, MemberSpec
from sandbox.stories import STARTS_AT, Story
from sandbox.tenant_licence import Licence
from tests.stories.telling import Tale, telling

USED = timedelta(days=3)
CAST = Cast(
    as_of=STARTS_AT,
    members=(MemberSpec(name="sara"), MemberSpec(name="fay"), MemberSpec(name="owen")),
    group_specs=(GroupSpec(name="Vendor team", owners=("owen",)),),
    guests=tuple(
        GuestSpec(name=name, silent_for=USED, sponsors=("sara",), reaches=("Vendor team",))
        for name in ("ada", "pim", "mo")
    ),
)
STORY = Story(name="unapplied", says="Entra cannot carry out a denial.", population=CAST)
OPERATOR = "ops@contoso.example"
RULES: dict[str, Any] = {
    "group_reviews": {"change_mode": "apply", "lasts": "P3D"},
    "mail": {"sender": "guest-desk@contoso.example", "operators": [OPERATOR]},
}
AGAIN = "/applyDecisions"


@pytest.fixture
async def tale(tmp_path: Path) -> AsyncIterator[Tale]:
    """A review of a group by its owner, who denies two guests whom Entra cannot take out."""
    async with telling(tmp_path, story=STORY, quiet=False, **RULES) as told:
        tenant = told.quick.tenant
        tenant.licence = Licence.GOVERNANCE
        tenant.reviews.life.access.stubborn |= {told.id("ada"), told.id("pim")}
        for day in range(3):
            await told.night(day)
        (review,) = tenant.definitions()
        for guest in ("ada", "pim"):
            tenant.decide(review.id, review.instance_id, told.id(guest), "Deny", "me", told.id("owen"))
        yield told
        assert told.check is None or told.check.violations == []


async def left(tale: Tale) -> list[str]:
    """Say whom ``admin reviews`` tells of as denied and still there."""
    told = as_object(await look(tale.quick.house))["not_carried_out"]
    assert {one["result"] for one in told} <= {"AppliedWithUnknownFailure"}
    assert {one["group"] for one in told} <= {tale.id("Vendor team")}
    return sorted(one["guest"] for one in told)


def tries(tale: Tale) -> int:
    return sum(one.operation.endswith(AGAIN) for one in tale.quick.tenant.calls)


async def test_a_denial_that_entra_cannot_carry_out_is_tried_again_and_becomes_a_task(
    tale: Tale, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await left(tale) == []
    for day in (3, 4):
        await tale.night(day)
    assert await left(tale) == sorted([tale.id("ada"), tale.id("pim")])
    tale.quick.tenant.reviews.life.access.stubborn.remove(tale.id("pim"))
    for day in range(5, 11):
        await tale.night(day)
    assert tries(tale) == 3
    assert await left(tale) == [tale.id("ada")], "what can be carried out at the next try is"
    await show(tale.quick.house, as_json=False)
    assert f"not carried out {tale.id('ada')} was denied in Vendor team" in capsys.readouterr().out
    got = tale.quick.tenant.inbox(OPERATOR)
    assert sum("could not take some denied guests" in (one.html or "") for one in got) == 1, "told once"


async def test_in_mode_report_nothing_is_tried_again(tale: Tale) -> None:
    tale.change_policy(mode="report", **RULES)
    for day in range(3, 8):
        await tale.night(day)
    assert tries(tale) == 0
    assert len(await left(tale)) == 2
