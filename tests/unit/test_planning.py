"""The plan of a night: who is asked, whose case goes on, who is left alone, and the plan's name."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from reviews.model import (
    AskedAs,
    Case,
    Guest,
    GuestId,
    Kind,
    Nameless,
    Outcome,
    PersonId,
    Recommendation,
    SetAside,
    Sight,
    SignIns,
    Step,
    Unreadable,
)
from reviews.planning import Known, Survey, plan_hash
from reviews.policy import Actions, Caps, Mode, NoAnswer, Policy, Reviewers
from reviews.questions import case_id
from reviews.reasons import CODES
from reviews.records import Act, Action, Held, Plan
from tests.builders import (
    FALLBACK,
    GUEST,
    NOW,
    SARA,
    SECOND_FALLBACK,
    a_case,
    a_guest,
    a_pending_guest,
    a_person,
    a_policy,
    a_receipt,
    ago,
    guid,
)

ROUND = "2026-11-20"
IN_USE = SignIns(successful_at=ago(3))


def drawn(
    guests: list[Guest],
    *cases: Case,
    policy: Policy | None = None,
    resting: dict[GuestId, datetime] | None = None,
    previous: int | None = None,
    **receipt: Any,
) -> Plan:
    known = Known(cases={case.guest_id: case for case in cases}, resting=resting or {})
    survey = Survey(policy=policy or a_policy(), now=NOW, round_name=ROUND, known=known)
    for guest in guests:
        survey.look(guest)
    return survey.draw_up(a_receipt(**receipt), previous_guests=previous)


def only(plan: Plan) -> Action:
    (action,) = plan.actions
    assert plan.held == ()
    return action


def only_held(plan: Plan) -> Held:
    (held,) = plan.held
    assert plan.actions == ()
    return held


def test_a_stale_guest_is_asked_about_with_sponsor_reasons_and_suggestion() -> None:
    ask = only(drawn([a_guest()]))
    assert ask == Action(
        key=f"ask:{case_id(GUEST, ROUND)}",
        kind=Act.ASK,
        guest_id=GUEST,
        reviewers=(SARA, FALLBACK),
        reasons=ask.reasons,
        because="silent",
        case_id=case_id(GUEST, ROUND),
        recommendation=Recommendation.REMOVE,
        asked_as=AskedAs.SPONSOR,
        sight=Sight(kind=Kind.EXTERNAL_GUEST),
        vehicle=ask.vehicle,
    )
    assert [reason.code for reason in ask.reasons] == ["silent", "guest-since"]


@pytest.mark.parametrize(
    ("guest", "code"),
    [
        (a_guest(sign_ins=SignIns(successful_at=ago(100))), "silent"),
        (a_guest(sign_ins=SignIns()), "never-signed-in"),
        (a_guest(sign_ins=SignIns(interactive_at=ago(40))), "attempts-only"),
        (a_pending_guest(), "invitation-open"),
    ],
)
def test_every_sort_of_silence_is_a_reason_to_ask(guest: Guest, code: str) -> None:
    assert only(drawn([guest])).because == code


@pytest.mark.parametrize(
    ("guest", "left_alone"),
    [
        (a_guest(sign_ins=IN_USE), "signed-in"),
        (a_guest(sign_ins=Unreadable(why="not-asked")), "sign-ins-unreadable"),
        (a_guest(created_at=ago(29)), "account-new"),
        (a_guest(enabled=False), "account-disabled"),
        (a_guest(synced=True), "kind-out-of-scope"),
        (a_guest(user_type="Member"), "kind-out-of-scope"),
        (a_guest(2, sign_ins=SignIns(successful_at=ago(200))), "exempt"),
        (a_guest(3), "resting"),
    ],
)
def test_a_guest_left_alone_is_counted_with_the_reason(guest: Guest, left_alone: str) -> None:
    policy = a_policy(exemptions=({"guest": guid(2), "reason": "board", "until": "2026-11-20"},))
    plan = drawn([guest], policy=policy, resting={GuestId(guid(3)): NOW + timedelta(seconds=1)})
    assert (plan.actions, plan.held) == ((), ())
    assert plan.counts[f"left-alone.{left_alone}"] == 1


def test_a_guest_at_rest_for_whom_somebody_new_answered_is_proposed_a_sponsor() -> None:
    guest, until = a_guest(sponsors=()), NOW + timedelta(days=9)
    kept = a_case(Step.KEPT, asked_as=AskedAs.CANDIDATE)
    closed = replace(kept, step=Step.CLOSED, outcome=Outcome.KEPT, rests_until=until)
    known = Known(resting={guest.id: until}, kept={guest.id: closed})
    survey = Survey(policy=a_policy(), now=NOW, round_name=ROUND, known=known)
    survey.look(guest)
    plan = survey.draw_up(a_receipt(), previous_guests=None)
    held = only_held(plan)
    assert (held.action.kind, held.held_by) == (Act.ADD_SPONSOR, "sponsors-proposed")
    assert held.action.reviewers == (SARA,)
    assert plan.counts["left-alone.resting"] == 1


def test_a_rest_that_is_over_is_no_rest() -> None:
    assert only(drawn([a_guest(3)], resting={GuestId(guid(3)): NOW})).kind is Act.ASK


def test_an_exemption_that_ran_out_protects_no_longer() -> None:
    policy = a_policy(exemptions=({"guest": guid(1), "reason": "board", "until": "2026-11-19"},))
    assert only(drawn([a_guest()], policy=policy)).kind is Act.ASK


def test_who_the_sponsors_are_being_unknown_is_not_having_none() -> None:
    for sponsors in (Unreadable(why="no-permission"), (Nameless(id=SARA),)):
        held = only_held(drawn([a_guest(sponsors=sponsors)]))
        assert held.held_by == "sponsors-unreadable"
        assert held.action.reviewers == ()


@pytest.mark.parametrize(
    ("quorum", "needed"), [("any-one", 0), ("two-people", 0), ("denial-wins", 1), ("all", 1)]
)
def test_the_other_sponsors_are_needed_where_the_policy_wants_them_all(quorum: str, needed: int) -> None:
    tom = PersonId(guid(9002))
    guest = a_guest(sponsors=(a_person(), a_person(tom)))
    action = only(drawn([guest], policy=a_policy(reviews={"quorum": quorum})))
    assert action.together == (tom,)[:needed]
    assert FALLBACK in action.reviewers


def test_a_guest_nobody_can_answer_for_is_held_and_told_of() -> None:
    plan = drawn([a_guest(sponsors=())], policy=a_policy(reviewers=Reviewers()))
    assert only_held(plan).held_by == "no-reviewer"
    assert [alert.code for alert in plan.alerts] == ["asks-without-reviewer"]


# --- cases that go on ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "act", "because"),
    [
        (a_case(Step.DENIED), Act.NOTICE, "answered-remove"),
        (a_case(Step.NOTICED), Act.BLOCK, "grace-passed"),
        (a_case(Step.BLOCKED), Act.BLOCK, "block-unverified"),
    ],
)
def test_a_denied_guest_goes_on_step_by_step(case: Case, act: Act, because: str) -> None:
    action = only(drawn([a_guest()], case))
    assert (action.kind, action.because) == (act, because)
    assert action.key == f"{act}:{case.id}"
    assert action.case_id == case.id


def test_a_quarantined_guest_is_deleted_when_its_time_is_up() -> None:
    assert only(drawn([a_guest(enabled=False)], a_case(Step.QUARANTINED))).kind is Act.DELETE


@pytest.mark.parametrize("step", [Step.OPENED, Step.ASKED, Step.KEPT, Step.MANUAL])
def test_a_case_in_which_nothing_is_due_is_left_alone(step: Step) -> None:
    plan = drawn([a_guest()], a_case(step))
    assert (plan.actions, plan.held) == ((), ())
    assert plan.counts["left-alone.case-open"] == 1


def test_a_guest_shown_twice_is_still_one_case() -> None:
    plan = drawn([a_guest(), a_guest()], a_case(Step.ASKED))
    assert plan.actions == ()


def test_a_closed_case_does_not_stand_in_the_way_of_a_new_one() -> None:
    assert only(drawn([a_guest()], a_case(Step.CLOSED))).kind is Act.ASK


def test_harm_that_the_facts_forbid_is_held_with_the_objection() -> None:
    unreadable = a_guest(sign_ins=Unreadable(why="not-asked"))
    assert only_held(drawn([unreadable], a_case(Step.NOTICED))).held_by == "sign-ins-unreadable"


def test_what_only_a_person_can_do_is_let_through_to_become_manual() -> None:
    assert only(drawn([a_guest(mail=None)], a_case(Step.DENIED))).kind is Act.NOTICE


def test_a_lapse_asks_the_fallback_in_a_new_case() -> None:
    ask = only(drawn([a_guest()], a_case(Step.LAPSED)))
    assert (ask.kind, ask.reviewers) == (Act.ASK, (FALLBACK,))
    assert ask.case_id == case_id(GUEST, ROUND)
    assert [reason.code for reason in ask.reasons] == ["silent", "guest-since", "sponsor-did-not-answer"]


def test_a_lapse_is_not_escalated_while_sign_ins_are_unknown_or_the_guest_may_not_be_asked_about() -> None:
    unreadable = a_guest(sign_ins=Unreadable(why="not-asked"))
    assert only_held(drawn([unreadable], a_case(Step.LAPSED))).held_by == "sign-ins-unreadable"
    off = a_guest(enabled=False)
    assert only_held(drawn([off], a_case(Step.LAPSED))).held_by == "account-disabled"


def test_a_second_lapse_ends_the_case() -> None:
    close = only(drawn([a_guest()], a_case(Step.LAPSED, escalated=True)))
    assert (close.kind, close.because) == (Act.CLOSE, "unanswered")


def test_where_silence_counts_as_no_a_lapse_leads_to_the_notice() -> None:
    policy = a_policy(actions=Actions(on_no_answer=NoAnswer.BLOCK))
    action = only(drawn([a_guest()], a_case(Step.LAPSED), policy=policy))
    assert (action.kind, action.because) == (Act.NOTICE, "lapsed")


def test_a_guest_who_signed_in_since_the_notice_is_let_go() -> None:
    close = only(drawn([a_guest(sign_ins=IN_USE)], a_case(Step.NOTICED)))
    assert (close.kind, close.because) == (Act.CLOSE, "signed-in-since")


# --- guests who did not appear -------------------------------------------------------------------


def test_a_live_case_without_its_guest_ends() -> None:
    close = only(drawn([], a_case(Step.ASKED)))
    assert (close.kind, close.because) == (Act.CLOSE, "not-in-census")


def test_a_deleted_guest_is_expected_to_be_missing_until_the_directory_forgets() -> None:
    plan = drawn([], a_case(Step.DELETED))
    assert plan.actions == ()
    assert plan.counts["left-alone.case-open"] == 1
    assert only(drawn([], a_case(Step.DELETED, deleted_at=ago(31)))).because == "forgotten"


def test_a_deleted_guest_who_is_back_was_restored_by_somebody() -> None:
    assert only(drawn([a_guest()], a_case(Step.DELETED))).because == "restored-elsewhere"


def test_a_record_that_was_not_understood_is_not_a_missing_guest() -> None:
    odd = (SetAside(guest_id=GUEST, field="createdDateTime"),)
    plan = drawn([], a_case(Step.NOTICED), set_aside=odd)
    assert (plan.actions, plan.held) == ((), ())
    assert plan.counts["left-alone.set-aside"] == 1


# --- the whole plan ------------------------------------------------------------------------------


def test_a_red_light_holds_the_whole_plan() -> None:
    plan = drawn(
        [a_guest(1), a_guest(2)], a_case(Step.DENIED), a_case(Step.ASKED, 3), sign_ins="no-permission"
    )
    assert plan.actions == ()
    assert {held.held_by for held in plan.held} == {"sign-ins-not-read"}
    assert {held.action.kind for held in plan.held} == {Act.NOTICE, Act.ASK, Act.CLOSE}


def test_a_tenant_where_nobody_has_signed_in_looks_wrong() -> None:
    everybody = [a_guest(n, sign_ins=SignIns()) for n in range(6)]
    assert [alert.code for alert in drawn(everybody).alerts] == ["too-many-unseen"]
    pending = [a_pending_guest(n) for n in range(6)]
    assert drawn(pending).alerts == ()


def test_a_tenant_that_shrank_overnight_looks_wrong() -> None:
    assert [alert.code for alert in drawn([a_guest()], previous=2).alerts] == ["guests-shrunk"]


def test_open_questions_count_against_a_reviewer() -> None:
    cases = [a_case(Step.ASKED, n) for n in range(10, 14)] + [a_case(Step.KEPT, 14)]
    guests = [a_guest(n) for n in (1, 2, *range(10, 15))]
    plan = drawn(guests, *cases, policy=a_policy(reviewers=Reviewers(max_open_items=5)))
    assert len(plan.actions) == 1
    assert only_of(plan).held_by == "reviewer-full"


def only_of(plan: Plan) -> Held:
    (held,) = plan.held
    return held


def test_report_draws_the_same_plan_as_enforce() -> None:
    guests = [a_guest(1), a_guest(2)]
    report, enforce = (
        drawn(guests, a_case(Step.NOTICED), policy=a_policy(mode)) for mode in (Mode.REPORT, Mode.ENFORCE)
    )
    assert (report.actions, report.held) == (enforce.actions, enforce.held)


def test_everybody_is_counted_by_activity_kind_and_reason() -> None:
    plan = drawn([a_guest(1), a_guest(2, sign_ins=IN_USE), a_guest(3, synced=True)])
    assert plan.guests == 3
    assert plan.counts == {
        "activity.active": 1,
        "activity.stale": 2,
        "kind.external-guest": 2,
        "kind.synced-guest": 1,
        "left-alone.kind-out-of-scope": 1,
        "left-alone.signed-in": 1,
    }


def test_every_code_a_plan_uses_is_a_documented_one() -> None:
    plan = drawn([a_guest(1), a_guest(2, sponsors=())], a_case(Step.DENIED), a_case(Step.ASKED, 3))
    used = {action.because for action in plan.actions} | {held.held_by for held in plan.held}
    used |= {name.partition(".")[2] for name in plan.counts if name.startswith("left-alone.")}
    assert used <= set(CODES)


# --- the plan's name -----------------------------------------------------------------------------


def test_a_case_has_the_same_id_all_round_and_another_in_the_next() -> None:
    assert case_id(GUEST, ROUND) == case_id(GUEST, ROUND)
    assert case_id(GUEST, ROUND) != case_id(GUEST, "2026-11-21")
    assert case_id(GUEST, ROUND) != case_id(GuestId(guid(2)), ROUND)
    assert len(case_id(GUEST, ROUND)) == 32


def test_a_plan_keeps_its_hash_when_only_hour_receipt_and_day_counts_differ() -> None:
    guests = [a_guest(1), a_guest(2)]
    known = Known()
    first = drawn(guests)
    survey = Survey(policy=a_policy(), now=NOW + timedelta(days=3), round_name=ROUND, known=known)
    for guest in guests[::-1]:
        survey.look(guest)
    second = survey.draw_up(a_receipt(pages=9), previous_guests=2)
    assert second.plan_hash == first.plan_hash
    assert second.actions != first.actions


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "ask:other"},
        {"kind": Act.BLOCK},
        {"guest_id": GuestId(guid(2))},
        {"reviewers": (SECOND_FALLBACK,)},
        {"reasons": ()},
        {"recommendation": None},
    ],
)
def test_any_other_intention_has_another_hash(changes: dict[str, Any]) -> None:
    action = only(drawn([a_guest()]))
    assert plan_hash("p", [replace(action, **changes)], []) != plan_hash("p", [action], [])


def test_policy_and_what_is_held_belong_to_the_hash() -> None:
    action = only(drawn([a_guest()]))
    hashes = {
        plan_hash("p", [action], []),
        plan_hash("q", [action], []),
        plan_hash("p", [], [Held(action=action, held_by="cap-asks")]),
        plan_hash("p", [], [Held(action=action, held_by="quiet-day")]),
        plan_hash("p", [], []),
    }
    assert len(hashes) == 5


def test_caps_hold_back_and_say_so() -> None:
    plan = drawn([a_guest(n) for n in range(3)], policy=a_policy(caps=Caps(asks_per_run=1)))
    assert [action.kind for action in plan.actions] == [Act.ASK]
    assert [held.held_by for held in plan.held] == ["cap-asks", "cap-asks"]


def test_a_guest_is_never_its_own_reviewer() -> None:
    own = a_guest(sponsors=(a_person(PersonId(GUEST)),))
    assert only(drawn([own])).reviewers == (FALLBACK,)
