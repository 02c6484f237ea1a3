"""What is due, how cases end, and the second look: the tables of docs/policy.md."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reviews.model import Answer, Case, Choice, Identity, Kind, Outcome, PersonId, SignIns, Step, Unreadable
from reviews.policy import Actions, Mode, NoAnswer, Policy, Quiet, Scope
from reviews.records import Act
from reviews.remediation import (
    BY_HAND,
    STARTS_FROM,
    ending,
    grounds,
    next_act,
    next_reviewer,
    no_harm,
    no_question,
    objection,
    signed_in_since,
    switches_on,
)
from tests.builders import (
    FALLBACK,
    NOW,
    SECOND_FALLBACK,
    a_case,
    a_guest,
    a_policy,
    ago,
    an_answer,
    guid,
)
from tests.tables import DOCS, moment, table

BLOCKS = Actions(on_no_answer=NoAnswer.BLOCK)
EVERY_KIND = Scope(kinds=tuple(Kind))


def exempting(until: str) -> dict[str, Any]:
    return {"exemptions": ({"guest": guid(1), "reason": "legal hold", "until": until},)}


# --- what is due ---------------------------------------------------------------------------------

DUE_POLICIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "": ({}, {}),
    "escalate": ({}, {}),
    "escalate, asked before": ({"escalated": True}, {}),
    "escalate, the fallback was asked": ({"reviewer": FALLBACK}, {}),
    "escalate, no fallback": ({}, {"reviewers": {"fallback": ()}}),
    "block": ({}, {"actions": BLOCKS}),
    "block, somebody keeps": ({"answers": (an_answer(Choice.KEEP),)}, {"actions": BLOCKS}),
    "keep": ({}, {"actions": Actions(on_no_answer=NoAnswer.KEEP)}),
    "no delete": ({}, {"actions": Actions(soft_delete=False)}),
}


@pytest.mark.parametrize("row", table("What is due"), ids=str)
def test_each_documented_step_is_due_for_its_act(row: dict[str, str]) -> None:
    changes, settings = DUE_POLICIES[row["policy"]]
    case = a_case(Step(row["step"]), **changes)
    if row["since"]:
        field = {"noticed": "notice_at", "quarantined": "blocked_at", "deleted": "deleted_at"}[row["step"]]
        since: dict[str, Any] = {field: moment(row["since"], NOW)}
        case = replace(case, **since)
    act = next_act(case, a_policy(**settings), NOW)
    assert (act or "-") == row["due"]


def test_every_step_has_something_or_nothing_due() -> None:
    assert {row["step"] for row in table("What is due")} == set(Step)


def test_after_a_lapse_a_fallback_is_asked_who_was_not_asked_before() -> None:
    two = a_policy(reviewers={"fallback": (FALLBACK, SECOND_FALLBACK)})
    assert next_reviewer(a_case(Step.LAPSED), two) == FALLBACK
    assert next_reviewer(a_case(Step.LAPSED, reviewer=FALLBACK), two) == SECOND_FALLBACK
    assert next_reviewer(a_case(Step.LAPSED, escalated=True), two) is None


def test_a_guest_is_never_asked_about_itself_after_a_lapse() -> None:
    itself = a_policy(reviewers={"fallback": (PersonId(guid(1)),)})
    assert next_reviewer(a_case(Step.LAPSED), itself) is None


@pytest.mark.parametrize(
    ("act", "case", "code"),
    [
        (Act.NOTICE, a_case(Step.DENIED), "answered-remove"),
        (Act.NOTICE, a_case(Step.LAPSED), "lapsed"),
        (Act.NOTICE, a_case(Step.LAPSED, answer=an_answer(Choice.DONT_KNOW)), "lapsed"),
        (Act.BLOCK, a_case(Step.NOTICED), "grace-passed"),
        (Act.BLOCK, a_case(Step.BLOCKED), "block-unverified"),
        (Act.DELETE, a_case(Step.QUARANTINED), "quarantine-passed"),
    ],
)
def test_every_harmful_act_has_its_grounds(act: Act, case: Case, code: str) -> None:
    assert grounds(act, case, a_policy()).code == code


@pytest.mark.parametrize("act", [Act.ASK, Act.BLOCK, Act.DELETE])
def test_an_act_that_is_not_due_has_no_grounds(act: Act) -> None:
    with pytest.raises(ValueError, match="is not due"):
        grounds(act, a_case(Step.ASKED), a_policy())


# --- endings -------------------------------------------------------------------------------------

MEMBER: dict[str, Any] = {"user_type": "Member"}


BECOMES: dict[str, dict[str, Any]] = {
    "gone": {},
    "gone for 31 d": {"case": {"deleted_at": ago(31)}},
    "ordinary": {},
    "switched off": {"guest": {"enabled": False}},
    "switched on": {"guest": {"enabled": True}},
    "a member": {"guest": MEMBER},
    "exempt": {"policy": exempting("2026-11-20")},
    "signed in since": {"guest": {"sign_ins": SignIns(successful_at=NOW)}},
    "not stale": {"policy": {"thresholds": {"inactive_after": "P300D"}}},
}
"""What became of a guest who was silent for 200 days and, where our block holds, is switched off."""


@pytest.mark.parametrize("row", table("How a case ends by what became of the guest"), ids=str)
def test_each_documented_case_ends_so(row: dict[str, str]) -> None:
    change = BECOMES[row["guest"]]
    case = replace(a_case(Step(row["step"])), **change.get("case", {}))
    ordinary: dict[str, Any] = {
        "enabled": case.step not in {Step.BLOCKED, Step.QUARANTINED},
        "sign_ins": SignIns(successful_at=ago(200)),
    }
    guest = None if row["guest"].startswith("gone") else a_guest(**(ordinary | change.get("guest", {})))
    end = ending(case, guest, a_policy(**change.get("policy", {})), NOW)
    assert (end.outcome if end else "-") == row["outcome"]
    assert (end.because.code if end else "-") == row["reason"]


def test_a_case_nobody_answered_rests_before_it_is_asked_again() -> None:
    end = ending(a_case(Step.LAPSED, escalated=True), a_guest(), a_policy(), NOW)
    assert end is not None
    assert (end.outcome, end.because.code) == (Outcome.UNANSWERED, "unanswered")
    assert end.rests_until == NOW + timedelta(days=30)


@pytest.mark.parametrize(
    ("said", "rule", "code"),
    [
        ((), NoAnswer.KEEP, "silence-keeps"),
        ((an_answer(Choice.KEEP),), NoAnswer.ESCALATE, "not-agreed"),
        ((an_answer(Choice.DONT_KNOW),), NoAnswer.ESCALATE, "unanswered"),
    ],
)
def test_a_case_without_an_outcome_says_why(said: tuple[Answer, ...], rule: NoAnswer, code: str) -> None:
    lapsed = a_case(Step.LAPSED, escalated=True, answers=said)
    end = ending(lapsed, a_guest(), a_policy(actions=Actions(on_no_answer=rule)), NOW)
    assert end is not None
    assert (end.outcome, end.because.code) == (Outcome.UNANSWERED, code)


def test_a_restored_case_keeps_the_rest_it_was_given() -> None:
    end = ending(a_case(Step.RESTORED, rests_until=ago(-14)), None, a_policy(), NOW)
    assert end is not None
    assert end.rests_until == ago(-14)


def test_where_nothing_is_deleted_a_blocked_guest_stays_blocked_and_the_case_ends() -> None:
    end = ending(
        a_case(Step.QUARANTINED), a_guest(enabled=False), a_policy(actions=Actions(soft_delete=False)), NOW
    )
    assert end is not None
    assert (end.outcome, end.because.code) == (Outcome.REMOVED, "blocked-for-good")


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("outcome", Outcome)
def test_only_a_guest_who_came_before_our_block_is_switched_on_again(step: Step, outcome: Outcome) -> None:
    expected = outcome is Outcome.SIGNED_IN and step in {Step.BLOCKED, Step.QUARANTINED}
    assert switches_on(a_case(step), outcome) == expected


@pytest.mark.parametrize(
    ("case", "since"),
    [
        (a_case(Step.NOTICED, notice_at=ago(3), answer=an_answer(at=ago(5))), 3),
        (a_case(Step.DENIED, answer=an_answer(at=ago(5))), 5),
        (a_case(Step.LAPSED, asked_at=ago(20), answer=an_answer(Choice.DONT_KNOW, at=ago(5))), 20),
        (a_case(Step.LAPSED, asked_at=None, opened_at=ago(21)), 21),
    ],
)
def test_a_sign_in_counts_from_the_last_word(case: Case, since: float) -> None:
    at_that_moment = SignIns(successful_at=ago(since))
    just_after = SignIns(successful_at=ago(since) + timedelta(seconds=1))
    assert signed_in_since(case, a_guest(sign_ins=at_that_moment)) is None
    assert signed_in_since(case, a_guest(sign_ins=just_after)) == just_after.successful_at


@pytest.mark.parametrize("sign_ins", [SignIns(interactive_at=NOW), Unreadable(why="not-asked")])
def test_attempts_and_unreadable_sign_ins_are_no_sign_in(sign_ins: SignIns | Unreadable) -> None:
    assert signed_in_since(a_case(Step.NOTICED), a_guest(sign_ins=sign_ins)) is None


# --- the second look -----------------------------------------------------------------------------

IN_ORDER = {
    Act.ASK: a_case(Step.LAPSED),
    Act.NOTICE: a_case(Step.DENIED),
    Act.BLOCK: a_case(Step.NOTICED),
    Act.DELETE: a_case(Step.QUARANTINED),
    Act.CLOSE: a_case(Step.ASKED),
}
LAPSED = a_case(Step.LAPSED)
INTERNAL: dict[str, Any] = {
    "user_principal_name": "ada@contoso.example",
    "redemption": None,
    "creation_type": None,
    "identities": (Identity(sign_in_type="userPrincipalName", issuer="contoso.example"),),
}

CHANGES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "exempt": {"policy": exempting("2026-11-20")},
    "exemption ran out": {"policy": exempting("2026-11-19")},
    "a member": {"guest": MEMBER},
    "synced, in scope": {"guest": {"synced": True}, "policy": {"scope": EVERY_KIND}},
    "internal, in scope": {"guest": INTERNAL, "policy": {"scope": EVERY_KIND}},
    "switched off, internal, in scope": {
        "guest": INTERNAL | {"enabled": False},
        "policy": {"scope": EVERY_KIND},
    },
    "switched off": {"guest": {"enabled": False}},
    "switched on": {"guest": {"enabled": True}},
    "young": {"guest": {"created_at": ago(30) + timedelta(seconds=1)}},
    "age unknown": {"guest": {"created_at": None, "redemption_changed_at": None, "sign_ins": SignIns()}},
    "sign-ins not asked for": {"guest": {"sign_ins": Unreadable(why="not-asked")}},
    "sign-ins unreadable": {"guest": {"sign_ins": Unreadable(why="no-permission")}},
    "no licence": {"guest": {"sign_ins": Unreadable(why="no-licence")}},
    "signed in since the answer": {"guest": {"sign_ins": SignIns(successful_at=ago(69))}},
    "signed in since the notice": {"guest": {"sign_ins": SignIns(successful_at=ago(64))}},
    "no mail": {"guest": {"mail": None}},
    "quiet day": {"policy": {"quiet": Quiet(weekends=False, days=(NOW.date(),))}},
    "mode report": {"policy": {"mode": Mode.REPORT}},
    "no delete": {"policy": {"actions": Actions(soft_delete=False)}},
    "kept meanwhile": {"case": {"step": Step.KEPT}},
    "seen not to hold": {"case": {"step": Step.BLOCKED, "blocked_at": ago(1)}},
    "never told": {"case": {"notice_at": None}},
    "never blocked": {"case": {"blocked_at": None}},
    "grace runs": {"case": {"notice_at": ago(7) + timedelta(seconds=1)}},
    "grace just over": {"case": {"notice_at": ago(7)}},
    "quarantine just over": {"case": {"blocked_at": ago(30)}},
    "quarantine runs": {"case": {"blocked_at": ago(30) + timedelta(seconds=1)}},
    "lapsed, policy escalates": {"from": LAPSED},
    "lapsed, policy blocks": {"from": LAPSED, "policy": {"actions": BLOCKS}},
    "lapsed, policy blocks, never delivered": {
        "from": LAPSED,
        "case": {"asked_at": None},
        "policy": {"actions": BLOCKS},
    },
    "lapsed, policy blocks, before the deadline": {
        "from": LAPSED,
        "case": {"deadline": NOW},
        "policy": {"actions": BLOCKS},
    },
    "lapsed, policy blocks, never signed in": {
        "from": LAPSED,
        "guest": {"sign_ins": SignIns()},
        "policy": {"actions": BLOCKS},
    },
    "pushed by its tenant": {"guest": {"tenant_synced": True}},
    "perhaps pushed by its tenant": {"guest": {"tenant_synced": Unreadable(why="no-permission")}},
    "lapsed, policy blocks, not stale": {
        "from": LAPSED,
        "policy": {"actions": BLOCKS, "thresholds": {"inactive_after": "P300D"}},
    },
    "lapsed, policy blocks, kept": {
        "from": LAPSED,
        "case": {"answer": an_answer(Choice.KEEP)},
        "policy": {"actions": BLOCKS},
    },
}


def objection_code(act: Act, word: str) -> str:
    change = CHANGES.get(word, {})
    case = replace(change.get("from", IN_ORDER[act]), **change.get("case", {}))
    guest = a_guest(**({"enabled": act is not Act.DELETE} | change.get("guest", {})))
    policy = a_policy(**({"tenant": {"home_domains": ("contoso.example",)}} | change.get("policy", {})))
    reason = objection(act, case, None if word == "gone" else guest, policy, NOW)
    return reason.code if reason else "-"


@pytest.mark.parametrize("row", table("The second look"), ids=str)
def test_each_documented_change_meets_its_objection(row: dict[str, str]) -> None:
    assert row["change"] in {*CHANGES, "gone"}
    assert objection_code(Act(row["act"]), row["change"]) == row["objection"]


def test_every_change_is_documented() -> None:
    assert {row["change"] for row in table("The second look")} == {*CHANGES, "gone"}


@pytest.mark.parametrize("act", STARTS_FROM)
@pytest.mark.parametrize("step", Step)
def test_harm_starts_only_from_its_own_step(act: Act, step: Step) -> None:
    case = replace(IN_ORDER[act], step=step, asked_at=ago(75))
    reason = no_harm(act, case, a_guest(enabled=act is not Act.DELETE), a_policy(), NOW)
    assert (reason is not None and reason.code == "case-moved-on") == (step not in STARTS_FROM[act])


def test_an_account_in_the_directory_with_no_question_against_it_may_be_asked_about() -> None:
    assert no_question(a_guest(), a_policy(), NOW) is None


def test_an_exemption_holds_until_the_end_of_its_day_in_the_tenants_zone() -> None:
    west = {"tenant": {"zone": "America/Los_Angeles"}}
    policy = Policy(**exempting("2026-11-19"), **west)
    reason = no_question(a_guest(), policy, NOW)
    assert reason is not None
    assert reason.code == "exempt"
    assert no_question(a_guest(), a_policy(**exempting("2026-11-19")), NOW) is None


def test_an_exemption_typed_in_capitals_holds() -> None:
    shouted: dict[str, Any] = {
        "exemptions": (
            {"guest": "ABCDEFAB-0000-4000-8000-00000000000A", "reason": "board", "until": "2027-01-01"},
        )
    }
    guest = a_guest(id="abcdefab-0000-4000-8000-00000000000a")
    reason = no_question(guest, a_policy(**shouted), NOW)
    assert reason is not None
    assert reason.code == "exempt"


def test_objections_that_need_a_person_are_among_the_documented_ones() -> None:
    by_the_record = {row["objection"] for row in table("The second look")}
    by_a_closer_look = {
        row["at the second look"] for row in table("What makes a guest privileged", DOCS / "finding.md")
    }
    assert by_the_record | by_a_closer_look >= BY_HAND
