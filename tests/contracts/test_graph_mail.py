"""Mail leaves the one mailbox once: laid as a draft, found again, sent, looked at."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from reviews.errors import Ambiguous, Forbidden, Gone, Malformed, NotSupported
from reviews.incoming import Meaning, meaning, origin
from reviews.ports import Letter
from sandbox.tenant import Fault
from sandbox.tenant_postmaster import Reflex
from tests.contracts.graph_plugs import plugged_in
from tests.contracts.graph_room import MAILBOX

MARK = "0123456789abcdef" * 2
DRAFT = "POST /users/{user-id}/messages"
SEND = "POST /users/{user-id}/messages/{message-id}/send"


def a_letter(to: str = "sara@contoso.example") -> Letter:
    return Letter(to=to, subject="Please confirm 3 guests", text="Three guests", html="<p>Three guests</p>")


async def test_a_draft_is_laid_found_sent_and_found_again_under_the_same_id() -> None:
    async with plugged_in() as plugs:
        assert await plugs.mailer.find(MARK) is None
        draft = await plugs.mailer.draft(a_letter(), MARK)
        assert draft.is_draft
        assert await plugs.mailer.find(MARK) == draft
        assert await plugs.mailer.look(draft.id) == draft
        assert plugs.tenant.sent() == ()
        await plugs.mailer.send(draft.id)
        await plugs.wait(seconds=10)
        sent = await plugs.mailer.look(draft.id)
        assert sent is not None
        assert (sent.id, sent.is_draft) == (draft.id, False)
        assert sent.internet_message_id == draft.internet_message_id
        assert await plugs.mailer.find(MARK) == sent
        [mail] = plugs.tenant.inbox("sara@contoso.example")
    assert mail.html == "<p>Three guests</p>"
    headers = {name.lower(): value for name, value in mail.headers}
    assert headers["x-gatehouse-mail"] == MARK
    assert "OOF" in headers["x-auto-response-suppress"]


async def test_a_reminder_joins_the_conversation_of_the_mail_it_follows() -> None:
    async with plugged_in() as plugs:
        first = await plugs.mailer.draft(a_letter(), MARK)
        await plugs.mailer.send(first.id)
        await plugs.wait(seconds=10)
        reminder = await plugs.mailer.draft(replace(a_letter(), follows=first.id), MARK[::-1])
        assert await plugs.mailer.find(MARK[::-1]) == reminder
        await plugs.mailer.send(reminder.id)
        asked, reminded = plugs.tenant.inbox("sara@contoso.example")
    assert reminded.conversation_id == asked.conversation_id
    assert (reminded.subject, reminded.html) == (asked.subject, asked.html)
    assert plugs.asked(DRAFT) == 1


async def test_what_came_back_is_read_oldest_first_with_its_headers_and_words() -> None:
    async with plugged_in() as plugs:
        plugs.tenant.mail.reflexes["sara@contoso.example"] = Reflex.UNKNOWN
        since = plugs.clock.now()
        assert await plugs.mailer.incoming(since) == ()
        draft = await plugs.mailer.draft(a_letter(), MARK)
        await plugs.mailer.send(draft.id)
        plugs.tenant.mail.reflexes["sara@contoso.example"] = Reflex.AWAY
        await plugs.wait(hours=1)
        second = await plugs.mailer.draft(a_letter(), MARK[::-1])
        await plugs.mailer.send(second.id)

        bounce, away = await plugs.mailer.incoming(since)
        assert (meaning(bounce), meaning(away)) == (Meaning.BOUNCED, Meaning.AWAY)
        assert origin(bounce).markers == (MARK,)
        assert origin(away).message_ids == (second.internet_message_id,)
        assert await plugs.mailer.incoming(since + timedelta(minutes=1)) == (away,)
        await plugs.wait(minutes=1)
        assert await plugs.mailer.marker_of(second.internet_message_id) == MARK[::-1]
        assert await plugs.mailer.marker_of("<x' or '1' eq '1@elsewhere.example>") is None


async def test_people_s_own_drafts_are_no_leftovers() -> None:
    async with plugged_in() as plugs:
        plugs.tenant.mail.draft(MAILBOX, "by-hand", {"subject": "Lunch?"}, plugs.clock.now())
        assert await plugs.mailer.leftovers() == ()


async def test_a_second_send_says_gone_and_sends_nothing() -> None:
    async with plugged_in() as plugs:
        draft = await plugs.mailer.draft(a_letter(), MARK)
        await plugs.mailer.send(draft.id)
        await plugs.wait(seconds=10)
        with pytest.raises(Gone):
            await plugs.mailer.send(draft.id)
        assert len(plugs.tenant.sent()) == 1


async def test_a_message_that_is_not_there_is_none_to_look_at_and_gone_to_send() -> None:
    async with plugged_in() as plugs:
        assert await plugs.mailer.look("AAkALgAAnothing") is None
        with pytest.raises(Gone):
            await plugs.mailer.send("AAkALgAAnothing")


@pytest.mark.parametrize("fault", [Fault(when="after", status=504), Fault(when="after", status=None)])
async def test_a_draft_whose_reply_was_lost_is_ambiguous_and_found_by_its_marker(fault: Fault) -> None:
    async with plugged_in() as plugs:
        plugs.break_down(fault, on=DRAFT)
        with pytest.raises(Ambiguous):
            await plugs.mailer.draft(a_letter(), MARK)
        assert plugs.asked(DRAFT) == 1
        assert await plugs.mailer.find(MARK) is not None


async def test_a_send_whose_reply_was_lost_is_ambiguous_and_never_repeated() -> None:
    async with plugged_in() as plugs:
        draft = await plugs.mailer.draft(a_letter(), MARK)
        plugs.break_down(Fault(when="after", status=503), on=SEND)
        with pytest.raises(Ambiguous):
            await plugs.mailer.send(draft.id)
        assert plugs.asked(SEND) == 1
        assert len(plugs.tenant.sent()) == 1


async def test_a_draft_that_exchange_refuses_to_send_is_not_mistaken_for_a_sent_one() -> None:
    async with plugged_in() as plugs:
        draft = await plugs.mailer.draft(a_letter(), MARK)
        plugs.break_down(Fault(when="before", status=400, code="ErrorInvalidRecipients"), on=SEND)
        with pytest.raises(NotSupported):
            await plugs.mailer.send(draft.id)


async def test_forty_drafts_at_once_never_crowd_the_mailbox() -> None:
    async with plugged_in() as plugs:
        marks = [f"{n:032x}" for n in range(40)]
        await asyncio.gather(*(plugs.mailer.draft(a_letter(), mark) for mark in marks))
        assert {call.status for call in plugs.tenant.calls} == {201}


async def test_a_mailbox_exchange_does_not_let_us_use_is_forbidden_and_the_permission_named() -> None:
    async with plugged_in(mailboxes=()) as plugs:
        with pytest.raises(Forbidden) as refused:
            await plugs.mailer.draft(a_letter(), MARK)
    assert refused.value.needs == "Mail.ReadWrite"


async def test_a_marker_that_could_change_the_filter_is_refused() -> None:
    async with plugged_in() as plugs:
        with pytest.raises(Malformed):
            await plugs.mailer.find("x' or 1 eq 1 or '")
        assert plugs.wire.requests == []
