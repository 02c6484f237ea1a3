"""From a denial to the end of access and back: what a case is due for, the second look, and every step."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from reviews.kinds import acts_on, classify, kind_if_enabled
from reviews.model import (
    Activity,
    Case,
    Choice,
    Confidence,
    Guest,
    GuestId,
    Kind,
    Outcome,
    PersonId,
    Reason,
    Step,
    Unreadable,
)
from reviews.policy import Exemption, Mode, NoAnswer, Policy
from reviews.quorum import somebody_keeps
from reviews.reasons import because
from reviews.records import HARMFUL, Act
from reviews.schedule import is_quiet, local_date
from reviews.staleness import in_place_since, is_unwatched, judge
from reviews.steps import (
    FOLLOWS,
    answered,
    asked,
    blocked,
    closed,
    deleted,
    everybody_asked,
    lapsed,
    manual,
    mirrored,
    noticed,
    opened,
    quarantined,
    restored,
)

__all__ = [
    "BY_HAND",
    "FOLLOWS",
    "FORGETS_AFTER",
    "HOLDS_WITHIN",
    "STARTS_FROM",
    "Ending",
    "answered",
    "asked",
    "blocked",
    "closed",
    "deleted",
    "ending",
    "everybody_asked",
    "exemption",
    "grounds",
    "lapsed",
    "manual",
    "mirrored",
    "never_held",
    "next_act",
    "next_reviewer",
    "no_harm",
    "no_question",
    "noticed",
    "objection",
    "opened",
    "quarantined",
    "restored",
    "signed_in_since",
    "switches_on",
]

FORGETS_AFTER = timedelta(days=30)
"""How long the directory keeps a soft-deleted account. Source: Graph ``directory/deletedItems``."""

HOLDS_WITHIN = timedelta(days=3)
"""How long a block is tried again before a person has to look."""

STARTS_FROM: Mapping[Act, frozenset[Step]] = MappingProxyType(
    {
        Act.NOTICE: frozenset({Step.DENIED, Step.LAPSED}),
        Act.BLOCK: frozenset({Step.NOTICED, Step.BLOCKED}),
        Act.DELETE: frozenset({Step.QUARANTINED}),
    }
)
"""The steps a harmful act may start from."""

BY_HAND = frozenset({"kind-not-allowed", "guest-without-mail", "privileged", "unwatched"})
"""Objections that no later night will lift: the case becomes MANUAL, and a person acts."""

_AT_ONCE: Mapping[Step, Act] = MappingProxyType(
    {
        Step.DENIED: Act.NOTICE,
        Step.BLOCKED: Act.BLOCK,
        # Reached only where the policy does not delete.
        Step.QUARANTINED: Act.CLOSE,
        Step.RESTORED: Act.CLOSE,
    }
)

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
    if case.step is Step.LAPSED:
        return _after_lapse(case, policy)
    if case.step is Step.NOTICED:
        return _after(Act.BLOCK, case.notice_at, policy.actions.grace, now)
    if case.step is Step.QUARANTINED and policy.actions.soft_delete:
        return _after(Act.DELETE, case.blocked_at, policy.actions.quarantine, now)
    if case.step is Step.DELETED:
        return Act.CLOSE if _is_forgotten(case, now) else None
    return _AT_ONCE.get(case.step)


def next_reviewer(case: Case, policy: Policy) -> PersonId | None:
    """Return the fallback reviewer to ask after a lapse: one who was not asked yet, and only once."""
    if case.escalated:
        return None
    asked = {case.guest_id, *everybody_asked(case)}
    return next((PersonId(one) for one in policy.reviewers.fallback if one not in asked), None)


def _after_lapse(case: Case, policy: Policy) -> Act:
    rule = policy.actions.on_no_answer
    if rule is NoAnswer.BLOCK and not somebody_keeps(case):
        return Act.NOTICE
    return Act.CLOSE if rule is NoAnswer.KEEP or next_reviewer(case, policy) is None else Act.ASK


def _after(act: Act, since: datetime | None, wait: timedelta, now: datetime) -> Act | None:
    return act if since is not None and now - since >= wait else None


def _is_forgotten(case: Case, now: datetime) -> bool:
    return case.deleted_at is not None and now - case.deleted_at > FORGETS_AFTER


def grounds(act: Act, case: Case, policy: Policy) -> Reason:
    """Return why a harmful act is due. Only for an act that ``next_act`` has named for this case."""
    if act is Act.NOTICE:
        if case.answer is not None and _is_denied(case):
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
    if case.step is Step.DELETED:
        return Ending(
            Outcome.RESTORED, because("restored-elsewhere"), now + policy.reviews.rest_after_no_answer
        )
    kind = classify(guest, policy.tenant.home_domains)
    if kind in {Kind.MEMBER, Kind.EXTERNAL_MEMBER}:
        return Ending(Outcome.CONVERTED, because("converted", kind=kind.value))
    exempted = exemption(guest.id, policy, now)
    if exempted is not None:
        return Ending(Outcome.EXEMPTED, because("exempt", until=exempted.until.isoformat()))
    return _ending_by_use(case, guest, policy, now) or _ending_by_time(case, guest, policy, now)


def never_held(case: Case, now: datetime) -> bool:
    """Say whether a block was tried for so long that something else must be switching the account on."""
    return case.blocked_at is not None and now - case.blocked_at > HOLDS_WITHIN


def switches_on(case: Case, outcome: Outcome) -> bool:
    """Say whether ending a case must also switch the account on again: the guest came before our block."""
    return outcome is Outcome.SIGNED_IN and case.step in {Step.BLOCKED, Step.QUARANTINED}


def signed_in_since(case: Case, guest: Guest) -> datetime | None:
    """Return the last success if it is later than the notice, or else the denial, or else the question."""
    if isinstance(guest.sign_ins, Unreadable) or guest.sign_ins.successful_at is None:
        return None
    denied_at = case.answer.at if case.answer is not None and _is_denied(case) else None
    since = case.notice_at or denied_at or case.asked_at or case.opened_at
    return guest.sign_ins.successful_at if guest.sign_ins.successful_at > since else None


def _ending_by_use(case: Case, guest: Guest, policy: Policy, now: datetime) -> Ending | None:
    if case.step not in _WATCHED:
        return None
    came_back = signed_in_since(case, guest)
    if came_back is not None:
        return Ending(Outcome.SIGNED_IN, because("signed-in-since", on=_day(came_back)))
    if case.step is not Step.LAPSED:
        return None
    verdict = judge(guest, policy.thresholds, policy.scope.min_account_age, now)
    return Ending(Outcome.SIGNED_IN, because("in-use")) if verdict.activity is Activity.ACTIVE else None


def _ending_by_time(case: Case, guest: Guest, policy: Policy, now: datetime) -> Ending | None:
    rest = now + policy.reviews.rest_after_no_answer
    if case.step is Step.QUARANTINED and guest.enabled:
        return Ending(Outcome.RESTORED, because("unblocked-elsewhere"), rest)
    if case.step is Step.MANUAL and not guest.enabled:
        return Ending(Outcome.MANUAL, because("done-by-hand"))
    if next_act(case, policy, now) is not Act.CLOSE:
        return None
    if case.step is Step.QUARANTINED:
        return Ending(Outcome.REMOVED, because("blocked-for-good"))
    return Ending(Outcome.UNANSWERED, _why_unanswered(case, policy), rest)


def _why_unanswered(case: Case, policy: Policy) -> Reason:
    on = _day(case.deadline)
    if policy.actions.on_no_answer is NoAnswer.KEEP:
        return because("silence-keeps", on=on)
    return because("not-agreed" if somebody_keeps(case) else "unanswered", on=on)


def _ending_of_the_absent(case: Case, now: datetime) -> Ending | None:
    if case.step is Step.DELETED:
        if case.deleted_at is None or not _is_forgotten(case, now):
            return None
        return Ending(Outcome.REMOVED, because("forgotten", on=_day(case.deleted_at)))
    if case.step is Step.MANUAL:
        return Ending(Outcome.MANUAL, because("done-by-hand"))
    return Ending(Outcome.VANISHED, because("not-in-directory"))


# --- the second look -------------------------------------------------------------------------------


def objection(act: Act, case: Case, guest: Guest | None, policy: Policy, now: datetime) -> Reason | None:
    """Say why an act must not happen after all, the guest read afresh with sign-ins; None when it may.

    Everything that concerns one guest is looked at again: caps, breakers and approvals belong to the plan.
    An account missing at DELETE may be our own doing: ask whether it is deleted before asking here.
    """
    if policy.mode is Mode.REPORT:
        return because("mode-forbids")
    if act is Act.CLOSE:
        return because("no-longer-so") if ending(case, guest, policy, now) is None else None
    if is_quiet(policy.quiet, policy.tenant.zone, now):
        return because("quiet-day")
    if act is Act.ASK:
        return no_question(guest, policy, now)
    return no_harm(act, case, guest, policy, now)


def no_question(guest: Guest | None, policy: Policy, now: datetime) -> Reason | None:
    """Say why nobody may be asked about a guest; None when somebody may. Needs no sign-in activity."""
    if guest is None:
        return because("not-in-directory")
    if not guest.enabled:
        return because("account-disabled")
    return _left_alone(guest, policy, now) or _not_allowed(Act.ASK, guest, policy)


def no_harm(act: Act, case: Case, guest: Guest | None, policy: Policy, now: datetime) -> Reason | None:
    """Say why the facts of a guest and its case forbid a harmful act; the plan and the second look agree."""
    if guest is None:
        return because("not-in-directory")
    if case.step not in STARTS_FROM[act]:
        return because("case-moved-on", step=case.step.value)
    # What only a person can mend comes last: the case is handed over when nothing else forbids the act.
    return (
        _left_alone(guest, policy, now)
        or _not_known_unused(case, guest)
        or _not_founded(case, guest, policy, now)
        or _not_yet(act, case, guest, policy, now)
        or _perhaps_pushed(guest)
        or _not_allowed(act, guest, policy)
    )


def exemption(guest_id: GuestId, policy: Policy, now: datetime) -> Exemption | None:
    """Return the exemption that holds today, in the tenant's zone; None when there is none."""
    return policy.exemption(guest_id, local_date(policy.tenant.zone, now))


def _left_alone(guest: Guest, policy: Policy, now: datetime) -> Reason | None:
    exempted = exemption(guest.id, policy, now)
    if exempted is not None:
        return because("exempt", until=exempted.until.isoformat())
    kind = kind_if_enabled(guest, policy.tenant.home_domains)
    if kind not in policy.scope.kinds:
        return because("kind-out-of-scope", kind=kind.value)
    there_since = in_place_since(guest)
    if there_since is None:
        return because("age-unknown")
    if now - there_since < policy.scope.min_account_age:
        return because("account-new", days=max((now - there_since).days, 0))
    return None


def _not_allowed(act: Act, guest: Guest, policy: Policy) -> Reason | None:
    home = policy.tenant.home_domains
    if act not in acts_on(guest, home):
        return because("kind-not-allowed", kind=kind_if_enabled(guest, home).value)
    if act in HARMFUL and is_unwatched(guest):
        return because("unwatched")
    return because("guest-without-mail") if act is Act.NOTICE and not guest.mail else None


def _perhaps_pushed(guest: Guest) -> Reason | None:
    if isinstance(guest.tenant_synced, Unreadable):
        return because("tenant-sync-unknown", why=guest.tenant_synced.why)
    return None


def _not_known_unused(case: Case, guest: Guest) -> Reason | None:
    if isinstance(guest.sign_ins, Unreadable) and not is_unwatched(guest):
        return because("sign-ins-unreadable", why=guest.sign_ins.why)
    came_back = signed_in_since(case, guest)
    return None if came_back is None else because("signed-in-since", on=_day(came_back))


def _not_founded(case: Case, guest: Guest, policy: Policy, now: datetime) -> Reason | None:
    if _is_denied(case):
        return None
    if case.asked_at is None or now <= case.deadline or policy.actions.on_no_answer is not NoAnswer.BLOCK:
        return because("not-answered")
    if somebody_keeps(case):
        return because("not-answered")
    verdict = judge(guest, policy.thresholds, policy.scope.min_account_age, now)
    if verdict.activity is Activity.ACTIVE:
        return because("in-use")
    if verdict.confidence is not Confidence.HIGH:
        return because("not-sure-enough", confidence=verdict.confidence.value)
    return None


def _not_yet(act: Act, case: Case, guest: Guest, policy: Policy, now: datetime) -> Reason | None:
    if act is Act.NOTICE:
        return None
    if case.notice_at is None:
        return because("no-notice")
    if act is Act.BLOCK:
        return _running("grace-running", case.notice_at + policy.actions.grace, now)
    if not policy.actions.soft_delete:
        return because("soft-delete-off")
    if guest.enabled or case.blocked_at is None:
        return because("not-blocked")
    return _running("quarantine-running", case.blocked_at + policy.actions.quarantine, now)


def _running(code: str, until: datetime, now: datetime) -> Reason | None:
    return because(code, until=_day(until)) if now < until else None


def _is_denied(case: Case) -> bool:
    return case.answer is not None and case.answer.choice is Choice.REMOVE


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
