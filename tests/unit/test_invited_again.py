"""A guest who was invited again has a new id: nothing of the account before is inherited."""

from reviews.planning import Known, Survey
from reviews.records import Act
from tests.builders import NOW, a_guest, a_policy, a_receipt, ago


def test_a_guest_invited_again_inherits_neither_rest_nor_answer_of_the_account_before() -> None:
    before, after = a_guest(1), a_guest(2, mail=a_guest(1).mail)
    known = Known(resting={before.id: ago(-100)})
    survey = Survey(policy=a_policy(), now=NOW, round_name="2026-11-20", known=known)
    survey.look(after)
    plan = survey.draw_up(a_receipt(), previous_guests=None)
    assert [(action.kind, action.guest_id) for action in plan.actions] == [(Act.ASK, after.id)]
