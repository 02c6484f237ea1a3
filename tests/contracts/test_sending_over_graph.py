"""The outbox over Graph itself: a question leaves once, whichever reply is lost."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from notifications.sending import Sending
from reviews.errors import Transient
from reviews.jobs.sweeping import sweep
from reviews.model import Step
from reviews.records import MailStep
from sandbox.memory import MemoryLedger
from sandbox.memory_archive import MemoryArchive
from sandbox.postbox import Killed
from sandbox.tenant import Fault
from tests.builders import a_person
from tests.contracts.graph_plugs import Plugs, plugged_in
from tests.contracts.graph_room import MAILBOX
from tests.letters import HERE, Unchanging, batch, keep_batch
from tests.outbox import REQUEST, TICKS

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
        found = await plugs.mailer.find(REQUEST.marker)
        assert found is not None
        assert not found.is_draft


FAULTS = {
    "429": Fault(when="before", status=429, retry_after=timedelta(minutes=5)),
    "503": Fault(when="before", status=503),
    "504 lost": Fault(when="before", status=504),
    "504 applied": Fault(when="after", status=504),
    "connection lost before": Fault(when="before", status=None),
    "connection lost after": Fault(when="after", status=None),
}


async def handed_over(plugs: Plugs, sending: Sending) -> None:
    """Hand the message over as often as the queue does."""
    for _ in range(TICKS):
        try:
            await sending.send(REQUEST.home, REQUEST.id)
        except (Transient, Killed):
            await plugs.wait(minutes=15)


async def check(plugs: Plugs, ledger: MemoryLedger) -> None:
    assert len(plugs.tenant.inbox(REQUEST.to)) == 1
    assert {case.step for case in await ledger.live_cases()} == {Step.ASKED}
    assert await ledger.owed_mails() == ()
    await plugs.wait(hours=1)
    await sweep(plugs.mailer, ledger, plugs.clock.now())
    assert await plugs.mailer.leftovers() == ()


@pytest.mark.parametrize("lag", [timedelta(seconds=5), timedelta(minutes=20)], ids=["at once", "delayed"])
@pytest.mark.parametrize("operation", [FIND, CREATE, SEND, LOOK])
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_neither_doubles_nor_loses_a_mail(fault: str, operation: str, lag: timedelta) -> None:
    async with plugged_in(lag=lag) as plugs:
        sending, ledger = await an_outbox(plugs)
        plugs.break_down(*[FAULTS[fault]] * 3, on=operation)
        await handed_over(plugs, sending)
        played = [call for call in plugs.tenant.calls if call.operation == operation]
        assert FAULTS[fault].status in {call.status for call in played}, "no fault was played"
        await check(plugs, ledger)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(1, 5))
async def test_a_kill_neither_doubles_nor_loses_a_mail(number: int, when: str) -> None:
    async with plugged_in() as plugs:
        sending, ledger = await an_outbox(plugs)

        def kill(_request: httpx.Request, now: str) -> None:
            if now == when and len(plugs.wire.requests) == number:
                raise Killed

        plugs.wire.kill = kill
        await handed_over(plugs, sending)
        assert len(plugs.wire.requests) > 4
        await check(plugs, ledger)
