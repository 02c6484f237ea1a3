"""What keeps a night in bounds: the tables of docs/policy.md."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.guardrails import FREED_BY_APPROVAL, Ruling, harmful_cap, rule
from reviews.model import CaseId, GuestId, PersonId, Reason, Recommendation
from reviews.policy import Caps, Mode, Quiet
from reviews.reasons import CODES, because
from reviews.records import HARMFUL, Act, Action
from tests.builders import NOW, SARA, a_policy, a_receipt, guid, set_aside
from tests.tables import codes, table


def an_action(number: int, kind: Act, **changes: Any) -> Action:
    given: dict[str, Any] = {
        "key": f"{kind}:case-{number:04d}",
        "kind": kind,
        "guest_id": GuestId(guid(number)),
        "reviewers": (SARA,),
        "reasons": (because("silent", days=120, on="2026-07-23"),),
        "case_id": CaseId(f"case-{number:04d}"),
        "recommendation": Recommendation.REMOVE,
    }
    return Action(**(given | changes))


def asks(count: int, start: int = 0) -> list[Action]:
    return [an_action(number, Act.ASK) for number in range(start, start + count)]


def ruled(wanted: Sequence[Action], **changes: Any) -> Ruling:
    given: dict[str, Any] = {
        "receipt": a_receipt(),
        "guests": 1000,
        "accepted_guests": 900,
        "unseen_guests": 100,
        "previous_guests": None,
        "open_items": {},
        "policy": a_policy(),
        "now": NOW,
    }
    return rule(wanted, **(given | changes))


@pytest.mark.parametrize("row", table("The guardrails"), ids=str)
def test_each_documented_night_is_ruled_so(row: dict[str, str]) -> None:
    harmful_kinds = sorted(HARMFUL)
    harmful = [an_action(100 + n, harmful_kinds[n % 3]) for n in range(int(row["harmful"]))]
    unseen, accepted = row["unseen of accepted"].split("/")
    ruling = ruled(
        [*asks(int(row["asks"])), *harmful, an_action(500, Act.CLOSE)],
        receipt=a_receipt(
            sign_ins=row["sign-ins"], sponsors=row["sponsors"], set_aside=set_aside(int(row["set aside"]))
        ),
        guests=1000 - int(row["set aside"]),
        accepted_guests=int(accepted),
        unseen_guests=int(unseen),
        previous_guests=None if row["last night"] == "-" else int(row["last night"]),
        open_items={SARA: int(row["open"])},
        policy=a_policy(
            Mode(row["mode"]),
            caps=Caps(asks_per_run=3, harmful_per_run=2),
            quiet=Quiet(weekends=False, days=(NOW.date(),) if row["day"] == "quiet" else ()),
        ),
    )
    passed = [action.kind for action in ruling.actions]
    assert passed.count(Act.ASK) == int(row["asks pass"])
    assert sum(kind in HARMFUL for kind in passed) == int(row["harmful pass"])
    assert {held.held_by for held in ruling.held} == set(codes(row["held by"]))
    assert tuple(alert.code for alert in ruling.alerts) == codes(row["alerts"])


@pytest.mark.parametrize("row", table("What the nights before showed"), ids=str)
def test_each_documented_night_is_held_against_those_before(row: dict[str, str]) -> None:
    ruling = ruled(
        [],
        receipt=a_receipt(lost=codes(row["lost"])),
        accepted_guests=100,
        unseen_guests=int(row["unseen"]),
        unseen_before=tuple(float(share) for share in codes(row["nights before"])),
    )
    assert tuple(alert.code for alert in ruling.alerts) == codes(row["alerts"])


@pytest.mark.parametrize("row", table("The cap on harm"), ids=str)
def test_each_documented_cap_counts(row: dict[str, str]) -> None:
    caps = Caps(harmful_per_run=int(row["harmful_per_run"]), harmful_share=float(row["harmful_share"]))
    assert harmful_cap(caps, int(row["guests"])) == int(row["cap"])


def test_a_red_light_holds_even_the_closing_of_cases() -> None:
    ruling = ruled([an_action(1, Act.CLOSE)], receipt=a_receipt(sign_ins="no-permission"))
    assert ruling.actions == ()
    assert [held.held_by for held in ruling.held] == ["sign-ins-not-read"]
    assert ruling.alerts == (because("sign-ins-not-read", why="no-permission"),)


def test_a_quiet_day_lets_cases_close() -> None:
    saturday = NOW + timedelta(days=1)
    ruling = ruled([an_action(1, Act.CLOSE)], now=saturday, policy=a_policy(quiet=Quiet()))
    assert [action.kind for action in ruling.actions] == [Act.CLOSE]


def test_a_breaker_says_how_much_is_missing() -> None:
    (alert,) = ruled([], guests=799, previous_guests=1000).alerts
    assert alert == because("guests-shrunk", percent=21, limit=20)


def test_two_steps_on_one_guest_count_once() -> None:
    both = [an_action(1, Act.NOTICE), an_action(1, Act.BLOCK), an_action(2, Act.BLOCK)]
    ruling = ruled(both, policy=a_policy(caps=Caps(harmful_per_run=2)))
    assert len(ruling.actions) == 3


def test_a_question_without_a_reviewer_is_held_and_told_of() -> None:
    nobody = [an_action(n, Act.ASK, reviewers=()) for n in range(3)]
    ruling = ruled([*nobody, *asks(1, start=9)])
    assert [action.guest_id for action in ruling.actions] == [guid(9)]
    assert {held.held_by for held in ruling.held} == {"no-reviewer"}
    assert ruling.alerts == (because("asks-without-reviewer", count=3),)


def silent(days: int) -> tuple[Reason, ...]:
    return (because("silent", days=days, on="2026-01-01"),)


def test_the_riskiest_come_first_when_there_is_no_room_for_all() -> None:
    again = (*silent(10), because("sponsor-did-not-answer", on="2026-11-19"))
    wanted = [
        an_action(1, Act.ASK, recommendation=None, reasons=()),
        an_action(2, Act.ASK, recommendation=Recommendation.LOOK_CLOSER, reasons=silent(900)),
        an_action(3, Act.ASK, reasons=silent(100)),
        an_action(4, Act.ASK, reasons=silent(800)),
        an_action(5, Act.ASK, recommendation=Recommendation.CANNOT_TELL, reasons=again),
    ]
    for room, expected in ((1, {5}), (2, {5, 4}), (3, {5, 4, 3}), (4, {5, 4, 3, 2})):
        ruling = ruled(wanted, policy=a_policy(caps=Caps(asks_per_run=room)))
        assert {action.guest_id for action in ruling.actions} == {guid(number) for number in expected}


def test_one_full_reviewer_does_not_hold_up_another() -> None:
    other = PersonId(guid(9002))
    wanted = [*asks(3), *(an_action(n, Act.ASK, reviewers=(other,)) for n in range(10, 13))]
    ruling = ruled(wanted, open_items={SARA: 40, other: 39})
    assert [action.reviewers for action in ruling.actions] == [(other,)]


def test_approval_frees_only_what_it_may() -> None:
    assert set(CODES) >= FREED_BY_APPROVAL
    assert {"cap-harmful", "mode-propose"} == FREED_BY_APPROVAL


WANTED = st.lists(
    st.builds(
        an_action,
        st.integers(0, 60),
        st.sampled_from(Act),
        reviewers=st.sampled_from([(), (SARA,), (PersonId(guid(9002)), SARA)]),
    ),
    max_size=40,
)


@given(
    wanted=WANTED,
    mode=st.sampled_from(Mode),
    asks_per_run=st.integers(0, 6),
    harmful=st.integers(0, 6),
    max_open=st.integers(1, 4),
    guests=st.integers(0, 200),
)
def test_every_action_passes_or_is_held_and_no_cap_is_passed(
    wanted: list[Action], mode: Mode, asks_per_run: int, harmful: int, max_open: int, guests: int
) -> None:
    caps = Caps(asks_per_run=asks_per_run, harmful_per_run=harmful)
    policy = a_policy(mode, caps=caps, reviewers={"max_open_items": max_open})
    ruling = ruled(wanted, policy=policy, guests=guests)
    passed = list(ruling.actions)
    assert sorted([*passed, *(held.action for held in ruling.held)], key=repr) == sorted(wanted, key=repr)
    asked = [action for action in passed if action.kind is Act.ASK]
    assert len(asked) <= asks_per_run
    for reviewer in {action.reviewers[0] for action in asked}:
        assert sum(action.reviewers[0] == reviewer for action in asked) <= max_open
    harmed = {action.guest_id for action in passed if action.kind in HARMFUL}
    assert len(harmed) <= harmful_cap(caps, guests)
    assert mode is not Mode.PROPOSE or not harmed
