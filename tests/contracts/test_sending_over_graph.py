"""The outbox over Graph itself: a question leaves once, whichever reply is lost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.sending import Sending, marker
from reviews.errors import Transient
from reviews.model import Step
from reviews.records import MailStep
from sandbox.memory import MemoryArchive, MemoryLedger
from sandbox.tenant import Fault
from tests.builders import a_person
from tests.contracts.graph_plugs import Plugs, plugged_in
from tests.contracts.graph_room import MAILBOX
from tests.letters import HERE, Unchanging, batch, keep_batch
from tests.outbox import REQUEST

CREATE, SEND, LOOK, FIND = (
    "POST /users/{user-id}/messages",
    "POST /users/{user-id}/messages/{message-id}/send",
    "GET /users/{user-id}/messages/{message-id}",
    "GET /users/{user-id}/messages",
)


async def an_outbox(plugs: Plugs) -> tuple[Sending, MemoryLedger]:
    ledger = MemoryLedger()
    now = plugs.clock.now()
    whole = batch(3, opened_at=now, deadline=now + timedelta(days=14), reviewer=a_person())
    await keep_batch(ledger, whole)
    await ledger.owe(replace(REQUEST, owed_at=now))
    sending = Sending(
        clock=plugs.clock,
        ledger=ledger,
        archive=MemoryArchive(),
        mailer=plugs.mailer,
        policies=Unchanging(),
        public_url=HERE,
    )
    return sending, ledger


async def test_a_question_is_sent_at_the_first_try() -> None:
    async with plugged_in() as plugs:
        sending, ledger = await an_outbox(plugs)
        await sending.send(REQUEST.home, REQUEST.id)
        (mail,) = plugs.tenant.inbox(REQUEST.to)
        assert mail.subject.startswith("3 guests need your answer by ")
        assert mail.from_address == MAILBOX
        assert mail.html is not None
        row = await ledger.owed_mail(REQUEST.home, REQUEST.id)
        assert row is not None
        assert row.step is MailStep.VERIFIED
        assert row.internet_message_id == mail.internet_message_id
        assert {case.step for case in await ledger.live_cases()} == {Step.ASKED}
        found = await plugs.mailer.find(marker(REQUEST.home, REQUEST.id))
        assert found is not None
        assert not found.is_draft


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("status", [None, 503, 504])
@pytest.mark.parametrize("operation", [FIND, CREATE, SEND, LOOK])
async def test_a_lost_reply_neither_doubles_nor_loses_a_mail(
    operation: str, status: int | None, when: str
) -> None:
    async with plugged_in() as plugs:
        sending, ledger = await an_outbox(plugs)
        fault = Fault(when="before" if when == "before" else "after", status=status)
        plugs.break_down(*[fault] * 3, on=operation)
        for _ in range(8):
            try:
                await sending.send(REQUEST.home, REQUEST.id)
            except Transient:
                await plugs.wait(minutes=15)
        played = [
            call for call in plugs.tenant.calls if call.operation == operation and call.status == status
        ]
        assert played, "no fault was played"
        assert len(plugs.tenant.inbox(REQUEST.to)) == 1
        assert {case.step for case in await ledger.live_cases()} == {Step.ASKED}
        assert await ledger.owed_mails() == ()
