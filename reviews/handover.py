"""A question that its reviewer cannot answer: whether it may be handed over, and to whom.

Nobody is asked twice in a round, so a question cannot run in a circle; nobody is asked about themselves.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from reviews.model import AskedAs, Case, CaseId, Choice, Person, PersonId, Reason, Step
from reviews.policy import Policy
from reviews.quorum import on_record
from reviews.reasons import because
from reviews.records import Action
from reviews.sponsors import fit
from reviews.steps import everybody_asked

NAMED_IN_A_ROUND = 2
"""How often reviewers may name a colleague; after that the ladder decides, or the question waits."""

OF_THE_COLLEAGUE = frozenset({"colleague-unknown", "colleague-asked-before", "colleague-cannot"})
"""What can be wrong with a colleague who was named; it concerns only the person who named them."""

WAITING = frozenset({Step.OPENED, Step.ASKED})


def why_hand_over(case: Case) -> Reason | None:
    """Say why a question goes on to the next person after what its reviewer said; None when it stays."""
    said = next((word for word in on_record(case) if word.by == case.reviewer), None)
    if case.step not in WAITING or said is None or said.choice is Choice.DONT_KNOW:
        return None
    # "Keep" or "remove", and yet the case still waits: the quorum wants somebody else's answer too.
    return because("not-mine" if said.choice is Choice.NOT_MINE else "second-opinion")


def held_back(case: Case, why: Reason, policy: Policy) -> Reason | None:
    """Say why a question must not be handed over any further, whoever might answer it; None when it may."""
    if why.code != "second-opinion" and case.hops >= policy.reviewers.max_hops:
        return because("too-many-hops", hops=case.hops)
    return None


def unfit_colleague(person: Person | None, case: Case, policy: Policy) -> Reason | None:
    """Say why the colleague a reviewer named cannot be asked; None when they can."""
    if person is None:
        return because("colleague-unknown")
    if person.id in everybody_asked(case):
        return because("colleague-asked-before")
    unfit = fit(person, (case.guest_id,), policy.reviewers)
    return None if unfit is None else because("colleague-cannot")


def names_too_often(case: Case) -> bool:
    """Say whether reviewers have named colleagues so often in this round that the ladder decides."""
    return sum(word.passes_to is not None for word in on_record(case)) > NAMED_IN_A_ROUND


def next_in_line(case: Case, ladder: Sequence[PersonId]) -> tuple[PersonId, ...]:
    """Return who was not asked in this round, those whose answer is needed first; never the guest."""
    asked = {PersonId(case.guest_id), *everybody_asked(case)}
    return tuple(one for one in dict.fromkeys((*case.others, *ladder)) if one not in asked)


def handed_over(ask: Action, case: Case, to: PersonId, why: Reason) -> Action:
    """Return the question as it is put to the next person: the same guest and facts, a case of its own.

    What was wrong with a colleague who was named concerns only the person who named them.
    """
    told = because("not-mine") if why.code in OF_THE_COLLEAGUE else why
    after = CaseId(hashlib.sha256(f"case|{case.id}|{to}".encode()).hexdigest()[:32])
    second = why.code == "second-opinion"
    return replace(
        ask,
        key=f"ask:{after}",
        case_id=after,
        continues=case.id,
        reviewers=(to, *next_in_line(replace(case, reviewer=to), ask.reviewers)),
        reasons=(*ask.reasons, told),
        asked_as=case.asked_as if second else AskedAs.HANDED_OVER,
        together=(case.reviewer, *case.others) if second else case.others,
    )
