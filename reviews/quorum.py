"""What the answers of several people come to: kept, to be removed, or not decided yet."""

from collections.abc import Collection, Iterable

from reviews.model import Answer, Case, Choice, PersonId
from reviews.policy import Quorum

_TWO = 2


def decisive(
    answers: Iterable[Answer], asked: Collection[PersonId], quorum: Quorum, *, at_end: bool = False
) -> Answer | None:
    """Return the newest of the answers that decide a case; None while nothing is decided.

    Only the newest word of each person counts, and the order of arrival does not. Who says that the guest
    is not theirs is no longer waited for; not knowing is waited for like silence. ``asked`` are the people
    that are waited for, until the time is up (``at_end``). docs/reviews.md holds the table.
    """
    words = standing(answers)
    keeps = [word for word in words if word.choice is Choice.KEEP]
    removals = [word for word in words if word.choice is Choice.REMOVE]
    match quorum:
        case Quorum.ANY_ONE:
            deciding = keeps or removals
        case Quorum.DENIAL_WINS:
            all_spoke = {word.by for word in words} >= set(asked)
            deciding = removals or (keeps if all_spoke or at_end else [])
        case Quorum.TWO_PEOPLE:
            deciding = next((side for side in (keeps, removals) if len(side) >= _TWO), [])
        case _:
            others = {word.by for word in words if word.choice is Choice.NOT_MINE}
            kept_by_all = {word.by for word in keeps} >= set(asked) - others
            deciding = removals or (keeps if kept_by_all else [])
    return deciding[-1] if deciding else None


def standing(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """Return the newest answer of each person, oldest first."""
    newest: dict[PersonId, Answer] = {}
    for answer in in_order(answers):
        newest[answer.by] = answer
    return in_order(newest.values())


def on_record(case: Case) -> tuple[Answer, ...]:
    """Return the newest answer of each person who answered in this round, oldest first."""
    return case.answers or ((case.answer,) if case.answer is not None else ())


def in_order(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """Return answers by the time they were given, then by id."""
    return tuple(sorted(answers, key=lambda answer: (answer.at, answer.id)))


def somebody_keeps(case: Case) -> bool:
    """Say whether somebody's newest word is that the guest is needed: silence of others is then no denial."""
    return any(word.choice is Choice.KEEP for word in on_record(case))
