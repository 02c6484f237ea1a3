"""What came back is noted once, on the batch it is about, and on nothing else."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from adapters.clock import HandClock
from reviews.incoming import Incoming, Meaning
from reviews.jobs.receiving import Receiving
from reviews.jobs.telling import notice_id
from reviews.model import Batch, BatchStep, GuestId, Step
from reviews.policy import Cadence, Policy
from reviews.ports import Letter
from reviews.records import MailKind, marker
from sandbox.memory import MemoryLedger
from sandbox.postbox import Postbox
from tests.builders import NOW, guid
from tests.letters import BATCH, batch, keep_batch
from tests.tables import DOCS, table

HOME: Final = f"batch:{BATCH}"
ASKED: Final = marker(HOME, MailKind.REVIEW_REQUEST.value)
REMINDED: Final = marker(HOME, "review-reminder.1")
LETTER: Final = Letter(to="sara@contoso.example", subject="Three guests", text="Hello", html="<p>Hello</p>")
REPORT: Final = ("Content-Type", "multipart/report; report-type=delivery-status")


class Room:
    """A ledger with one open batch, and a mailbox."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.ledger = MemoryLedger()
        self.box = Postbox()
        self.policy = policy or Policy()
        self.receiving = Receiving(clock=HandClock(NOW), ledger=self.ledger, mailer=self.box)

    async def open(self, step: Step = Step.ASKED) -> "Room":
        await keep_batch(self.ledger, batch(2), step)
        return self

    async def bounce(self, mark: str, after: timedelta = timedelta()) -> None:
        """Let a report about one of our mails come in, which quotes its marker."""
        text = f"Action: failed\nStatus: 5.1.1\nx-gatehouse-mail: {mark}"
        await self.come_in(REPORT, sender="postmaster@contoso.example", text=text, after=after)

    async def come_in(
        self, *headers: tuple[str, str], sender: str, text: str = "", after: timedelta = timedelta()
    ) -> None:
        number = len(self.box.inbox)
        self.box.inbox.append(
            Incoming(id=f"m{number}", at=NOW + after, sender=sender, subject="", headers=headers, text=text)
        )

    async def batch(self) -> Batch:
        found = await self.ledger.batch(BATCH)
        assert found is not None
        return found

    async def receive(self) -> Batch:
        await self.receiving.receive(None, [await self.batch()], self.policy)
        return await self.batch()


async def test_a_bounced_question_is_noted_with_its_day_once() -> None:
    room = await Room().open()
    await room.bounce(ASKED)
    noted = await room.receive()
    assert noted.unreached is not None
    assert (noted.unreached.code, noted.unreached.params) == ("reviewer-unreached", {"on": "2026-11-20"})
    await room.bounce(ASKED, after=timedelta(days=1))
    assert await room.receive() == noted


async def test_a_bounced_reminder_counts_like_the_question() -> None:
    room = await Room().open()
    await room.bounce(REMINDED)
    assert (await room.receive()).unreached is not None


WHAT_COMES: Final = {
    "bounced": "Action: failed",
    "delayed": "Action: delayed",
    "away": "",
    "reply": "",
    "unrelated": "",
}


@pytest.mark.parametrize("row", table("When a mail comes back", DOCS / "sponsors.md"), ids=str)
async def test_each_documented_return_is_noted_as_it_should(row: dict[str, str]) -> None:
    waits = row["pass_on_when_away"] == "false"
    room = await Room(Policy(cadence=Cadence(pass_on_when_away=not waits))).open()
    draft = await room.box.draft(LETTER, ASKED if row["about"] == "question" else REMINDED)
    text = WHAT_COMES[row["what comes in"]]
    headers = [REPORT] if text else []
    headers += [("Auto-Submitted", "auto-replied")] if row["what comes in"] == "away" else []
    headers += [] if row["about"] == "-" else [("In-Reply-To", draft.internet_message_id)]
    await room.come_in(*headers, sender="somebody@contoso.example", text=text)
    noted = (await room.receive()).unreached
    assert (noted.code if noted else "-") == row["noted on the batch"]


def test_every_meaning_is_documented() -> None:
    told = {row["what comes in"] for row in table("When a mail comes back", DOCS / "sponsors.md")}
    assert told == set(Meaning) == set(WHAT_COMES)


async def test_what_quotes_no_mail_of_ours_changes_nothing() -> None:
    room = await Room().open()
    await room.bounce("0" * 32)
    await room.come_in(("In-Reply-To", "<x@elsewhere.example>"), ("X-Autoreply", "yes"), sender="x@y.example")
    before = await room.batch()
    assert await room.receive() == before


async def test_a_batch_that_was_closed_meanwhile_is_left_alone() -> None:
    room = await Room().open()
    read = await room.batch()
    await room.ledger.save_batch(replace(read, step=BatchStep.CLOSED))
    await room.bounce(ASKED)
    await room.receiving.receive(None, [read], room.policy)
    assert (await room.batch()).unreached is None


async def test_reading_goes_on_where_it_ended() -> None:
    room = await Room().open()
    assert await room.receiving.receive(None, [], room.policy) == NOW - timedelta(days=1)
    await room.bounce(ASKED, after=timedelta(hours=3))
    assert await room.receiving.receive(NOW, [], room.policy) == NOW + timedelta(hours=3)


async def test_a_bounced_notice_is_written_into_the_guests_record_once_and_changes_no_step() -> None:
    room = await Room().open(Step.NOTICED)
    case = await room.ledger.case(GuestId(guid(1)))
    assert case is not None
    await room.bounce(marker(f"guest:{case.guest_id}", notice_id(case)))
    for _ in range(2):
        await room.receive()
    after = await room.ledger.case(case.guest_id)
    assert after == replace(case, version=case.version + 1)
    assert [event.kind for event in await room.ledger.events(case.guest_id)][1:] == ["notice-bounced"]
