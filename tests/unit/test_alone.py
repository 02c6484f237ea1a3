"""A guest reviewed alone: a marker of its own, and ids that are kept apart from those of the batch."""

from dataclasses import replace

from reviews.alone import alone_in, as_found, batch_of_one, intended, is_in_my_access
from reviews.model import GuestId
from tests.builders import guid
from tests.letters import a_card, batch

WHOLE = replace(batch(2), definition_id=None)
FIRST, SECOND = WHOLE.guests


def test_each_guest_of_each_batch_has_a_marker_of_its_own_and_always_the_same() -> None:
    markers = {intended(WHOLE, FIRST).id, intended(WHOLE, SECOND).id, WHOLE.id}
    assert len(markers) == 3
    assert intended(WHOLE, FIRST) == intended(replace(WHOLE, version=9), FIRST)
    assert all(len(one) == 32 for one in markers)


def test_a_batch_of_one_bears_the_guests_own_ids_and_nothing_of_the_batchs() -> None:
    whole = replace(WHOLE, group_id="g", definition_id="d", instance_id="i", native="InProgress")
    own = intended(whole, FIRST)
    one = batch_of_one(whole, FIRST, own)
    assert (one.id, one.guests, one.reviewer_id) == (own.id, (FIRST,), whole.reviewer_id)
    assert (one.group_id, one.definition_id, one.instance_id, one.native) == (None, None, None, None)
    made = replace(one, group_id="h", definition_id="e", instance_id="j", native="Completed")
    found = as_found(own, made)
    assert batch_of_one(whole, FIRST, found) == made
    assert found.id == own.id


def test_only_guests_who_are_still_in_the_batch_are_reviewed_alone() -> None:
    stranger = GuestId(guid(99))
    cards = [
        replace(a_card(), guest_id=guest, alone=intended(WHOLE, guest)) for guest in (FIRST, stranger)
    ] + [replace(a_card(), guest_id=SECOND)]
    assert alone_in(WHOLE, cards) == ((cards[0], intended(WHOLE, FIRST)),)


def test_a_question_is_in_my_access_where_entra_holds_a_review_of_ours_about_it() -> None:
    own = replace(a_card(), guest_id=FIRST, alone=intended(WHOLE, FIRST))
    assert not is_in_my_access(WHOLE, [own])
    assert own.alone is not None
    assert is_in_my_access(WHOLE, [replace(own, alone=replace(own.alone, definition_id="d"))])
    assert is_in_my_access(replace(WHOLE, definition_id="d"), [])
