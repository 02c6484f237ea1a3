"""The status words of native reviews: the table of docs/reviews.md."""

from datetime import timedelta

import pytest

from reviews.native import Native, applied, remedy, state_of
from tests.builders import NOW
from tests.tables import DOCS, codes, table

ROWS = table("Native status words", DOCS / "reviews.md")
MEANINGS = [
    (word.partition(" ")[0], row["means"])
    for row in ROWS
    for word in codes(row["status"])
    if word != "any other word"
]


@pytest.mark.parametrize(("word", "means"), MEANINGS)
def test_each_documented_word_means_what_the_page_says(word: str, means: str) -> None:
    assert state_of(word) == means


def test_every_state_is_documented_and_any_other_word_is_unknown() -> None:
    assert {row["means"] for row in ROWS} == set(Native)
    assert state_of("") is state_of("inprogress") is Native.UNKNOWN


@pytest.mark.parametrize("row", table("What became of a denial", DOCS / "reviews.md"), ids=str)
def test_each_documented_result_means_what_the_page_says(row: dict[str, str]) -> None:
    assert applied(row["applyResult"]) == row["means"]


@pytest.mark.parametrize("row", table("What is done about one that failed", DOCS / "reviews.md"), ids=str)
def test_each_night_after_a_round_does_what_the_page_says(row: dict[str, str]) -> None:
    ended_at = NOW - timedelta(days=int(row["days since the round ended"]))
    assert remedy(ended_at, NOW) == row["tonight"]
