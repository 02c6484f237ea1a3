"""The steps of a case: what may follow what, and the case as it is after each."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from reviews.model import Answer, AskedAs, Batch, Case, Choice, Outcome, PersonId, Step
from reviews.records import Action

_DECIDES = frozenset({Choice.KEEP, Choice.REMOVE})
_OFF_THE_PATH = (Step.MANUAL, Step.RESTORED, Step.CLOSED)

FOLLOWS: Mapping[Step, frozenset[Step]] = MappingProxyType(
    {
        Step.OPENED: frozenset({Step.ASKED, Step.KEPT, Step.DENIED, Step.CLOSED}),
        Step.ASKED: frozenset({Step.KEPT, Step.DENIED, Step.LAPSED, Step.CLOSED}),
        Step.KEPT: frozenset({Step.OPENED, Step.ASKED, Step.DENIED, Step.CLOSED}),
        Step.DENIED: frozenset({Step.OPENED, Step.ASKED, Step.KEPT, Step.NOTICED, *_OFF_THE_PATH}),
        Step.LAPSED: frozenset({Step.KEPT, Step.DENIED, Step.NOTICED, *_OFF_THE_PATH}),
        Step.NOTICED: frozenset({Step.OPENED, Step.ASKED, Step.KEPT, Step.BLOCKED, *_OFF_THE_PATH}),
        Step.BLOCKED: frozenset({Step.QUARANTINED, *_OFF_THE_PATH}),
        Step.QUARANTINED: frozenset({Step.DELETED, *_OFF_THE_PATH}),
        Step.DELETED: frozenset({Step.RESTORED, Step.CLOSED}),
        Step.RESTORED: frozenset({Step.CLOSED}),
        Step.MANUAL: frozenset({Step.OPENED, Step.ASKED, Step.KEPT, Step.RESTORED, Step.CLOSED}),
        Step.CLOSED: frozenset(),
    }
)
"""What may follow what within one case. A new case begins at OPENED, after a closed or a lapsed one."""


def opened(ask: Action, *, reviewer: PersonId, batch: Batch, before: Case | None = None) -> Case:
    """Open a case for what a plan asks; ``before`` is the guest's case until now.

    A case that goes on with another person, after a lapse or a hand-over, remembers who was asked and what
    was said.
    """
    if ask.case_id is None or ask.recommendation is None:
        raise ValueError(f"{ask.key} names no case or no recommendation")
    goes_on = before if before is not None and before.step is not Step.CLOSED else None
    handed_over = goes_on is not None and ask.continues == goes_on.id
    return Case(
        id=ask.case_id,
        guest_id=ask.guest_id,
        version=(before.version if before else 0) + 1,
        step=Step.OPENED,
        reviewer=reviewer,
        batch_id=batch.id,
        run_id=batch.run_id,
        opened_at=batch.opened_at,
        deadline=batch.deadline,
        recommendation=ask.recommendation,
        reasons=ask.reasons,
        asked_as=ask.asked_as or AskedAs.SPONSOR,
        others=tuple(one for one in ask.together if one != reviewer),
        asked_before=everybody_asked(goes_on) if goes_on else (),
        hops=(goes_on.hops + (ask.asked_as is AskedAs.HANDED_OVER)) if goes_on else 0,
        escalated=goes_on is not None and (goes_on.escalated or not handed_over),
        answers=goes_on.answers if goes_on else (),
    )


def everybody_asked(case: Case) -> tuple[PersonId, ...]:
    """Return who was asked about a guest in this round so far, first first."""
    return tuple(dict.fromkeys((*case.asked_before, case.reviewer)))


def asked(case: Case, at: datetime) -> Case:
    """Note that the question was seen to have left our mailbox."""
    return replace(_at(case, Step.ASKED), asked_at=at)


def answered(case: Case, answer: Answer) -> Case:
    """Take the answer of the only person who is asked."""
    return weighed(case, (answer,), answer if answer.choice in _DECIDES else None)


def weighed(case: Case, words: tuple[Answer, ...], deciding: Answer | None) -> Case:
    """Take the newest words of everybody asked, and the one that decides.

    A changed mind withdraws the notice. Not knowing is no answer, nor is not being the one to ask: the case
    goes on waiting. A denial again changes the words, not the step.
    """
    open_word = words[-1] if words and words[-1].choice not in _DECIDES else None
    step = _step_after(case, deciding.choice if deciding else None)
    after = replace(case, version=case.version + 1) if step is case.step else _at(case, step)
    notice_at = case.notice_at if step is case.step else None
    return replace(after, answer=deciding or open_word, answers=words, notice_at=notice_at)


def mirrored(case: Case, answer_id: str) -> Case:
    """Note that an answer was written to the native review; the step stays."""
    return replace(case, version=case.version + 1, mirrored=answer_id)


def lapsed(case: Case) -> Case:
    """Let a question lapse. Only one that was delivered can."""
    if case.asked_at is None:
        raise ValueError(f"case {case.id} was never asked, so it cannot lapse")
    return _at(case, Step.LAPSED)


def noticed(case: Case, at: datetime) -> Case:
    """Note that the guest's notice was seen to have left."""
    return replace(_at(case, Step.NOTICED), notice_at=at)


def blocked(case: Case, at: datetime) -> Case:
    """Note that sign-in was switched off; not verified yet."""
    return replace(_at(case, Step.BLOCKED), blocked_at=at)


def quarantined(case: Case) -> Case:
    """Note that the block was seen to hold. The quarantine counts from ``blocked_at``."""
    return _at(case, Step.QUARANTINED)


def deleted(case: Case, at: datetime) -> Case:
    """Note that the account lies among the deleted ones."""
    return replace(_at(case, Step.DELETED), deleted_at=at)


def restored(case: Case, at: datetime, rests_until: datetime) -> Case:
    """Note that the account is back and switched on, and until when it is left alone."""
    if rests_until <= at:
        raise ValueError(f"case {case.id}: a restored guest rests until a moment still to come")
    return replace(_at(case, Step.RESTORED), rests_until=rests_until)


def manual(case: Case) -> Case:
    """Hand the case to a person: the product cannot take the next step."""
    return _at(case, Step.MANUAL)


def closed(case: Case, at: datetime, outcome: Outcome, rests_until: datetime | None = None) -> Case:
    """End the case."""
    return replace(_at(case, Step.CLOSED), closed_at=at, outcome=outcome, rests_until=rests_until)


def _step_after(case: Case, choice: Choice | None) -> Step:
    if choice is Choice.KEEP:
        return Step.KEPT
    if choice is Choice.REMOVE:
        return case.step if case.step in {Step.NOTICED, Step.MANUAL} else Step.DENIED
    if case.step is Step.LAPSED:
        return Step.LAPSED
    return Step.OPENED if case.asked_at is None else Step.ASKED


def _at(case: Case, step: Step) -> Case:
    if step not in FOLLOWS[case.step]:
        raise ValueError(f"case {case.id} is at {case.step} and cannot become {step}")
    return replace(case, step=step, version=case.version + 1)
