"""Mail in the sandbox behaves as in Exchange: drafts that leave once, ids that stay or change."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from sandbox.tenant import DEFAULT_GRANTED
from sandbox.tenant_postmaster import Reflex
from tests.contracts.graph_room import IMMUTABLE, MAILBOX, MARK, MESSAGES, Room, a_message, a_room, code_of

DRAFTS = f"/users/{MAILBOX}/mailFolders/drafts/messages"
SENT = f"/users/{MAILBOX}/mailFolders/sentitems/messages"
GONE = (404, "ErrorItemNotFound")


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with a_room() as made:
        yield made


async def test_another_mailbox_is_out_of_reach(room: Room) -> None:
    sara = str(room.cast.member(0)["mail"])
    for path in (f"/users/{sara}/messages", f"/users/{room.id('sara')}/messages"):
        assert code_of(await room.graph.get(path)) == (403, "ErrorAccessDenied")
        answer = await room.graph.post(path, json=a_message("s", "m"))
        assert code_of(answer) == (403, "ErrorAccessDenied")


async def test_a_tenant_wide_consent_opens_every_mailbox() -> None:
    async with a_room(granted=DEFAULT_GRANTED | {"Mail.ReadWrite"}) as room:
        draft = await room.graph.post(f"/users/{room.id('sara')}/messages", json=a_message("s", "m"))
        assert draft.status_code == 201
        send = f"/users/{room.id('sara')}/messages/{draft.json()['id']}/send"
        assert code_of(await room.graph.post(send)) == (403, "ErrorAccessDenied")


async def test_a_draft_leaves_drafts_once_and_arrives_as_it_was_written(room: Room) -> None:
    draft = await room.a_draft()
    assert (draft.status_code, draft.json()["isDraft"]) == (201, True)
    assert draft.headers["Preference-Applied"] == 'IdType="ImmutableId"'
    message = f"{MESSAGES}/{draft.json()['id']}"
    assert room.tenant.sent() == ()
    assert (await room.graph.post(f"{message}/send")).status_code == 202
    assert (await room.get(DRAFTS))["value"] == []
    assert (await room.graph.post(f"{message}/send")).status_code == 404
    await room.wait(seconds=6)
    assert code_of(await room.graph.post(f"{message}/send")) == (400, "ErrorInvalidOperation")
    [mail] = room.tenant.inbox("SARA@contoso.example")
    assert (mail.subject, mail.html, mail.text) == ("Please confirm", "<p>Three guests</p>", None)
    assert mail.internet_message_id == draft.json()["internetMessageId"]
    assert mail.headers == (("x-gatehouse-mark", "m-1"),)
    assert (mail.from_address, mail.to) == (MAILBOX, ("sara@contoso.example",))


async def test_the_copy_in_sent_items_lags_and_keeps_the_immutable_id(room: Room) -> None:
    draft = (await room.a_draft()).json()
    message = f"{MESSAGES}/{draft['id']}"
    await room.graph.post(f"{message}/send")
    assert code_of(await room.graph.get(message, headers=IMMUTABLE)) == GONE
    assert (await room.get(SENT))["value"] == []
    await room.wait(seconds=5)
    again = (await room.graph.get(message, headers=IMMUTABLE)).json()
    assert (again["id"], again["isDraft"]) == (draft["id"], False)
    assert again["internetMessageId"] == draft["internetMessageId"]
    assert len((await room.get(SENT))["value"]) == 1


async def test_without_the_preference_the_id_changes_when_the_message_moves(room: Room) -> None:
    draft = (await room.graph.post(MESSAGES, json=a_message("s", "m"))).json()
    await room.graph.post(f"{MESSAGES}/{draft['id']}/send")
    await room.wait(seconds=6)
    assert code_of(await room.graph.get(f"{MESSAGES}/{draft['id']}")) == GONE
    [sent] = (await room.get(SENT))["value"]
    assert sent["id"] != draft["id"]


@pytest.mark.parametrize("sent", [False, True])
async def test_a_message_is_found_by_its_mark_draft_or_sent(room: Room, sent: bool) -> None:  # noqa: FBT001
    draft = (await room.a_draft(mark="m-7")).json()
    await room.a_draft(mark="m-8")
    if sent:
        await room.graph.post(f"{MESSAGES}/{draft['id']}/send")
        await room.wait(seconds=6)
    text = f"singleValueExtendedProperties/any(ep: ep/id eq '{MARK}' and ep/value eq 'm-7')"
    found = await room.graph.get(
        MESSAGES, params={"$filter": text, "$select": "id,isDraft"}, headers=IMMUTABLE
    )
    assert found.json()["value"] == [{"id": draft["id"], "isDraft": not sent}]
    by_name = f"internetMessageId eq '{draft['internetMessageId']}'"
    found = await room.graph.get(MESSAGES, params={"$filter": by_name, "$select": "id"}, headers=IMMUTABLE)
    assert [row["id"] for row in found.json()["value"]] == [draft["id"]]


async def test_marks_and_headers_come_back_only_on_request(room: Room) -> None:
    draft = (await room.a_draft()).json()
    assert {"singleValueExtendedProperties", "internetMessageHeaders"} & set(draft) == set()
    expand = f"singleValueExtendedProperties($filter=id eq '{MARK}')"
    row = await room.get(f"{MESSAGES}/{draft['id']}", expand=expand)
    assert row["singleValueExtendedProperties"] == [{"id": MARK, "value": "m-1"}]
    row = await room.get(f"{MESSAGES}/{draft['id']}", select="internetMessageHeaders")
    assert row["internetMessageHeaders"] == [{"name": "x-gatehouse-mark", "value": "m-1"}]


async def test_any_other_filter_on_messages_is_refused(room: Room) -> None:
    for text in ("toRecipients/any(r: r/emailAddress eq 'x')", "body eq 'x'", "conversationId eq 'x'"):
        answer = await room.graph.get(MESSAGES, params={"$filter": text})
        assert code_of(answer) == (400, "Request_UnsupportedQuery")


async def test_a_draft_can_be_changed_and_thrown_away_until_it_is_sent(room: Room) -> None:
    draft = (await room.a_draft()).json()
    message = f"{MESSAGES}/{draft['id']}"
    changed = await room.graph.patch(message, json={"subject": "Other words"})
    assert (changed.status_code, changed.json()["subject"]) == (200, "Other words")
    assert (await room.graph.delete(message)).status_code == 204
    assert (await room.get(DRAFTS))["value"] == []
    other = f"{MESSAGES}/{(await room.a_draft()).json()['id']}"
    await room.graph.post(f"{other}/send")
    await room.wait(seconds=6)
    assert (await room.graph.patch(other, json={"subject": "Too late"})).status_code == 400


@pytest.mark.parametrize(
    "spoilt",
    [
        {"internetMessageHeaders": [{"name": "Reply-To", "value": "x"}]},
        {"singleValueExtendedProperties": [{"id": "GatehouseMark", "value": "x"}]},
        {"importance": "urgent"},
    ],
)
async def test_a_draft_exchange_would_not_take_is_refused(spoilt: dict[str, object]) -> None:
    async with a_room(checked=False) as room:
        answer = await room.graph.post(MESSAGES, json={**a_message("s", "m"), **spoilt})
        assert answer.status_code == 400
        assert (await room.get(DRAFTS))["value"] == []


async def test_a_draft_to_nobody_is_not_sent(room: Room) -> None:
    draft = (await room.graph.post(MESSAGES, json={"subject": "s"}, headers=IMMUTABLE)).json()
    answer = await room.graph.post(f"{MESSAGES}/{draft['id']}/send")
    assert code_of(answer) == (400, "ErrorInvalidRecipients")
    assert len((await room.get(DRAFTS))["value"]) == 1


async def test_drafts_come_page_by_page(room: Room) -> None:
    for n in range(12):
        await room.a_draft(subject=f"{n}")
    rows = await room.every(DRAFTS, select="subject")
    assert [row["subject"] for row in rows] == [str(n) for n in range(11, -1, -1)]


async def test_a_mailbox_serves_four_at_a_time(room: Room) -> None:
    answers = await asyncio.gather(*(room.graph.get(MESSAGES) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [429] * 2
    assert {answer.headers.get("Retry-After") for answer in answers} == {None, "1"}
    assert (await room.graph.get(MESSAGES)).status_code == 200


async def test_thirty_mails_a_minute_and_no_more(room: Room) -> None:
    drafts = [(await room.a_draft(subject=f"{n}")).json()["id"] for n in range(31)]
    for draft in drafts[:30]:
        assert (await room.graph.post(f"{MESSAGES}/{draft}/send")).status_code == 202
    refused = await room.graph.post(f"{MESSAGES}/{drafts[30]}/send")
    assert code_of(refused) == (429, "TooManyRequests")
    await room.wait(seconds=float(refused.headers["Retry-After"]))
    assert (await room.graph.post(f"{MESSAGES}/{drafts[30]}/send")).status_code == 202
    assert len(room.tenant.sent()) == 31


INBOX = f"/users/{MAILBOX}/mailFolders/inbox/messages"


async def test_a_reply_is_a_draft_in_the_same_conversation(room: Room) -> None:
    first = (await room.a_draft()).json()
    await room.graph.post(f"{MESSAGES}/{first['id']}/send")
    await room.wait(seconds=6)
    own = {"subject": "Reminder", "body": {"contentType": "html", "content": "<p>Again</p>"}}
    reply = await room.graph.post(f"{MESSAGES}/{first['id']}/createReply", json={"message": own})
    assert (reply.status_code, reply.json()["isDraft"], reply.json()["subject"]) == (201, True, "Reminder")
    assert reply.json()["conversationId"] == first["conversationId"]
    plain = await room.graph.post(f"{MESSAGES}/{first['id']}/createReply", json={})
    assert plain.json()["subject"] == "RE: Please confirm"


async def test_a_reply_takes_no_headers_and_not_two_bodies(room: Room) -> None:
    first = (await room.a_draft()).json()["id"]
    headers = {"message": {"internetMessageHeaders": [{"name": "x-a", "value": "b"}]}}
    assert (await room.graph.post(f"{MESSAGES}/{first}/createReply", json=headers)).status_code == 400
    two = {"comment": "c", "message": {"body": {"contentType": "text", "content": "d"}}}
    assert (await room.graph.post(f"{MESSAGES}/{first}/createReply", json=two)).status_code == 400
    assert code_of(await room.graph.post(f"{MESSAGES}/AAMk/createReply", json={})) == GONE


async def test_mailboxes_answer_by_themselves_into_the_inbox(room: Room) -> None:
    for number, reflex in enumerate(Reflex):
        room.tenant.mail.reflexes["sara@contoso.example"] = reflex
        draft = (await room.a_draft(f"Question {number}")).json()
        await room.graph.post(f"{MESSAGES}/{draft['id']}/send")
    fields = "subject,from,internetMessageHeaders,body"
    back = (await room.get(INBOX, filter="receivedDateTime ge 2020-01-01T00:00:00Z", select=fields))["value"]
    assert {one["subject"] for one in back} == {
        "Undeliverable: Question 0",
        "Delivery delayed: Question 1",
        "Automatic reply: Question 2",
    }
    assert all(
        {"name": "Auto-Submitted", "value": "auto-replied"} in one["internetMessageHeaders"] for one in back
    )


async def test_an_order_that_the_filter_does_not_begin_with_is_too_much(room: Room) -> None:
    order, other = "receivedDateTime asc", "isDraft eq false"
    assert await room.get(INBOX, orderby=order) is not None
    refused = await room.graph.get(INBOX, params={"$orderby": order, "$filter": other})
    assert code_of(refused) == (400, "InefficientFilter")
    assert (await room.graph.get(INBOX, params={"$orderby": "subject"})).status_code == 501
