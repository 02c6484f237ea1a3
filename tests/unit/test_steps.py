"""The step table of docs/policy.md, and that no other step can be taken."""

from collections.abc import Callable

import pytest

from reviews.model import AskedAs, Case, Choice, Outcome, Recommendation, Step
from reviews.records import Act, Action
from reviews.remediation import (
    FOLLOWS,
    answered,
    asked,
    blocked,
    closed,
    deleted,
    lapsed,
    manual,
    mirrored,
    noticed,
    opened,
    quarantined,
    restored,
)
from tests.builders import FALLBACK, GUEST, NOW, RUN, SARA, a_batch, a_case, ago, an_answer
from tests.tables import codes, table

STEPS: dict[Step, Callable[[Case], Case]] = {
    Step.OPENED: lambda case: answered(case, an_answer(Choice.DONT_KNOW, id="new")),
    Step.ASKED: lambda case: asked(case, NOW),
    Step.KEPT: lambda case: answered(case, an_answer(Choice.KEEP, id="new")),
    Step.DENIED: lambda case: answered(case, an_answer(Choice.REMOVE, id="new")),
    Step.LAPSED: lapsed,
    Step.NOTICED: lambda case: noticed(case, NOW),
    Step.BLOCKED: lambda case: blocked(case, NOW),
    Step.QUARANTINED: quarantined,
    Step.DELETED: lambda case: deleted(case, NOW),
    Step.RESTORED: lambda case: restored(case, NOW, rests_until=ago(-14)),
    Step.MANUAL: manual,
    Step.CLOSED: lambda case: closed(case, NOW, Outcome.REMOVED),
}


def test_the_page_shows_the_steps_of_the_code() -> None:
    documented = {
        row["step"]: {Step(step) for step in codes(row["may become"])} for row in table("The steps of a case")
    }
    assert documented == FOLLOWS
    assert set(documented) == set(Step)


@pytest.mark.parametrize("after", Step)
@pytest.mark.parametrize("before", Step)
def test_a_case_takes_the_documented_steps_and_no_others(before: Step, after: Step) -> None:
    undelivered = {"asked_at": None} if after is Step.OPENED else {"asked_at": ago(4)}
    case = a_case(before, **undelivered)
    unchanged = after in {Step.KEPT, Step.DENIED, Step.OPENED} and before is after
    if after in FOLLOWS[before]:
        moved = STEPS[after](case)
        assert (moved.step, moved.version) == (after, case.version + 1)
        assert moved.id == case.id
    elif unchanged or (after is Step.DENIED and before in {Step.NOTICED, Step.MANUAL}):
        assert STEPS[after](case).step is before
    elif after is Step.OPENED and before is Step.LAPSED:
        assert STEPS[after](case).step is Step.LAPSED
    else:
        with pytest.raises(ValueError, match="cannot become"):
            STEPS[after](case)


def test_a_question_that_was_never_delivered_cannot_lapse() -> None:
    with pytest.raises(ValueError, match="never asked"):
        lapsed(a_case(Step.ASKED, asked_at=None))


def test_each_step_notes_its_moment() -> None:
    assert asked(a_case(Step.OPENED), NOW).asked_at == NOW
    assert noticed(a_case(Step.DENIED), NOW).notice_at == NOW
    assert blocked(a_case(Step.NOTICED), NOW).blocked_at == NOW
    assert deleted(a_case(Step.QUARANTINED), NOW).deleted_at == NOW
    rested = restored(a_case(Step.BLOCKED), NOW, rests_until=ago(-14))
    assert rested.rests_until == ago(-14)
    over = closed(a_case(Step.KEPT), NOW, Outcome.KEPT, rests_until=ago(-180))
    assert (over.closed_at, over.outcome, over.rests_until) == (NOW, Outcome.KEPT, ago(-180))


def test_a_restored_guest_rests_for_a_while() -> None:
    with pytest.raises(ValueError, match="still to come"):
        restored(a_case(Step.BLOCKED), NOW, rests_until=NOW)


def test_mirroring_an_answer_is_no_step() -> None:
    denied = a_case(Step.DENIED)
    after = mirrored(denied, "answer-1")
    assert (after.step, after.mirrored, after.version) == (Step.DENIED, "answer-1", denied.version + 1)


def an_ask(**changes: object) -> Action:
    given: dict[str, object] = {
        "key": "ask:case-1",
        "kind": Act.ASK,
        "guest_id": GUEST,
        "case_id": a_case().id,
        "recommendation": Recommendation.REMOVE,
    }
    return Action(**(given | changes))  # type: ignore[arg-type]


def test_a_case_is_opened_from_what_the_plan_asks() -> None:
    batch = a_batch()
    case = opened(an_ask(), reviewer=SARA, batch=batch)
    assert (case.step, case.version, case.reviewer, case.escalated) == (Step.OPENED, 1, SARA, False)
    assert (case.batch_id, case.run_id, case.deadline) == (batch.id, RUN, batch.deadline)


def test_a_case_that_goes_on_with_another_person_remembers_who_was_asked_and_what_was_said() -> None:
    lapsed_case = a_case(Step.LAPSED, answers=(an_answer(Choice.DONT_KNOW),))
    escalated = opened(an_ask(), reviewer=FALLBACK, batch=a_batch(), before=lapsed_case)
    assert (escalated.version, escalated.escalated, escalated.hops) == (lapsed_case.version + 1, True, 0)
    assert (escalated.asked_before, escalated.answers) == ((SARA,), lapsed_case.answers)
    asked_case = a_case(Step.ASKED)
    passed_on = an_ask(continues=asked_case.id, asked_as=AskedAs.HANDED_OVER)
    handed_over = opened(passed_on, reviewer=FALLBACK, batch=a_batch(), before=asked_case)
    assert (handed_over.escalated, handed_over.hops, handed_over.asked_before) == (False, 1, (SARA,))


def test_a_new_round_starts_without_a_past() -> None:
    over = a_case(Step.CLOSED, hops=2, asked_before=(FALLBACK,), answers=(an_answer(),))
    case = opened(an_ask(), reviewer=SARA, batch=a_batch(), before=over)
    assert (case.version, case.hops, case.asked_before, case.answers) == (over.version + 1, 0, (), ())


@pytest.mark.parametrize("missing", ["case_id", "recommendation"])
def test_a_question_without_a_case_or_suggestion_opens_nothing(missing: str) -> None:
    with pytest.raises(ValueError, match="names no case"):
        opened(an_ask(**{missing: None}), reviewer=SARA, batch=a_batch())
