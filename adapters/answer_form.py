"""What a reviewer sent: the form of the answer page, read strictly and compared with what is on record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from notifications.composing import Setting
from notifications.pages import LONGEST_REASON, Attempt, Typed, needs_reason
from reviews.evidence import digest
from reviews.model import Answer, Batch, Card, Choice, GuestId, PersonId, Source, Submission

LARGEST: Final = 512 * 1024
"""Bytes of a form that are read: 90 guests with a long reason each, percent-encoded, stay well below."""
MOST_FIELDS: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form as sent, cut to the guests that the page had shown."""

    nonce: str
    typed: Mapping[GuestId, Typed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """A form that can be taken: what is to be appended (nothing when all of it is on record already)."""

    fresh: tuple[Submission, ...]


def read_form(body: bytes, guests: Sequence[GuestId]) -> Form | None:
    """Read an urlencoded form; None when it is none, or holds a field twice or a value we never offer."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
        fields = dict(pairs)
        if len(fields) != len(pairs):
            return None
        typed = {guest: _typed(fields, guest) for guest in guests}
    except ValueError:
        return None
    return Form(nonce=fields.get("nonce", ""), typed=typed)


def _typed(fields: Mapping[str, str], guest: GuestId) -> Typed:
    choice = fields.get(f"c.{guest}")
    return Typed(
        choice=Choice(choice) if choice else None,
        why=" ".join(fields.get(f"j.{guest}", "").split()),
        seen=int(fields.get(f"v.{guest}", "0")),
    )


def check(
    form: Form,
    batch: Batch,
    cards: Sequence[Card],
    latest: Mapping[GuestId, Submission],
    by: PersonId,
    setting: Setting,
) -> Answers | Attempt:
    """Say which answers of a form are new, or what is amiss with it. All of it is taken, or nothing."""
    fresh: list[Submission] = []
    errors: dict[GuestId, str] = {}
    chosen = [(card, form.typed[card.guest_id]) for card in cards if form.typed[card.guest_id].choice]
    for card, typed in chosen:
        last = latest.get(card.guest_id)
        if last is not None and is_same(typed, last.answer):
            continue
        error = _error(card, typed, last, setting)
        if error:
            errors[card.guest_id] = error
        else:
            fresh.append(_submission(batch, card.guest_id, typed, last, by, setting.now))
    if not chosen:
        errors[GuestId("")] = "error.nothing-chosen"
    return Attempt(typed=form.typed, errors=errors) if errors else Answers(fresh=tuple(fresh))


def is_same(typed: Typed, answer: Answer) -> bool:
    """Say whether what was typed is what the answer says; a reason counts only beside a wish to keep."""
    return typed.choice is answer.choice and _why(typed) == answer.justification


def _why(typed: Typed) -> str:
    return typed.why if typed.choice is Choice.KEEP else ""


def _error(card: Card, typed: Typed, last: Submission | None, setting: Setting) -> str | None:
    if typed.seen != (last.version if last else 0):
        return "error.answered-meanwhile"
    if len(_why(typed)) > LONGEST_REASON:
        return "error.reason-too-long"
    if typed.choice is Choice.KEEP and not typed.why and needs_reason(card, setting):
        return "error.reason-needed"
    return None


def _submission(
    batch: Batch, guest: GuestId, typed: Typed, last: Submission | None, by: PersonId, now: datetime
) -> Submission:
    version = (last.version if last else 0) + 1
    choice = typed.choice or Choice.DONT_KNOW
    named = f"page|{batch.id}|{guest}|{version}|{choice}|{by}|{_why(typed)}"
    answer = Answer(
        id=digest(named.encode())[:32],
        choice=choice,
        by=by,
        at=now,
        source=Source.PAGE,
        justification=_why(typed),
    )
    return Submission(batch_id=batch.id, guest_id=guest, version=version, answer=answer)
