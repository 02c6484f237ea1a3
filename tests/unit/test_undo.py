"""When a reviewer may have a guest back: docs/sponsors.md, row by row."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reviews.model import CaseId, PersonId, Step, UndoRequest
from reviews.undo import is_back, no_undo
from tests.builders import NOW, SARA, a_case, guid
from tests.letters import BATCH
from tests.tables import DOCS, table

ROWS = table("The way back", DOCS / "sponsors.md")


def wish(case_id: CaseId, by: str = SARA) -> UndoRequest:
    case = a_case(Step.BLOCKED, batch_id=BATCH)
    return UndoRequest(batch_id=BATCH, guest_id=case.guest_id, case_id=case_id, by=PersonId(by), at=NOW)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(row.values()))
def test_a_wish_is_granted_or_refused_as_the_table_says(row: dict[str, str]) -> None:
    days = row["deleted"].strip("PD-")
    gone = NOW - timedelta(days=int(days)) if days else None
    case = a_case(Step(row["step"]), batch_id=BATCH, reviewer=SARA, deleted_at=gone)
    request = wish(case.id, SARA if row["wished by"] == "reviewer" else guid(9002))
    found = {"same": case, "another": replace(case, id=CaseId("another")), "none": None}[row["case"]]
    refusal = no_undo(found, request, NOW)
    assert (refusal.code if refusal else "-") == row["refused because"]


def test_a_guest_who_is_back_is_not_brought_back_twice() -> None:
    case = a_case(Step.RESTORED, batch_id=BATCH)
    assert is_back(case, wish(case.id))
    assert not is_back(None, wish(case.id))
    assert not is_back(replace(case, step=Step.BLOCKED), wish(case.id))
