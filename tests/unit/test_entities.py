"""The codec of table rows: what goes in comes out, and what Azure would refuse is refused here."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.tables import entities
from adapters.tables.cases import case_row, event_row
from adapters.tables.entities import Row, decode, encode, row_of, size_of, transactions
from adapters.tables.rules import event_of
from reviews.errors import Malformed
from reviews.evidence import GENESIS
from reviews.model import Case, GuestId
from tests.contracts.ledger_samples import a_case, a_move

# A busy machine is no failure.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
KEYS = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/\\#?"), min_size=1, max_size=60
)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True).filter(
    lambda name: not name.startswith("json") and name not in {"digest", "nonce", "etag", "Timestamp"}
)
MOMENTS = st.datetimes(datetime(1601, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
COLUMNS = st.dictionaries(
    NAMES,
    st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.integers(-(2**63), 2**63 - 1), MOMENTS),
    max_size=6,
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
LONG_TEXTS = st.builds(
    lambda text, times: text * times, st.text(min_size=1, max_size=9), st.integers(1, 9000)
)


@UNHURRIED
@given(KEYS, KEYS, TEXTS | LONG_TEXTS, COLUMNS)
def test_a_row_comes_back_as_it_went(partition: str, key: str, json: str, columns: dict[str, Any]) -> None:
    row = Row(partition=partition, key=key, json=json, columns=columns)

    entity = encode(row)

    assert decode(entity) == row
    assert all(
        len(value.encode("utf-16-le")) <= 2 * entities.LARGEST_TEXT
        for value in entity.values()
        if isinstance(value, str)
    )


def test_a_record_comes_back_as_it_went() -> None:
    case = a_case()

    assert decode(encode(row_of("p", "S", case, version=1))).read(Case) == case


def test_a_pair_of_surrogates_is_never_cut() -> None:
    text = "a" + "🐌" * 20_000

    assert decode(encode(Row(partition="p", key="k", json=text))).json == text


@UNHURRIED
@given(st.data())
def test_any_changed_property_is_noticed(data: st.DataObject) -> None:
    event = event_of(a_move(a_case()), GENESIS)
    entity = encode(data.draw(st.sampled_from([case_row(event), event_row(event)])))
    name = data.draw(st.sampled_from(sorted(entity)))
    value = entity[name]
    if isinstance(value, int):
        entity[name] = value + data.draw(st.integers(1, 9))
    else:
        place = data.draw(st.integers(0, len(value) - 1))
        sign = data.draw(st.sampled_from("0az~"))
        other = sign if sign != value[place] else "!"  # no filter: a nonce is another at each try
        entity[name] = value[:place] + other + value[place + 1 :]

    with pytest.raises(Malformed):
        decode(entity)


@pytest.mark.parametrize("name", ["digest", "nonce", "json", "version", "head"])
def test_a_property_taken_away_is_noticed(name: str) -> None:
    entity = encode(case_row(event_of(a_move(a_case()), GENESIS)))
    del entity[name]

    with pytest.raises(Malformed):
        decode(entity)


def test_a_property_added_or_of_another_type_is_noticed() -> None:
    entity = encode(row_of("p", "S", a_case(), version=1))

    for changed in ({"extra": "x"}, {"version": "1"}, {"version": True}, {"extra": b"x"}, {"json1": "x"}):
        with pytest.raises(Malformed):
            decode({**entity, **changed})


def test_a_row_moved_to_another_place_is_noticed() -> None:
    entity = encode(row_of("p", "S", a_case()))

    with pytest.raises(Malformed):
        decode({**entity, "PartitionKey": "q"})


def test_what_the_service_adds_is_not_part_of_the_row() -> None:
    row = Row(partition="p", key="k", json="{}")

    assert decode({**encode(row), "Timestamp": datetime(2026, 1, 1, tzinfo=UTC)}) == row


@pytest.mark.parametrize(
    "changes",
    [
        {"partition": "a/b"},
        {"partition": "a\\b"},
        {"key": "a#b"},
        {"key": "a?b"},
        {"key": "a\tb"},
        {"key": "a\x85b"},
        {"key": "k" * 513},
        {"columns": {"a-b": 1}},
        {"columns": {"a b": 1}},
        {"columns": {"1a": 1}},
        {"columns": {"": 1}},
        {"columns": {"a" * 256: 1}},
        {"columns": {"digest": "x"}},
        {"columns": {"json7": "x"}},
        {"columns": {"PartitionKey": "x"}},
        {"columns": {"n": 2**63}},
        {"columns": {"text": "🐌" * 16_001}},
        {"columns": {"at": datetime(1600, 12, 31, tzinfo=UTC)}},
        {"columns": {"at": datetime(2026, 1, 1)}},  # noqa: DTZ001
        {"columns": {f"c{number}": number for number in range(251)}},
        {"json": "x" * 600_000},
        {"json": "🐌" * 300_000},
    ],
    ids=str,
)
def test_what_azure_would_refuse_is_refused_here(changes: dict[str, Any]) -> None:
    row = replace(Row(partition="p", key="k", json="{}"), **changes)

    with pytest.raises(Malformed):
        encode(row)


@UNHURRIED
@given(st.integers(entities.LARGEST_ENTITY // 2 - 600, entities.LARGEST_ENTITY))
def test_an_entity_is_refused_exactly_when_it_is_larger_than_the_service_takes(length: int) -> None:
    row = Row(partition="p", key="k", json="x" * length)
    parts = -(-length // 16_000)
    # 4 + keys, then 8 + name + 4 + text for each property, two bytes a character.
    names = sum(2 * len(f"json{number or ''}") for number in range(parts))
    size = 4 + 4 + parts * 12 + names + 2 * length + 2 * (12 + 2 * 5) + 2 * 32 + 2 * 64
    size += 2 * (len("digest") - 5) + 2 * (len("nonce") - 5)

    if size > entities.LARGEST_ENTITY:
        with pytest.raises(Malformed):
            encode(row)
    else:
        assert size_of(encode(row)) == size


def test_a_limit_is_reached_but_not_passed() -> None:
    encode(Row(partition="p" * 512, key="k", columns={f"c{n}": n for n in range(250)}))
    encode(Row(partition="p", key="k", columns={"at": datetime(1601, 1, 1, tzinfo=UTC), "n": 2**63 - 1}))


def test_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(Malformed):
        row_of("p", "k", a_case(GuestId("a\ud800")))


def test_rows_are_cut_into_transactions_by_number_and_by_size() -> None:
    small = [Row(partition="p", key=f"{number:03d}", json="{}") for number in range(250)]
    large = [Row(partition="p", key=f"{number:03d}", json="x" * 100_000) for number in range(5)]

    assert [len(portion) for portion in transactions(small)] == [100, 100, 50]
    assert [len(portion) for portion in transactions(large)] == [2, 2, 1]
    assert [row for portion in transactions(small) for row in portion] == small
    assert list(transactions([])) == []


def test_a_moment_keeps_its_microseconds() -> None:
    at = datetime(2026, 11, 20, 1, 2, 3, 456_789, tzinfo=UTC) - timedelta(microseconds=1)

    assert decode(encode(Row(partition="p", key="k", columns={"at": at}))).columns == {"at": at}
