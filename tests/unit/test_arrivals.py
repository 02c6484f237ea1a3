"""How guests came, row by row of docs/finding.md, and that neither order nor repetition matters."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.arrivals import joined, look_back
from reviews.jobs.harvest import JOB, newest_harvest
from reviews.model import PersonId
from reviews.records import Arrival, RunStep
from sandbox.memory import MemoryLedger
from tests.builders import GUEST, NOW, ago
from tests.tables import DOCS, moment, table

PAGE = DOCS / "finding.md"
APPS = {"SharePoint"}


def lines(cell: str) -> list[Arrival]:
    """Read ``Sara invited 3 d ago, accepted 2 d ago``; ``-`` is nothing."""
    said = []
    for part in [] if cell == "-" else cell.split(", "):
        who, _, when = part.removesuffix(" ago").rpartition(" invited ")
        if who:
            by = None if who in APPS else PersonId(who)
            at = moment(when, NOW)
            said.append(Arrival(guest_id=GUEST, invited_at=at, by=by, app=None if by else who))
        else:
            at = moment(when.removeprefix("accepted "), NOW)
            said.append(Arrival(guest_id=GUEST, redeemed_at=at))
    return said


@pytest.mark.parametrize("row", table("How a guest came", PAGE), ids=str)
def test_each_documented_line_is_joined_to_what_is_known(row: dict[str, str]) -> None:
    known = [*lines(row["known"]), *lines(row["the log says"])]
    assert joined(known) == joined(lines(row["then known"]))
    assert joined(known[::-1]) == joined(known)


@pytest.mark.parametrize("row", table("From when on the log is read", PAGE), ids=str)
def test_each_documented_harvest_reads_from_its_moment_on(row: dict[str, str]) -> None:
    kept_for = timedelta(days=int(row["kept for"].removesuffix(" d")))
    since, lost = look_back(moment(row["last read"], NOW), NOW, kept_for)
    assert since == moment(row["reads from"], NOW)
    days = 0 if row["lost"] == "-" else int(row["lost"].removesuffix(" d"))
    assert -(-lost // timedelta(days=1)) == days


SOME = st.builds(
    Arrival,
    guest_id=st.just(GUEST),
    invited_at=st.none() | st.integers(0, 4).map(ago),
    by=st.sampled_from([None, PersonId("a"), PersonId("b")]),
    app=st.sampled_from([None, "SharePoint"]),
    redeemed_at=st.none() | st.integers(0, 4).map(ago),
)


@given(st.lists(SOME, min_size=1, max_size=6), st.randoms())
def test_neither_the_order_of_lines_nor_their_repetition_changes_what_is_known(
    said: list[Arrival], chance: object
) -> None:
    again = [*said, *said]
    chance.shuffle(again)  # type: ignore[attr-defined]
    assert joined(again) == joined(said)


async def test_however_long_harvests_failed_it_is_known_how_far_the_last_one_read() -> None:
    ledger = MemoryLedger()
    for night in range(60):
        at = NOW + timedelta(days=night)
        run = await ledger.begin_run(JOB, at, owner="a", now=at, lease=timedelta(minutes=1))
        assert run is not None
        if night == 0:
            await ledger.save_run(replace(run, step=RunStep.FINISHED))
    newest = await newest_harvest(ledger)
    assert newest is not None
    assert newest.slot == NOW
