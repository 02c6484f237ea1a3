"""A reviewer with her guests, and every mail about them: what the tests of mails and pages share."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Final

from notifications import composing
from notifications.composing import Setting
from notifications.contexts import Context
from notifications.words import Words
from reviews.messages import Message
from reviews.model import (
    Answer,
    Batch,
    BatchId,
    BatchStep,
    Card,
    CaseId,
    Choice,
    GuestId,
    Recommendation,
    Source,
    Step,
    Submission,
)
from reviews.policy import Actions, Cadence, Mode, Policy, Reviews
from reviews.policy import Tenant as Place
from reviews.ports import Ledger
from reviews.reasons import because
from reviews.records import Act, Action, Held, Move, Plan, Run, RunStep
from tests.builders import NOW, RUN, SARA, a_case, a_person, a_receipt, guid

BATCH: Final = BatchId("5ca1ab1e0ddba11c0ffee0ddba11cafe")
HERE: Final = "https://guests.contoso.example"
POLICY: Final = Policy(
    mode=Mode.ENFORCE,
    tenant=Place(home_domains=("contoso.example",)),
    cadence=Cadence(earliest=time(0), latest=time(23, 59)),
)
DEADLINE: Final = datetime(2026, 12, 4, 22, 59, 59, tzinfo=UTC)

_PEOPLE: Final = (
    ("Sam Visser", "sam.visser@fabrikam.example", "Fabrikam", Recommendation.REMOVE),
    ("Aïsha El Amrani", "aisha@northwind.example", "Northwind Traders", Recommendation.LOOK_CLOSER),
    ("Bjørn Ødegård", "bjorn@fjord.example", None, Recommendation.REMOVE),
    ("דנה כהן", "dana@adatum.example", "Adatum", Recommendation.CANNOT_TELL),
    ("http://evil.example/win", "someone@litware.example", "Litware", Recommendation.REMOVE),
    ("Priya Raghunathan-Venkataraman", "priya@proseware.example", "Proseware Labs", Recommendation.KEEP),
    ("sam.jansen", "sam.jansen@tailspin.example", "Tailspin Toys", Recommendation.REMOVE),
)  # fmt: skip
_REASONS: Final = {
    Recommendation.REMOVE: (
        because("silent", days=251, on="2026-03-14"),
        because("guest-since", on="2024-02-01", days=1023),
    ),
    Recommendation.LOOK_CLOSER: (
        because("attempts-only", days=45, on="2026-10-06"),
        because("asked-as-fallback"),
    ),
    Recommendation.CANNOT_TELL: (because("sign-ins-unreadable", why="no-licence"),),
    Recommendation.KEEP: (because("signed-in", days=1, on="2026-11-19"), because("no-sponsor")),
}


class Unchanging:
    """A policy source whose policy is what it was made with."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.policy = policy

    async def current(self) -> Policy:
        return self.policy


class Tray:
    """A queue that keeps what was put into it."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def put(self, message: Message, *, after: timedelta = timedelta()) -> None:
        assert after >= timedelta()
        self.messages.append(message)

    async def parked(self) -> dict[str, int]:
        return {}


def setting(language: str = "en", policy: Policy = POLICY) -> Setting:
    return Setting(words=Words(language, policy.tenant.zone), policy=policy, now=NOW, public_url=HERE)


def a_card(number: int = 1, **changes: object) -> Card:
    name, mail, company, recommendation = _PEOPLE[(number - 1) % len(_PEOPLE)]
    card = Card(
        guest_id=GuestId(guid(number)),
        case_id=CaseId(f"case-{number}"),
        name=name if number <= len(_PEOPLE) else f"Guest Number {number}",
        mail=mail,
        company=company,
        invited_at=datetime(2024, 2, 1, 9, tzinfo=UTC),
        last_success_at=None,
        recommendation=recommendation,
        reasons=_REASONS[recommendation],
    )
    return replace(card, **changes)  # type: ignore[arg-type]


def cards(count: int) -> tuple[Card, ...]:
    return tuple(a_card(number) for number in range(1, count + 1))


def batch(count: int, **changes: object) -> Batch:
    whole = Batch(
        id=BATCH,
        version=1,
        step=BatchStep.OPEN,
        reviewer_id=SARA,
        run_id=RUN,
        opened_at=NOW,
        deadline=DEADLINE,
        nonce="n0nce-of-the-batch",
        guests=tuple(GuestId(guid(number)) for number in range(1, count + 1)),
        reviewer=a_person(),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


async def keep_batch(ledger: Ledger, whole: Batch, step: Step = Step.OPENED) -> None:
    """Write a batch with its cards and cases into a ledger."""
    await ledger.begin_batch(whole, [])
    await ledger.save_cards(whole.id, cards(len(whole.guests)))
    for number, guest in enumerate(whole.guests, start=1):
        case = a_case(step, number, batch_id=whole.id, version=1, opened_at=NOW, deadline=whole.deadline)
        if step is Step.OPENED:
            case = replace(case, asked_at=None)
        await ledger.move(
            Move(case=replace(case, guest_id=guest), kind="case-opened", actor="gatehouse", at=NOW)
        )


def a_submission(choice: Choice, number: int = 1, version: int = 1, why: str = "") -> Submission:
    answer = Answer(
        id=f"answer-{number}-{version}", choice=choice, by=SARA, at=NOW, source=Source.PAGE, justification=why
    )
    return Submission(batch_id=BATCH, guest_id=GuestId(guid(number)), version=version, answer=answer)


def a_run() -> Run:
    return Run(
        id=RUN,
        job="night",
        slot=datetime(2026, 11, 20, 1, 30, tzinfo=UTC),
        step=RunStep.FINISHED,
        owner="owner",
        leased_until=NOW,
        nonce="nonce",
        version=1,
        guests=1234,
    )


def a_plan() -> Plan:
    def act(kind: Act, number: int) -> Action:
        return Action(key=f"{kind}:case-{number}", kind=kind, guest_id=GuestId(guid(number)))

    return Plan(
        taken_at=NOW,
        guests=1234,
        receipt=a_receipt(nameless_sponsors=3, without_sign_ins=1),
        policy_hash="p" * 64,
        plan_hash="9f" * 32,
        actions=(act(Act.ASK, 1), act(Act.ASK, 2), act(Act.CLOSE, 3)),
        held=(Held(action=act(Act.BLOCK, 4), held_by="cap-harmful"),),
        alerts=(because("cap-harmful", count=26, cap=25),),
    )


def every_mail(language: str, count: int = 3) -> tuple[Context, ...]:
    """Compose every mail there is, about so many guests."""
    here = setting(language)
    whole, card = batch(count), a_card()
    choices = (Choice.REMOVE, Choice.KEEP, Choice.DONT_KNOW)
    cases = {
        guest: a_case(
            Step.ASKED,
            number,
            answer=a_submission(choices[number % 3], number).answer if number % 4 else None,
        )
        for number, guest in enumerate(whole.guests, start=1)
    }
    closed = a_case(Step.RESTORED, closed_at=NOW, rests_until=NOW + timedelta(days=90))
    return (
        composing.review_request(whole, cards(count), here),
        composing.answer_receipt(whole, cards(count), cases, here),
        composing.guest_notice(card, a_person(), here),
        composing.removal_done(card, a_person(), NOW, here),
        composing.restored(card, a_person(), closed, NOW, here),
        composing.run_digest(RUN, a_run(), a_plan(), "", here),
    )


def strict(policy: Policy = POLICY) -> Policy:
    """Return a policy that always wants a reason, takes silence as a no, and never deletes."""
    return policy.model_copy(
        update={
            "reviews": Reviews(justification_on_keep="always"),
            "actions": Actions.model_validate({"on_no_answer": "block", "soft_delete": False}),
        }
    )
