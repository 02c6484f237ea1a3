"""How good answers are, per reviewer and department: rates for operators, never a reproach by mail.

Counted from what the record holds of each guest. Fewer things than ``FEWEST`` give no rate: a share of three
says something about chance, and about a person what it should not. docs/sponsors.md holds the tables.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median

from reviews.model import BatchId, Case, CaseId, Choice, PersonId
from reviews.quorum import on_record
from reviews.records import Event

FEWEST = 5
"""Fewer answers, questions or removals than this make no rate; fewer kept guests make no all-keep run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What was counted of one reviewer, or of one department."""

    of: str
    asked: int
    """Questions put to them."""
    answered: int
    """Of these, the ones answered "keep" or "remove"."""
    usual_time: timedelta | None
    """The median from the question to the first answer; None for too few answers."""
    runs: int
    """Batches with enough answers to be a run of one word."""
    all_keep: int
    """Of these, the ones in which every answer was "keep"."""
    removals: int
    """Questions whose last word was "remove"."""
    flips: int
    """Of these, the ones where the guest came back and the next answer was "keep"."""

    @property
    def answer_rate(self) -> float | None:
        """The share of questions that were answered; None for too few."""
        return _share(self.answered, self.asked)

    @property
    def all_keep_rate(self) -> float | None:
        """The share of runs that kept everybody; None without a run."""
        return self.all_keep / self.runs if self.runs else None

    @property
    def flip_rate(self) -> float | None:
        """The share of removals that were taken back and then kept; None for too few."""
        return _share(self.flips, self.removals)


@dataclass(slots=True, kw_only=True)
class _Counts:
    asked: int = 0
    removals: int = 0
    flips: int = 0
    times: list[timedelta] = field(default_factory=list)
    words: dict[BatchId, list[Choice]] = field(default_factory=lambda: defaultdict(list))

    def add(self, other: "_Counts") -> None:
        self.asked += other.asked
        self.removals += other.removals
        self.flips += other.flips
        self.times += other.times
        for batch, words in other.words.items():
            self.words[batch] += words

    def quality(self, of: str) -> Quality:
        runs = [words for words in self.words.values() if len(words) >= FEWEST]
        return Quality(
            of=of,
            asked=self.asked,
            answered=sum(map(len, self.words.values())),
            usual_time=_usual(self.times),
            runs=len(runs),
            all_keep=sum(set(words) == {Choice.KEEP} for words in runs),
            removals=self.removals,
            flips=self.flips,
        )


def per_reviewer(histories: Iterable[Sequence[Event]]) -> tuple[Quality, ...]:
    """Count the whole histories of guests, each oldest event first, by whom the questions were put to."""
    return tuple(counts.quality(person) for person, counts in sorted(_counted(histories).items()))


def per_department(
    histories: Iterable[Sequence[Event]], departments: Mapping[PersonId, str]
) -> tuple[Quality, ...]:
    """Count the same by department; who has none known is left out."""
    whole: dict[str, _Counts] = defaultdict(_Counts)
    for person, counts in _counted(histories).items():
        if person in departments:
            whole[departments[person]].add(counts)
    return tuple(counts.quality(name) for name, counts in sorted(whole.items()))


def _counted(histories: Iterable[Sequence[Event]]) -> Mapping[PersonId, _Counts]:
    counted: dict[PersonId, _Counts] = defaultdict(_Counts)
    for events in histories:
        cases = _cases(events)
        for case in cases:
            counted[case.reviewer].asked += 1
            _count_answer(case, counted[case.reviewer], _first_answer(case, events))
        for person, flips in _flips(cases, _restored(events)).items():
            counted[person].flips += flips
    return counted


def _cases(events: Sequence[Event]) -> Sequence[Case]:
    """Return each case of a guest as it was last, in the order in which they were opened."""
    last: dict[CaseId, Case] = {}
    for event in events:
        last[event.case.id] = event.case
    return tuple(last.values())


def _restored(events: Sequence[Event]) -> frozenset[CaseId]:
    return frozenset(event.case.id for event in events if event.kind == "restored")


def _word(case: Case) -> Choice | None:
    """Return the reviewer's last "keep" or "remove" on a case; None without either."""
    said = next((one.choice for one in on_record(case) if one.by == case.reviewer), None)
    return said if said in {Choice.KEEP, Choice.REMOVE} else None


def _first_answer(case: Case, events: Sequence[Event]) -> timedelta | None:
    """Return how long the reviewer took to the first answer that counted."""
    for event in events:
        if event.kind == "answered" and event.case.id == case.id and event.actor == case.reviewer:
            return event.at - (case.asked_at or case.opened_at)
    return None


def _count_answer(case: Case, counts: _Counts, took: timedelta | None) -> None:
    word = _word(case)
    if word is None:
        return
    counts.words[case.batch_id].append(word)
    counts.removals += word is Choice.REMOVE
    if took is not None:
        counts.times.append(took)


def _flips(cases: Sequence[Case], restored: frozenset[CaseId]) -> Counter[PersonId]:
    """Count removals by whom they were said: the guest came back, and the next word about it was "keep"."""
    flips: Counter[PersonId] = Counter()
    for number, case in enumerate(cases):
        if case.id in restored and _word(case) is Choice.REMOVE:
            after = (_word(later) for later in cases[number + 1 :])
            flips[case.reviewer] += next((word for word in after if word), None) is Choice.KEEP
    return flips


def _usual(times: Sequence[timedelta]) -> timedelta | None:
    if len(times) < FEWEST:
        return None
    return timedelta(seconds=median(one.total_seconds() for one in times))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole >= FEWEST else None
