"""Both plugs of the Mailer port keep its promises: the one over Graph and the one in memory."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from reviews.errors import Gone
from reviews.ports import Letter, Mailer
from sandbox.postbox import Postbox
from tests.builders import NOW
from tests.contracts.graph_plugs import plugged_in

MARKER = "0123456789abcdef0123456789abcdef"
LETTER = Letter(
    to="sara@contoso.example",
    subject="3 guests need your answer",
    text="Hello",
    html="<!doctype html><html><head></head><body><p>Hello</p></body></html>",
)


@pytest.fixture(params=["graph", "memory"])
async def mailer(request: pytest.FixtureRequest) -> AsyncIterator[Mailer]:
    if request.param == "memory":
        yield Postbox()
        return
    async with plugged_in() as plugs:
        yield plugs.mailer


async def test_nothing_is_found_before_a_draft_is_laid(mailer: Mailer) -> None:
    assert await mailer.find(MARKER) is None
    assert await mailer.look("AAMkdHJhZnQ") is None


async def test_a_draft_is_found_by_its_marker_and_by_its_id(mailer: Mailer) -> None:
    draft = await mailer.draft(LETTER, MARKER)
    assert draft.is_draft
    assert await mailer.find(MARKER) == draft
    assert await mailer.look(draft.id) == draft
    assert await mailer.find(MARKER[::-1]) is None


async def test_a_draft_leaves_once_and_keeps_both_ids(mailer: Mailer) -> None:
    draft = await mailer.draft(LETTER, MARKER)
    await mailer.send(draft.id)
    with pytest.raises(Gone):
        await mailer.send(draft.id)


async def test_drafts_of_ours_are_listed_until_they_leave_or_are_thrown_away(
    mailer: Mailer,
) -> None:
    assert await mailer.leftovers() == ()
    kept, thrown = await mailer.draft(LETTER, MARKER), await mailer.draft(LETTER, MARKER[::-1])
    assert {(one.id, one.marker) for one in await mailer.leftovers()} == {
        (kept.id, MARKER),
        (thrown.id, MARKER[::-1]),
    }
    await mailer.discard(thrown.id)
    await mailer.discard(thrown.id)
    await mailer.send(kept.id)
    assert await mailer.leftovers() == ()


async def test_what_was_thrown_away_before_is_thrown_away(mailer: Mailer) -> None:
    await mailer.discard("AAMkdHJhZnQ")


async def test_a_reminder_of_what_cannot_be_found_is_a_mail_of_its_own(mailer: Mailer) -> None:
    draft = await mailer.draft(replace(LETTER, follows="AAMkdHJhZnQ"), MARKER)
    assert await mailer.find(MARKER) == draft


async def test_a_message_is_known_by_its_internet_id(mailer: Mailer) -> None:
    draft = await mailer.draft(LETTER, MARKER)
    assert await mailer.marker_of(draft.internet_message_id) == MARKER
    assert await mailer.marker_of("<another@elsewhere.example>") is None


async def test_nothing_has_come_in(mailer: Mailer) -> None:
    assert await mailer.incoming(NOW) == ()


async def test_sending_what_does_not_exist_says_gone(mailer: Mailer) -> None:
    with pytest.raises(Gone):
        await mailer.send("AAMkdHJhZnQ")


async def test_a_sent_message_is_seen_outside_drafts_after_a_while() -> None:
    async with plugged_in() as plugs:
        for mailer in (plugs.mailer, Postbox(hides_for=1)):
            draft = await mailer.draft(LETTER, MARKER)
            if isinstance(mailer, Postbox):
                assert await mailer.look(draft.id) is None
            await mailer.send(draft.id)
            seen = await mailer.look(draft.id)
            for _ in range(10):
                if seen is not None:
                    break
                await plugs.wait(minutes=1)
                seen = await mailer.look(draft.id)
            assert seen is not None
            assert (seen.id, seen.internet_message_id) == (draft.id, draft.internet_message_id)
            assert not seen.is_draft
