"""Small records that the contract tests of ledger, queue and archive write and read back."""

from datetime import UTC, datetime, timedelta

from reviews.model import (
    Answer,
    Batch,
    BatchId,
    BatchStep,
    Card,
    Case,
    CaseId,
    Choice,
    GuestId,
    PersonId,
    Reason,
    Receipt,
    Recommendation,
    RunId,
    Source,
    Step,
    Submission,
)
from reviews.records import Act, Action, Held, MailKind, Move, OwedMail, Plan

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
SLOT = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
RUN = RunId("night:2026-11-20T01:30Z")
LEASE = timedelta(minutes=15)
ANN, BOB, EVE = (GuestId(f"{n}0000000-0000-4000-8000-000000000000") for n in (1, 2, 3))
SPONSOR = PersonId("a0000000-0000-4000-8000-000000000000")
BATCH = BatchId("b" * 32)


def a_case(guest_id: GuestId = ANN, version: int = 1, step: Step = Step.OPENED, **changes: object) -> Case:
    values: dict[str, object] = {
        "id": CaseId(f"case-{guest_id}"),
        "reviewer": SPONSOR,
        "batch_id": BATCH,
        "run_id": RUN,
        "opened_at": NOW,
        "deadline": NOW + timedelta(days=14),
        "recommendation": Recommendation.REMOVE,
        "reasons": (Reason(code="activity.stale", params={"days": 214, "who": "Łódź 🐌"}),),
        **changes,
    }
    return Case(guest_id=guest_id, version=version, step=step, **values)  # type: ignore[arg-type]


def a_move(case: Case, kind: str = "case-opened", *, owes: tuple[OwedMail, ...] = (), days: int = 0) -> Move:
    return Move(
        case=case,
        kind=kind,
        actor="gatehouse",
        at=NOW + timedelta(days=days),
        run_id=RUN,
        facts={"n": 1, "mail": None, "why": "because"},
        owes=owes,
    )


def a_mail(home: str, mail_id: str = "guest-notice.1") -> OwedMail:
    return OwedMail(
        home=home,
        id=mail_id,
        kind=MailKind.GUEST_NOTICE,
        to="someone@example.com",
        language="nl",
        owed_at=NOW,
        facts={"case": "case-1"},
    )


def a_batch(batch_id: BatchId = BATCH, guests: tuple[GuestId, ...] = (ANN, BOB)) -> Batch:
    return Batch(
        id=batch_id,
        version=1,
        step=BatchStep.INTENDED,
        reviewer_id=SPONSOR,
        run_id=RUN,
        opened_at=NOW,
        deadline=NOW + timedelta(days=14),
        nonce="unguessable",
        guests=guests,
    )


def an_ask(guest_id: GuestId = ANN) -> Action:
    return Action(
        key=f"ask|{guest_id}",
        kind=Act.ASK,
        guest_id=guest_id,
        reviewers=(SPONSOR,),
        reasons=(Reason(code="activity.stale", params={"days": 214}),),
        because="activity.stale",
        recommendation=Recommendation.REMOVE,
    )


def a_card(guest_id: GuestId = ANN, name: str = "Ann") -> Card:
    return Card(
        guest_id=guest_id,
        case_id=CaseId(f"case-{guest_id}"),
        name=name,
        mail=None,
        company="Tailspin",
        invited_at=NOW - timedelta(days=400),
        last_success_at=None,
        recommendation=Recommendation.REMOVE,
        reasons=(),
    )


def an_answer(number: int = 1, choice: Choice = Choice.REMOVE) -> Answer:
    return Answer(
        id=f"answer-{number}",
        choice=choice,
        by=SPONSOR,
        at=NOW + timedelta(days=1),
        source=Source.PAGE,
        justification="“left” the <project>\n🐌",
    )


def a_submission(guest_id: GuestId = ANN, version: int = 1, choice: Choice = Choice.REMOVE) -> Submission:
    return Submission(batch_id=BATCH, guest_id=guest_id, version=version, answer=an_answer(version, choice))


def a_plan(*guests: GuestId) -> Plan:
    receipt = Receipt(
        started_at=NOW,
        finished_at=NOW + timedelta(minutes=4),
        pages=2,
        rows=len(guests),
        counted=None,
        duplicates=0,
        set_aside=(),
        without_sign_ins=0,
        sign_ins="read",
        sponsors="read",
        nameless_sponsors=0,
    )
    return Plan(
        taken_at=NOW,
        guests=len(guests),
        receipt=receipt,
        policy_hash="p" * 64,
        plan_hash="h" * 64,
        actions=tuple(an_ask(guest) for guest in guests),
        held=(Held(action=an_ask(EVE), held_by="cap-per-night"),),
        counts={"activity.stale": len(guests)},
    )
