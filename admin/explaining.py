"""``admin guest``: everything the directory, the rules and the record say of one guest, gathered once."""

from dataclasses import dataclass
from datetime import datetime

from adapters.runtime import House
from reviews import coexistence, planning, schedule, staleness
from reviews.evidence import verify_chain
from reviews.exposure import no_step_by_itself
from reviews.jobs.night import round_name, what_is_known
from reviews.model import (
    Batch,
    Candidate,
    Card,
    Case,
    Deed,
    Exposure,
    Guest,
    GuestId,
    Reason,
    Receipt,
    Rival,
    Step,
    Surroundings,
    Unreadable,
    Verdict,
)
from reviews.policy import Policy
from reviews.questions import Question, Round
from reviews.records import HARMFUL, Arrival, Event, OwedMail, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the rules make of a guest now, whether it is anybody's turn to be asked or not."""

    guest: Guest
    verdict: Verdict
    question: Question
    exposure: Exposure | Unreadable
    plan: Plan
    """What a night over this guest alone would do: caps and red lights of the tenant do not count."""
    rests_until: datetime | None
    deeds: tuple[Deed, ...]
    """What others would do to the guest by themselves, the soonest first."""
    near: tuple[Deed, ...]
    """Those that are due before a question put today would end."""
    unread: tuple[Rival, ...]
    """Of whom nobody knows whether they act."""
    waits_for: Deed | None
    """The deed before which we step back."""
    before: Case | None
    """The case of an account with the same mail address that we deleted and that can still come back."""
    objection: Reason | None
    """Why a harmful step that is due would not be taken by itself; None where none is due, or it would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What the record holds of a guest."""

    arrival: Arrival | None
    """How the guest came; None when the audit log no longer told the first harvest."""
    case: Case | None
    batch: Batch | None
    card: Card | None
    mails: tuple[OwedMail, ...]
    events: tuple[Event, ...]
    faults: tuple[str, ...]
    """What is wrong with the chain of events; empty when it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One guest, explained; ``judged`` is None when the directory does not have it."""

    guest_id: GuestId
    policy: Policy
    judged: Judged | None
    recorded: Recorded


async def explain(house: House, guest_id: GuestId) -> Explanation:
    """Read one guest from directory and ledger, and judge it as the next night would."""
    policy = await house.policies.current()
    recorded = await _recorded(house, guest_id)
    guest = await house.directory.guest(guest_id)
    judged = None if guest is None else await _judged(house, guest, policy)
    return Explanation(guest_id=guest_id, policy=policy, judged=judged, recorded=recorded)


async def _recorded(house: House, guest_id: GuestId) -> Recorded:
    case = await house.ledger.case(guest_id)
    batch = None if case is None else await house.ledger.batch(case.batch_id)
    cards = () if batch is None else await house.ledger.cards(batch.id)
    events = await house.ledger.events(guest_id)
    of_batch = () if batch is None else await house.ledger.mails(f"batch:{batch.id}")
    arrivals = await house.ledger.arrivals([guest_id])
    return Recorded(
        arrival=arrivals.get(guest_id),
        case=case,
        batch=batch,
        card=next((card for card in cards if card.guest_id == guest_id), None),
        mails=(*await house.ledger.mails(f"guest:{guest_id}"), *of_batch),
        events=events,
        faults=tuple(f"{fault.what}: {fault.where}" for fault in verify_chain(guest_id, events)),
    )


async def _judged(house: House, guest: Guest, policy: Policy) -> Judged:
    now = house.clock.now()
    known = await what_is_known(house.ledger, now, policy)
    mine = {guest.id}
    known = planning.Known(
        cases={one: case for one, case in known.cases.items() if one in mine},
        resting={one: until for one, until in known.resting.items() if one in mine},
        kept={one: case for one, case in known.kept.items() if one in mine},
        role_holders=await house.looking_closer.role_holders(),
        terms=await house.looking_closer.terms(),
    )
    verdict = staleness.judge(guest, policy.thresholds, policy.scope.min_account_age, now)
    candidate = Candidate(guest=guest, verdict=verdict)
    around = await house.looking_closer.look([candidate])
    name = round_name(schedule.latest_slot(policy.schedules.night, now))
    holders = frozenset() if isinstance(known.role_holders, Unreadable) else known.role_holders
    asking = Round(policy=policy, now=now, name=name, role_holders=holders)
    survey = planning.Survey(policy=policy, now=now, round_name=name, known=known)
    survey.look(guest)
    plan = survey.draw_up(_receipt(house), previous_guests=None, surroundings=around)
    others = (await house.rivals.look(tuple(Rival))).about(guest.id)
    exposure = around[guest.id].exposure
    deeds = coexistence.who_acts(guest, exposure, others)
    return Judged(
        guest=guest,
        verdict=verdict,
        question=asking.question(candidate, around[guest.id]),
        exposure=exposure,
        plan=plan,
        deeds=deeds,
        near=tuple(deed for deed in deeds if coexistence.is_near(deed, policy, now)),
        unread=coexistence.unread(guest, exposure, others),
        waits_for=coexistence.steps_in(deeds, policy, now),
        rests_until=known.resting.get(guest.id),
        before=await _before(house, guest),
        objection=_by_hand(plan, around[guest.id]),
    )


async def _before(house: House, guest: Guest) -> Case | None:
    """Find the account that was here before an invitation, among those deleted lately."""
    if guest.mail is None:
        return None
    for case in await house.ledger.live_cases():
        if case.step is not Step.DELETED or case.guest_id == guest.id:
            continue
        cards = await house.ledger.cards(case.batch_id)
        mails = [(one.mail or "").casefold() for one in cards if one.guest_id == case.guest_id]
        if guest.mail.casefold() in mails:
            return case
    return None


def _by_hand(plan: Plan, around: Surroundings) -> Reason | None:
    due = [action for action in plan.actions if action.kind in HARMFUL]
    return no_step_by_itself(around.exposure) if due else None


def _receipt(house: House) -> Receipt:
    now = house.clock.now()
    return Receipt(
        started_at=now,
        finished_at=now,
        pages=1,
        rows=1,
        counted=1,
        duplicates=0,
        set_aside=(),
        without_sign_ins=0,
        sign_ins="read",
        sponsors="read",
        nameless_sponsors=0,
    )
