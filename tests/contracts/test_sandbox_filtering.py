"""Whatever is written into $filter, it is understood as OData says or refused as Graph refuses."""

import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.graph_api.exchange import GraphError
from sandbox.graph_api.filtering import predicate, read_filter

_WORDS = st.sampled_from(
    ["userType", "eq", "ne", "and", "or", "not", "(", ")", "'x'", "in", ",", "true", "any", "/", ":"]
)
_RECORDS = st.fixed_dictionaries(
    {"a": st.integers(0, 3), "b": st.sampled_from(["x", "y", "X"]), "c": st.booleans()}
)


@st.composite
def _filters(draw: st.DrawFn, depth: int = 3) -> tuple[str, Any]:
    """A filter in OData, and the same as a Python function."""
    kind = draw(st.sampled_from(["a", "b", "c", "and", "or", "not"] if depth else ["a", "b", "c"]))
    if kind == "a":
        operator, number = (
            draw(st.sampled_from(["eq", "ne", "ge", "le", "gt", "lt"])),
            draw(st.integers(0, 3)),
        )
        compare = {
            "eq": "__eq__",
            "ne": "__ne__",
            "ge": "__ge__",
            "le": "__le__",
            "gt": "__gt__",
            "lt": "__lt__",
        }
        return f"a {operator} {number}", lambda record: getattr(record["a"], compare[operator])(number)
    if kind == "b":
        letters = draw(st.lists(st.sampled_from("xyz"), min_size=1, max_size=3))
        listed = ", ".join(f"'{letter}'" for letter in letters)
        return f"b in ({listed})", lambda record: record["b"].lower() in letters
    if kind == "c":
        wanted = draw(st.booleans())
        return f"c eq {str(wanted).lower()}", lambda record: record["c"] is wanted
    left, is_left = draw(_filters(depth - 1))
    if kind == "not":
        return f"not({left})", lambda record: not is_left(record)
    right, is_right = draw(_filters(depth - 1))
    if kind == "and":
        return f"({left}) and ({right})", lambda record: is_left(record) and is_right(record)
    return f"({left} or {right})", lambda record: is_left(record) or is_right(record)


@settings(deadline=None)
@given(_filters(), _RECORDS)
def test_a_filter_means_what_it_says(pair: tuple[str, Any], record: dict[str, Any]) -> None:
    text, means = pair
    assert predicate(read_filter(text))(record) == means(record)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=40), st.lists(_WORDS, max_size=9).map(" ".join)))
def test_nonsense_is_refused_and_never_breaks_anything(text: str) -> None:
    with contextlib.suppress(GraphError):
        read_filter(text)


def test_and_binds_tighter_than_or() -> None:
    matches = predicate(read_filter("a eq 1 or a eq 2 and c eq true"))
    assert matches({"a": 1, "c": False})
    assert not matches({"a": 2, "c": False})


def test_a_quote_inside_a_string_is_written_twice() -> None:
    assert predicate(read_filter("b eq 'O''Brien'"))({"b": "o'brien"})
