"""What time alone makes due is owed once, however often the job is cut and begun again."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from adapters.clock import HandClock
from reviews import steps
from reviews.jobs.reminding import Reminding
from reviews.model import Batch, BatchId, BatchStep, Choice, GuestId, PersonId, Step
from reviews.policy import Exemption, Mail, Policy
from reviews.records import MailKind, Move, OwedMail, reader_of
from reviews.schedule import local_date
from sandbox.memory import MemoryLedger
from tests.builders import NOW, RUN, SARA, a_person, guid
from tests.letters import BATCH, a_submission, batch, cards, keep_batch

OTHER: Final = BatchId("0ddba115" * 4)
POLICY: Final = Policy(mail=Mail(operators=("desk@contoso.example", "night@contoso.example")))
SARA_READS: Final = reader_of("sara@contoso.example")


class Room:
    """A ledger with Sara's batch of three guests, asked on a Friday, and a clock."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger()
        self.clock = HandClock(NOW)
        self.reminding = Reminding(clock=self.clock, ledger=self.ledger)

    async def keep(self, whole: Batch, step: Step = Step.ASKED) -> Batch:
        await keep_batch(self.ledger, whole, step)
        return whole

    def days(self, count: float) -> datetime:
        self.clock.move(NOW + timedelta(days=count))
        return self.clock.now()

    async def owed(self) -> list[OwedMail]:
        found = [await self.ledger.owed_mail(*where) for where in await self.ledger.owed_mails()]
        return [mail for mail in found if mail is not None]


def second(**changes: object) -> Batch:
    """Another batch of Sara's, with the guests after her first three, ending a week later."""
    return batch(
        0,
        id=OTHER,
        guests=(GuestId(guid(4)),),
        deadline=batch(0).deadline + timedelta(days=7),
        **changes,
    )


async def keep_second(room: Room, whole: Batch) -> None:
    await room.ledger.begin_batch(whole, [])
    await room.ledger.save_cards(whole.id, cards(4)[3:])
    case = (await room.ledger.case(GuestId(guid(1)))) or None
    assert case is not None
    own = replace(case, guest_id=GuestId(guid(4)), batch_id=whole.id, version=1)
    await room.ledger.move(Move(case=own, kind="case-opened", actor="gatehouse", at=NOW))


async def test_nobody_is_reminded_before_the_day() -> None:
    room = Room()
    whole = await room.keep(batch(3))
    room.days(6)
    assert await room.reminding.remind([whole], POLICY) == 0
    assert await room.owed() == []


async def test_a_reminder_is_owed_once_however_often_the_job_runs() -> None:
    room = Room()
    whole = await room.keep(batch(3))
    room.days(7)
    for _ in range(3):
        await room.reminding.remind([whole], POLICY)
    [mail] = await room.owed()
    assert (mail.home, mail.id, mail.kind) == (
        f"batch:{BATCH}", "review-reminder.1", MailKind.REVIEW_REMINDER,
    )  # fmt: skip
    assert (mail.to, mail.facts) == ("sara@contoso.example", {})


async def test_who_had_mail_on_the_day_is_not_reminded() -> None:
    room = Room()
    whole = await room.keep(batch(3))
    now = room.days(7)
    await room.ledger.take_day(SARA_READS, local_date(POLICY.tenant.zone, now), "another mail")
    assert await room.reminding.remind([whole], POLICY) == 0


async def test_two_batches_of_one_reviewer_make_one_mail_at_home_in_the_one_that_ends_first() -> None:
    room = Room()
    first = await room.keep(batch(3))
    await keep_second(room, second())
    room.days(7)
    assert await room.reminding.remind([second(), first], POLICY) == 1
    [mail] = await room.owed()
    assert (mail.home, mail.facts) == (f"batch:{BATCH}", {"also": OTHER})


async def test_a_last_reminder_goes_before_an_ordinary_one() -> None:
    room = Room()
    first = await room.keep(batch(3))
    await keep_second(room, second())
    room.days(13.5)
    assert await room.reminding.remind([second(), first], POLICY) == 1
    [mail] = await room.owed()
    assert (mail.home, mail.id) == (f"batch:{BATCH}", "final-reminder")


async def test_each_reviewer_has_a_mail_of_their_own() -> None:
    room = Room()
    first = await room.keep(batch(3))
    joost = replace(a_person(PersonId(guid(9002))), mail="joost@contoso.example", language="nl")
    theirs = second(reviewer_id=joost.id, reviewer=joost)
    await keep_second(room, theirs)
    room.days(7)
    assert await room.reminding.remind([first, theirs], POLICY) == 2
    assert {(mail.to, mail.language) for mail in await room.owed()} == {
        ("sara@contoso.example", "en-GB"),
        ("joost@contoso.example", "nl"),
    }


async def test_only_who_has_not_answered_is_reminded() -> None:
    room = Room()
    whole = await room.keep(batch(2))
    for number in (1, 2):
        case = await room.ledger.case(GuestId(guid(number)))
        assert case is not None
        answer = replace(a_submission(Choice.KEEP, number).answer, by=SARA)
        await room.ledger.move(Move(case=steps.answered(case, answer), kind="answered", actor=SARA, at=NOW))
    room.days(7)
    assert await room.reminding.remind([whole], POLICY) == 0


async def test_a_question_that_has_not_left_yet_is_not_repeated() -> None:
    room = Room()
    whole = await room.keep(batch(3), Step.OPENED)
    room.days(7)
    assert await room.reminding.remind([whole], POLICY) == 0


async def test_a_batch_still_being_made_or_closed_reminds_nobody() -> None:
    room = Room()
    whole = await room.keep(batch(3))
    room.days(7)
    for step in BatchStep:
        found = await room.reminding.remind([replace(whole, step=step)], POLICY)
        assert found == (step is BatchStep.OPEN)


async def test_each_operator_is_owed_the_summary_of_a_round_once() -> None:
    room = Room()
    for _ in range(2):
        await room.reminding.sum_up(RUN, POLICY)
    assert [(mail.home, mail.id, mail.to) for mail in await room.owed()] == [
        (f"run:{RUN}", "round-summary.1", "desk@contoso.example"),
        (f"run:{RUN}", "round-summary.2", "night@contoso.example"),
    ]


async def test_no_summary_where_the_policy_wants_none() -> None:
    room = Room()
    quiet = POLICY.model_copy(update={"cadence": POLICY.cadence.model_copy(update={"round_summary": False})})
    await room.reminding.sum_up(RUN, quiet)
    assert await room.owed() == []


async def test_the_end_of_an_exemption_is_announced_once_and_again_when_it_is_prolonged() -> None:
    room = Room()
    until = NOW.date() + timedelta(days=10)
    one = Exemption(guest=guid(1), reason="on the board", until=until)
    for exemption in (one, one, one.model_copy(update={"until": until + timedelta(days=1)})):
        await room.reminding.announce(POLICY.model_copy(update={"exemptions": (exemption,)}))
    mails = await room.owed()
    assert [mail.id for mail in mails] == [
        "exception-expiring.2026-11-30.1",
        "exception-expiring.2026-11-30.2",
        "exception-expiring.2026-12-01.1",
        "exception-expiring.2026-12-01.2",
    ]
    assert mails[0].facts == {"until": "2026-11-30"}
