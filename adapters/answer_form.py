"""What a reviewer sent: the form of the answer page, read strictly and compared with what is on record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from notifications import names
from notifications.composing import Setting
from notifications.pages import LONGEST_REASON, PAGE, Attempt, Typed, handed_over, needs_reason
from reviews.attention import alike, is_hasty
from reviews.evidence import digest
from reviews.model import Answer, Batch, Card, Choice, GuestId, PersonId, Source, Submission
from reviews.schedule import local_date

LARGEST: Final = 512 * 1024
"""Bytes of a form that are read: 90 guests with a long reason each, percent-encoded, stay well below."""
MOST_FIELDS: Final = 900
_MOST_DIGITS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form as sent, cut to the guests that the page had shown."""

    nonce: str
    shown_at: datetime | None
    """When the page that holds the form was made, by its own word; None when it does not say."""
    is_hurried: bool
    """True when the page asked for a reason in words because an earlier try came too fast."""
    typed: Mapping[GuestId, Typed]
    bulk: Mapping[str, Typed]
    """What was typed for guests alike, by the name of their group."""
    groups: Mapping[GuestId, str]
    """The group that a guest was shown in."""


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
        groups = {guest: fields[f"m.{guest}"] for guest in guests if f"m.{guest}" in fields}
        shown_at = _number(fields["t"]) if "t" in fields else None
        return Form(
            nonce=fields.get("nonce", ""),
            shown_at=datetime.fromtimestamp(shown_at, UTC) if shown_at is not None else None,
            is_hurried="hurried" in fields,
            typed={guest: _typed(fields, guest) for guest in guests},
            bulk={name: _typed(fields, name) for name in set(groups.values())},
            groups=groups,
        )
    except (ValueError, OverflowError, OSError):
        return None


def _typed(fields: Mapping[str, str], name: str) -> Typed:
    choice = fields.get(f"c.{name}")
    return Typed(
        choice=Choice(choice) if choice else None,
        keeps_why=" ".join(fields.get(f"j.{name}", "").split()),
        removes_why=" ".join(fields.get(f"r.{name}", "").split()),
        until=fields.get(f"u.{name}", "").strip(),
        passes_to=fields.get(f"p.{name}", "").strip(),
        seen=_number(fields.get(f"v.{name}", "0")),
    )


def _number(text: str) -> int:
    if not text.isascii() or len(text) > _MOST_DIGITS:
        raise ValueError(text[:_MOST_DIGITS])
    return int(text)


def check(
    form: Form,
    batch: Batch,
    cards: Sequence[Card],
    latest: Mapping[GuestId, Submission],
    by: PersonId,
    setting: Setting,
) -> Answers | Attempt:
    """Say which answers of a form are new, or what is amiss with it. All of it is taken, or nothing."""
    chosen = tuple(_chosen(form, cards))
    fresh = [one for one in chosen if not _is_known(one.typed, latest.get(one.card.guest_id))]
    hurried = form.is_hurried or _is_hasty(form, fresh, setting.now)
    errors: dict[str, str] = {}
    for one in fresh:
        error = _error(one, batch, latest.get(one.card.guest_id), setting, hurried=hurried)
        if error:
            errors[one.place if error in _OF_WHAT_WAS_TYPED else one.card.guest_id] = error
    errors.update(_not_alike(form, cards))
    if not chosen:
        errors[PAGE] = "error.nothing-chosen"
    if errors:
        return Attempt(typed=form.typed, bulk=form.bulk, errors=errors, is_hurried=hurried)
    return Answers(
        fresh=tuple(
            _submission(batch, one.card.guest_id, one.typed, latest.get(one.card.guest_id), by, setting)
            for one in fresh
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """An answer chosen for one guest, and where on the page it was: with the guest, or with its group."""

    card: Card
    typed: Typed
    place: str


def _chosen(form: Form, cards: Sequence[Card]) -> Iterator[_Chosen]:
    """Yield what was chosen; a guest's own answer goes before the one for its group."""
    for card in cards:
        own, group = form.typed[card.guest_id], form.groups.get(card.guest_id)
        if own.choice:
            yield _Chosen(card=card, typed=own, place=card.guest_id)
        elif group is not None and form.bulk[group].choice:
            yield _Chosen(card=card, typed=replace(form.bulk[group], seen=own.seen), place=group)


def _not_alike(form: Form, cards: Sequence[Card]) -> Mapping[str, str]:
    """Refuse one answer for guests who are not alike: the rule holds here, whatever the form says."""
    errors = {}
    for name, typed in form.bulk.items():
        members = [card for card in cards if form.groups.get(card.guest_id) == name]
        if typed.choice and [len(group) for group in alike(members)] != [len(members)]:
            errors[str(PAGE)] = "error.not-alike"
    return errors


def _is_hasty(form: Form, fresh: Sequence[_Chosen], now: datetime) -> bool:
    kept = [one for one in fresh if one.typed.choice is Choice.KEEP and one.place == one.card.guest_id]
    return form.shown_at is not None and is_hasty(len(kept), now - form.shown_at)


def _is_known(typed: Typed, last: Submission | None) -> bool:
    return last is not None and is_same(typed, last.answer)


def is_same(typed: Typed, answer: Answer) -> bool:
    """Say whether what was typed is what the answer says; what belongs to another choice does not count."""
    until = answer.until.isoformat() if answer.until else ""
    said = (answer.choice, answer.justification, until, answer.passes_to or "")
    return said == (typed.choice, typed.why, _until(typed), _passes_to(typed))


def _until(typed: Typed) -> str:
    return typed.until if typed.choice is Choice.KEEP else ""


def _passes_to(typed: Typed) -> str:
    return typed.passes_to if typed.choice is Choice.NOT_MINE else ""


_OF_WHAT_WAS_TYPED: Final = frozenset(
    {
        "error.reason-too-long",
        "error.reason-needed",
        "error.too-fast",
        "error.until-invalid",
        "error.address-invalid",
    }
)
"""What is amiss with the words themselves: it stands where they were typed."""


def _error(
    one: _Chosen, batch: Batch, last: Submission | None, setting: Setting, *, hurried: bool
) -> str | None:
    typed, is_kept = one.typed, one.typed.choice is Choice.KEEP
    is_bare = is_kept and not typed.why
    amiss = {
        "error.answered-meanwhile": typed.seen != (last.version if last else 0)
        or handed_over(batch, one.card.guest_id) is not None,
        "error.reason-too-long": len(typed.why) > LONGEST_REASON,
        "error.reason-needed": is_bare and needs_reason(one.card, setting),
        "error.too-fast": is_bare and hurried and one.place == one.card.guest_id,
        "error.until-invalid": not _is_a_day_to_come(_until(typed), setting),
        "error.address-invalid": bool(_passes_to(typed)) and names.address(typed.passes_to) is None,
    }
    return next((error for error, is_so in amiss.items() if is_so), None)


def _is_a_day_to_come(text: str, setting: Setting) -> bool:
    if not text:
        return True
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return day > local_date(setting.policy.tenant.zone, setting.now)


def _submission(
    batch: Batch, guest: GuestId, typed: Typed, last: Submission | None, by: PersonId, setting: Setting
) -> Submission:
    version = (last.version if last else 0) + 1
    choice = typed.choice or Choice.DONT_KNOW
    until, passes_to = _until(typed), _passes_to(typed)
    named = f"page|{batch.id}|{guest}|{version}|{choice}|{by}|{until}|{passes_to}|{typed.why}"
    answer = Answer(
        id=digest(named.encode())[:32],
        choice=choice,
        by=by,
        at=_after(last, setting.now),
        source=Source.PAGE,
        justification=typed.why,
        until=date.fromisoformat(until) if until else None,
        passes_to=passes_to or None,
    )
    return Submission(batch_id=batch.id, guest_id=guest, version=version, answer=answer)


def _after(last: Submission | None, now: datetime) -> datetime:
    """Return when an answer was given: after the one it replaces, also where two clocks disagree."""
    return now if last is None else max(now, last.answer.at + timedelta(microseconds=1))
