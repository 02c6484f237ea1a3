"""Who is written down as sponsor: a person who was none, was asked all the same, and answered."""

from datetime import datetime

from reviews import remediation
from reviews.model import AskedAs, Case, Choice, Guest, Outcome, PersonId, Reason, Step, Unreadable
from reviews.policy import Backfill, Policy
from reviews.reasons import because
from reviews.records import Act, Action

MOST_SPONSORS = 5
"""The directory takes no more for one guest (graph-facts.md B)."""
_STRANGERS = frozenset({AskedAs.CANDIDATE, AskedAs.HANDED_OVER})


def confirmed(case: Case) -> PersonId | None:
    """Return the person who answered for a guest without being known to; None where nobody did.

    Candidates and colleagues who were named count. A fallback reviewer answers for whoever has nobody, and
    does not become a sponsor by it.
    """
    kept = case.step is Step.KEPT or (case.step is Step.CLOSED and case.outcome is Outcome.KEPT)
    if not kept or case.answer is None or case.answer.choice is not Choice.KEEP:
        return None
    return case.answer.by if case.asked_as in _STRANGERS else None


def is_written(guest: Guest, case: Case, person: PersonId) -> bool:
    """Say whether nothing is left to write: the person is a sponsor, or was made one and is none any more.

    Who takes a sponsor away that we wrote has a reason: the same answer does not write it again.
    """
    return case.sponsor_added == person or is_sponsor(guest, person)


def is_sponsor(guest: Guest, person: PersonId) -> bool:
    """Say whether a person is among the sponsors of a guest, as far as they could be read."""
    return not isinstance(guest.sponsors, Unreadable) and person in {one.id for one in guest.sponsors}


def objection(guest: Guest, person: PersonId, policy: Policy) -> Reason | None:
    """Say why a confirmed person must not be written to the guest's sponsors; None when they may be."""
    if isinstance(guest.sponsors, Unreadable):
        return because("sponsors-unreadable", why=guest.sponsors.why)
    if person == PersonId(guest.id):
        return because("reviewer-is-the-guest")
    if len(guest.sponsors) >= MOST_SPONSORS:
        return because("sponsors-full", most=MOST_SPONSORS)
    if policy.sponsors.backfill is not Backfill.APPLY:
        return because("sponsors-proposed")
    return None


def to_write(guest: Guest, case: Case, policy: Policy, now: datetime) -> Action | None:
    """Return the action that writes down who answered for a guest; None when there is nothing to write.

    Nor is there about a guest nobody would be asked about: exempt, blocked, out of scope.
    """
    person = confirmed(case)
    if policy.sponsors.backfill is Backfill.OFF or case.answer is None:
        return None
    if person is None or is_written(guest, case, person):
        return None
    if remediation.no_question(guest, policy, now) is not None:
        return None
    reason = because("answered-for", on=case.answer.at.date().isoformat())
    return Action(
        key=f"{Act.ADD_SPONSOR}:{case.id}",
        kind=Act.ADD_SPONSOR,
        guest_id=guest.id,
        reviewers=(person,),
        reasons=(reason,),
        because=reason.code,
        case_id=case.id,
    )
