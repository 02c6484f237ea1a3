"""How good answers are: the table of docs/sponsors.md, and rates that are told only of enough."""

from dataclasses import replace
from datetime import timedelta

import pytest

from admin.rating import RATES
from reviews import steps
from reviews.evidence import GENESIS
from reviews.model import Answer, BatchId, Case, CaseId, Choice, PersonId, Source, Step
from reviews.quality import FEWEST, Quality, per_department, per_reviewer
from reviews.records import Event
from tests.builders import NOW, SARA, a_case, guid
from tests.house import ROOT
from tests.tables import DOCS, table

TOM = PersonId(guid(9002))
NAMED = {"sara": SARA, "tom": TOM}
HOUR = timedelta(hours=1)


def history(words: str, number: int = 1, batch: str = "batch") -> tuple[Event, ...]:
    """Read what happened around one guest; every word is an hour after the one before."""
    events: list[Event] = []
    case: Case | None = None
    for hour, word in enumerate(words.split()):
        kind, actor, at = "restored", "operator", NOW + hour * HOUR
        if word.endswith("?"):
            kind, actor = "asked", "gatehouse"
            case = a_case(
                Step.ASKED,
                number,
                id=CaseId(f"case-{number}-{hour}"),
                batch_id=BatchId(f"{batch}-{word[:-1]}-{hour}"),
                reviewer=NAMED[word[:-1]],
                asked_at=at,
                answer=None,
            )
        assert case is not None
        if ":" in word:
            who, choice = word.split(":")
            kind, actor = "answered", NAMED[who]
            said = Answer(
                id=f"{number}-{hour}", choice=Choice(choice), by=NAMED[who], at=at, source=Source.PAGE
            )
            case = steps.answered(case, said)
        events.append(an_event(case, kind, actor, len(events), hour))
    return tuple(events)


def an_event(case: Case, kind: str, actor: str, seq: int, hour: int) -> Event:
    return Event(
        guest_id=case.guest_id,
        seq=seq,
        at=NOW + hour * HOUR,
        kind=kind,
        actor=actor,
        run_id=case.run_id,
        case=case,
        facts={},
        previous=GENESIS,
        hash=GENESIS,
    )


def test_the_documented_rates_are_the_columns_of_the_command() -> None:
    rows = table("How good answers are", DOCS / "sponsors.md")
    assert tuple(row["rate"] for row in rows) == RATES


def of(person: PersonId, found: tuple[Quality, ...]) -> Quality:
    return next(one for one in found if one.of == person)


@pytest.mark.parametrize(
    "row",
    table("What is counted of an answer", DOCS / "sponsors.md"),
    ids=lambda row: row["what happened"],
)
def test_each_documented_history_is_counted_so(row: dict[str, str]) -> None:
    found = of(SARA, per_reviewer([history(row["what happened"])]))
    told = (found.asked, found.answered, found.removals, found.flips)
    assert told == tuple(int(row[name]) for name in ("asked", "answered", "removals", "flips"))


def test_an_answer_whose_moment_the_record_has_lost_counts_but_has_no_time() -> None:
    (found,) = per_reviewer([history("sara? sara:keep")[1:]])
    (timeless,) = per_reviewer([[replace(history("sara? sara:keep")[1], kind="mirrored")]])
    assert (found.answered, timeless.answered) == (1, 1)


def a_batch_of(*words: str) -> list[tuple[Event, ...]]:
    return [history(f"sara? sara:{word}", number) for number, word in enumerate(words, start=1)]


@pytest.mark.parametrize(
    ("words", "runs", "all_keep", "rate"),
    [
        (("keep",) * (FEWEST - 1), 0, 0, None),
        (("keep",) * FEWEST, 1, 1, 1.0),
        (("keep",) * FEWEST + ("remove",), 1, 0, 0.0),
        (("keep",) * FEWEST + ("dont-know",), 1, 1, 1.0),
        (("remove",) * FEWEST, 1, 0, 0.0),
    ],
)
def test_a_run_is_a_batch_with_enough_answers(
    words: tuple[str, ...], runs: int, all_keep: int, rate: float | None
) -> None:
    found = of(SARA, per_reviewer(a_batch_of(*words)))
    assert (found.runs, found.all_keep, found.all_keep_rate) == (runs, all_keep, rate)


def test_answers_in_different_batches_are_no_run() -> None:
    histories = [history("sara? sara:keep", number, batch=f"b{number}") for number in range(FEWEST)]
    assert of(SARA, per_reviewer(histories)).runs == 0


def test_the_usual_time_is_the_median_to_the_first_answer_that_counted() -> None:
    waits = ("", "tom? ", "tom? tom:keep ", "", "")
    histories = [
        history(f"{before}sara? {'sara:keep ' * (number + 1)}", number) for number, before in enumerate(waits)
    ]
    assert of(SARA, per_reviewer(histories)).usual_time == HOUR
    assert of(SARA, per_reviewer(histories[1:])).usual_time is None, "of four nothing is told"
    slow = [
        tuple(replace(one, at=one.at + 2 * HOUR * (one.seq > 0)) for one in events) for events in histories
    ]
    assert of(SARA, per_reviewer(slow)).usual_time == 3 * HOUR


def test_too_few_give_no_rate() -> None:
    few, enough = a_batch_of(*["remove"] * (FEWEST - 1)), a_batch_of(*["remove"] * FEWEST)
    assert (of(SARA, per_reviewer(few)).answer_rate, of(SARA, per_reviewer(few)).flip_rate) == (None, None)
    assert (of(SARA, per_reviewer(enough)).answer_rate, of(SARA, per_reviewer(enough)).flip_rate) == (
        1.0,
        0.0,
    )


def test_a_department_is_its_people_together_and_who_has_none_is_in_none() -> None:
    histories = [history("sara? sara:keep", 1), history("tom? tom:remove restored tom? tom:keep", 2)]
    (sales,) = per_department(histories, {SARA: "Sales", TOM: "Sales"})
    assert (sales.of, sales.asked, sales.answered, sales.removals, sales.flips) == ("Sales", 3, 3, 1, 1)
    (tom,) = per_department(histories, {TOM: "Sales"})
    assert tom.asked == 2
    assert per_department(histories, {}) == ()


def test_no_mail_and_no_page_knows_of_it() -> None:
    sources = [*(ROOT / "notifications").rglob("*.py"), *(ROOT / "reviews" / "jobs").glob("*.py")]
    assert sources
    assert not [one for one in sources if "reviews.quality" in one.read_text(encoding="utf-8")]
