"""A person who was no sponsor answers for a guest, and is written down as one: proposed, applied, undone."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.graph.operations import ADD_SPONSOR, REMOVE_SPONSOR
from admin import proposing, running
from reviews.messages import CarryOut
from reviews.model import GuestId, Step
from reviews.records import Act
from sandbox.people_cast import Cast, GroupSpec, GuestSpec, MemberSpec
from sandbox.stories import STARTS_AT, Story
from sandbox.tenant import DEFAULT_GRANTED, WRITES_SPONSORS, Fault
from tests.stories.telling import Tale, telling

SILENT = timedelta(days=200)
CAST = Cast(
    as_of=STARTS_AT,
    guests=(
        GuestSpec(name="gina", silent_for=SILENT, reaches=("vault",)),
        GuestSpec(name="noah", silent_for=SILENT),
    ),
    members=(MemberSpec(name="vera"), MemberSpec(name="fay")),
    group_specs=(GroupSpec(name="vault", owners=("vera",)),),
)
WITH_THE_RIGHT = (*DEFAULT_GRANTED, WRITES_SPONSORS)


@asynccontextmanager
async def vouched_for(
    folder: Path, backfill: str, granted: tuple[str, ...] = WITH_THE_RIGHT
) -> AsyncIterator[Tale]:
    """Begin after Vera, who owns a group Gina is in, and Fay, the fallback, have answered for the guests."""
    story = Story(name="back-fill", says="Somebody answers.", population=CAST)
    async with telling(
        folder, story=story, granted=granted, quiet=False, sponsors={"backfill": backfill}
    ) as tale:
        await tale.night(0)
        await tale.quick.clock.sleep(tale.quick.tenant.start_delay * 2)
        await tale.answer("vera", {"gina": "keep"})
        await tale.answer("fay", {"noah": "keep"})
        assert sponsors(tale, "gina") == sponsors(tale, "noah") == []
        yield tale
        assert tale.check is None or tale.check.violations == []


def sponsors(tale: Tale, guest: str) -> list[str]:
    return list(tale.quick.tenant.directory.sponsors(tale.id(guest)))


async def proposed(tale: Tale, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str, str | None]]:
    capsys.readouterr()
    await proposing.show(tale.quick.house, as_json=True)
    told = json.loads(capsys.readouterr().out)["proposals"]
    return [(one["guest_id"], one["person_id"], one["held_by"]) for one in told]


async def test_who_answered_is_proposed_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with vouched_for(tmp_path, "propose") as tale:
        for day in (1, 30, 40):  # while the case is open, and long after it is closed
            await tale.night(day)
            assert await proposed(tale, capsys) == [(tale.id("gina"), tale.id("vera"), "sponsors-proposed")]
        assert (await tale.case("gina")).step is Step.CLOSED
        assert sponsors(tale, "gina") == []
        await proposing.show(tale.quick.house, as_json=False)
        assert tale.id("vera") in capsys.readouterr().out


async def test_who_answered_is_written_once_seen_to_hold_and_taken_back_for_good(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with vouched_for(tmp_path, "apply") as tale:
        await tale.night(1)
        assert sponsors(tale, "gina") == [tale.id("vera")]
        assert sponsors(tale, "noah") == []
        assert (await tale.kinds("gina"))[-1] == "sponsor-added"
        case = await tale.case("gina")
        message = CarryOut(kind=Act.ADD_SPONSOR, guest_id=case.guest_id, case_id=case.id, run_id=case.run_id)
        assert await tale.quick.house.backfilling.add(message) is None

        await tale.night(2)
        assert await proposed(tale, capsys) == []

        await running.undo_guest(tale.quick.house, GuestId(tale.id("gina")))
        assert "the sponsor we wrote is taken away" in capsys.readouterr().out
        assert sponsors(tale, "gina") == []
        assert (await tale.kinds("gina"))[-1] == "sponsor-removed"
        if tale.check is not None:
            assert {ADD_SPONSOR.name, REMOVE_SPONSOR.name} <= {name for name, _side in tale.check.seen}
        await tale.night(3)
        await tale.night(30)
        assert sponsors(tale, "gina") == []


async def test_a_run_takes_back_the_sponsors_it_wrote(tmp_path: Path) -> None:
    async with vouched_for(tmp_path, "apply") as tale:
        await tale.night(1)
        run = await tale.newest_night()

        taken = await tale.quick.house.backfilling.take_back_run(run.id, by="operator")

        assert [case.guest_id for case in taken] == [tale.id("gina")]
        assert sponsors(tale, "gina") == []
        assert await tale.quick.house.backfilling.take_back_run(run.id, by="operator") == ()


async def test_a_write_whose_reply_was_lost_is_found_and_written_down_once(tmp_path: Path) -> None:
    async with vouched_for(tmp_path, "apply") as tale:
        left = [Fault(when="after", status=None)]
        tale.quick.tenant.faults = lambda operation, _path: (
            left.pop() if left and operation == ADD_SPONSOR.name else None
        )
        await tale.night(1)

        assert left == []
        assert sponsors(tale, "gina") == [tale.id("vera")]
        assert (await tale.kinds("gina")).count("sponsor-added") == 1


async def test_who_left_between_answer_and_write_is_not_written_down(tmp_path: Path) -> None:
    async with vouched_for(tmp_path, "apply") as tale:
        tale.quick.tenant.delete(tale.id("vera"))

        await tale.night(1)

        assert sponsors(tale, "gina") == []
        assert "sponsor-added" not in await tale.kinds("gina")


async def test_without_the_permission_nothing_is_written_and_the_night_goes_on(tmp_path: Path) -> None:
    async with vouched_for(tmp_path, "apply", tuple(DEFAULT_GRANTED)) as tale:
        await tale.night(1)

        assert sponsors(tale, "gina") == []
        assert await tale.quick.house.queue.parked() == {}
        assert "sponsor-added" not in await tale.kinds("gina")
