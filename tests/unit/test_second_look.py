"""The table of the sign-in log in docs/policy.md, and that the log never lets more happen."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews import remediation, second_look
from reviews.model import Case, Guest, Outcome, SignIns, Step, Unreadable
from reviews.policy import Actions, NoAnswer, Policy
from reviews.records import HARMFUL
from tests.builders import NOW, a_case, a_guest, a_policy, ago, an_answer
from tests.strategies import MOMENTS, POLICIES, cases, guests
from tests.tables import moment, table

CASES: dict[str, Case] = {
    "denied 2 d ago": a_case(Step.DENIED, asked_at=ago(20), answer=an_answer(at=ago(2))),
    "lapsed": a_case(Step.LAPSED, asked_at=ago(20)),
    "noticed 8 d ago": a_case(Step.NOTICED, notice_at=ago(8)),
    "quarantined 31 d ago": a_case(Step.QUARANTINED, notice_at=ago(38), blocked_at=ago(31)),
}
ACTIVITY: dict[str, dict[str, Any]] = {"silent": {}, "blank": {"sign_ins": SignIns()}}
POLICY = a_policy(actions=Actions(on_no_answer=NoAnswer.BLOCK))


def logged(cell: str) -> second_look.Logged:
    if cell == "unreadable":
        return Unreadable(why="no-permission")
    return None if cell == "nothing" else moment(cell.removeprefix("success ").removesuffix(" ago"), NOW)


@pytest.mark.parametrize("row", table("The sign-in log"), ids=str)
def test_each_documented_log_has_its_consequence(row: dict[str, str]) -> None:
    case, log = CASES[row["case"]], logged(row["log"])
    guest = a_guest(enabled=case.step is not Step.QUARANTINED, **ACTIVITY[row["activity"]])
    end = second_look.ending(case, guest, log, POLICY, NOW)
    objection = second_look.objection(case, log)
    told = f"ends: {end.because.code}" if end else objection.code if objection else "-"
    assert told == row["result"]


def test_a_success_in_the_log_stands_in_for_sign_ins_that_could_not_be_read() -> None:
    unread = a_guest(sign_ins=Unreadable(why="no-licence"))
    assert second_look.informed(unread, ago(2)).sign_ins == SignIns(successful_at=ago(2))


def test_a_guest_seen_in_the_log_after_our_block_is_switched_on_again() -> None:
    case = CASES["quarantined 31 d ago"]
    end = second_look.ending(case, a_guest(enabled=False, sign_ins=SignIns()), ago(32), POLICY, NOW)
    assert end is not None
    assert end.outcome is Outcome.SIGNED_IN
    assert remediation.switches_on(case, end.outcome)


def test_the_later_of_two_successes_counts() -> None:
    known = a_guest(sign_ins=SignIns(successful_at=ago(3)))
    for at, expected in ((ago(5), ago(3)), (ago(1), ago(1))):
        sign_ins = second_look.informed(known, at).sign_ins
        assert isinstance(sign_ins, SignIns)
        assert sign_ins.successful_at == expected


@given(guests(), cases(), POLICIES, MOMENTS, st.sampled_from(sorted(HARMFUL)))
def test_what_the_log_shows_never_allows_what_was_forbidden(
    guest: Guest, case: Case, policy: Policy, at: Any, act: Any
) -> None:
    within_the_log = min(max(at, NOW - timedelta(days=30)), NOW - timedelta(seconds=1))
    informed = second_look.informed(guest, within_the_log)
    if isinstance(guest.sign_ins, SignIns) and remediation.no_harm(act, case, guest, policy, NOW) is not None:
        assert remediation.no_harm(act, case, informed, policy, NOW) is not None
