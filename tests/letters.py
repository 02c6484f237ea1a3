"""A reviewer with her guests, and every mail about them: what the tests of mails and pages share."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Final

from admin import mail_examples
from notifications import composing
from notifications.composing import Asked, Setting
from notifications.contexts import Context, ReviewRequest
from notifications.words import Words
from reviews.messages import Message
from reviews.model import (
    Answer,
    Batch,
    BatchStep,
    Card,
    Choice,
    GuestId,
    Source,
    Step,
    Submission,
)
from reviews.policy import Actions, Cadence, Mode, Policy, Reviews
from reviews.policy import Tenant as Place
from reviews.ports import Ledger
from reviews.records import Move, Plan, Run
from tests.builders import NOW, RUN, SARA, a_case, a_person, guid

BATCH: Final = mail_examples.BATCH
HERE: Final = "https://guests.contoso.example"
POLICY: Final = Policy(
    mode=Mode.ENFORCE,
    tenant=Place(home_domains=("contoso.example",)),
    cadence=Cadence(earliest=time(0), latest=time(23, 59)),
)
DEADLINE: Final = datetime(2026, 12, 4, 22, 59, 59, tzinfo=UTC)


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
    return replace(mail_examples.a_card(number, NOW), **changes)  # type: ignore[arg-type]


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
        definition_id=guid(9101),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


async def keep_batch(
    ledger: Ledger, whole: Batch, step: Step = Step.OPENED, shown: Sequence[Card] | None = None
) -> None:
    """Write a batch with its cards and cases into a ledger."""
    await ledger.begin_batch(whole, [])
    await ledger.save_cards(whole.id, shown if shown is not None else cards(len(whole.guests)))
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
    return mail_examples.a_run(NOW)


def a_plan() -> Plan:
    return mail_examples.a_plan(NOW)


def asked(*cards: Card, **changes: object) -> list[Asked]:
    """Put so many cards into one batch that is asked about."""
    return [Asked(batch=batch(len(cards), **changes), cards=cards)]


def request(*cards: Card, here: Setting | None = None, **changes: object) -> ReviewRequest:
    """Compose the question about cards."""
    return composing.question(ReviewRequest, asked(*cards, **changes), here or setting())


def every_mail(language: str, count: int = 3) -> tuple[Context, ...]:
    """Compose every mail there is, about so many guests."""
    return mail_examples.every_mail(setting(language), count)


def golden_mails(language: str) -> tuple[tuple[str, Context], ...]:
    """Compose the mails whose every line is kept in tests/snapshots, by the name of the case."""
    here = setting(language)
    one, overdue = mail_examples.every_mail(here, 1)[0], "night-overdue"
    return (
        *(("three-guests", mail) for mail in every_mail(language)),
        ("one-guest", one),
        ("two-batches", mail_examples.digest(here, new=2, still_open=1)),
        ("twelve-guests", mail_examples.every_mail(here, 12)[0]),
        ("none-counts", composing.answer_receipt(batch(1), cards(1), {}, here)),
        ("overdue", composing.run_digest(RUN, None, None, overdue, here)),
    )


def strict(policy: Policy = POLICY) -> Policy:
    """Return a policy that always wants a reason, takes silence as a no, and never deletes."""
    return policy.model_copy(
        update={
            "reviews": Reviews(justification_on_keep="always"),
            "actions": Actions.model_validate({"on_no_answer": "block", "soft_delete": False}),
        }
    )
