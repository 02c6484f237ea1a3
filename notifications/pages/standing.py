"""How things stand with a batch: whether it takes answers, and which questions went to somebody else."""

from enum import StrEnum

from notifications.composing import Setting
from reviews.model import Batch, BatchStep, Choice, GuestId, HandOver, Submission


class Standing(StrEnum):
    """Whether a batch takes answers."""

    PREPARING = "preparing"
    OPEN = "open"
    OVER = "over"


def standing(batch: Batch, setting: Setting) -> Standing:
    """Say whether a batch takes answers now."""
    if batch.step is BatchStep.CLOSED or setting.now > batch.deadline:
        return Standing.OVER
    return Standing.OPEN if batch.step is BatchStep.OPEN else Standing.PREPARING


def handed_over(batch: Batch, guest_id: GuestId) -> HandOver | None:
    """Return how a guest's question went to somebody else; None when it is still this reviewer's."""
    return next(
        (one for one in reversed(batch.handed_over) if one.guest_id == guest_id and one.to is not None), None
    )


def refused_hand_over(batch: Batch, last: Submission | None) -> HandOver | None:
    """Return why the last "not mine" about a guest could not be handed over; None when nothing is wrong."""
    if last is None or last.answer.choice is not Choice.NOT_MINE:
        return None
    return next(
        (one for one in batch.handed_over if one.answer_id == last.answer.id and one.to is None), None
    )
