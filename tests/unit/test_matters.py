"""What a mail is about is read afresh, and a mail without its records is parked or dropped, never guessed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import pytest

from notifications.contexts import CONTEXTS, AnswerReceipt, Handover, ManualTask, ReviewRequest, RoundSummary
from notifications.matters import AboutRun, Matter, Passed, compose, matter
from reviews.errors import Malformed
from reviews.model import BatchId, BatchStep, Choice, Outcome, Step
from reviews.policy import Exemption, Policy
from reviews.records import QUESTIONS, REMINDERS, MailKind, Move, OwedMail, RunStep
from sandbox.memory import MemoryLedger
from sandbox.memory_archive import MemoryArchive
from tests.builders import NOW, RUN, a_case, a_person, guid
from tests.letters import BATCH, POLICY, a_plan, a_run, a_submission, batch, cards, keep_batch, setting

OTHER: Final = BatchId("0ff1ce0ff1ce0ff1ce0ff1ce0ff1ce00")
UNTIL: Final = date(2026, 12, 31)
EXEMPTING: Final = POLICY.model_copy(
    update={"exemptions": (Exemption(guest=guid(1), reason="auditor", until=UNTIL),)}
)
STEP_OF: Final = {
    MailKind.GUEST_NOTICE: Step.DENIED,
    MailKind.REMOVAL_DONE: Step.DELETED,
    MailKind.RESTORED: Step.RESTORED,
    MailKind.MANUAL_TASK: Step.MANUAL,
}
"""Where the case stands when a mail about a guest holds."""


@dataclass(slots=True)
class Records:
    """A ledger and an archive, and the policy in force."""

    ledger: MemoryLedger
    archive: MemoryArchive
    policy: Policy = POLICY

    async def about(self, mail: OwedMail) -> Matter | Passed:
        return await matter(mail, self.ledger, self.archive, NOW, self.policy)

    async def run(self, **changes: object) -> None:
        slot, lease = a_run().slot, timedelta(minutes=5)
        begun = await self.ledger.begin_run("night", slot, owner="o", now=NOW, lease=lease)
        assert begun is not None
        await self.ledger.save_run(replace(begun, **changes))  # type: ignore[arg-type]


def a_mail(kind: MailKind, **changes: object) -> OwedMail:
    """Make an owed mail as docs/mail.md says it is owed."""
    home = next(one.HOME for one in CONTEXTS if kind is one.KIND).partition(":")[0]
    name = {"batch": str(BATCH), "guest": guid(1), "run": str(RUN)}[home]
    facts = {"until": UNTIL.isoformat()} if kind is MailKind.EXCEPTION_EXPIRING else {}
    if kind is MailKind.MANUAL_TASK:
        facts = {"because": "directory-refuses", "needs": "User.ReadWrite.All"}
    mail = OwedMail(
        home=f"{home}:{name}",
        id=f"{kind}.case-1",
        kind=kind,
        to="a@b.example",
        language="en",
        owed_at=NOW,
        facts=facts,
    )
    return replace(mail, **changes)  # type: ignore[arg-type]


async def holding(kind: MailKind) -> Records:
    """Write down all that a mail of a kind is about."""
    records = Records(MemoryLedger(), MemoryArchive(), EXEMPTING)
    await keep_batch(records.ledger, batch(3), STEP_OF.get(kind, Step.OPENED))
    await records.run()
    await records.archive.save_plan(RUN, a_plan())
    return records


@pytest.mark.parametrize("kind", MailKind)
async def test_every_mail_is_composed_from_what_its_home_holds(kind: MailKind) -> None:
    records = await holding(kind)
    about = await records.about(a_mail(kind))
    assert not isinstance(about, Passed), about
    assert compose(about, setting()).KIND is kind


@pytest.mark.parametrize("kind", MailKind)
async def test_a_mail_in_the_wrong_home_is_parked(kind: MailKind) -> None:
    records = await holding(kind)
    with pytest.raises(Malformed):
        await records.about(a_mail(kind, home="house:1"))


Loss = Callable[[Records], Records]


def without_batch(records: Records) -> Records:
    records.ledger._batches.clear()  # no port takes a batch back
    return records


def closed(records: Records) -> Records:
    records.ledger._batches[BATCH] = batch(3, step=BatchStep.CLOSED)
    return records


def overdue(records: Records) -> Records:
    records.ledger._batches[BATCH] = batch(3, deadline=NOW - timedelta(seconds=1))
    return records


def at(step: Step) -> Loss:
    def moved(records: Records) -> Records:
        for guest, case in records.ledger._cases.items():
            records.ledger._cases[guest] = replace(case, step=step, deleted_at=None, outcome=Outcome.KEPT)
        return records

    return moved


def replaced(records: Records) -> Records:
    for guest, case in records.ledger._cases.items():
        records.ledger._cases[guest] = replace(case, id=type(case.id)("case-later"))
    return records


def unexempted(records: Records) -> Records:
    return replace(records, policy=POLICY)


def extended(records: Records) -> Records:
    longer = Exemption(guest=guid(1), reason="auditor", until=UNTIL + timedelta(days=90))
    return replace(records, policy=POLICY.model_copy(update={"exemptions": (longer,)}))


def without_run(records: Records) -> Records:
    records.ledger._runs.clear()
    return records


def without_plan(records: Records) -> Records:
    return replace(records, archive=MemoryArchive())


def approved(records: Records) -> Records:
    records.ledger._approvals[a_plan().plan_hash] = ("operator", NOW)
    return records


ASKING: Final = sorted(QUESTIONS | REMINDERS)
LOSSES: Final[list[tuple[MailKind, Loss, str]]] = [
    *((kind, without_batch, "batch-gone") for kind in ASKING),
    *((kind, loss, "batch-closed") for kind in ASKING for loss in (closed, overdue)),
    *((kind, at(Step.DENIED), "answered-already") for kind in ASKING),
    (MailKind.ANSWER_RECEIPT, without_batch, "batch-gone"),
    *((kind, replaced, "case-replaced") for kind in STEP_OF),
    (MailKind.GUEST_NOTICE, at(Step.KEPT), "case-moved-on"),
    (MailKind.REMOVAL_DONE, at(Step.RESTORED), "case-moved-on"),
    (MailKind.RESTORED, at(Step.OPENED), "case-moved-on"),
    (MailKind.MANUAL_TASK, at(Step.CLOSED), "case-moved-on"),
    *((MailKind.EXCEPTION_EXPIRING, loss, "exemption-changed") for loss in (unexempted, extended)),
    (MailKind.RUN_DIGEST, without_run, "run-gone"),
    *((MailKind.PAUSED, loss, "run-gone") for loss in (without_run, without_plan)),
    *((MailKind.ROUND_SUMMARY, loss, "run-gone") for loss in (without_run, without_plan)),
    (MailKind.PAUSED, approved, "approved-already"),
]


@pytest.mark.parametrize(("kind", "loss", "why"), LOSSES)
async def test_a_mail_whose_reason_has_passed_is_dropped(kind: MailKind, loss: Loss, why: str) -> None:
    records = loss(await holding(kind))
    assert await records.about(a_mail(kind)) == Passed(why=why)


async def test_a_night_that_holds_nothing_back_has_not_paused() -> None:
    records = await holding(MailKind.PAUSED)
    records.archive = MemoryArchive()
    await records.archive.save_plan(RUN, replace(a_plan(), held=()))
    assert await records.about(a_mail(MailKind.PAUSED)) == Passed(why="nothing-held")


async def test_an_alarm_is_dropped_once_the_run_has_finished_after_all() -> None:
    records = Records(MemoryLedger(), MemoryArchive())
    await records.run()
    alarm = a_mail(MailKind.RUN_DIGEST, id="alert-night-overdue.1", facts={"alert": "night-overdue"})
    assert isinstance(await records.about(alarm), AboutRun)
    run = await records.ledger.run(RUN)
    assert run is not None
    await records.ledger.save_run(replace(run, step=RunStep.FINISHED))
    assert await records.about(alarm) == Passed(why="run-finished")


def test_every_way_to_drop_a_mail_that_the_page_names_is_tried_here() -> None:
    tried = {(kind, why) for kind, _, why in LOSSES}
    tried |= {(MailKind.PAUSED, "nothing-held"), (MailKind.RUN_DIGEST, "run-finished")}
    tried |= {(kind, "told-today") for kind in REMINDERS}  # in test_sending.py
    assert tried == {(one.KIND, why) for one in CONTEXTS for why in one.PASSES}


def test_a_mail_is_dropped_only_for_a_reason_the_page_explains() -> None:
    with pytest.raises(ValueError, match="no reason to drop"):
        Passed(why="because")


async def test_a_guest_without_a_card_is_parked() -> None:
    records = await holding(MailKind.GUEST_NOTICE)
    records.ledger._cards.clear()  # no port takes cards back
    with pytest.raises(Malformed):
        await records.about(a_mail(MailKind.GUEST_NOTICE))


@pytest.mark.parametrize("facts", [{}, {"because": "no-such-code"}, {"because": "directory-refuses"}])
async def test_a_task_that_does_not_say_why_is_parked(facts: dict[str, str]) -> None:
    about = await (await holding(MailKind.MANUAL_TASK)).about(a_mail(MailKind.MANUAL_TASK, facts=facts))
    assert not isinstance(about, Passed)
    with pytest.raises(Malformed):
        compose(about, setting())


async def test_a_second_notice_of_the_same_case_is_about_that_case() -> None:
    records = await holding(MailKind.GUEST_NOTICE)
    mail = a_mail(MailKind.GUEST_NOTICE, id="guest-notice.case-1.answer-2")
    assert not isinstance(await records.about(mail), Passed)


async def test_a_digest_holds_a_section_for_each_batch_that_still_waits() -> None:
    records = await holding(MailKind.REVIEW_REQUEST)
    older = batch(5, id=OTHER, guests=batch(5).guests[3:], deadline=NOW + timedelta(days=3))
    await records.ledger.begin_batch(older, [])
    await records.ledger.save_cards(OTHER, cards(5)[3:])
    for number in (4, 5):
        case = a_case(Step.ASKED, number, batch_id=OTHER, version=1)
        await records.ledger.move(Move(case=case, kind="case-opened", actor="gatehouse", at=NOW))
    about = await records.about(a_mail(MailKind.REVIEW_REQUEST, facts={"also": f"{OTHER} {'0' * 32}"}))
    assert not isinstance(about, Passed)
    mail = compose(about, setting())
    assert isinstance(mail, ReviewRequest)
    assert [(one.heading, one.count) for one in mail.sections] == [("New", 3), ("Still open", 2)]
    assert (mail.count, mail.deadline) == (5, "Monday 23 November 2026")


async def test_a_handover_names_the_colleague_who_was_asked_before() -> None:
    records = await holding(MailKind.HANDOVER)
    before = batch(1, id=OTHER, reviewer=a_person(name="Joost de Vries"), guests=batch(1).guests)
    await records.ledger.begin_batch(before, [])
    for why, said in (("named", "Joost de Vries says"), ("left", "Joost de Vries was asked first")):
        about = await records.about(a_mail(MailKind.HANDOVER, facts={"from": OTHER, "why": why}))
        assert not isinstance(about, Passed)
        mail = compose(about, setting())
        assert isinstance(mail, Handover)
        assert mail.handed_by.startswith(said)


async def test_the_receipt_says_who_is_asked_in_place_of_the_reader() -> None:
    records = await holding(MailKind.ANSWER_RECEIPT)
    await records.ledger.append_answer(a_submission(Choice.NOT_MINE, 1))
    after = batch(1, id=OTHER, reviewer=a_person(name="Joost de Vries"), guests=batch(1).guests)
    await records.ledger.begin_batch(after, [])
    guest = after.guests[0]
    records.ledger._cases[guest] = replace(records.ledger._cases[guest], batch_id=OTHER)
    about = await records.about(a_mail(MailKind.ANSWER_RECEIPT))
    assert not isinstance(about, Passed)
    mail = compose(about, setting())
    assert isinstance(mail, AnswerReceipt)
    assert [(line.answer, line.follows) for line in mail.answers] == [
        ("Not mine", "Nothing changes now. We ask Joost de Vries instead.")
    ]
    assert mail.open_count == 2


async def test_the_summary_counts_the_answers_of_those_who_were_asked() -> None:
    records = await holding(MailKind.ROUND_SUMMARY)
    guest = batch(1).guests[0]
    answered = replace(records.ledger._cases[guest], answer=a_submission(Choice.KEEP, 1).answer)
    records.ledger._cases[guest] = answered
    about = await records.about(a_mail(MailKind.ROUND_SUMMARY))
    assert not isinstance(about, Passed)
    mail = compose(about, setting())
    assert isinstance(mail, RoundSummary)
    counted = {line.what: line.count for line in mail.answers}
    assert (mail.asked, counted["Keep"], counted["No answer"]) == (2, 1, 1)


async def test_a_task_says_what_to_do_about_its_reason() -> None:
    about = await (await holding(MailKind.MANUAL_TASK)).about(a_mail(MailKind.MANUAL_TASK))
    assert not isinstance(about, Passed)
    mail = compose(about, setting())
    assert isinstance(mail, ManualTask)
    assert "switch sign-in off in Entra" in mail.todo
    assert "User.ReadWrite.All" in mail.because[1]
    assert mail.beyond == (
        "team “Tender 2026” (Highly confidential): a rule fills it. Have its owner change the rule.",
    )
