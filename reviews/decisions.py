"""What an answer does to a case: accepted, with the case as it is then, or refused with the reason."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from reviews.model import Answer, Case, Choice, PersonId, Reason, Recommendation, Source, Step
from reviews.policy import Policy
from reviews.quorum import decisive, on_record, standing
from reviews.reasons import because
from reviews.schedule import end_of
from reviews.steps import weighed

CLOCKS_DIFFER_BY = timedelta(minutes=5)
"""How far the clocks of page, directory and worker may differ."""

_OVER = frozenset({Step.CLOSED, Step.RESTORED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The case after the answer: its next version when something changed, else as it was."""

    case: Case
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The answer does not count, and why."""

    because: Reason


def weigh(
    case: Case, answer: Answer, policy: Policy, now: datetime, *, may_answer: Collection[PersonId]
) -> Accepted | Refused:
    """Weigh an answer against the case it is about.

    The time it was given counts, not the time it is weighed: an answer in time is never lost to a slow
    queue. The same answer again changes nothing. Of one person the newest answer counts, by time and then
    by id, in whatever order they arrive; of several people the policy's quorum decides. Until the deadline
    the mind may be changed, but not once the account is blocked: the way back is then an undo.
    """
    if answer.id in {known.id for known in on_record(case)}:
        return Accepted(case=case, changed=False)
    refusal = (
        _not_theirs(case, answer, may_answer)
        or _too_late(case, answer)
        or _out_of_time(case, answer, now)
        or _without_words(case, answer, policy)
    )
    if refusal is not None:
        return Refused(because=refusal)
    words = standing((*on_record(case), answer))
    deciding = decisive(words, {case.reviewer, *case.others}, policy.reviews.quorum)
    return Accepted(case=weighed(case, words, deciding), changed=True)


def at_the_end(case: Case, policy: Policy) -> Case | None:
    """Return a case that its answers decide now that nobody else is waited for; None when they do not."""
    words = on_record(case)
    deciding = decisive(words, {case.reviewer, *case.others}, policy.reviews.quorum, at_end=True)
    return None if deciding is None else weighed(case, words, deciding)


def rests_until(answer: Answer, since: datetime, policy: Policy) -> datetime:
    """Return until when a kept guest is left alone: as the policy says, or sooner if the answer does."""
    longest = since + policy.reviews.rest_after_keep
    return longest if answer.until is None else min(longest, end_of(answer.until, policy.tenant.zone))


def _not_theirs(case: Case, answer: Answer, may_answer: Collection[PersonId]) -> Reason | None:
    if answer.by == PersonId(case.guest_id):
        return because("answered-by-the-guest")
    return None if answer.by in may_answer else because("not-a-reviewer")


def _too_late(case: Case, answer: Answer) -> Reason | None:
    if case.step in _OVER:
        return because("case-closed")
    if case.blocked_at is not None:
        return because("already-blocked")
    if answer.at > case.deadline:
        return because("after-deadline", on=case.deadline.date().isoformat())
    return None


def _out_of_time(case: Case, answer: Answer, now: datetime) -> Reason | None:
    if answer.at < case.opened_at - CLOCKS_DIFFER_BY:
        return because("answer-before-question")
    if answer.at > now + CLOCKS_DIFFER_BY:
        return because("answer-from-the-future")
    earlier = next((known for known in on_record(case) if known.by == answer.by), None)
    if earlier is not None and (answer.at, answer.id) < (earlier.at, earlier.id):
        return because("older-answer")
    return None


def _without_words(case: Case, answer: Answer, policy: Policy) -> Reason | None:
    # My Access asks for no words of its own; refusing a keep given there would turn it into silence.
    if answer.choice is not Choice.KEEP or answer.source is Source.MY_ACCESS or answer.justification.strip():
        return None
    match policy.reviews.justification_on_keep:
        case "always":
            return because("justification-missing")
        case "when-suggested-remove" if case.recommendation is Recommendation.REMOVE:
            return because("justification-missing")
        case _:
            return None
