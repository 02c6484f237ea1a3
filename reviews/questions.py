"""The question put about one candidate: to whom, with which suggestion, reasons and facts."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from reviews import remediation
from reviews.changes import changed, marks
from reviews.coexistence import fate, steps_in, who_acts, why_we_wait
from reviews.elsewhere import left_to_others
from reviews.kinds import classify
from reviews.ladder import Ladder, who_answers
from reviews.model import (
    NOT_LOOKED_AT,
    Activity,
    AskedAs,
    Candidate,
    Case,
    CaseId,
    Guest,
    GuestId,
    PersonId,
    Reason,
    Risk,
    Sight,
    Surroundings,
    Unreadable,
)
from reviews.partners import disallowed
from reviews.policy import Policy, Quorum
from reviews.reasons import because
from reviews.records import Act, Action
from reviews.risk import Danger, danger_of, recommend

PATHS_SHOWN = 5
"""Paths a card shows, of those reached and of those that stay; the others are counted."""

_EVERY_SPONSOR = frozenset({Quorum.DENIAL_WINS, Quorum.ALL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An action that asks, and why it must not be put tonight; None when it may."""

    action: Action
    objection: Reason | None
    ladder: Ladder
    """Who may answer, and why others cannot."""
    danger: Danger


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What all questions of one night share."""

    policy: Policy
    now: datetime
    name: str
    """The date of the night's slot: it names the round."""
    role_holders: frozenset[str] = frozenset()
    """Who is known to hold or be able to activate a directory role."""

    def question(self, candidate: Candidate, around: Surroundings) -> Question:
        """Make the question about a candidate, with what a closer look found."""
        ladder = who_answers(candidate.guest, around.circle, self.policy.reviewers)
        danger = danger_of(candidate.guest, around.exposure, ladder, self.policy)
        if candidate.guest.id in self.role_holders:
            danger = replace(danger, risk=Risk.CRITICAL, is_privileged=True)
        if candidate.case is not None:
            return self._held_back(candidate, around, self._again(candidate, candidate.case, around, danger))
        if danger.is_privileged and self.policy.reviewers.privileged:
            ladder = self._privileged_ladder(candidate.guest)
        objection = ladder.rungs[-1] if ladder.held_by == "sponsors-unreadable" else None
        action = self._action(candidate, around, ladder, danger)
        question = Question(action=action, objection=objection, ladder=ladder, danger=danger)
        return self._held_back(candidate, around, self._left(question, around))

    def _left(self, question: Question, around: Surroundings) -> Question:
        """Hold a question back that others ask or have asked, or are about to ask."""
        left = left_to_others(around, self.policy, self.now)
        day = None if around.items else around.package_round_on
        near = None if day is None else because("package-round-near", on=day.isoformat())
        return _waiting(question, left or near)

    def _held_back(self, candidate: Candidate, around: Surroundings, question: Question) -> Question:
        """Hold a question back while somebody else is about to act, unless it joins a review that runs."""
        if around.others is None or around.items:
            return question
        deeds = who_acts(candidate.guest, around.exposure, around.others)
        deed = steps_in(deeds, self.policy, self.now)
        return _waiting(question, None if deed is None else why_we_wait(deed))

    def _privileged_ladder(self, guest: Guest) -> Ladder:
        """Ask the people the policy names for privileged guests, whoever sponsors this one."""
        people = [PersonId(one) for one in self.policy.reviewers.privileged if one != guest.id]
        if not people:
            return Ladder(reviewer=None, reviewers=(), rungs=(because("no-reviewer"),))
        rung = because("asked-as-privileged")
        return Ladder(reviewer=people[0], reviewers=tuple(people), rungs=(rung,), asked_as=AskedAs.FALLBACK)

    def _again(self, candidate: Candidate, case: Case, around: Surroundings, danger: Danger) -> Question:
        """Ask somebody else, after a lapse."""
        reviewer = self._next_reviewer(case, danger)
        reviewers = () if reviewer is None else (reviewer,)
        asked_as = None if reviewer is None else AskedAs.ESCALATED
        ladder = Ladder(reviewer=reviewer, reviewers=reviewers, rungs=(), asked_as=asked_as)
        action = self._action(candidate, around, ladder, danger)
        again = because("sponsor-did-not-answer", on=case.deadline.date().isoformat())
        objection = remediation.no_question(candidate.guest, self.policy, self.now)
        if objection is None and candidate.verdict.activity is Activity.UNKNOWN:
            objection = candidate.verdict.because
        action = replace(action, reasons=(*action.reasons, again))
        return Question(action=action, objection=objection, ladder=ladder, danger=danger)

    def _next_reviewer(self, case: Case, danger: Danger) -> PersonId | None:
        others = (
            one for one in self.policy.reviewers.privileged if one not in {case.reviewer, case.guest_id}
        )
        person = next(others, None) if danger.is_privileged else None
        return remediation.next_reviewer(case, self.policy) if person is None else PersonId(person)

    def _action(self, candidate: Candidate, around: Surroundings, ladder: Ladder, danger: Danger) -> Action:
        recommendation, reasons = recommend(
            candidate.guest,
            candidate.verdict,
            ladder,
            self.now,
            danger=danger,
            disallowed=disallowed(candidate.guest, self.policy),
        )
        if ladder.why_asked is not None:
            reasons = (*reasons, ladder.why_asked)
        if around.items:
            names = ", ".join(dict.fromkeys(item.name for item in around.items))
            reasons = (*reasons, because("asked-in-package", packages=names))
        if around.others is not None:
            reasons = (*reasons, *fate(who_acts(candidate.guest, around.exposure, around.others)))
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
            sight=self._sight(candidate, around, danger),
            items=around.items,
        )

    def _together(self, guest: Guest, ladder: Ladder) -> tuple[PersonId, ...]:
        """Return the other sponsors who must answer as well, where the policy wants all of them to."""
        if self.policy.reviews.quorum not in _EVERY_SPONSOR or isinstance(guest.sponsors, Unreadable):
            return ()
        sponsors = {sponsor.id for sponsor in guest.sponsors}
        return tuple(one for one in ladder.reviewers[1:] if one in sponsors)

    def _sight(self, candidate: Candidate, around: Surroundings, danger: Danger) -> Sight:
        kind = classify(candidate.guest, self.policy.tenant.home_domains)
        news = changed(around.last_card, candidate.guest, around.exposure)
        if isinstance(around.exposure, Unreadable):
            unread = () if around.exposure == NOT_LOOKED_AT else ("everything",)
            return Sight(kind=kind, risk=danger.risk, home=around.home, changed=news, unread=unread)
        paths = around.exposure.paths
        staying = [path for path in paths if path.obstacle is not None]
        return Sight(
            kind=kind,
            risk=danger.risk,
            home=around.home,
            reach=paths[:PATHS_SHOWN],
            reach_count=len(paths),
            beyond=tuple(staying[:PATHS_SHOWN]),
            changed=news,
            unread=around.exposure.unread,
            marks=marks(paths),
        )


def _waiting(question: Question, wait: Reason | None) -> Question:
    """Return a question held back by a reason, which it tells; as it was when something holds it already."""
    if wait is None or question.objection is not None:
        return question
    told = question.action.reasons
    action = replace(question.action, reasons=told if wait in told else (*told, wait))
    return replace(question, action=action, objection=wait)


def case_id(guest_id: GuestId, round_name: str) -> CaseId:
    """Return the id of a guest's case in a round (the date of the night's slot): the same every time."""
    return CaseId(hashlib.sha256(f"case|{guest_id}|{round_name}".encode()).hexdigest()[:32])
