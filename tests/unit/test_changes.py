"""What is new since the last answer, row by row of docs/finding.md."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.changes import MOST_MARKS, SHOWN, changed, marks
from reviews.model import (
    Card,
    CaseId,
    Exposure,
    Kind,
    Path,
    Recommendation,
    Sight,
    SignIns,
    Thing,
    Unreadable,
)
from reviews.questions import PATHS_SHOWN
from tests.builders import GUEST, NOW, a_guest
from tests.reach import UNREAD
from tests.tables import DOCS, codes, moment, table

FINDING = DOCS / "finding.md"


def paths(cell: str) -> tuple[Path, ...]:
    found = []
    for one in cell.split(", "):
        thing, _, name = one.partition(" ")
        if thing not in {"nothing", "unread"}:
            kind = Thing.ROLE if thing == "eligible" else Thing(thing)
            found.append(Path(thing=kind, id=name, name=name, eligible=thing == "eligible"))
    order = [Thing.ROLE, Thing.APP, Thing.TEAM, Thing.GROUP, Thing.PACKAGE, Thing.OWNED]
    return tuple(sorted(found, key=lambda path: order.index(path.thing)))


def card(cell: str, last_success: datetime | None) -> Card | None:
    if cell == "no card":
        return None
    sight = Sight(kind=Kind.EXTERNAL_GUEST)
    if cell == "more than fit":
        sight = Sight(kind=Kind.EXTERNAL_GUEST, reach_count=MOST_MARKS + 1)
    elif cell != "not looked at":
        reached = paths(cell)
        unread = ("groups",) if cell == "unread groups" else ()
        sight = Sight(kind=Kind.EXTERNAL_GUEST, reach_count=len(reached), marks=marks(reached), unread=unread)
    return Card(
        guest_id=GUEST,
        case_id=CaseId("case"),
        name="Ada",
        mail=None,
        company=None,
        invited_at=NOW,
        last_success_at=last_success,
        recommendation=Recommendation.KEEP,
        reasons=(),
        sight=None if cell == "not looked at" else sight,
    )


def seen_now(cell: str) -> Exposure | Unreadable:
    return UNREAD if cell == "unread everything" else Exposure(read_at=NOW, paths=paths(cell))


@pytest.mark.parametrize("row", table("What is new", FINDING), ids=str)
def test_each_documented_change_is_told(row: dict[str, str]) -> None:
    guest = a_guest(sign_ins=SignIns(successful_at=moment(row["last success now"], NOW)))
    shown = card(row["then"], moment(row["last success then"], NOW))
    found = changed(shown, guest, seen_now(row["now"]))
    assert tuple(reason.code for reason in found) == codes(row["new"])


@given(
    st.frozensets(st.sampled_from(["team A", "team B", "group A", "app A", "package A", "role A", "owned A"]))
)
def test_what_was_shown_before_is_never_new(held: frozenset[str]) -> None:
    shown = ", ".join(sorted(held)) or "nothing"
    assert changed(card(shown, NOW), a_guest(sign_ins=SignIns(successful_at=NOW)), seen_now(shown)) == ()


def test_a_sign_in_nobody_could_read_is_nothing_new() -> None:
    shown, nothing = card("nothing", None), Exposure(read_at=NOW)
    assert changed(shown, a_guest(sign_ins=Unreadable(why="no-permission")), nothing) == ()


def test_the_first_sign_in_of_a_guest_of_unknown_age_is_nothing_new() -> None:
    before = card("nothing", None)
    assert before is not None
    shown = replace(before, invited_at=None)
    assert changed(shown, a_guest(sign_ins=SignIns(successful_at=NOW)), Exposure(read_at=NOW)) == ()


def test_what_is_counted_is_what_was_not_named() -> None:
    many = ", ".join(f"app {n}" for n in range(SHOWN + 3))
    *named, rest = changed(card("nothing", NOW), a_guest(), seen_now(many))
    assert len(named) == SHOWN
    assert rest.params == {"count": 3}


def test_more_paths_than_a_card_can_bear_marks_of_leave_none() -> None:
    assert marks(paths(", ".join(f"app {n}" for n in range(MOST_MARKS + 1)))) == ""
    assert len(marks(paths("app A, app B"))) == 16
    assert PATHS_SHOWN < MOST_MARKS
