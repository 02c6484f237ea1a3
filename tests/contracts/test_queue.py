"""What every queue does, in memory and in Queue Storage."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import pytest

from adapters.envelopes import POISON, QUEUES, queue_of, unseal
from adapters.queues import AzureQueue
from adapters.settings import StateAt
from adapters.storage import Storage, connect
from reviews.errors import Malformed, NotSupported, Permanent
from reviews.messages import CarryOut, Message, OpenBatch, RunJob, SendMail, WeighAnswers
from reviews.model import BatchId, CaseId, GuestId
from reviews.ports import Queue
from reviews.records import Act
from sandbox.azurite import Azurite
from sandbox.memory import MemoryQueue
from tests.contracts.ledger_samples import RUN, SLOT

MESSAGES: tuple[Message, ...] = (
    RunJob(job="night", slot=SLOT),
    CarryOut(kind=Act.BLOCK, guest_id=GuestId("g"), case_id=CaseId("c"), run_id=RUN),
    OpenBatch(batch_id=BatchId("b")),
    SendMail(home="guest:g", mail_id="guest-notice.c"),
    WeighAnswers(batch_id=BatchId("b")),
)


class Line(Protocol):
    """A queue and a look into it."""

    @property
    def queue(self) -> Queue: ...
    async def visible(self) -> list[Message]: ...
    async def park(self, message: Message) -> None: ...


class InMemory:
    def __init__(self) -> None:
        self.queue = MemoryQueue()

    async def visible(self) -> list[Message]:
        return [entry.message for entry in self.queue.waiting if not entry.after]

    async def park(self, message: Message) -> None:
        self.queue.park(message)


@dataclass
class InStorage:
    queue: AzureQueue
    storage: Storage

    async def visible(self) -> list[Message]:
        seen: list[Message] = []
        for name in QUEUES:
            peeked = await self.storage.queues.get_queue_client(name).peek_messages(max_messages=32)
            seen.extend(unseal(base64.b64decode(message.content, validate=True)) for message in peeked)
        return seen

    async def park(self, message: Message) -> None:
        client = self.storage.queues.get_queue_client(queue_of(message) + POISON)
        await client.create_queue()
        await client.send_message("bm8=")


@pytest.fixture
async def storage(azurite: Azurite) -> AsyncIterator[Storage]:
    storage = connect(StateAt(connection_string=azurite.connection_string))
    async for queue in storage.queues.list_queues():
        await storage.queues.delete_queue(queue)
    yield storage
    await storage.close()


@pytest.fixture(params=["memory", "storage"])
async def line(request: pytest.FixtureRequest, storage: Storage) -> Line:
    if request.param == "memory":
        return InMemory()
    queue = AzureQueue(storage.queues)
    await queue.create_queues()
    return InStorage(queue, storage)


async def test_what_is_put_is_there_to_be_taken(line: Line) -> None:
    for message in MESSAGES:
        await line.queue.put(message)

    visible = await line.visible()

    assert len(visible) == len(MESSAGES)
    assert all(message in visible for message in MESSAGES)


async def test_what_waits_is_not_visible_yet(line: Line) -> None:
    await line.queue.put(MESSAGES[0], after=timedelta(minutes=5))

    assert await line.visible() == []


async def test_the_same_message_may_be_put_twice(line: Line) -> None:
    await line.queue.put(MESSAGES[2])
    await line.queue.put(MESSAGES[2])

    assert await line.visible() == [MESSAGES[2], MESSAGES[2]]


async def test_parked_messages_are_counted(line: Line) -> None:
    assert await line.queue.parked() == {}

    await line.park(MESSAGES[3])

    assert await line.queue.parked() == {"mail-poison": 1}


async def test_a_message_that_is_no_message_of_ids_is_refused(line: Line) -> None:
    with pytest.raises(Malformed):
        await line.queue.put(SendMail(home="guest:g", mail_id="x" * 2000))
    assert await line.visible() == []


async def test_a_wait_beyond_a_week_is_refused(line: Line) -> None:
    await line.queue.put(MESSAGES[0], after=timedelta(days=7))
    with pytest.raises(NotSupported):
        await line.queue.put(MESSAGES[0], after=timedelta(days=7, seconds=1))


async def test_a_queue_that_is_not_there_is_a_fault(storage: Storage) -> None:
    with pytest.raises(Permanent):
        await AzureQueue(storage.queues).put(MESSAGES[0])


async def test_a_message_never_expires_by_itself(storage: Storage) -> None:
    queue = AzureQueue(storage.queues)
    await queue.create_queues()
    await queue.put(MESSAGES[0])

    [message] = await storage.queues.get_queue_client("jobs").peek_messages()

    assert message.expires_on is not None
    assert message.expires_on.year == 9999


async def test_messages_are_taken_from_memory_in_order_and_by_queue() -> None:
    queue = MemoryQueue()
    await queue.put(MESSAGES[0], after=timedelta(minutes=5))
    await queue.put(MESSAGES[2])
    await queue.put(MESSAGES[3])

    assert queue.messages == (MESSAGES[2], MESSAGES[3], MESSAGES[0])
    assert queue.take("mail") == MESSAGES[3]
    assert queue.take() == MESSAGES[2]
    assert queue.take() == MESSAGES[0]
    assert queue.take() is None
