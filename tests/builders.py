"""Small makers of values for tests: everything ordinary, until a test says what is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from reviews.model import (
    Answer,
    Batch,
    BatchId,
    BatchStep,
    Case,
    CaseId,
    Choice,
    Guest,
    GuestId,
    Identity,
    Person,
    PersonId,
    Reason,
    Receipt,
    Recommendation,
    Redemption,
    RunId,
    SetAside,
    SignIns,
    Source,
    Step,
)
from reviews.policy import Mode, Policy, Quiet, Reviewers

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
RUN = RunId("night:2026-11-20T01:30Z")


def guid(number: int) -> str:
    """Return an object id that is easy to tell from others."""
    return str(UUID(int=number))


SARA = PersonId(guid(9001))
FALLBACK = PersonId(guid(9100))
SECOND_FALLBACK = PersonId(guid(9101))
GUEST = GuestId(guid(1))


def days(count: float) -> timedelta:
    return timedelta(days=count)


def ago(count: float) -> datetime:
    """Return the moment so many days before NOW."""
    return NOW - timedelta(days=count)


def a_person(person_id: PersonId = SARA, **changes: Any) -> Person:
    """Make an enabled member with a mailbox."""
    person = Person(
        id=person_id,
        name="Sara Sponsor",
        mail="sara@contoso.example",
        enabled=True,
        user_type="Member",
        language="en-GB",
    )
    return replace(person, **changes)


def a_guest(number: int = 1, **changes: Any) -> Guest:
    """Make a redeemed external guest, 400 days old, silent for 120 days, with a healthy sponsor."""
    guest = Guest(
        id=GuestId(guid(number)),
        display_name="Ada Partner",
        mail=f"ada{number}@partner.example",
        user_principal_name=f"ada{number}_partner.example#EXT#@contoso.example",
        user_type="Guest",
        enabled=True,
        created_at=ago(400),
        creation_type="Invitation",
        redemption=Redemption.ACCEPTED,
        redemption_changed_at=ago(399),
        identities=(Identity(sign_in_type="federated", issuer="ExternalAzureAD"),),
        company="Partner",
        synced=False,
        language="en",
        sign_ins=SignIns(successful_at=ago(120), interactive_at=ago(120)),
        sponsors=(a_person(),),
    )
    return replace(guest, **changes)


def a_pending_guest(number: int = 1, *, invited: float = 60, **changes: Any) -> Guest:
    """Make a guest who was invited so many days ago and never came."""
    pending: dict[str, Any] = {
        "created_at": ago(invited),
        "redemption": Redemption.PENDING,
        "redemption_changed_at": ago(invited),
        "sign_ins": SignIns(),
    }
    return a_guest(number, **(pending | changes))


def a_policy(mode: Mode = Mode.ENFORCE, **changes: Any) -> Policy:
    """Make a policy that acts, with one fallback reviewer and no quiet days."""
    given: dict[str, Any] = {
        "mode": mode,
        "quiet": Quiet(weekends=False),
        "reviewers": Reviewers(fallback=(FALLBACK,)),
    }
    return Policy(**(given | changes))


def a_receipt(**changes: Any) -> Receipt:
    """Make the receipt of a census that read everything."""
    receipt = Receipt(
        started_at=NOW,
        finished_at=NOW,
        pages=1,
        rows=1,
        counted=None,
        duplicates=0,
        set_aside=(),
        without_sign_ins=0,
        sign_ins="read",
        sponsors="read",
        nameless_sponsors=0,
    )
    return replace(receipt, **changes)


def set_aside(count: int) -> tuple[SetAside, ...]:
    """Make records that were not understood."""
    return tuple(SetAside(guest_id=GuestId(guid(5000 + n)), field="createdDateTime") for n in range(count))


def an_answer(choice: Choice = Choice.REMOVE, **changes: Any) -> Answer:
    """Make an answer that Sara gave on the page yesterday."""
    answer = Answer(
        id="answer-1", choice=choice, by=SARA, at=ago(1), source=Source.PAGE, justification="Project is over."
    )
    return replace(answer, **changes)


def a_case(step: Step = Step.ASKED, number: int = 1, **changes: Any) -> Case:
    """Make a case at a step, with the moments such a case has behind it."""
    case = Case(
        id=CaseId(f"case-{number}"),
        guest_id=GuestId(guid(number)),
        version=3,
        step=step,
        reviewer=SARA,
        batch_id=BatchId("batch-1"),
        run_id=RUN,
        opened_at=ago(5),
        deadline=ago(-9),
        recommendation=Recommendation.REMOVE,
        reasons=(Reason(code="silent", params={"days": 120, "on": "2026-07-23"}),),
    )
    return replace(case, **(_behind(step) | changes))


def a_batch(**changes: Any) -> Batch:
    """Make a batch of one guest, opened just now."""
    batch = Batch(
        id=BatchId("batch-1"),
        version=1,
        step=BatchStep.INTENDED,
        reviewer_id=SARA,
        run_id=RUN,
        opened_at=NOW,
        deadline=NOW + timedelta(days=14),
        nonce="nonce",
        guests=(GUEST,),
    )
    return replace(batch, **changes)


_PATH: tuple[Literal["asked", "denied", "noticed", "blocked", "quarantined", "deleted"], ...] = (
    "asked",
    "denied",
    "noticed",
    "blocked",
    "quarantined",
    "deleted",
)


def _behind(step: Step) -> dict[str, Any]:
    """Return what a case of that step has behind it; the newest step was long enough ago for the next."""
    if step is Step.LAPSED:
        return {"opened_at": ago(20), "asked_at": ago(20), "deadline": ago(6)}
    if step is Step.KEPT:
        return {"asked_at": ago(4), "answer": an_answer(Choice.KEEP)}
    if step in {Step.MANUAL, Step.RESTORED, Step.CLOSED}:
        return {"asked_at": ago(4), "answer": an_answer()}
    if step.value not in _PATH:
        return {}
    reached = _PATH.index(step.value)
    history: list[dict[str, Any]] = [
        {"opened_at": ago(75), "asked_at": ago(75), "deadline": ago(61)},
        {"answer": an_answer(at=ago(70))},
        {"notice_at": ago(65)},
        {"blocked_at": ago(50)},
        {},
        {"deleted_at": ago(10)},
    ]
    behind: dict[str, Any] = {}
    for known in history[: reached + 1]:
        behind |= known
    if step is Step.ASKED:
        behind |= {"opened_at": ago(5), "asked_at": ago(5), "deadline": ago(-9)}
    return behind
