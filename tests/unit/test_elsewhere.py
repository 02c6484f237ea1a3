"""When a guest is left to a review of others, by the table of docs/reviews.md."""

from datetime import timedelta
from typing import Any

import pytest

from reviews.elsewhere import left_to_others
from reviews.model import Choice, NativeItem, PersonId, Rival, Surroundings
from reviews.policy import Coexistence, Policy
from reviews.ports import NativeDecision
from reviews.ports.native import OUR_MARK
from tests.builders import NOW, SARA, a_guest
from tests.tables import DOCS, table

GUEST = a_guest().id
ROWS = table("When a guest is left to others", DOCS / "reviews.md")
PLACE = NativeItem(definition_id="d", instance_id="i", resource_id="r")
PLACES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "another review": {"elsewhere": (PLACE,)},
    "the review of a package": {"items": (PLACE,)},
    "both": {"elsewhere": (PLACE,), "items": (PLACE,)},
}
DECIDERS: dict[str, tuple[PersonId | None, bool, str]] = {
    "a person": (SARA, True, "Works with us."),
    "the service": (None, False, ""),
    "an app": (PersonId("app"), False, "Kept by a script."),
    "the guest": (PersonId(GUEST), True, "I still need it."),
    "our page": (SARA, True, f"Yes. {OUR_MARK}{'a' * 32}]"),
}


def a_decision(decider: str) -> NativeDecision:
    by, by_person, words = DECIDERS[decider]
    return NativeDecision(
        guest_id=GUEST,
        choice=Choice.KEEP,
        decision="Approve",
        by=by,
        at=NOW,
        justification=words,
        by_person=by_person,
    )


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_guest_is_left_to_others_as_documented(row: dict[str, str]) -> None:
    by = row["kept there by"]
    kept_at = None
    if by != "-" and a_decision(by).is_kept_by_others:
        kept_at = NOW - timedelta(days=int(row["days ago"]))
    around = Surroundings(kept_elsewhere_at=kept_at, **PLACES[row["stands in"]])
    rivals = (Rival.NATIVE_REVIEW,) if row["yields to reviews"] == "yes" else ()
    reason = left_to_others(around, Policy(coexistence=Coexistence(yield_to=rivals)), NOW)
    assert ("asked" if reason is None else reason.code) == row["the guest is"]


def test_every_place_and_every_decider_is_documented() -> None:
    assert {row["stands in"] for row in ROWS} == PLACES.keys()
    assert {row["kept there by"] for row in ROWS} == {*DECIDERS, "-"}
