"""Who is written down as sponsor, row by row of docs/finding.md."""

from dataclasses import replace
from typing import Any

import pytest

from reviews import backfill
from reviews.model import AskedAs, Case, Choice, Outcome, PersonId, Sponsor, Step, Unreadable
from reviews.policy import Backfill, Exemption, Sponsors
from tests.builders import NOW, SARA, a_case, a_guest, a_person, a_policy, an_answer, guid
from tests.tables import DOCS, table


def case_of(row: dict[str, str]) -> Case:
    step = Step(row["case"].partition(",")[0])
    changes: dict[str, Any] = {
        "answer": an_answer(Choice(row["answer"])),
        "asked_as": AskedAs(row["asked as"]),
    }
    if step is Step.CLOSED:
        changes["outcome"] = Outcome.KEPT
    if row["case"].endswith("written before"):
        changes["sponsor_added"] = SARA
    return a_case(step, **changes)


def sponsors_of(cell: str) -> tuple[Sponsor, ...] | Unreadable:
    if cell == "unreadable":
        return Unreadable(why="no-permission")
    if cell == "Sara":
        return (a_person(),)
    if cell.endswith("others"):
        return tuple(a_person(PersonId(guid(100 + n)), enabled=False) for n in range(int(cell[0])))
    return () if cell == "none" else (a_person(PersonId(guid(100)), enabled=False),)


@pytest.mark.parametrize("row", table("Who becomes a sponsor", DOCS / "finding.md"), ids=str)
def test_each_documented_answer_makes_a_sponsor_or_not(row: dict[str, str]) -> None:
    guest = a_guest(sponsors=sponsors_of(row["sponsors"]))
    policy = a_policy(sponsors=Sponsors(backfill=Backfill(row["backfill"])))
    action = backfill.to_write(guest, case_of(row), policy, NOW)
    if row["result"] == "-":
        assert action is None
        return
    assert action is not None
    assert action.reviewers == (SARA,)
    held_by = backfill.objection(guest, SARA, policy)
    assert (held_by.code if held_by else "written") == row["result"]


def test_a_guest_never_becomes_its_own_sponsor() -> None:
    guest = a_guest(sponsors=())
    policy = a_policy(sponsors=Sponsors(backfill=Backfill.APPLY))
    objection = backfill.objection(guest, PersonId(guest.id), policy)
    assert objection is not None
    assert objection.code == "reviewer-is-the-guest"


@pytest.mark.parametrize("left_alone", ["disabled", "exempt", "member"])
def test_nothing_is_written_about_a_guest_nobody_would_be_asked_about(left_alone: str) -> None:
    guest = a_guest(sponsors=(), enabled=left_alone != "disabled")
    if left_alone == "member":
        guest = replace(guest, user_type="Member")
    exemption = Exemption(guest=guest.id, reason="The board.", until=NOW.date())
    policy = a_policy(
        sponsors=Sponsors(backfill=Backfill.APPLY), exemptions=(exemption,) if left_alone == "exempt" else ()
    )
    case = a_case(Step.KEPT, answer=an_answer(Choice.KEEP), asked_as=AskedAs.CANDIDATE)
    assert backfill.to_write(guest, case, policy, NOW) is None
