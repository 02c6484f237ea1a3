"""The question put about one candidate: to whom, with which suggestion, reasons and facts."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from reviews import remediation
from reviews.kinds import classify
from reviews.model import (
    Activity,
    AskedAs,
    Candidate,
    Case,
    CaseId,
    Guest,
    GuestId,
    PersonId,
    Reason,
    Sight,
    Surroundings,
    Unreadable,
)
from reviews.policy import Policy, Quorum
from reviews.reasons import because
from reviews.records import Act, Action
from reviews.risk import recommend
from reviews.sponsors import Ladder, who_answers

_EVERY_SPONSOR = frozenset({Quorum.DENIAL_WINS, Quorum.ALL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An action that asks, and why it must not be put tonight; None when it may."""

    action: Action
    objection: Reason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What all questions of one night share."""

    policy: Policy
    now: datetime
    name: str
    """The date of the night's slot: it names the round."""

    def question(self, candidate: Candidate, around: Surroundings) -> Question:
        """Make the question about a candidate, with what a closer look found."""
        if candidate.case is not None:
            return self._again(candidate, candidate.case, around)
        fallback = tuple(PersonId(one) for one in self.policy.reviewers.fallback)
        ladder = who_answers(candidate.guest, fallback)
        unknown = ladder.rungs[-1] if ladder.held_by == "sponsors-unreadable" else None
        return Question(action=self._action(candidate, around, ladder), objection=unknown)

    def _again(self, candidate: Candidate, case: Case, around: Surroundings) -> Question:
        """Ask somebody else, after a lapse."""
        reviewer = remediation.next_reviewer(case, self.policy)
        reviewers = () if reviewer is None else (reviewer,)
        asked_as = None if reviewer is None else AskedAs.ESCALATED
        ladder = Ladder(reviewer=reviewer, reviewers=reviewers, rungs=(), asked_as=asked_as)
        action = self._action(candidate, around, ladder)
        again = because("sponsor-did-not-answer", on=case.deadline.date().isoformat())
        objection = remediation.no_question(candidate.guest, self.policy, self.now)
        if objection is None and candidate.verdict.activity is Activity.UNKNOWN:
            objection = candidate.verdict.because
        return Question(action=replace(action, reasons=(*action.reasons, again)), objection=objection)

    def _action(self, candidate: Candidate, around: Surroundings, ladder: Ladder) -> Action:
        recommendation, reasons = recommend(candidate.guest, candidate.verdict, ladder, self.now)
        case = case_id(candidate.guest.id, self.name)
        return Action(
            key=f"ask:{case}",
            kind=Act.ASK,
            guest_id=candidate.guest.id,
            reviewers=ladder.reviewers,
            reasons=reasons,
            because=candidate.verdict.because.code,
            case_id=case,
            recommendation=recommendation,
            asked_as=ladder.asked_as,
            together=self._together(candidate.guest, ladder),
            sight=self._sight(candidate, around),
        )

    def _together(self, guest: Guest, ladder: Ladder) -> tuple[PersonId, ...]:
        """Return the other sponsors who must answer as well, where the policy wants all of them to."""
        if self.policy.reviews.quorum not in _EVERY_SPONSOR or isinstance(guest.sponsors, Unreadable):
            return ()
        sponsors = {sponsor.id for sponsor in guest.sponsors}
        return tuple(one for one in ladder.reviewers[1:] if one in sponsors)

    def _sight(self, candidate: Candidate, around: Surroundings) -> Sight:  # noqa: ARG002 - paths come next
        return Sight(kind=classify(candidate.guest, self.policy.tenant.home_domains))


def case_id(guest_id: GuestId, round_name: str) -> CaseId:
    """Return the id of a guest's case in a round (the date of the night's slot): the same every time."""
    return CaseId(hashlib.sha256(f"case|{guest_id}|{round_name}".encode()).hexdigest()[:32])
