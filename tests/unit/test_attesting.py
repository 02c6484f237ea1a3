"""What guests said of themselves is told on the card, and who is asked when."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from reviews.attesting import are_asked, may_still_answer, told
from reviews.model import Card, Choice
from reviews.policy import Reviews
from tests.builders import GUEST, NOW, a_batch, a_case

CARD = Card(
    guest_id=GUEST,
    case_id=a_case().id,
    name="Ada",
    mail=None,
    company=None,
    invited_at=None,
    last_success_at=None,
    recommendation=a_case().recommendation,
    reasons=a_case().reasons,
)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        (Choice.KEEP, "guest-needs-it"),
        (Choice.REMOVE, "guest-is-done"),
        (Choice.DONT_KNOW, "guest-was-silent"),
        (None, "guest-was-silent"),
    ],
)
def test_a_card_says_once_what_its_guest_said(choice: Choice | None, code: str) -> None:
    card = told(told(CARD, Choice.KEEP, NOW), choice, NOW)
    assert [one.code for one in card.reasons] == ["silent", code]


def test_an_answer_without_a_moment_is_none() -> None:
    assert told(CARD, Choice.KEEP, None).reasons[-1].code == "guest-was-silent"


def test_guests_are_asked_first_where_a_batch_says_until_when() -> None:
    batch = a_batch(definition_id="d", attests_until=NOW + DAY)
    assert are_asked(batch, NOW)
    assert batch.asked_from == NOW + DAY
    assert not are_asked(a_batch(definition_id="d"), NOW)
    assert not are_asked(batch, NOW + DAY)
    assert may_still_answer(batch, NOW + DAY, is_over=False)
    assert not may_still_answer(batch, NOW + DAY, is_over=True)
    assert not may_still_answer(batch, NOW + 2 * DAY, is_over=False)
    assert not may_still_answer(a_batch(), NOW, is_over=False)
    assert a_batch().asked_from == a_batch().opened_at


def test_both_stages_together_are_what_a_review_lasts() -> None:
    assert Reviews().lasts == 14 * DAY
    assert Reviews.model_validate({"guest_attests_first": "P7D"}).lasts == 21 * DAY
    assert Reviews.model_validate({"guest_attests_first": None}).lasts == 14 * DAY


@pytest.mark.parametrize(
    "stages",
    [
        {"guest_attests_first": "PT36H"},
        {"guest_attests_first": "P0D"},
        {"guest_attests_first": "P167D"},
        {"duration": "P100D", "guest_attests_first": "P81D"},
    ],
)
def test_stages_that_do_not_fit_are_refused(stages: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="the stages of a review must fit in it"):
        Reviews.model_validate(stages)
