"""The status words of native reviews: the table of docs/reviews.md."""

import pytest

from reviews.native import Native, state_of
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
