"""What an answer does: the table of docs/policy.md, and that the order of arrival changes nothing."""

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.decisions import Accepted, Refused, weigh
from reviews.model import Answer, Case, Choice, PersonId, Recommendation, Source, Step
from reviews.policy import Policy
from tests.builders import FALLBACK, NOW, SARA, a_case, a_policy, ago, an_answer, guid
from tests.tables import moment, table

MAY_ANSWER = (SARA, FALLBACK)
BY = {
    "Sara": SARA,
    "Sara in My Access": SARA,
    "somebody": PersonId(guid(7777)),
    "the guest": PersonId(guid(1)),
    "A": FALLBACK,
}
WORDS = {"-": "", "blank": " \n", "yes": "She audits us in May."}


def on_record(cell: str) -> Answer | None:
    if cell == "-":
        return None
    choice, _, given_at = cell.partition(" ")
    return an_answer(Choice(choice), id="earlier", at=moment(given_at, NOW))


def case(row: dict[str, str]) -> Case:
    changes: dict[str, Any] = {"answer": on_record(row["on record"])}
    if row["step"] not in {"lapsed", "opened"}:
        changes |= {"opened_at": ago(5), "asked_at": ago(5), "deadline": ago(-9)}
    return a_case(Step(row["step"]), recommendation=Recommendation(row["suggested"]), version=7, **changes)


def given_at(row: dict[str, str], asked: Case) -> datetime | None:
    margin = timedelta(0) if row["given"] == "in time" else timedelta(microseconds=1)
    if row["given"] in {"in time", "late"}:
        return asked.deadline + margin
    return moment(row["given"], NOW)


@pytest.mark.parametrize("row", table("What an answer does"), ids=str)
def test_each_documented_answer_has_its_result(row: dict[str, str]) -> None:
    asked = case(row)
    at = given_at(row, asked)
    assert at is not None
    same = row["answer"] == "same"
    answer = an_answer(
        Choice.REMOVE if same else Choice(row["answer"]),
        id="earlier" if same else "now",
        at=at,
        by=BY[row["by"]],
        source=Source.MY_ACCESS if "My Access" in row["by"] else Source.PAGE,
        justification=WORDS[row["words"]],
    )
    ruling = weigh(
        asked, answer, a_policy(), max(NOW, at) if row["given"] == "late" else NOW, may_answer=MAY_ANSWER
    )
    if row["result"] == "=":
        assert ruling == Accepted(case=asked, changed=False)
    elif row["result"] in set(Step):
        assert isinstance(ruling, Accepted)
        assert ruling.changed
        assert (ruling.case.step, ruling.case.version) == (row["result"], 8)
        assert answer in ruling.case.answers
    else:
        assert isinstance(ruling, Refused)
        assert ruling.because.code == row["result"]


def test_every_step_is_documented() -> None:
    assert {row["step"] for row in table("What an answer does")} == set(Step)


@pytest.mark.parametrize(
    ("rule", "suggested", "refused"),
    [
        ("never", Recommendation.REMOVE, False),
        ("always", Recommendation.KEEP, True),
        ("when-suggested-remove", Recommendation.KEEP, False),
        ("when-suggested-remove", Recommendation.REMOVE, True),
    ],
)
def test_the_policy_decides_when_keeping_needs_words(
    rule: str, suggested: Recommendation, *, refused: bool
) -> None:
    policy = a_policy(reviews={"justification_on_keep": rule})
    wordless = an_answer(Choice.KEEP, at=NOW, justification="")
    ruling = weigh(a_case(recommendation=suggested), wordless, policy, NOW, may_answer=MAY_ANSWER)
    assert isinstance(ruling, Refused) == refused


def test_a_change_of_mind_withdraws_the_notice() -> None:
    told = a_case(Step.NOTICED, deadline=ago(-9))
    ruling = weigh(told, an_answer(Choice.KEEP, id="now", at=NOW), a_policy(), NOW, may_answer=MAY_ANSWER)
    assert isinstance(ruling, Accepted)
    assert ruling.case.notice_at is None


def test_a_denial_repeated_in_other_words_keeps_the_notice() -> None:
    told = a_case(Step.NOTICED, deadline=ago(-9))
    again = an_answer(id="now", at=NOW, justification="Really.")
    ruling = weigh(told, again, a_policy(), NOW, may_answer=MAY_ANSWER)
    assert isinstance(ruling, Accepted)
    assert ruling.case.notice_at == told.notice_at
    assert ruling.case.answer == again


def test_an_answer_on_record_stays_one_even_when_its_reviewer_has_left() -> None:
    kept = a_case(Step.KEPT)
    assert kept.answer is not None
    assert weigh(kept, kept.answer, a_policy(), NOW, may_answer=()) == Accepted(case=kept, changed=False)


ANSWERS = st.lists(
    st.builds(
        an_answer,
        st.sampled_from(Choice),
        id=st.uuids().map(str),
        at=st.integers(0, 4).map(lambda hours: NOW - timedelta(hours=hours)),
        justification=st.just("because"),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda answer: answer.id,
)


def settle(answers: tuple[Answer, ...], policy: Policy) -> Case:
    current = a_case()
    for answer in answers:
        ruling = weigh(current, answer, policy, NOW, may_answer=MAY_ANSWER)
        if isinstance(ruling, Accepted):
            current = ruling.case
    return current


@given(ANSWERS)
def test_the_newest_answer_wins_in_whatever_order_they_arrive(answers: list[Answer]) -> None:
    policy = a_policy()
    ends = {(end.step, end.answer) for end in (settle(order, policy) for order in permutations(answers))}
    newest = max(answers, key=lambda answer: (answer.at, answer.id))
    expected = {Choice.KEEP: Step.KEPT, Choice.REMOVE: Step.DENIED}
    assert ends == {(expected.get(newest.choice, Step.ASKED), newest)}


@given(ANSWERS)
def test_answers_that_arrive_twice_count_once(answers: list[Answer]) -> None:
    policy = a_policy()
    once = settle(tuple(answers), policy)
    assert settle((*answers, *answers), policy) == once
    assert once.version <= 3 + len(answers)
