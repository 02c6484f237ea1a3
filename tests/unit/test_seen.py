"""The census's memory of who it met behaves as a set does."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from adapters.graph.seen import Seen
from reviews.snapshots import key_of

IDS = st.lists(st.uuids().map(str) | st.text(max_size=40), max_size=60)


@given(IDS)
def test_it_holds_what_a_set_holds(ids: list[str]) -> None:
    seen, plain = Seen(), set[bytes]()
    for one in ids:
        key = key_of(one)
        assert seen.add(key) is (key not in plain)
        plain.add(key)
    assert set(seen) == plain
    assert len(seen) == len(plain)


def test_it_grows_without_losing_anyone() -> None:
    seen = Seen()
    ids = [uuid.UUID(int=n * 2**64 + 7).hex for n in range(1, 5_000)]  # all want the same place
    spread = [uuid.uuid5(uuid.NAMESPACE_DNS, str(n)).hex for n in range(5_000)]
    for one in [*ids[:300], *spread]:
        assert seen.add(key_of(one))
    assert len(seen) == 5_300
    assert not any(seen.add(key_of(one)) for one in [*ids[:300], *spread])
    assert key_of(ids[400]) not in seen


def test_the_same_id_in_capitals_is_the_same_account() -> None:
    one = str(uuid.uuid5(uuid.NAMESPACE_DNS, "ada"))
    assert key_of(one) == key_of(one.upper())


def test_odd_ids_have_keys_of_their_own() -> None:
    odd = ["", "x", "00000000-0000-0000-0000-000000000000", "zz" * 16, "ab" * 15]
    assert len({key_of(one) for one in odd}) == len(odd)
    assert bytes(16) not in {key_of(one) for one in odd}
