"""Whose answers decide: the tables of docs/reviews.md, held against midPoint; no order changes it."""

from collections.abc import Mapping
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.decisions import Accepted, at_the_end, weigh
from reviews.model import Answer, Case, Choice, PersonId, Step
from reviews.policy import NoAnswer, Policy, Quorum
from reviews.quorum import decisive
from reviews.records import Act
from reviews.remediation import lapsed, next_act
from tests.builders import FALLBACK, NOW, a_case, a_policy, an_answer, days, guid
from tests.tables import DOCS, table

PAGE = DOCS / "reviews.md"
PEOPLE = {name: PersonId(guid(9000 + n)) for n, name in enumerate(("Sara", "Tom", "Uma"), start=1)}
AT_ITS_END = {Step.KEPT: "kept", Step.DENIED: "removed"}
WAITING = {Act.ASK: "asked on", Act.NOTICE: "notice", Act.CLOSE: "left"}
IN_OUR_WORDS = {"accept": "kept", "revoke": "removed", "reduce": "removed"}
RESPONSES = {
    "accept": Choice.KEEP,
    "revoke": Choice.REMOVE,
    "reduce": Choice.REMOVE,
    "notDecided": Choice.DONT_KNOW,
    "noResponse": None,
}


def policy(quorum: str, on_no_answer: str = "escalate") -> Policy:
    return a_policy(reviews={"quorum": quorum}, actions={"on_no_answer": on_no_answer})


def outcome(said: Mapping[PersonId, Choice | None], policy: Policy) -> str:
    """Let everybody answer, one after the other, and wait for the deadline."""
    first, *others = said
    case = a_case(reviewer=first, others=tuple(others))
    for number, (person, choice) in enumerate(said.items()):
        if choice is not None:
            answer = an_answer(choice, id=f"answer-{number}", by=person, at=NOW)
            ruling = weigh(case, answer, policy, NOW, may_answer=said)
            assert isinstance(ruling, Accepted)
            case = ruling.case
    return AT_ITS_END.get(case.step) or after_the_deadline(case, policy)


def after_the_deadline(case: Case, policy: Policy) -> str:
    decided = at_the_end(case, policy)
    if decided is not None:
        return AT_ITS_END[decided.step]
    due = next_act(lapsed(case), policy, case.deadline + days(1))
    assert due is not None
    return WAITING[due]


def said_in(cell: str) -> Choice | None:
    return None if cell == "-" else Choice(cell)


@pytest.mark.parametrize("row", table("Answers and outcome", PAGE), ids=str)
def test_each_documented_set_of_answers_has_its_outcome(row: dict[str, str]) -> None:
    said = {PEOPLE[name]: said_in(row[name]) for name in PEOPLE if row[name]}
    assert outcome(said, policy(row["quorum"])) == row["result"]


def test_every_quorum_is_documented() -> None:
    assert {row["quorum"].split()[0] for row in table("Whose answers decide", PAGE)} == set(Quorum)
    assert {row["quorum"] for row in table("Answers and outcome", PAGE)} == set(Quorum)


@pytest.mark.parametrize("rule", NoAnswer)
def test_silence_and_disagreement_have_their_documented_outcome(rule: NoAnswer) -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    (row,) = [line for line in lines if line.startswith(f"| `{rule}` |")]
    silence, disagreement = (cell.strip() for cell in row.strip("|").split("|")[1:])
    sara, tom, _ = PEOPLE.values()
    asked = policy("two-people", rule)
    assert outcome({sara: None, tom: None}, asked) == silence
    assert outcome({sara: Choice.KEEP, tom: None}, asked) == disagreement
    assert outcome({sara: Choice.KEEP, tom: Choice.REMOVE}, asked) == disagreement


@pytest.mark.parametrize("row", table("How midPoint would decide", PAGE), ids=str)
def test_we_decide_as_midpoint_does_or_say_why_not(row: dict[str, str]) -> None:
    responses = row["responses"].split(", ")
    said = {person: RESPONSES[one] for person, one in zip(PEOPLE.values(), responses, strict=False)}
    assert outcome(said, policy(row["quorum"], row["on_no_answer"])) == row["ours"]
    same = IN_OUR_WORDS.get(row["midPoint"], "asked on") == row["ours"]
    assert same == (row["why not the same"] == "-")


@pytest.mark.parametrize("row", table("A review in four stages", PAGE), ids=str)
def test_four_stages_come_to_what_midpoint_comes_to(row: dict[str, str]) -> None:
    said: dict[PersonId, Choice | None] = {}
    cells = [row[f"stage {number}"] for number in range(1, 5)]
    for word in ", ".join(cell for cell in cells if cell not in {"nobody", "not reached"}).split(", "):
        name, _, choice = word.partition(" ")
        said[PersonId(name)] = said_in(choice) or said.get(PersonId(name))
    assert outcome(said, policy("all")) == row["ours"]
    assert IN_OUR_WORDS.get(row["midPoint"], "asked on") == row["ours"]


WORDS = st.lists(
    st.builds(
        an_answer,
        st.sampled_from(Choice),
        id=st.uuids().map(str),
        by=st.sampled_from([*PEOPLE.values(), FALLBACK]),
        at=st.integers(0, 3).map(lambda hours: NOW - days(hours / 24)),
    ),
    max_size=4,
    unique_by=lambda answer: answer.id,
)


@given(WORDS, st.sampled_from(Quorum))
def test_the_order_of_answers_changes_nothing(words: list[Answer], quorum: Quorum) -> None:
    asked = set(PEOPLE.values())
    orders = list(permutations(words))
    assert len({decisive(order, asked, quorum) for order in orders}) == 1
    assert len({decisive(order, asked, quorum, at_end=True) for order in orders}) == 1


@given(WORDS, st.sampled_from(Quorum))
def test_access_ends_only_on_a_removal_that_nobody_took_back(words: list[Answer], quorum: Quorum) -> None:
    deciding = decisive(words, set(PEOPLE.values()), quorum)
    if deciding is not None and deciding.choice is Choice.REMOVE:
        newest = {answer.by: answer for answer in sorted(words, key=lambda one: (one.at, one.id))}
        assert newest[deciding.by] == deciding
        removals = [one for one in newest.values() if one.choice is Choice.REMOVE]
        assert quorum is not Quorum.TWO_PEOPLE or len(removals) > 1
