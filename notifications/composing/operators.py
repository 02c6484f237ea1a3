"""The mails to the people who run Gatehouse."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from notifications import names
from notifications.composing.guests import about, by_hand
from notifications.composing.setting import Setting, reviewer_name
from notifications.contexts import CountLine, ExceptionExpiring, ManualTask, Paused, RoundSummary, RunDigest
from notifications.words import Words
from reviews.model import Card, Case, Choice, GuestId, Outcome, Person, Reason, RunId
from reviews.policy import Exemption
from reviews.reasons import because
from reviews.records import Act, Held, Plan, Run

_LONGEST_REASON = 300


def manual_task(card: Card, reviewer: Person | None, case: Case, why: Reason, setting: Setting) -> ManualTask:
    """Compose the request to end by hand what Gatehouse cannot end."""
    words = setting.words
    return ManualTask(
        **setting.foot,
        guest_name=words.guest(card.name, card.mail),
        about=about(card, words),
        guest_id=card.guest_id,
        because=(words.reason(_ground(case)), words.reason(why)),
        todo=words.todo(why.code),
        beyond=by_hand(card, words),
        reviewer_name=reviewer_name(reviewer, words),
    )


def _ground(case: Case) -> Reason:
    """Return why access must end: the answer, or the silence that the policy takes for one."""
    if case.answer is not None and case.answer.choice is Choice.REMOVE:
        return because("answered-remove", on=case.answer.at.date().isoformat())
    return because("lapsed", on=case.deadline.date().isoformat())


def exception_expiring(exemption: Exemption, card: Card | None, setting: Setting) -> ExceptionExpiring:
    """Compose the word that an exemption ends; the card is the last one any reviewer was shown."""
    words = setting.words
    return ExceptionExpiring(
        **setting.foot,
        guest_name=words.guest(card.name, card.mail) if card else "",
        guest_id=exemption.guest,
        until=words.day(exemption.until),
        reason=names.clean(exemption.reason, _LONGEST_REASON),
    )


def run_digest(
    run_id: RunId,
    run: Run | None,
    plan: Plan | None,
    alert: str,
    setting: Setting,
    closed: Mapping[GuestId, Case] = MappingProxyType({}),
) -> RunDigest:
    """Compose what operators are told of a night, or the alarm about a run that is overdue.

    ``closed`` are the cases the night closed.
    """
    words = setting.words
    kinds = Counter(action.kind for action in plan.actions) if plan else Counter[Act]()
    alarm = (words.say(f"alert.{alert}"),) if alert else ()
    return RunDigest(
        **setting.foot,
        night=words.day(run.slot if run else slot_of(run_id)),
        lead="" if alert else _lead(run, plan, setting),
        tier=words.say(f"tier.{plan.tier}") if plan and plan.tier else "",
        actions=tuple(CountLine(what=words.say(f"act.{kind}"), count=n) for kind, n in sorted(kinds.items())),
        held=_held(plan.held if plan else (), words),
        alerts=alarm + (tuple(words.reason(one) for one in plan.alerts) if plan else ()),
        findings=tuple(words.reason(one) for one in plan.findings) if plan else (),
        notes=_notes(plan, closed, words) if plan else (),
        plan_hash=plan.plan_hash if plan else "",
    )


def paused(run_id: RunId, plan: Plan, setting: Setting) -> Paused:
    """Compose the word that a night stopped itself."""
    words = setting.words
    return Paused(
        **setting.foot,
        night=words.day(slot_of(run_id)),
        alerts=tuple(words.reason(one) for one in plan.alerts),
        held=_held(plan.held, words),
        held_count=len(plan.held),
        plan_hash=plan.plan_hash,
    )


def round_summary(run_id: RunId, plan: Plan, cases: Mapping[GuestId, Case], setting: Setting) -> RoundSummary:
    """Compose how a round ended; ``cases`` are the current ones of those who were asked about."""
    words = setting.words
    asks = [action for action in plan.actions if action.kind is Act.ASK]
    answers = Counter(case.answer.choice if case.answer else None for case in cases.values())
    steps = Counter(case.step for case in cases.values())
    keys: dict[Choice | None, str] = {choice: f"choice.{choice}" for choice in Choice}
    keys[None] = "round-summary.unanswered"
    return RoundSummary(
        **setting.foot,
        night=words.day(slot_of(run_id)),
        asked=len(asks),
        reviewers=len({action.reviewers[:1] for action in asks}),
        answers=tuple(CountLine(what=words.say(key), count=answers[one]) for one, key in keys.items()),
        standing=tuple(
            CountLine(what=words.word(step).capitalize(), count=n) for step, n in sorted(steps.items())
        ),
    )


def slot_of(run_id: RunId) -> datetime:
    """Read the slot back from a run's id: ``night:2026-11-20T01:30Z``."""
    return datetime.fromisoformat(run_id.partition(":")[2])


def _lead(run: Run | None, plan: Plan | None, setting: Setting) -> str:
    guests = plan.guests if plan else (run.guests if run else None) or 0
    mode = setting.words.say(f"mode.{setting.policy.mode}")
    return setting.words.say("run-digest.lead", count=guests, mode=mode)


def _held(held: Sequence[Held], words: Words) -> tuple[CountLine, ...]:
    rules = Counter(one.held_by for one in held)
    return tuple(CountLine(what=words.held(by), count=n) for by, n in sorted(rules.items()))


def _notes(plan: Plan, closed: Mapping[GuestId, Case], words: Words) -> tuple[CountLine, ...]:
    receipt = plan.receipt
    figures = {
        "set-aside": len(receipt.set_aside),
        "duplicates": receipt.duplicates,
        "nameless-sponsors": receipt.nameless_sponsors,
        "without-sign-ins": receipt.without_sign_ins,
        "became-members": sum(case.outcome is Outcome.CONVERTED for case in closed.values()),
    }
    return tuple(CountLine(what=words.say(f"note.{name}"), count=n) for name, n in figures.items() if n)
