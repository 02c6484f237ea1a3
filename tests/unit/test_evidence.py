"""The record that proves itself: canonical bytes, chains, roots and seals."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.errors import Malformed
from reviews.evidence import (
    GENESIS,
    canonical,
    digest,
    merkle_root,
    parse,
    seal,
    stamp,
    verify_chain,
)
from reviews.model import Case, GuestId, Step
from reviews.planning import Known, Survey
from reviews.records import Event, Plan
from tests.builders import GUEST, NOW, RUN, a_case, a_guest, a_policy, a_receipt, guid


def chain(length: int = 3) -> list[Event]:
    events: list[Event] = []
    previous = GENESIS
    for number in range(1, length + 1):
        event = stamp(
            Event(
                guest_id=GUEST,
                seq=number,
                at=NOW,
                kind="case-opened",
                actor="gatehouse",
                run_id=RUN,
                case=a_case(Step.ASKED, version=number),
                facts={"number": number},
                previous=previous,
                hash="",
            )
        )
        events.append(event)
        previous = event.hash
    return events


def faults(events: list[Event]) -> set[str]:
    return {fault.what for fault in verify_chain(GUEST, events)}


def test_a_chain_as_it_was_written_has_no_fault() -> None:
    assert verify_chain(GUEST, chain()) == ()
    assert verify_chain(GUEST, []) == ()


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"actor": "operator"}, {"changed-event"}),
        ({"facts": {"number": 9}}, {"changed-event"}),
        ({"hash": "f" * 64}, {"changed-event", "broken-link"}),
        ({"previous": "f" * 64}, {"changed-event", "broken-link"}),
        ({"seq": 7}, {"changed-event", "out-of-sequence"}),
        ({"guest_id": GuestId(guid(2))}, {"changed-event", "out-of-sequence"}),
        ({"case": a_case(Step.KEPT, version=2)}, {"changed-event"}),
    ],
)
def test_any_edit_of_an_event_is_found(changes: dict[str, Any], found: set[str]) -> None:
    events = chain()
    events[1] = replace(events[1], **changes)
    assert faults(events) == found


def test_an_event_stamped_anew_after_an_edit_breaks_the_link_behind_it() -> None:
    events = chain()
    events[1] = stamp(replace(events[1], actor="operator"))
    (fault,) = verify_chain(GUEST, events)
    assert (fault.what, fault.where) == ("broken-link", f"{GUEST}/E|0000000003")


def test_an_event_cut_out_or_swapped_is_found() -> None:
    events = chain()
    assert "broken-link" in faults([events[0], events[2]])
    assert "broken-link" in faults([events[1], events[0], events[2]])
    assert faults(events[1:]) == {"out-of-sequence", "broken-link"}


def test_canonical_bytes_are_sorted_compact_and_read_back() -> None:
    case = a_case(Step.NOTICED)
    content = canonical(case)
    assert b" " not in content.replace(b"Project is over.", b"")
    assert content.index(b'"answer"') < content.index(b'"version"')
    assert parse(Case, content) == case


def test_a_whole_plan_reads_back_as_it_was() -> None:
    survey = Survey(policy=a_policy(), now=NOW, round_name="2026-11-20", known=Known())
    survey.look(a_guest())
    plan = survey.draw_up(a_receipt(), previous_guests=None)
    assert parse(Plan, canonical(plan)) == plan


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=5))
def test_equal_values_have_equal_bytes_in_whatever_order_they_were_made(value: dict[str, Any]) -> None:
    assert canonical(value) == canonical(dict(reversed(value.items())))


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"id": 3}', b"null"])
def test_content_that_is_no_such_record_is_refused_without_repeating_it(content: bytes) -> None:
    with pytest.raises(Malformed, match="stored Case cannot be read") as refusal:
        parse(Case, content)
    assert "input" not in str(refusal.value)


def test_the_root_covers_every_leaf_and_no_order() -> None:
    leaves = [digest(bytes([number])) for number in range(5)]
    assert merkle_root(leaves) == merkle_root(leaves[::-1])
    assert merkle_root([]) == GENESIS
    roots = {merkle_root(leaves[:length]) for length in range(6)}
    assert len(roots) == 6


@given(st.lists(st.text("abcdef", min_size=1, max_size=4), min_size=1, max_size=9, unique=True), st.data())
def test_another_leaf_makes_another_root(leaves: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    edited = [*leaves[:place], leaves[place] + "0", *leaves[place + 1 :]]
    assert merkle_root(edited) != merkle_root(leaves)


def test_a_node_cannot_pass_for_a_leaf() -> None:
    pair = merkle_root(["a", "b"])
    assert merkle_root([pair]) != pair


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "2026-11-19"},
        {"taken_at": NOW.replace(hour=3)},
        {"previous": "f" * 64},
        {"heads": {"guest": "2:abc"}},
        {"heads": {}},
        {"extras": {"plan": "e"}},
    ],
)
def test_a_seal_covers_everything_it_names(changes: dict[str, Any]) -> None:
    sealed = seal("2026-11-20", NOW, GENESIS, {"guest": "1:abc"}, {"plan": "d"})
    assert sealed.root == merkle_root(sealed.leaves())
    assert merkle_root(replace(sealed, **changes).leaves()) != sealed.root
