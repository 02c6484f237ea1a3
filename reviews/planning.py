"""Draws the plan of a night: census, open cases, policy and the hour in; actions and reasons out."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from reviews import backfill, regret, remediation, rule_change
from reviews.exposure import privileges
from reviews.findings import alerts, findings
from reviews.guardrails import DISTRUST, Ruling, rule, unseen_share
from reviews.kinds import ALLOWED, classify, kind_if_enabled
from reviews.model import (
    Activity,
    Candidate,
    Case,
    Guest,
    GuestId,
    PersonId,
    Reason,
    Receipt,
    Redemption,
    SignIns,
    Step,
    Surroundings,
    Unreadable,
    Verdict,
)
from reviews.partners import PartnerCount, disallowed
from reviews.policy import Policy
from reviews.questions import Round, case_id
from reviews.reasons import because
from reviews.records import HARMFUL, Act, Action, Held, Plan
from reviews.remembering import Past, Remembering
from reviews.rule_change import LookingOn
from reviews.schedule import local_date
from reviews.shortlist import Shortlist
from reviews.snapshots import Stance
from reviews.staleness import NO_LICENCE, judge
from reviews.vehicles import Terms, choose, tier

_CANDIDATES = frozenset(
    {
        Activity.STALE,
        Activity.NEVER_SEEN,
        Activity.UNREDEEMED,
        Activity.ATTEMPTS_ONLY,
        Activity.UNWATCHED,
    }
)
_NEVER = SignIns()
_NOTHING_KNOWN = Surroundings()
_NOBODY: Mapping[GuestId, Surroundings] = MappingProxyType({})
_WAITING = frozenset({Step.OPENED, Step.ASKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the record knows: live cases, until when a guest rests, what the nights before left."""

    cases: Mapping[GuestId, Case] = field(default_factory=dict)
    resting: Mapping[GuestId, datetime] = field(default_factory=dict)
    kept: Mapping[GuestId, Case] = field(default_factory=dict)
    """The closed cases of resting guests somebody answered for who was not known to."""
    role_holders: frozenset[str] | Unreadable = frozenset()
    """Who holds or may activate a directory role, as read tonight."""
    terms: Terms = field(default_factory=Terms)
    """What the tenant lets us do, as read tonight."""
    past: Past = field(default_factory=Past)
    release: str = ""
    """The code of the rules; what it holds together with the policy are the rules of the night."""


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
        "_guests",
        "_held",
        "_home_domains",
        "_kept",
        "_live",
        "_now",
        "_partners",
        "_past",
        "_policy",
        "_privileged",
        "_remembering",
        "_resting",
        "_role_holders",
        "_round",
        "_rules",
        "_shortlist",
        "_terms",
        "_unseen",
        "_wanted",
    )

    def __init__(self, *, policy: Policy, now: datetime, round_name: str, known: Known) -> None:
        today = local_date(policy.tenant.zone, now)
        self._policy = policy
        self._now = now
        holders = known.role_holders
        self._role_holders = holders
        held = frozenset() if isinstance(holders, Unreadable) else holders
        self._round = Round(policy=policy, now=now, name=round_name, role_holders=held)
        self._privileged: set[GuestId] = set()
        self._partners = PartnerCount(now)
        self._resting = known.resting
        self._kept = known.kept
        self._past = known.past
        self._terms = known.terms
        self._rules = rule_change.fingerprint(policy.fingerprint(), known.release)
        self._remembering = Remembering(known.past, now.date())
        self._home_domains = frozenset(policy.tenant.home_domains)
        self._exempt = frozenset(one.guest for one in policy.exemptions if today <= one.until)
        self._asking = frozenset(kind for kind in policy.scope.kinds if Act.ASK in ALLOWED[kind])
        self._live = {one: case for one, case in known.cases.items() if case.step is not Step.CLOSED}
        self._absent = set(self._live)
        self._shortlist = Shortlist(policy.caps.candidates_per_run)
        self._wanted: list[Action] = []
        self._held: list[Held] = []
        self._counts: Counter[str] = Counter()
        self._guests = 0
        self._accepted = 0
        self._unseen = 0

    def look(self, guest: Guest) -> None:
        """Look at one guest: leave it alone, ask about it, or take its case a step further."""
        self._guests += 1
        known = self._remembering.recall(guest)
        verdict = judge(
            guest,
            self._policy.thresholds,
            self._policy.scope.min_account_age,
            self._now,
            first_seen=self._remembering.first_met(known),
        )
        self._counts["activity." + verdict.activity] += 1
        self._counts["kind." + classify(guest, self._home_domains)] += 1
        self._partners.look(guest, verdict)
        if guest.id in self._round.role_holders:
            self._privileged.add(guest.id)
        if guest.redemption is not Redemption.PENDING:
            self._accepted += 1
            self._unseen += guest.sign_ins == _NEVER
        self._remembering.note(guest, known, self._take_in(guest, verdict))

    def _take_in(self, guest: Guest, verdict: Verdict) -> Stance:
        case = self._live.get(guest.id)
        if case is not None:
            self._absent.discard(guest.id)
            return self._go_on(case, guest, verdict)
        left_alone = self._why_left_alone(guest, verdict)
        if left_alone is not None:
            self._counts["left-alone." + left_alone] += 1
            if guest.id in self._kept:
                self._write_sponsor(guest, self._kept[guest.id])
            return Stance.LEFT_ALONE
        self._consider(Candidate(guest=guest, verdict=verdict))
        return Stance.ASKED

    def candidates(self) -> tuple[Candidate, ...]:
        """Return the guests worth a closer look before the plan is drawn up, the most urgent first."""
        return self._shortlist.candidates()

    def draw_up(
        self,
        receipt: Receipt,
        *,
        previous_guests: int | None,
        surroundings: Mapping[GuestId, Surroundings] = _NOBODY,
    ) -> Plan:
        """Draw the plan, once every guest was looked at, with what a closer look at the candidates found.

        Live cases whose guest did not appear end, except where its record was merely not understood.
        """
        self._ask_about_candidates(surroundings)
        self._close_the_absent(receipt)
        terms = replace(self._terms, refuses_sign_ins=receipt.sign_ins == NO_LICENCE)
        wanted, refused = choose(self._wanted, terms, self._policy)
        ruling = self._ruling(wanted, receipt, previous_guests)
        actions = tuple(sorted(ruling.actions, key=_by_key))
        held = tuple(sorted((*self._held, *refused, *ruling.held), key=_by_held_key))
        policy_hash = self._policy.fingerprint()
        return Plan(
            taken_at=self._now,
            guests=self._guests,
            receipt=receipt,
            policy_hash=policy_hash,
            plan_hash=plan_hash(policy_hash, actions, held),
            actions=actions,
            held=held,
            alerts=(*ruling.alerts, *alerts(self._privileged, self._role_holders)),
            findings=(*findings(surroundings, self._partners, self._policy), *self._regret()),
            privileged=tuple(sorted(self._privileged)),
            counts=dict(sorted(self._counts.items())),
            tier=tier(terms),
        )

    def _ruling(self, wanted: Sequence[Action], receipt: Receipt, previous: int | None) -> Ruling:
        return rule(
            wanted,
            receipt=receipt,
            guests=self._guests,
            accepted_guests=self._accepted,
            unseen_guests=self._unseen,
            previous_guests=previous,
            open_items=self._open_items(),
            policy=self._policy,
            now=self._now,
            unseen_before=self._past.unseen,
            looking_on=self._looking_on(),
        )

    def snapshot(self, plan: Plan) -> bytes | None:
        """Return what tonight leaves for the next night; None when what was read is not to be trusted."""
        if any(alert.code in DISTRUST for alert in plan.alerts):
            return None
        unseen = (*self._past.unseen, unseen_share(self._unseen, self._accepted))
        return self._remembering.pack(self._rules, self._looking_on(), plan.plan_hash, unseen)

    def _looking_on(self) -> LookingOn | None:
        return rule_change.looking_on(
            self._past.night,
            self._rules,
            moved=self._remembering.moved,
            guests=self._guests,
            approved=self._past.approved,
            breakers=self._policy.breakers,
        )

    def _regret(self) -> tuple[Reason, ...]:
        if not self._past.snapshot:
            return ()
        threshold = self._policy.thresholds.inactive_after.days
        return (regret.told(self._remembering.regret(), self._now.date(), threshold),)

    def _ask_about_candidates(self, surroundings: Mapping[GuestId, Surroundings]) -> None:
        for candidate in self.candidates():
            self._ask(candidate, surroundings.get(candidate.guest.id, _NOTHING_KNOWN))
        if self._shortlist.left_out:
            self._counts["left-alone.shortlist-full"] = self._shortlist.left_out

    def _close_the_absent(self, receipt: Receipt) -> None:
        odd = {one.guest_id for one in receipt.set_aside}
        for guest_id in self._absent:
            # A record without an id may be anybody's.
            if guest_id in odd or "" in odd:
                self._counts["left-alone.set-aside"] += 1
            else:
                self._close_absent(self._live[guest_id])

    def _why_left_alone(self, guest: Guest, verdict: Verdict) -> str | None:
        if kind_if_enabled(guest, self._home_domains) not in self._asking:
            return "kind-out-of-scope"
        if guest.id in self._exempt:
            return "exempt"
        if not guest.enabled:
            return "account-disabled"
        if verdict.activity not in _CANDIDATES and not self._is_unwelcome(guest, verdict):
            return verdict.because.code
        rests_until = self._resting.get(guest.id)
        return "resting" if rests_until is not None and rests_until > self._now else None

    def _is_unwelcome(self, guest: Guest, verdict: Verdict) -> bool:
        """Say whether a guest in use is asked about all the same: the policy does not allow its domain."""
        settled = verdict.activity is Activity.ACTIVE and verdict.because.code != "account-new"
        return settled and disallowed(guest, self._policy) is not None

    def _consider(self, candidate: Candidate) -> None:
        self._shortlist.consider(candidate, case_id(candidate.guest.id, self._round.name))

    def _ask(self, candidate: Candidate, around: Surroundings) -> None:
        if not isinstance(around.exposure, Unreadable) and privileges(around.exposure):
            self._privileged.add(candidate.guest.id)
        question = self._round.question(candidate, around)
        self._want(question.action, question.objection)

    def _go_on(self, case: Case, guest: Guest, verdict: Verdict) -> Stance:
        ending = remediation.ending(case, guest, self._policy, self._now)
        if ending is not None:
            self._wanted.append(_step_on(Act.CLOSE, case, ending.because))
            return Stance.LEFT_ALONE
        act = remediation.next_act(case, self._policy, self._now)
        if act is Act.ASK:
            self._consider(Candidate(guest=guest, verdict=verdict, case=case))
        elif act in HARMFUL:
            self._harm(act, case, guest)
        else:
            self._counts["left-alone.case-open"] += 1
            self._write_sponsor(guest, case)
        return Stance.HARMED if act in HARMFUL else Stance.ASKED

    def _write_sponsor(self, guest: Guest, case: Case) -> None:
        action = backfill.to_write(guest, case, self._policy, self._now)
        if action is not None:
            self._want(action, backfill.objection(guest, action.reviewers[0], self._policy))

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
