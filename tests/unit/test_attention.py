"""Which guests may be answered together, and which answers come too fast: docs/sponsors.md, row by row."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reviews.attention import alike, is_hasty
from reviews.model import Card, Kind, Path, Recommendation, Risk, Sight, Thing
from reviews.reasons import because
from tests.letters import a_card
from tests.tables import DOCS, table

SPONSORS = DOCS / "sponsors.md"
TOGETHER = table("One answer for several guests", SPONSORS)
HASTY = table("Answers that come too fast", SPONSORS)


def described(row: dict[str, str]) -> Card:
    path = Path(thing=Thing.TEAM, id="t", name="Tender")
    sight = Sight(
        kind=Kind.EXTERNAL_GUEST,
        risk=Risk(row["risk"]) if row["risk"] != "-" else None,
        changed=(because("no-sponsor"),) if row["changed"] == "yes" else (),
        beyond=(path,) if row["stays"] == "yes" else (),
        unread=("packages",) if row["unread"] == "yes" else (),
    )
    return replace(a_card(), recommendation=Recommendation(row["suggestion"]), sight=sight)


@pytest.mark.parametrize("row", TOGETHER, ids=lambda row: " ".join(row.values()))
def test_only_guests_alike_get_one_answer(row: dict[str, str]) -> None:
    group = (described(row),) * int(row["guests"])
    assert alike(group) == ((group,) if row["together"] == "yes" else ())


def test_guests_nobody_looked_at_or_of_other_reasons_are_not_alike() -> None:
    one = described(TOGETHER[0])
    assert alike((replace(one, sight=None),) * 3) == ()
    assert alike((one, one, replace(one, reasons=(because("no-sponsor"),)))) == ()


@pytest.mark.parametrize("row", HASTY, ids=lambda row: " ".join(row.values()))
def test_nobody_keeps_many_guests_faster_than_they_can_be_read(row: dict[str, str]) -> None:
    took = timedelta(seconds=int(row["seconds"]))
    assert is_hasty(int(row["kept"]), took) is (row["reason asked"] == "yes")
