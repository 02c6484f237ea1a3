"""The page that takes a removal back: one guest, one button, and what became of it."""

from collections.abc import Sequence
from enum import StrEnum

from notifications import composing
from notifications.composing import Setting
from notifications.pages.standing import Standing, standing
from notifications.render import page
from reviews.model import Batch, Card, Choice, Submission, UndoRequest


class WayBack(StrEnum):
    """Whether a removal can be taken back here."""

    OPEN = "open"
    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"
    TOO_LATE = "too-late"
    NOTHING = "nothing"


def way_back(
    batch: Batch, card: Card, last: Submission | None, requests: Sequence[UndoRequest], setting: Setting
) -> WayBack:
    """Say whether the removal of a guest can be taken back now, and if it was, how that went.

    It can once the review is over and the reviewer's last word was "remove", or the account was deleted; the
    worker has the last word. While the review is open, the answer is simply changed. docs/sponsors.md holds
    the table.
    """
    settled = next((one for one in batch.undone if one.case_id == card.case_id), None)
    if settled is not None:
        return WayBack.DONE if settled.because is None else WayBack.REFUSED
    if any(one.case_id == card.case_id for one in requests):
        return WayBack.ASKED
    told = next((one for one in batch.removed if one.case_id == card.case_id), None)
    if told is not None:
        return WayBack.OPEN if setting.now <= told.until else WayBack.TOO_LATE
    return WayBack.OPEN if may_ask_undo(batch, card, last, setting) else WayBack.NOTHING


def may_ask_undo(batch: Batch, card: Card, last: Submission | None, setting: Setting) -> bool:
    """Say whether the reviewer may ask for a guest whose removal is under way or done."""
    if any(one.case_id == card.case_id for one in batch.undone):
        return False
    told = next((one for one in batch.removed if one.case_id == card.case_id), None)
    if told is not None:
        return setting.now <= told.until
    over = standing(batch, setting) is Standing.OVER
    return over and last is not None and last.answer.choice is Choice.REMOVE


def undo_page(batch: Batch, card: Card, state: WayBack, setting: Setting, *, style_nonce: str) -> str:
    """Render the page as HTML. Opening it changes nothing."""
    words = setting.words
    told = next((one for one in batch.removed if one.case_id == card.case_id), None)
    settled = next((one for one in batch.undone if one.case_id == card.case_id), None)
    values = {
        "state": str(state),
        "name": words.guest(card.name, card.mail),
        "about": composing.about(card, words),
        "until": words.day(told.until) if told else "",
        "refusal": words.reason(settled.because) if settled and settled.because else "",
        "path": f"/u/{batch.id}/{card.case_id}",
        "back": f"/r/{batch.id}",
        "nonce": batch.nonce,
        "reviewer_name": composing.reviewer_name(batch.reviewer, words),
        "contact": setting.contact,
        "style_nonce": style_nonce,
    }
    return page("page/undo.html", values, words)
