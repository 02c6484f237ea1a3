"""What people hear from us from the question to the deadline, on a tenant that plays every mail."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.graph import operations
from reviews.model import Outcome, Step
from sandbox.tenant_postmaster import Reflex
from tests.stories.telling import Tale, telling


@pytest.fixture
async def tale(tmp_path: Path) -> AsyncIterator[Tale]:
    async with telling(tmp_path, quiet=False) as told:
        yield told


async def test_who_does_not_answer_is_reminded_in_the_conversation_of_the_question(tale: Tale) -> None:
    await tale.night(0)
    for day in (1, 7, 8, 11, 13, 14):
        await tale.noon(day)

    record = tale.guest("sara")
    assert record is not None
    mails = tale.quick.tenant.inbox(record["mail"])
    days = [(mail.at.date() - mails[0].at.date()).days for mail in mails]
    assert days == [0, 1, 7, 11, 13, 14], "one a day, and none on the day after a reminder of everything"
    asked, later, *reminders = [mail.conversation_id for mail in mails]
    assert reminders == [asked, asked, asked, later]
    assert "7 guests" in mails[2].subject, "both questions in one mail"
    assert (await tale.case("ada")).step is Step.ASKED
    if tale.check is not None:
        seen = {name for name, side in tale.check.seen if side == "response"}
        assert {operations.CREATE_REPLY.name, operations.LIST_FOLDER.name} <= seen
        assert tale.check.violations == []


async def test_a_draft_left_behind_by_a_kill_is_gone_at_the_next_tracking(tale: Tale) -> None:
    await tale.night(0)
    case = await tale.case("ada")
    mail = await tale.quick.ledger.owed_mail(f"batch:{case.batch_id}", "review-request")
    assert mail is not None
    tenant = tale.quick.tenant
    mark = {"id": "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name GatehouseMail", "value": mail.marker}
    tenant.mail.draft(
        "guest-desk@contoso.example",
        "left-behind",
        {"subject": "3 guests need your answer", "singleValueExtendedProperties": [mark]},
        tenant.now(),
    )
    await tale.noon(1)

    assert tenant.mail.messages["left-behind"].folder == "deleteditems"


async def test_the_operators_are_told_how_a_round_ended_when_its_last_batch_closes(tale: Tale) -> None:
    await tale.night(0)
    for day in (14, 15):
        await tale.noon(day)

    told = [one for one in tale.mails_to("operators@contoso.example") if "how the round" in one]
    assert len(told) == 1


async def test_a_question_that_bounces_goes_to_the_next_person_with_a_clock_of_its_own(tale: Tale) -> None:
    record = tale.guest("sara")
    assert record is not None
    tale.quick.tenant.mail.reflexes[record["mail"].lower()] = Reflex.UNKNOWN
    await tale.night(0)
    asked = await tale.case("ada")
    await tale.noon(1)
    await tale.noon(2)

    case = await tale.case("ada")
    assert (case.reviewer, case.step) == (tale.id("fay"), Step.ASKED)
    assert case.deadline > asked.deadline
    assert case.reasons[-1].code == "reviewer-unreached"
    assert tale.check is None or tale.check.violations == []


async def test_silence_after_a_bounce_with_nobody_left_ends_in_no_lapse(tmp_path: Path) -> None:
    alone: dict[str, list[str]] = {"fallback": []}
    async with telling(tmp_path, reviewers=alone, actions={"on_no_answer": "block"}) as tale:
        record = tale.guest("sara")
        assert record is not None
        tale.quick.tenant.mail.reflexes[record["mail"].lower()] = Reflex.UNKNOWN
        await tale.night(0)
        for day in (1, 15):
            await tale.noon(day)

        events = await tale.events("ada")
        assert [event.kind for event in events][:3] == ["case-opened", "question-delivered", "closed"]
        assert events[2].case.outcome is Outcome.UNANSWERED
        assert not {"lapsed", "notice-owed"} & {event.kind for event in events}
