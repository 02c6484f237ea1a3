"""From a denial to the end of access and back: what a case is due for, the second look, and every step."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from reviews.kinds import ALLOWED, classify
from reviews.model import (
    Activity,
    Answer,
    Batch,
    Case,
    Choice,
    Confidence,
    Guest,
    GuestId,
    Kind,
    Outcome,
    PersonId,
    Reason,
    SignIns,
    Step,
    Unreadable,
)
from reviews.policy import Exemption, Mode, NoAnswer, Policy
from reviews.reasons import because
from reviews.records import Act, Action
from reviews.schedule import is_quiet, local_date
from reviews.staleness import in_place_since, judge

FORGETS_AFTER = timedelta(days=30)
"""How long the directory keeps a soft-deleted account. Source: Graph ``directory/deletedItems``."""

FOLLOWS: Mapping[Step, frozenset[Step]] = MappingProxyType(
    {
        Step.OPENED: frozenset({Step.ASKED, Step.KEPT, Step.DENIED, Step.CLOSED}),
        Step.ASKED: frozenset({Step.KEPT, Step.DENIED, Step.LAPSED, Step.CLOSED}),
        Step.KEPT: frozenset({Step.ASKED, Step.DENIED, Step.CLOSED}),
        Step.DENIED: frozenset(
            {Step.ASKED, Step.KEPT, Step.NOTICED, Step.MANUAL, Step.RESTORED, Step.CLOSED}
        ),
        Step.LAPSED: frozenset(
            {Step.KEPT, Step.DENIED, Step.NOTICED, Step.MANUAL, Step.RESTORED, Step.CLOSED}
        ),
        Step.NOTICED: frozenset(
            {Step.ASKED, Step.KEPT, Step.BLOCKED, Step.MANUAL, Step.RESTORED, Step.CLOSED}
        ),
        Step.BLOCKED: frozenset({Step.QUARANTINED, Step.MANUAL, Step.RESTORED, Step.CLOSED}),
        Step.QUARANTINED: frozenset({Step.DELETED, Step.MANUAL, Step.RESTORED, Step.CLOSED}),
        Step.DELETED: frozenset({Step.RESTORED, Step.CLOSED}),
        Step.RESTORED: frozenset({Step.CLOSED}),
        Step.MANUAL: frozenset({Step.ASKED, Step.KEPT, Step.RESTORED, Step.CLOSED}),
        Step.CLOSED: frozenset(),
    }
)
"""What may follow what within one case. A new case begins at OPENED, after a closed or a lapsed one."""

STARTS_FROM: Mapping[Act, frozenset[Step]] = MappingProxyType(
    {
        Act.NOTICE: frozenset({Step.DENIED, Step.LAPSED}),
        Act.BLOCK: frozenset({Step.NOTICED, Step.BLOCKED}),
        Act.DELETE: frozenset({Step.QUARANTINED}),
    }
)
"""The steps a harmful act may start from."""

BY_HAND = frozenset({"kind-not-allowed", "guest-without-mail"})
"""Objections that no later night will lift: the case becomes MANUAL, and a person acts."""

_WATCHED = frozenset({Step.DENIED, Step.LAPSED, Step.NOTICED, Step.BLOCKED, Step.QUARANTINED})
"""On the way to the end of access: a sign-in since the step before ends the case."""


class Ending(NamedTuple):
    """How a case is to end, why, and until when the guest is then left alone."""

    outcome: Outcome
    because: Reason
    rests_until: datetime | None = None


# --- what is due -----------------------------------------------------------------------------------


def next_act(case: Case, policy: Policy, now: datetime) -> Act | None:
    """Return what a live case is due for by its step and the clock alone; None when it waits.

    ASK means: the fallback is asked, in a new case. A block that was not seen to hold is due again.
    """
    match case.step:
        case Step.DENIED:
            return Act.NOTICE
        case Step.LAPSED if policy.actions.on_no_answer is NoAnswer.BLOCK:
            return Act.NOTICE
        case Step.LAPSED:
            return Act.CLOSE if next_reviewer(case, policy) is None else Act.ASK
        case Step.NOTICED if case.notice_at is not None:
            return Act.BLOCK if now - case.notice_at >= policy.actions.grace else None
        case Step.BLOCKED:
            return Act.BLOCK
        case Step.QUARANTINED if not policy.actions.soft_delete:
            return Act.CLOSE
        case Step.QUARANTINED if case.blocked_at is not None:
            return Act.DELETE if now - case.blocked_at >= policy.actions.quarantine else None
        case Step.DELETED if case.deleted_at is not None:
            return Act.CLOSE if now - case.deleted_at > FORGETS_AFTER else None
        case Step.RESTORED:
            return Act.CLOSE
        case _:
            return None


def next_reviewer(case: Case, policy: Policy) -> PersonId | None:
    """Return the fallback reviewer to ask after a lapse: one who was not asked yet, and only once."""
    if case.escalated:
        return None
    others = (PersonId(one) for one in policy.reviewers.fallback if one not in {case.reviewer, case.guest_id})
    return next(others, None)


def grounds(act: Act, case: Case, policy: Policy) -> Reason:
    """Return why a harmful act is due. Only for an act that ``next_act`` has named for this case."""
    if act is Act.NOTICE:
        if case.answer is not None and case.answer.choice is Choice.REMOVE:
            return because("answered-remove", on=_day(case.answer.at))
        return because("lapsed", on=_day(case.deadline))
    if act is Act.BLOCK and case.step is Step.NOTICED and case.notice_at is not None:
        return because("grace-passed", on=_day(case.notice_at), days=policy.actions.grace.days)
    if act is Act.BLOCK and case.blocked_at is not None:
        return because("block-unverified", on=_day(case.blocked_at))
    if act is Act.DELETE and case.blocked_at is not None:
        return because("quarantine-passed", on=_day(case.blocked_at), days=policy.actions.quarantine.days)
    raise ValueError(f"{act} is not due for a case at step {case.step}")


def ending(case: Case, guest: Guest | None, policy: Policy, now: datetime) -> Ending | None:
    """Return how a live case is to end, the guest read just now (None: not in the directory); or None.

    Ending a case touches no account, with one exception: see ``switches_on``.
    """
    if case.step is Step.RESTORED:
        return Ending(Outcome.RESTORED, because("undone"), case.rests_until)
    if guest is None:
        return _ending_of_the_absent(case, now)
    rest = now + policy.reviews.rest_after_no_answer
    if case.step is Step.DELETED:
        return Ending(Outcome.RESTORED, because("restored-elsewhere"), rest)
    kind = classify(guest, policy.tenant.home_domains)
    if kind in {Kind.MEMBER, Kind.EXTERNAL_MEMBER}:
        return Ending(Outcome.CONVERTED, because("converted", kind=kind.value))
    exempted = exemption(guest.id, policy, now)
    if exempted is not None:
        return Ending(Outcome.EXEMPTED, because("exempt", until=exempted.until.isoformat()))
    came_back = signed_in_since(case, guest) if case.step in _WATCHED else None
    if came_back is not None:
        return Ending(Outcome.SIGNED_IN, because("signed-in-since", on=_day(came_back)))
    if case.step is Step.QUARANTINED and guest.enabled:
        return Ending(Outcome.RESTORED, because("unblocked-elsewhere"), rest)
    if case.step is Step.MANUAL and not guest.enabled:
        return Ending(Outcome.MANUAL, because("done-by-hand"))
    if next_act(case, policy, now) is not Act.CLOSE:
        return None
    if case.step is Step.QUARANTINED:
        return Ending(Outcome.REMOVED, because("blocked-for-good"))
    return Ending(Outcome.UNANSWERED, because("unanswered", on=_day(case.deadline)), rest)


def switches_on(case: Case, outcome: Outcome) -> bool:
    """Say whether ending a case must also switch the account on again: the guest came before our block."""
    return outcome is Outcome.SIGNED_IN and case.step in {Step.BLOCKED, Step.QUARANTINED}


def signed_in_since(case: Case, guest: Guest) -> datetime | None:
    """Return the guest's last success when it is later than the notice, or the answer, or the question."""
    if isinstance(guest.sign_ins, Unreadable) or guest.sign_ins.successful_at is None:
        return None
    answered_at = None if case.answer is None else case.answer.at
    since = case.notice_at or answered_at or case.asked_at or case.opened_at
    return guest.sign_ins.successful_at if guest.sign_ins.successful_at > since else None


def _ending_of_the_absent(case: Case, now: datetime) -> Ending | None:
    if case.step is Step.DELETED:
        if case.deleted_at is None or now - case.deleted_at <= FORGETS_AFTER:
            return None
        return Ending(Outcome.REMOVED, because("forgotten", on=_day(case.deleted_at)))
    if case.step is Step.MANUAL:
        return Ending(Outcome.MANUAL, because("done-by-hand"))
    return Ending(Outcome.VANISHED, because("not-in-directory"))
