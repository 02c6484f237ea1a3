"""Reasons: one list, in the code and on the page; nothing outside it can be said."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from reviews.reasons import CODES, PARAMS, because, dated
from tests.builders import NOW
from tests.tables import POLICY_PAGE, table

ROOT = Path(__file__).parents[2]


def test_the_page_lists_every_code_with_its_meaning() -> None:
    meanings = {row["code"]: row["meaning"] for row in table("Reasons")}
    assert meanings == dict(CODES)


def test_codes_are_kebab_case_and_meanings_are_sentences() -> None:
    for code, meaning in CODES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
        assert re.fullmatch(r"[A-Z{].*\.", meaning)


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(ValueError, match="'bad-mood' is no reason"):
        because("bad-mood")


@pytest.mark.parametrize("params", [{}, {"days": 3}, {"days": 3, "on": "2026-11-17", "why": "so"}])
def test_a_reason_carries_exactly_the_parameters_of_its_sentence(params: dict[str, str | int]) -> None:
    with pytest.raises(ValueError, match="takes"):
        because("silent", **params)


def test_every_sentence_can_be_filled_in() -> None:
    for code, meaning in CODES.items():
        reason = because(code, **dict.fromkeys(PARAMS[code], 7))
        assert "{" not in meaning.format(**reason.params)


def test_a_dated_reason_counts_whole_days_and_never_backwards() -> None:
    almost_two = dated("silent", NOW - timedelta(days=2, seconds=-1), NOW)
    assert almost_two.params == {"days": 1, "on": "2026-11-18"}
    assert dated("silent", NOW + timedelta(days=2), NOW).params["days"] == 0


def test_guests_of_one_day_share_their_reason() -> None:
    one = dated("silent", NOW - timedelta(days=100), NOW)
    assert dated("silent", NOW - timedelta(days=100, seconds=1), NOW) is one


def test_every_code_the_rules_name_is_on_the_list() -> None:
    named = set()
    for file in (ROOT / "reviews").rglob("*.py"):
        source = file.read_text(encoding="utf-8")
        named |= set(re.findall(r"""(?:because|dated|_running)\(\s*"([a-z-]+)\"""", source))
    assert len(named) > 50
    assert named <= set(CODES)


def test_the_page_names_every_code_its_other_tables_use() -> None:
    rest = POLICY_PAGE.read_text(encoding="utf-8").partition("## Reasons")[0]
    objections = {row["objection"] for row in table("The second look")} - {"-"}
    assert objections <= set(CODES)
    assert all(code in rest for code in objections)
