"""The outbox: whatever fails, whenever, each mail arrives once or is dropped for a reason."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from reviews import steps
from reviews.errors import Gone, Malformed, Transient
from reviews.model import BatchStep, Case, Choice, Outcome, RunId, Step
from reviews.policy import Mode
from reviews.records import REMINDERS, MailKind, MailStep, Move, OwedMail
from sandbox.postbox import Postbox, Trouble
from tests.builders import NOW, RUN, a_case
from tests.letters import BATCH, POLICY, a_plan, a_submission, batch, keep_batch
from tests.outbox import NOTICE, REQUEST, TICKS, Room


async def test_a_question_is_sent_and_delivered_to_its_cases() -> None:
    room = await Room().owe(REQUEST)
    await room.sending.send(REQUEST.home, REQUEST.id)
    (letter,) = room.box.delivered
    assert (letter.to, letter.subject) == (REQUEST.to, "3 guests need your answer by Friday 4 December 2026")
    mail = await room.mail(REQUEST)
    assert mail.step is MailStep.VERIFIED
    for number in (1, 2, 3):
        case = await room.case(number)
        assert case.step is Step.ASKED
        assert case.asked_at == mail.sent_at == NOW
        event = (await room.ledger.events(case.guest_id))[-1]
        assert (event.kind, event.facts["mail"]) == ("question-delivered", "review-request")
        assert event.facts["internet_message_id"] == mail.internet_message_id
    assert await room.ledger.owed_mails() == ()


async def test_a_notice_is_sent_in_the_guests_language_and_starts_the_grace() -> None:
    room = await Room().owe(NOTICE, Step.DENIED)
    await room.sending.send(NOTICE.home, NOTICE.id)
    assert room.box.delivered[0].subject == "Uw gasttoegang bij contoso.example loopt af"
    case = await room.case()
    assert (case.step, case.notice_at) == (Step.NOTICED, NOW)
    assert (await room.ledger.events(case.guest_id))[-1].kind == "notice-sent"


async def test_sending_again_does_nothing() -> None:
    room = await Room().owe(REQUEST)
    for _ in range(3):
        await room.sending.send(REQUEST.home, REQUEST.id)
    assert len(room.box.delivered) == 1
    assert (await room.case()).version == 2


async def test_a_message_that_is_never_seen_again_is_never_sent_again() -> None:
    room = await Room(Postbox(hides_for=10**6)).owe(NOTICE, Step.DENIED)
    room.box.trouble = lambda call, _number: Trouble.APPLIED if call == "send" else None
    for _ in range(20):
        await room.tick(NOTICE)
    assert len(room.box.delivered) == 1
    assert (await room.case()).step is Step.DENIED, "grace must not start on hope"


async def test_a_draft_somebody_threw_away_is_not_replaced() -> None:
    room = await Room().owe(NOTICE, Step.DENIED)
    room.box.trouble = lambda call, _number: Trouble.LOST if call == "send" else None
    await room.tick(NOTICE)
    room.box.messages.clear()
    room.box.trouble = lambda _call, _number: None
    for _ in range(5):
        with pytest.raises(Transient):
            await room.sending.send(NOTICE.home, NOTICE.id)
    assert room.box.delivered == []


async def test_a_message_accepted_but_still_in_drafts_counts_for_nothing() -> None:
    room = await Room(Postbox(stale_for=10**6)).owe(NOTICE, Step.DENIED)
    for _ in range(TICKS):
        await room.tick(NOTICE)
    assert len(room.box.delivered) == 1
    assert (await room.mail(NOTICE)).step is MailStep.SENT
    assert (await room.case()).step is Step.DENIED


async def test_a_draft_laid_before_the_process_died_is_taken_up_again() -> None:
    room = await Room().owe(NOTICE, Step.DENIED)
    room.box.trouble = lambda call, number: Trouble.KILLED if call == "draft" and number < 10 else None
    await room.tick(NOTICE)
    assert (await room.mail(NOTICE)).step is MailStep.PENDING
    await room.tick(NOTICE)
    assert len(room.box.messages) == len(room.box.delivered) == 1


async def test_the_draft_and_the_row_carry_the_same_marker() -> None:
    room = await Room().owe(REQUEST)
    await room.sending.send(REQUEST.home, REQUEST.id)
    (message,) = room.box.messages.values()
    assert message.marker == REQUEST.marker
    assert len(message.marker) == 32


async def dropped(room: Room, mail: OwedMail) -> str:
    await room.sending.send(mail.home, mail.id)
    assert room.box.delivered == []
    found = await room.mail(mail)
    assert found.step is MailStep.DROPPED
    assert await room.ledger.owed_mails() == ()
    return str(found.facts["dropped"])


async def test_a_question_past_its_deadline_is_dropped() -> None:
    room = await Room().owe(REQUEST)
    room.clock.move(batch(3).deadline + timedelta(seconds=1))
    assert await dropped(room, REQUEST) == "batch-closed"


async def test_a_question_of_a_closed_batch_is_dropped() -> None:
    room = await Room().owe(REQUEST)
    stored = await room.ledger.batch(BATCH)
    assert stored
    await room.ledger.save_batch(replace(stored, step=BatchStep.CLOSED))
    assert await dropped(room, REQUEST) == "batch-closed"


async def test_a_question_everybody_has_answered_in_my_access_is_dropped() -> None:
    room = await Room().owe(REQUEST, Step.KEPT)
    assert await dropped(room, REQUEST) == "answered-already"


@pytest.mark.parametrize("kind", sorted(REMINDERS))
async def test_a_reminder_on_a_day_whose_mail_has_left_is_dropped(kind: MailKind) -> None:
    reminder = replace(REQUEST, id=f"{kind}.1", kind=kind)
    room = await Room().owe(reminder)
    assert await room.ledger.take_day(reminder.reader, NOW.date(), "another mail")
    assert await dropped(room, reminder) == "told-today"


async def test_a_question_asks_only_about_guests_nobody_has_answered_for() -> None:
    room = await Room().owe(REQUEST)
    case = await room.case(1)
    kept = steps.answered(case, a_submission(Choice.KEEP).answer)
    await room.ledger.move(Move(case=kept, kind="answered", actor="sara", at=NOW))
    await room.sending.send(REQUEST.home, REQUEST.id)
    assert room.box.delivered[0].subject.startswith("2 guests")
    assert "Sam Visser" not in room.box.delivered[0].text
    assert (await room.case(1)).step is Step.KEPT


async def test_a_notice_is_dropped_when_the_reviewer_changed_her_mind() -> None:
    room = await Room().owe(NOTICE, Step.DENIED)
    kept = steps.answered(await room.case(), a_submission(Choice.KEEP).answer)
    await room.ledger.move(Move(case=kept, kind="answered", actor="sara", at=NOW))
    assert await dropped(room, NOTICE) == "case-moved-on"


async def test_a_change_of_mind_while_the_notice_leaves_wins() -> None:
    room = await Room().owe(NOTICE, Step.DENIED)
    room.box.trouble = lambda call, _number: Trouble.KILLED if call == "send" else None
    await room.tick(NOTICE)
    room.box.trouble = lambda _call, _number: None
    kept = steps.answered(await room.case(), a_submission(Choice.KEEP).answer)
    await room.ledger.move(Move(case=kept, kind="answered", actor="sara", at=NOW))
    await room.sending.send(NOTICE.home, NOTICE.id)
    assert (await room.mail(NOTICE)).step is MailStep.VERIFIED
    assert (await room.case()).step is Step.KEPT


async def test_a_mail_about_an_earlier_case_of_the_guest_is_dropped() -> None:
    old = replace(NOTICE, id="guest-notice.case-0")
    room = await Room().owe(old, Step.DENIED)
    assert await dropped(room, old) == "case-replaced"


@pytest.mark.parametrize("mail", [REQUEST, NOTICE])
async def test_in_report_mode_questions_and_notices_wait_and_go_out_later(mail: OwedMail) -> None:
    room = await Room(mode=Mode.REPORT).owe(mail, Step.OPENED if mail is REQUEST else Step.DENIED)
    await room.sending.send(mail.home, mail.id)
    assert (await room.mail(mail)).step is MailStep.PENDING
    assert room.box.messages == {}
    room.policies.policy = POLICY
    await room.sending.send(mail.home, mail.id)
    assert len(room.box.delivered) == 1


def about(kind: MailKind, **changes: Any) -> OwedMail:
    return replace(
        NOTICE, id=f"{kind}.case-1", kind=kind, to="sara@contoso.example", language="en", **changes
    )


@pytest.mark.parametrize(
    ("kind", "case", "sent"),
    [
        (MailKind.REMOVAL_DONE, a_case(Step.DELETED), True),
        (MailKind.REMOVAL_DONE, a_case(Step.CLOSED, outcome=Outcome.REMOVED, deleted_at=NOW), True),
        (MailKind.REMOVAL_DONE, a_case(Step.CLOSED, outcome=Outcome.RESTORED, deleted_at=NOW), False),
        (MailKind.REMOVAL_DONE, a_case(Step.QUARANTINED), False),
        (MailKind.RESTORED, a_case(Step.RESTORED), True),
        (MailKind.RESTORED, a_case(Step.CLOSED, outcome=Outcome.RESTORED, closed_at=NOW), True),
        (MailKind.RESTORED, a_case(Step.CLOSED, outcome=Outcome.REMOVED, closed_at=NOW), False),
    ],
)
async def test_word_of_what_was_done_is_sent_while_it_is_true(kind: MailKind, case: Case, sent: bool) -> None:  # noqa: FBT001
    room = await Room().owe(about(kind), Step.OPENED)
    now = replace(case, batch_id=BATCH, version=2)
    await room.ledger.move(Move(case=now, kind="anything", actor="gatehouse", at=NOW))
    await room.sending.send(NOTICE.home, f"{kind}.case-1")
    assert len(room.box.delivered) == sent
    assert (await room.case()).version == 2, "telling changes no case"


async def test_a_receipt_says_what_the_cases_hold() -> None:
    receipt = replace(REQUEST, id="answer-receipt.0123456789abcdef", kind=MailKind.ANSWER_RECEIPT)
    room = await Room().owe(receipt, Step.KEPT)
    await room.sending.send(receipt.home, receipt.id)
    assert room.box.delivered[0].subject == "Your 3 answers are recorded"


DIGEST: Final = OwedMail(
    home=f"run:{RUN}",
    id="run-digest.1",
    kind=MailKind.RUN_DIGEST,
    to="desk@contoso.example",
    language="nl",
    owed_at=NOW,
)


async def begun(room: Room) -> None:
    run = await room.ledger.begin_run("night", NOW, owner="o", now=NOW, lease=timedelta(minutes=5))
    assert run is not None


async def test_operators_get_the_digest_of_a_run_with_its_plan() -> None:
    room = Room()
    run = await room.ledger.begin_run("night", NOW, owner="o", now=NOW, lease=timedelta(minutes=5))
    assert run is not None
    await room.archive.save_plan(run.id, a_plan())
    mail = replace(DIGEST, home=f"run:{run.id}")
    await room.ledger.owe(mail)
    await room.sending.send(mail.home, mail.id)
    assert "1.234 gastaccounts" in room.box.delivered[0].text


async def test_an_alarm_reaches_operators_though_the_run_never_began() -> None:
    room = Room(mode=Mode.REPORT)
    alarm = replace(DIGEST, id="alert-night-overdue.1", facts={"alert": "night-overdue"})
    await room.ledger.owe(alarm)
    await room.sending.send(alarm.home, alarm.id)
    assert room.box.delivered[0].subject.startswith("Let op")


async def test_a_digest_of_no_run_is_dropped() -> None:
    room = Room()
    await room.ledger.owe(DIGEST)
    assert await dropped(room, DIGEST) == "run-gone"


async def test_a_mail_nobody_owes_is_an_error() -> None:
    with pytest.raises(Gone):
        await Room().sending.send("batch:none", "review-request")


@pytest.mark.parametrize(
    "mail",
    [
        replace(REQUEST, kind=MailKind.GUEST_NOTICE),
        replace(NOTICE, id="run-digest.case-1", kind=MailKind.RUN_DIGEST),
        replace(DIGEST, kind=MailKind.RESTORED, home=f"run:{RunId('night:2026-11-20T02:00Z')}"),
    ],
)
async def test_a_mail_at_home_in_the_wrong_place_is_parked(mail: OwedMail) -> None:
    room = Room()
    await keep_batch(room.ledger, batch(1), Step.RESTORED)
    await begun(room)
    await room.ledger.owe(mail)
    with pytest.raises(Malformed):
        await room.sending.send(mail.home, mail.id)
    assert room.box.messages == {}


async def test_logs_hold_ids_only(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    room = await Room().owe(NOTICE, Step.DENIED)
    await room.sending.send(NOTICE.home, NOTICE.id)
    events = [getattr(record, "event", None) for record in caplog.records]
    assert events == ["mail.drafted", "mail.sent", "mail.verified"]
    told = " ".join(str(vars(record)) for record in caplog.records)
    assert "@" not in told
    assert "visser" not in told.lower()
