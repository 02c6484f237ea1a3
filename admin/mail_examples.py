"""People who do not exist, for looking at mails before anybody gets one: a reviewer, guests, a night."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from notifications import composing
from notifications.composing import Asked, PassedOn, Setting
from notifications.contexts import (
    Candidate,
    Context,
    Escalation,
    FinalReminder,
    Handover,
    ReviewReminder,
    ReviewRequest,
)
from reviews import schedule
from reviews.model import (
    Answer,
    AskedAs,
    Batch,
    BatchId,
    BatchStep,
    Card,
    Case,
    CaseId,
    Choice,
    GuestId,
    Kind,
    Licence,
    Obstacle,
    Path,
    Person,
    PersonId,
    Reason,
    Receipt,
    Recommendation,
    Risk,
    RunId,
    Sight,
    Source,
    Step,
    Thing,
    Tier,
)
from reviews.policy import Exemption
from reviews.reasons import because, dated
from reviews.records import Act, Action, Held, Plan, Run, RunStep

BATCH: Final = BatchId("5ca1ab1e0ddba11c0ffee0ddba11cafe")
OTHER_BATCH: Final = BatchId("0ff1ce0ff1ce0ff1ce0ff1ce0ff1ce00")
COLLEAGUE: Final = "Joost de Vries"
_KEEPS_FOR: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Someone:
    """A guest that does not exist."""

    name: str
    mail: str
    company: str | None
    suggestion: Recommendation
    risk: Risk | None = None


ORDINARY: Final = (
    Someone("Sam Visser", "sam.visser@fabrikam.example", "Fabrikam", Recommendation.REMOVE, Risk.HIGH),
    Someone("Aïsha El Amrani", "aisha@northwind.example", "Northwind Traders", Recommendation.LOOK_CLOSER),
    Someone("Bjørn Ødegård", "bjorn@fjord.example", None, Recommendation.REMOVE, Risk.LOW),
    Someone("דנה כהן", "dana@adatum.example", "Adatum", Recommendation.CANNOT_TELL),
    Someone("http://evil.example/win", "someone@litware.example", "Litware", Recommendation.REMOVE),
    Someone(
        "Priya Raghunathan-Venkataraman", "priya@proseware.example", "Proseware Labs", Recommendation.KEEP
    ),
    Someone("sam.jansen", "sam.jansen@tailspin.example", "Tailspin Toys", Recommendation.REMOVE),
)
HOSTILE: Final = (
    Someone(
        '"><img src=x onerror=alert(1)>', "a@b.example", "<script>", Recommendation.REMOVE, Risk.CRITICAL
    ),
    Someone("{{ 7*7 }}{% raw %}", "tpl@b.example", "{x}", Recommendation.REMOVE),
    Someone("Pay now: evil.example", "pay@evil.example", "www.evil.example", Recommendation.KEEP),
    Someone("\u202egnp.eciovni\u2066", "rtl@b.example", "\u200b\u200b", Recommendation.LOOK_CLOSER),
    Someone("A" * 20_000, f"{'a' * 60}@{'b' * 60}.example", "C" * 20_000, Recommendation.REMOVE),
    Someone("JÃ¶rg MÃ¼ller", "joerg@b.example", "MÃ¼ller & SÃ¶hne", Recommendation.REMOVE),
    Someone("Bcc: all@b.example\r\nX-Evil: 1", "head@b.example", "\r\n\r\n", Recommendation.CANNOT_TELL),
)


def an_id(number: int) -> str:
    """Return an object id that is easy to tell from others."""
    return str(UUID(int=number))


def a_reviewer(name: str = "Sara Sponsor") -> Person:
    """Return a colleague with a mailbox."""
    return Person(
        id=PersonId(an_id(9001)), name=name, mail="sara@contoso.example", enabled=True, user_type="Member"
    )


def a_card(number: int, now: datetime, crowd: Sequence[Someone] = ORDINARY) -> Card:
    """Return what is shown of one guest; every seventh is the first again, under a number."""
    who = crowd[(number - 1) % len(crowd)]
    again = crowd is ORDINARY and number > len(crowd)
    return Card(
        guest_id=GuestId(an_id(number)),
        case_id=CaseId(f"case-{number}"),
        name=f"Guest Number {number}" if again else who.name,
        mail=who.mail,
        company=who.company,
        invited_at=now - timedelta(days=1023),
        last_success_at=None,
        recommendation=who.suggestion,
        reasons=_reasons(who.suggestion, now),
        asked_as=AskedAs.FALLBACK if who.suggestion is Recommendation.LOOK_CLOSER else AskedAs.SPONSOR,
        sight=_sight(who, now) if who.risk else None,
    )


def _reasons(suggestion: Recommendation, now: datetime) -> tuple[Reason, ...]:
    since = dated("guest-since", now - timedelta(days=1023), now)
    reasons: Mapping[Recommendation, tuple[Reason, ...]] = {
        Recommendation.REMOVE: (dated("silent", now - timedelta(days=251), now), since),
        Recommendation.LOOK_CLOSER: (
            dated("attempts-only", now - timedelta(days=45), now),
            because("asked-as-fallback"),
        ),
        Recommendation.CANNOT_TELL: (because("sign-ins-unreadable", why="no-licence"),),
        Recommendation.KEEP: (dated("signed-in", now - timedelta(days=1), now), because("no-sponsor")),
    }
    return reasons[suggestion]


def _sight(who: Someone, now: datetime) -> Sight:
    if who.risk is Risk.LOW:
        return Sight(kind=Kind.EXTERNAL_GUEST, risk=who.risk)
    team = Path(thing=Thing.TEAM, id="t", name="Tender 2026", tier=Tier.HIGH, label="Highly confidential")
    reach = (
        team,
        Path(thing=Thing.APP, id="a", name="Supplier Portal"),
        Path(thing=Thing.ROLE, id="r", name="Reports Reader", eligible=True),
    )
    return Sight(
        kind=Kind.EXTERNAL_GUEST,
        risk=who.risk,
        reach=reach,
        reach_count=5,
        beyond=(replace(team, obstacle=Obstacle.DYNAMIC),),
        changed=(because("attempts-since", on=(now - timedelta(days=9)).date().isoformat()),),
        unread=("packages",),
    )


def a_batch(count: int, setting: Setting, batch_id: BatchId = BATCH) -> Batch:
    """Return a batch of so many guests, opened now."""
    policy = setting.policy
    return Batch(
        id=batch_id,
        version=1,
        step=BatchStep.OPEN,
        reviewer_id=PersonId(an_id(9001)),
        run_id=_run_id(setting.now),
        opened_at=setting.now,
        deadline=schedule.deadline(setting.now, policy.reviews.duration, policy.tenant.zone),
        nonce="nonce",
        guests=tuple(GuestId(an_id(number)) for number in range(1, count + 1)),
        reviewer=a_reviewer(),
        definition_id=an_id(9101),
    )


def a_case(number: int, step: Step, batch: Batch, answer: Answer | None = None) -> Case:
    """Return the case of one guest of a batch."""
    return Case(
        id=CaseId(f"case-{number}"),
        guest_id=GuestId(an_id(number)),
        version=3,
        step=step,
        reviewer=batch.reviewer_id,
        batch_id=batch.id,
        run_id=batch.run_id,
        opened_at=batch.opened_at,
        deadline=batch.deadline,
        recommendation=Recommendation.REMOVE,
        reasons=(),
        asked_at=batch.opened_at,
        answer=answer,
    )


def an_answer(number: int, choice: Choice, at: datetime) -> Answer:
    """Return what the reviewer said of one guest."""
    return Answer(id=f"answer-{number}", choice=choice, by=PersonId(an_id(9001)), at=at, source=Source.PAGE)


def a_plan(now: datetime) -> Plan:
    """Return what a night intends, and what it holds back."""

    def act(kind: Act, number: int) -> Action:
        reviewers = (PersonId(an_id(9001)),) if kind is Act.ASK else ()
        return Action(
            key=f"{kind}:case-{number}", kind=kind, guest_id=GuestId(an_id(number)), reviewers=reviewers
        )

    receipt = Receipt(
        started_at=now,
        finished_at=now,
        pages=3,
        rows=1234,
        counted=1234,
        duplicates=0,
        set_aside=(),
        without_sign_ins=1,
        sign_ins="read",
        sponsors="read",
        nameless_sponsors=3,
    )
    return Plan(
        taken_at=now,
        guests=1234,
        receipt=receipt,
        policy_hash="p" * 64,
        plan_hash="9f" * 32,
        actions=(act(Act.ASK, 1), act(Act.ASK, 2), act(Act.CLOSE, 3)),
        held=tuple(Held(action=act(Act.BLOCK, number), held_by="cap-harmful") for number in (4, 5)),
        alerts=(because("cap-harmful", count=26, cap=25),),
        tier=Licence.P2,
    )


def a_run(now: datetime) -> Run:
    """Return a night that has ended."""
    return Run(
        id=_run_id(now),
        job="night",
        slot=now.replace(hour=1, minute=30),
        step=RunStep.FINISHED,
        owner="owner",
        leased_until=now,
        nonce="nonce",
        version=1,
        guests=1234,
    )


def _run_id(now: datetime) -> RunId:
    return RunId(f"night:{now:%Y-%m-%d}T01:30Z")


def every_mail(setting: Setting, count: int, crowd: Sequence[Someone] = ORDINARY) -> tuple[Context, ...]:
    """Compose every mail there is about so many guests, in the order of the kinds."""
    now = setting.now
    batch = a_batch(count, setting)
    cards = [a_card(number, now, crowd) for number in range(1, count + 1)]
    return (
        *_questions(batch, cards, setting),
        _receipt(batch, cards, setting),
        *_outcomes(batch, cards[0], setting),
        *_operators(batch, cards, setting),
    )


def digest(setting: Setting, new: int, still_open: int) -> ReviewRequest:
    """Compose one mail about two batches: new guests, and some still open from before."""
    before = replace(a_batch(still_open, setting, OTHER_BATCH), opened_at=setting.now - timedelta(days=7))
    before = replace(before, deadline=a_batch(1, setting).deadline - timedelta(days=7))
    older = [a_card(number, setting.now) for number in range(new + 1, new + still_open + 1)]
    fresh = [a_card(number, setting.now) for number in range(1, new + 1)]
    asked = (
        Asked(batch=before, cards=older, is_new=False),
        Asked(batch=a_batch(new, setting), cards=fresh),
    )
    return composing.question(ReviewRequest, asked, setting)


def _questions(batch: Batch, cards: Sequence[Card], setting: Setting) -> tuple[Context, ...]:
    roles = (AskedAs.SPONSOR, AskedAs.CANDIDATE, AskedAs.ESCALATED, AskedAs.HANDED_OVER)
    sponsor, candidate, escalated, handed_over = (
        [
            Asked(
                batch=batch,
                cards=cards if role is AskedAs.SPONSOR else [replace(card, asked_as=role) for card in cards],
            )
        ]
        for role in roles
    )
    by = composing.handed_by(a_reviewer(COLLEAGUE), "named", setting)
    return (
        composing.question(ReviewRequest, sponsor, setting),
        composing.question(Candidate, candidate, setting),
        composing.question(Escalation, escalated, setting),
        composing.question(Handover, handed_over, setting, handed_by=by),
        composing.question(ReviewReminder, sponsor, setting),
        composing.question(FinalReminder, sponsor, setting),
    )


def _receipt(batch: Batch, cards: Sequence[Card], setting: Setting) -> Context:
    choices = (Choice.REMOVE, Choice.KEEP, Choice.DONT_KNOW)
    cases, passed_on = {}, {}
    for number, guest in enumerate(batch.guests, start=1):
        choice = choices[number % 3]
        answer = an_answer(number, choice, setting.now) if number % 4 else None
        cases[guest] = a_case(number, Step.ASKED, batch, answer)
        if number % 7 == 0:
            del cases[guest]
            said = an_answer(number, Choice.NOT_MINE, setting.now)
            passed_on[guest] = PassedOn(answer=said, to=a_reviewer(COLLEAGUE))
    return composing.answer_receipt(batch, cards, cases, setting, passed_on)


def _outcomes(batch: Batch, card: Card, setting: Setting) -> tuple[Context, ...]:
    now = setting.now
    gone = replace(a_case(1, Step.DELETED, batch), deleted_at=now)
    back = replace(a_case(1, Step.RESTORED, batch), closed_at=now, rests_until=now + _KEEPS_FOR)
    return (
        composing.guest_notice(card, a_reviewer(), setting),
        composing.removal_done(card, a_reviewer(), gone, setting),
        composing.restored(card, a_reviewer(), back, now, setting),
    )


def _operators(batch: Batch, cards: Sequence[Card], setting: Setting) -> tuple[Context, ...]:
    now, card = setting.now, cards[0]
    run, plan = a_run(now), a_plan(now)
    denied = a_case(1, Step.MANUAL, batch, an_answer(1, Choice.REMOVE, now))
    why = because("directory-refuses", needs="User.EnableDisableAccount.All")
    exemption = Exemption(
        guest=card.guest_id,
        reason="Auditor of the yearly accounts",
        until=schedule.local_date(setting.policy.tenant.zone, now + timedelta(days=14)),
    )
    choices = (Choice.KEEP, Choice.REMOVE, None)
    cases = {
        guest: a_case(number, step, batch, an_answer(number, choice, now) if choice else None)
        for number, guest in enumerate(batch.guests, start=1)
        for choice, step in [(choices[number % 3], (Step.CLOSED, Step.NOTICED, Step.LAPSED)[number % 3])]
    }
    return (
        composing.manual_task(card, a_reviewer(), denied, why, setting),
        composing.exception_expiring(exemption, card, setting),
        composing.run_digest(run.id, run, plan, "", setting),
        composing.paused(run.id, plan, setting),
        composing.round_summary(run.id, plan, cases, setting),
    )
