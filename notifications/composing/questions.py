"""The mails that ask: about those guests in one reviewer's batches who wait for an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from notifications import names
from notifications.composing.following import no_answer, what_follows
from notifications.composing.guests import guest_line, in_order
from notifications.composing.setting import MY_ACCESS, Setting, reviewer_name
from notifications.contexts import Candidate, Escalation, Handover, NameLine, Question, Reminder, Section
from reviews.alone import is_in_my_access
from reviews.model import AskedAs, Batch, Card, Choice, Person

IN_FULL: Final = 10
"""How many guests of a mail are shown with their facts; the others by name. Ten seconds are short."""
BY_NAME: Final = 80
"""How many more are named; what is left after them is on the page only."""

Q = TypeVar("Q", bound=Question)

_TOLD: Final[Mapping[type[Question], AskedAs]] = {
    Candidate: AskedAs.CANDIDATE,
    Escalation: AskedAs.ESCALATED,
    Handover: AskedAs.HANDED_OVER,
}
"""The role of the reader that a mail explains itself; every other mail is written to sponsors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A batch with the cards that wait for an answer; ``is_new`` until its question was seen to leave."""

    batch: Batch
    cards: Sequence[Card]
    is_new: bool = True


def question(kind: type[Q], asked: Sequence[Asked], setting: Setting, **more: str) -> Q:
    """Compose a mail that asks about the guests of one or more batches; ``more`` is what the kind adds.

    New batches come first, then those that end first.
    """
    words = setting.words
    ordered = sorted(asked, key=lambda one: (not one.is_new, one.batch.deadline, one.batch.id))
    fields: dict[str, Any] = {
        **setting.foot,
        **more,
        "reviewer_name": reviewer_name(ordered[0].batch.reviewer, words),
        "count": sum(len(one.cards) for one in ordered),
        "deadline": words.day(min(one.batch.deadline for one in ordered)),
        "sections": _sections(ordered, _TOLD.get(kind, AskedAs.SPONSOR), setting),
        "no_answer": no_answer(setting),
        "if_removed": what_follows(Choice.REMOVE, setting.now, setting),
        "my_access_url": MY_ACCESS if any(is_in_my_access(one.batch, one.cards) for one in ordered) else "",
        "added": names.paragraphs(setting.wording.question),
    }
    if issubclass(kind, Reminder):
        fields["asked_on"] = words.day(min(one.batch.asked_from for one in ordered))
    return kind(**fields)


def handed_by(colleague: Person | None, why: str, setting: Setting) -> str:
    """Say who named the reader, said that the guests are not theirs, or can no longer answer."""
    key = why if why in {"left", "not-theirs"} else "named"
    return setting.words.say(f"handover.{key}", name=reviewer_name(colleague, setting.words))


def _sections(asked: Sequence[Asked], told: AskedAs, setting: Setting) -> tuple[Section, ...]:
    sections, in_full, by_name = [], IN_FULL, BY_NAME
    for one in asked:
        section = _section(one, told, setting, in_full=in_full, by_name=by_name, alone=len(asked) == 1)
        in_full -= len(section.guests)
        by_name -= len(section.others)
        sections.append(section)
    return tuple(sections)


def _section(
    asked: Asked, told: AskedAs, setting: Setting, *, in_full: int, by_name: int, alone: bool
) -> Section:
    words, batch = setting.words, asked.batch
    cards = in_order(asked.cards)
    named = cards[in_full : in_full + by_name]
    return Section(
        heading="" if alone else words.say("question.new" if asked.is_new else "question.open"),
        count=len(cards),
        deadline=words.day(batch.deadline),
        deadline_time=words.time(batch.deadline),
        answer_url=setting.answer_url(batch.id),
        guests=tuple(guest_line(card, words, told=told) for card in cards[:in_full]),
        others=tuple(
            NameLine(
                name=words.guest(card.name, card.mail),
                suggestion=words.say(f"recommendation.{card.recommendation}"),
            )
            for card in named
        ),
        unlisted=len(cards) - len(cards[:in_full]) - len(named),
    )
