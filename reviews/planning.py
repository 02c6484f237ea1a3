"""Draws the plan of a night: census, open cases, policy and the hour in; actions and reasons out."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from reviews import remediation
from reviews.guardrails import rule
from reviews.kinds import ALLOWED, classify
from reviews.model import (
    Activity,
    Case,
    CaseId,
    Guest,
    GuestId,
    Kind,
    PersonId,
    Reason,
    Receipt,
    Redemption,
    SignIns,
    Step,
    Verdict,
)
from reviews.policy import Policy
from reviews.reasons import because
from reviews.records import HARMFUL, Act, Action, Held, Plan
from reviews.risk import recommend
from reviews.schedule import local_date
from reviews.sponsors import Ladder, who_answers
from reviews.staleness import judge

_CANDIDATES = frozenset({Activity.STALE, Activity.NEVER_SEEN, Activity.UNREDEEMED, Activity.ATTEMPTS_ONLY})
_NEVER = SignIns()
_WAITING = frozenset({Step.OPENED, Step.ASKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the ledger knows of guests: live cases, and until when somebody vouched for is left alone."""

    cases: Mapping[GuestId, Case] = field(default_factory=dict)
    resting: Mapping[GuestId, datetime] = field(default_factory=dict)


class Survey:
    """A look at every guest, one after the other; it keeps only what the plan needs.

    The order of guests changes nothing. Nothing is read, written or waited for here.
    """

    __slots__ = (
        "_absent",
        "_accepted",
        "_asking",
        "_counts",
        "_exempt",
        "_fallback",
        "_guests",
        "_held",
        "_home_domains",
        "_live",
        "_now",
        "_policy",
        "_resting",
        "_round_name",
        "_unseen",
        "_wanted",
    )

    def __init__(self, *, policy: Policy, now: datetime, round_name: str, known: Known) -> None:
        today = local_date(policy.tenant.zone, now)
        self._policy = policy
        self._now = now
        self._round_name = round_name
        self._resting = known.resting
        self._home_domains = frozenset(policy.tenant.home_domains)
        self._exempt = frozenset(one.guest for one in policy.exemptions if today <= one.until)
        self._fallback = tuple(PersonId(one) for one in policy.reviewers.fallback)
        self._asking = frozenset(kind for kind in policy.scope.kinds if Act.ASK in ALLOWED[kind])
        self._live = {one: case for one, case in known.cases.items() if case.step is not Step.CLOSED}
        self._absent = set(self._live)
        self._wanted: list[Action] = []
        self._held: list[Held] = []
        self._counts: Counter[str] = Counter()
        self._guests = 0
        self._accepted = 0
        self._unseen = 0

    def look(self, guest: Guest) -> None:
        """Look at one guest: leave it alone, ask about it, or take its case a step further."""
        self._guests += 1
        verdict = judge(guest, self._policy.thresholds, self._policy.scope.min_account_age, self._now)
        kind = classify(guest, self._home_domains)
        self._counts["activity." + verdict.activity] += 1
        self._counts["kind." + kind] += 1
        if guest.redemption is not Redemption.PENDING:
            self._accepted += 1
            self._unseen += guest.sign_ins == _NEVER
        case = self._live.get(guest.id)
        if case is not None:
            self._absent.discard(guest.id)
            self._go_on(case, guest, verdict)
            return
        left_alone = self._why_left_alone(guest, kind, verdict)
        if left_alone is not None:
            self._counts["left-alone." + left_alone] += 1
        else:
            self._ask(guest, verdict)

    def draw_up(self, receipt: Receipt, *, previous_guests: int | None) -> Plan:
        """Draw the plan, once every guest was looked at.

        Live cases whose guest did not appear end, except where its record was merely not understood.
        """
        odd = {one.guest_id for one in receipt.set_aside}
        for guest_id in self._absent:
            # A record without an id may be anybody's.
            if guest_id in odd or "" in odd:
                self._counts["left-alone.set-aside"] += 1
            else:
                self._close_absent(self._live[guest_id])
        ruling = rule(
            self._wanted,
            receipt=receipt,
            guests=self._guests,
            accepted_guests=self._accepted,
            unseen_guests=self._unseen,
            previous_guests=previous_guests,
            open_items=self._open_items(),
            policy=self._policy,
            now=self._now,
        )
        actions = tuple(sorted(ruling.actions, key=_by_key))
        held = tuple(sorted((*self._held, *ruling.held), key=_by_held_key))
        policy_hash = self._policy.fingerprint()
        return Plan(
            taken_at=self._now,
            guests=self._guests,
            receipt=receipt,
            policy_hash=policy_hash,
            plan_hash=plan_hash(policy_hash, actions, held),
            actions=actions,
            held=held,
            alerts=ruling.alerts,
            counts=dict(sorted(self._counts.items())),
        )

    def _why_left_alone(self, guest: Guest, kind: Kind, verdict: Verdict) -> str | None:
        if kind not in self._asking:
            return "kind-out-of-scope"
        if guest.id in self._exempt:
            return "exempt"
        if not guest.enabled:
            return "account-disabled"
        if verdict.activity not in _CANDIDATES:
            return verdict.because.code
        rests_until = self._resting.get(guest.id)
        return "resting" if rests_until is not None and rests_until > self._now else None

    def _ask(self, guest: Guest, verdict: Verdict) -> None:
        ladder = who_answers(guest, self._fallback)
        unknown = ladder.rungs[-1] if ladder.held_by == "sponsors-unreadable" else None
        self._want(self._question(guest, verdict, ladder), unknown)

    def _question(self, guest: Guest, verdict: Verdict, ladder: Ladder) -> Action:
        recommendation, reasons = recommend(guest, verdict, ladder, self._now)
        case = case_id(guest.id, self._round_name)
        return Action(
            key=f"ask:{case}",
            kind=Act.ASK,
            guest_id=guest.id,
            reviewers=ladder.reviewers,
            reasons=reasons,
            because=verdict.because.code,
            case_id=case,
            recommendation=recommendation,
        )

    def _go_on(self, case: Case, guest: Guest, verdict: Verdict) -> None:
        ending = remediation.ending(case, guest, self._policy, self._now)
        if ending is not None:
            self._wanted.append(_step_on(Act.CLOSE, case, ending.because))
            return
        act = remediation.next_act(case, self._policy, self._now)
        if act is Act.ASK:
            self._ask_again(case, guest, verdict)
        elif act in HARMFUL:
            self._harm(act, case, guest)
        else:
            self._counts["left-alone.case-open"] += 1

    def _ask_again(self, case: Case, guest: Guest, verdict: Verdict) -> None:
        reviewer = remediation.next_reviewer(case, self._policy)
        reviewers = () if reviewer is None else (reviewer,)
        ladder = Ladder(reviewer=reviewer, reviewers=reviewers, rungs=())
        action = self._question(guest, verdict, ladder)
        again = because("sponsor-did-not-answer", on=case.deadline.date().isoformat())
        action = replace(action, reasons=(*action.reasons, again))
        objection = remediation.no_question(guest, self._policy, self._now)
        if objection is None and verdict.activity is Activity.UNKNOWN:
            objection = verdict.because
        self._want(action, objection)

    def _harm(self, act: Act, case: Case, guest: Guest) -> None:
        action = _step_on(act, case, remediation.grounds(act, case, self._policy))
        objection = remediation.no_harm(act, case, guest, self._policy, self._now)
        # The job that meets one of these hands the case to a person, so it is let through.
        self._want(action, None if objection and objection.code in remediation.BY_HAND else objection)

    def _want(self, action: Action, objection: Reason | None) -> None:
        if objection is None:
            self._wanted.append(action)
        else:
            self._held.append(Held(action=action, held_by=objection.code))

    def _close_absent(self, case: Case) -> None:
        ending = remediation.ending(case, None, self._policy, self._now)
        if ending is None:
            self._counts["left-alone.case-open"] += 1
            return
        missing = ending.because.code == "not-in-directory"
        self._wanted.append(
            _step_on(Act.CLOSE, case, because("not-in-census") if missing else ending.because)
        )

    def _open_items(self) -> Counter[PersonId]:
        return Counter(case.reviewer for case in self._live.values() if case.step in _WAITING)


def case_id(guest_id: GuestId, round_name: str) -> CaseId:
    """Return the id of a guest's case in a round (the date of the night's slot): the same every time."""
    return CaseId(hashlib.sha256(f"case|{guest_id}|{round_name}".encode()).hexdigest()[:32])


def plan_hash(policy_hash: str, actions: Iterable[Action], held: Iterable[Held]) -> str:
    """Return the SHA-256 an operator approves a plan by.

    It covers policy, actions and held ones with their reason codes, in no particular order; not the hour,
    the receipt or the days inside reasons, so that the same intentions keep their name.
    """
    marks = [_mark(action, "") for action in actions]
    marks += [_mark(one.action, one.held_by) for one in held]
    seal = hashlib.sha256(policy_hash.encode())
    for mark in sorted(marks):
        seal.update(mark)
    return seal.hexdigest()


def _mark(action: Action, held_by: str) -> bytes:
    codes = [reason.code for reason in action.reasons]
    intention = json.dumps(
        [action.key, action.kind, action.guest_id, action.reviewers, codes, action.recommendation, held_by]
    )
    return hashlib.sha256(intention.encode()).digest()


def _step_on(act: Act, case: Case, reason: Reason) -> Action:
    return Action(
        key=f"{act}:{case.id}",
        kind=act,
        guest_id=case.guest_id,
        reviewers=(case.reviewer,),
        reasons=(reason,),
        because=reason.code,
        case_id=case.id,
    )


def _by_key(action: Action) -> str:
    return action.key


def _by_held_key(held: Held) -> tuple[str, str]:
    return held.action.key, held.held_by
