"""What holds for any tenant, any open cases and any policy: the promises, tried on thousands of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviews import remediation
from reviews.guardrails import harmful_cap
from reviews.kinds import acts_on, classify
from reviews.ladder import who_answers
from reviews.model import Case, Choice, Circle, Guest, GuestId, Kind, PersonId, Step, Unreadable
from reviews.planning import Known, Survey
from reviews.policy import Mode, NoAnswer, Policy
from reviews.reasons import CODES, PARAMS
from reviews.records import HARMFUL, Act, Action, Plan
from reviews.risk import recommend
from reviews.schedule import deadline
from reviews.staleness import NO_LICENCE, in_place_since, is_unwatched, judge
from tests.builders import NOW, a_batch, a_receipt
from tests.strategies import POLICIES, World, cases, guests, worlds

HOME = ("contoso.example",)
ROUND = "2026-11-20"

Cases = dict[GuestId, Case]


def drawn(tenant: Sequence[Guest], known: Cases, policy: Policy) -> Plan:
    survey = Survey(policy=policy, now=NOW, round_name=ROUND, known=Known(cases=known))
    for guest in tenant:
        survey.look(guest)
    return survey.draw_up(a_receipt(), previous_guests=None)


def planned(plan: Plan, *, held: bool = False) -> list[Action]:
    """Return what a plan does to guests (closing a case does nothing to them)."""
    actions = [*plan.actions, *(one.action for one in plan.held if held)]
    return [action for action in actions if action.kind is not Act.CLOSE]


@pytest.mark.slow
def test_the_tenants_tried_meet_every_act_and_most_reasons_to_hold() -> None:
    met: Counter[str] = Counter()

    @settings(max_examples=1000, database=None, derandomize=True)
    @given(worlds(), POLICIES)
    def look(world: World, policy: Policy) -> None:
        tenant, known = world
        plan = drawn(tenant, known, policy)
        met.update(action.kind for action in plan.actions)
        met.update(held.held_by for held in plan.held)

    look()
    assert all(met[act] >= 3 for act in Act), met
    assert len(met) >= len(Act) + 11, met


@given(guests(), POLICIES)
def test_every_guest_has_a_verdict_a_kind_a_ladder_and_a_suggestion(guest: Guest, policy: Policy) -> None:
    verdict = judge(guest, policy.thresholds, policy.scope.min_account_age, NOW)
    ladder = who_answers(guest, Circle(), policy.reviewers)
    _, reasons = recommend(guest, verdict, ladder, NOW)
    assert classify(guest, HOME) in Kind
    assert 2 <= len(reasons) <= 3
    for reason in (*reasons, *ladder.rungs):
        assert reason.params.keys() == PARAMS[reason.code]
    assert ladder.held_by is None or ladder.held_by in CODES


@given(worlds(), POLICIES)
def test_a_plan_can_be_drawn_for_anything_and_names_each_key_once(world: World, policy: Policy) -> None:
    tenant, known = world
    plan = drawn(tenant, known, policy)
    keys = [action.key for action in plan.actions] + [held.action.key for held in plan.held]
    assert len(keys) == len(set(keys))
    assert [action.key for action in plan.actions] == sorted(action.key for action in plan.actions)


@given(worlds(), POLICIES)
def test_what_could_not_be_read_is_never_acted_on(world: World, policy: Policy) -> None:
    tenant, known = world
    unreadable = {guest.id for guest in tenant if isinstance(guest.sign_ins, Unreadable)}
    unwatched = {guest.id for guest in tenant if is_unwatched(guest)}
    for action in planned(drawn(tenant, known, policy)):
        # Who answered for a guest is its sponsor, however little is known of its sign-ins.
        assert action.kind is Act.ADD_SPONSOR or action.guest_id not in unreadable - unwatched


@given(worlds(), POLICIES)
def test_where_nobody_is_watched_a_person_takes_every_harmful_step(world: World, policy: Policy) -> None:
    tenant, known = world
    tenant = [replace(guest, sign_ins=Unreadable(why=NO_LICENCE)) for guest in tenant]
    by_id = {guest.id: guest for guest in tenant}
    for action in planned(drawn(tenant, known, policy)):
        if action.kind in HARMFUL:
            case, guest = known[action.guest_id], by_id[action.guest_id]
            objection = remediation.no_harm(action.kind, case, guest, policy, NOW)
            assert objection is not None
            assert objection.code in remediation.BY_HAND


@given(worlds(), POLICIES)
def test_the_exempt_are_never_touched(world: World, policy: Policy) -> None:
    tenant, known = world
    exempt = {one.guest for one in policy.exemptions if NOW.date() <= one.until}
    assert not exempt & {action.guest_id for action in planned(drawn(tenant, known, policy), held=True)}


@given(worlds(), POLICIES)
def test_members_and_the_too_young_are_never_touched(world: World, policy: Policy) -> None:
    tenant, known = world
    untouched = set()
    for guest in tenant:
        since = in_place_since(guest)
        is_young = since is None or NOW - since < policy.scope.min_account_age
        if is_young or guest.user_type != "Guest":
            untouched.add(guest.id)
    assert not untouched & {action.guest_id for action in planned(drawn(tenant, known, policy))}


@given(worlds(), POLICIES)
def test_each_kind_meets_only_what_is_allowed_or_a_person(world: World, policy: Policy) -> None:
    tenant, known = world
    by_id = {guest.id: guest for guest in tenant}
    for action in planned(drawn(tenant, known, policy)):
        guest = by_id[action.guest_id]
        if action.kind not in acts_on(guest, HOME):
            case = known[guest.id]
            objection = remediation.no_harm(action.kind, case, guest, policy, NOW)
            assert objection is not None
            assert objection.code in remediation.BY_HAND


@given(st.randoms(use_true_random=False), worlds(), POLICIES)
def test_the_order_of_guests_changes_nothing(random: object, world: World, policy: Policy) -> None:
    tenant, known = world
    shuffled = list(tenant)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert drawn(shuffled, known, policy) == drawn(tenant, known, policy)


@given(worlds(), POLICIES)
def test_no_cap_is_ever_passed(world: World, policy: Policy) -> None:
    tenant, known = world
    actions = drawn(tenant, known, policy).actions
    harmed = {action.guest_id for action in actions if action.kind in HARMFUL}
    assert len(harmed) <= harmful_cap(policy.caps, len(tenant))
    assert not harmed or policy.mode is not Mode.PROPOSE
    assert sum(action.kind is Act.ASK for action in actions) <= policy.caps.asks_per_run


@given(worlds(), POLICIES)
def test_nothing_harmful_without_a_word_and_nothing_irreversible_without_a_notice(
    world: World, policy: Policy
) -> None:
    tenant, known = world
    for action in planned(drawn(tenant, known, policy)):
        if action.kind not in HARMFUL:
            continue
        case = known[action.guest_id]
        is_denied = case.answer is not None and case.answer.choice is Choice.REMOVE
        has_lapsed = (
            policy.actions.on_no_answer is NoAnswer.BLOCK
            and case.asked_at is not None
            and case.deadline < NOW
        )
        assert is_denied or has_lapsed
        if action.kind is not Act.NOTICE:
            assert case.notice_at is not None
            assert case.notice_at + policy.actions.grace <= NOW or action.kind is Act.DELETE
        if action.kind is Act.DELETE:
            assert case.step is Step.QUARANTINED
            assert policy.actions.soft_delete


@given(worlds(), POLICIES)
def test_nobody_is_asked_about_themselves(world: World, policy: Policy) -> None:
    tenant, known = world
    for action in planned(drawn(tenant, known, policy), held=True):
        if action.kind is Act.ASK:
            assert PersonId(action.guest_id) not in action.reviewers


@given(guests(), cases(), POLICIES, st.sampled_from([Act.NOTICE, Act.BLOCK, Act.DELETE]))
def test_the_second_look_lets_no_harm_through_that_the_plan_would_hold(
    guest: Guest, case: Case, policy: Policy, act: Act
) -> None:
    if remediation.objection(act, case, guest, policy, NOW) is None:
        assert policy.mode is not Mode.REPORT
        assert remediation.no_harm(act, case, guest, policy, NOW) is None
        assert not isinstance(guest.sign_ins, Unreadable)
        assert remediation.signed_in_since(case, guest) is None


def carried_out(
    plan: Plan, tenant: Sequence[Guest], known: Cases, policy: Policy
) -> tuple[list[Guest], Cases]:
    """Return guests and cases as they are once the plan's actions have had their effect."""
    after = {guest.id: guest for guest in tenant}
    current = dict(known)
    for action in plan.actions:
        case = current.get(action.guest_id)
        if action.kind is Act.ASK:
            until = deadline(NOW, policy.reviews.duration, "UTC")
            batch = a_batch(deadline=until)
            current[action.guest_id] = remediation.opened(
                action, reviewer=action.reviewers[0], batch=batch, before=case
            )
            continue
        assert case is not None
        if action.kind is Act.ADD_SPONSOR:
            current[action.guest_id] = replace(case, sponsor_added=action.reviewers[0])
            continue
        guest = after.get(action.guest_id)
        if action.kind is Act.NOTICE:
            objection = remediation.no_harm(Act.NOTICE, case, guest, policy, NOW)
            current[action.guest_id] = (
                remediation.noticed(case, NOW) if objection is None else remediation.manual(case)
            )
        elif action.kind is Act.BLOCK and guest is not None:
            blocked = remediation.blocked(case, NOW) if case.step is Step.NOTICED else case
            current[action.guest_id] = remediation.quarantined(replace(blocked, blocked_at=NOW))
            after[action.guest_id] = replace(guest, enabled=False)
        elif action.kind is Act.DELETE:
            current[action.guest_id] = remediation.deleted(case, NOW)
            del after[action.guest_id]
        else:
            end = remediation.ending(case, guest, policy, NOW)
            assert end is not None
            current[action.guest_id] = remediation.closed(case, NOW, end.outcome, end.rests_until)
    return list(after.values()), current


@settings(max_examples=300)
@given(worlds(), POLICIES)
def test_a_plan_that_was_carried_out_is_not_drawn_again(world: World, policy: Policy) -> None:
    tenant, known = world
    first = drawn(tenant, known, policy)
    after, current = carried_out(first, tenant, known, policy)
    resting = {one: case.rests_until for one, case in current.items() if case.rests_until is not None}
    live = {one: case for one, case in current.items() if case.step is not Step.CLOSED}
    survey = Survey(policy=policy, now=NOW, round_name=ROUND, known=Known(cases=live, resting=resting))
    for guest in after:
        survey.look(guest)
    second = survey.draw_up(a_receipt(), previous_guests=None)
    assert not {action.key for action in first.actions} & {action.key for action in second.actions}


@given(cases(), guests(), POLICIES)
def test_every_live_case_is_either_waiting_due_or_over(case: Case, guest: Guest, policy: Policy) -> None:
    end = remediation.ending(case, guest, policy, NOW)
    act = remediation.next_act(case, policy, NOW)
    assert act in {None, *Act}
    if end is not None:
        closed = remediation.closed(case, NOW, end.outcome, end.rests_until)
        assert closed.outcome is end.outcome
        assert end.rests_until is None or end.rests_until > NOW - timedelta(days=1)
