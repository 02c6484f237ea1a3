"""The queues of the app on Azurite, served as the real host serves them.

A message in hand is invisible to others for ``hold`` and is renewed while its function runs; it is deleted
only after success; a failed one comes back after host.json's ``visibilityTimeout``; one that failed
``maxDequeueCount`` times, or cannot be decoded, moves to ``<queue>-poison``
(learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger, azure-sdk-for-net pull
18326).
"""

import asyncio
import base64
import binascii
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import azure.functions as func
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.functions.queue import QueueMessage
from azure.storage.queue import QueueMessage as Message
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from reviews.errors import Malformed
from sandbox.host_settings import HostJson

log = logging.getLogger(__name__)

POISON = "-poison"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """What a drain did with the messages it took: ``handled`` counts all, the others are part of it."""

    handled: int = 0
    failed: int = 0
    poisoned: int = 0

    def __add__(self, other: "Drained") -> "Drained":
        return Drained(
            handled=self.handled + other.handled,
            failed=self.failed + other.failed,
            poisoned=self.poisoned + other.poisoned,
        )


class Grip:
    """One message in hand: it knows its newest receipt, which alone allows to settle it."""

    def __init__(self, client: QueueClient, queue: str, message: Message) -> None:
        self.queue = queue
        self.message = message
        self.dequeue_count = int(message.dequeue_count or 0)
        self._client = client

    def as_trigger(self, *, base64_expected: bool) -> func.QueueMessage:
        """Return what the function receives.

        Raises:
            Malformed: host.json expects base64 and the message is not.

        """
        content = str(self.message.content)
        try:
            body = base64.b64decode(content, validate=True) if base64_expected else content.encode()
        except binascii.Error as error:
            raise Malformed(f"message {self.message.id} on queue {self.queue} is not base64") from error
        return QueueMessage(  # type: ignore[no-untyped-call]
            id=self.message.id,
            body=body,
            dequeue_count=self.dequeue_count,
            expiration_time=self.message.expires_on,
            insertion_time=self.message.inserted_on,
            time_next_visible=self.message.next_visible_on,
            pop_receipt=self.message.pop_receipt,
        )

    async def hide_for(self, duration: timedelta) -> None:
        """Keep it invisible for ``duration`` from now; zero shows it at once."""
        seconds = max(int(duration.total_seconds()), 0)
        changed = await self._client.update_message(
            str(self.message.id), pop_receipt=self.message.pop_receipt, visibility_timeout=seconds
        )
        self.message.pop_receipt = changed.pop_receipt

    async def keep_hidden(self, hold: timedelta, *, until: asyncio.Event) -> None:
        """Renew the hold at half time, until its function is over; never stops within a renewal."""
        while not until.is_set():
            try:
                await asyncio.wait_for(until.wait(), hold.total_seconds() / 2)
            except TimeoutError:
                await self.hide_for(hold)

    async def delete(self) -> None:
        """Take it off the queue for good."""
        await self._client.delete_message(str(self.message.id), pop_receipt=self.message.pop_receipt)


class Queues:
    """The storage account's queues, for as long as the ``async with`` block lasts."""

    def __init__(self, state: str, host_json: HostJson, *, hold: timedelta) -> None:
        self._host_json = host_json
        self._hold = hold
        self._service = QueueServiceClient.from_connection_string(state, retry_total=2)
        self._clients: dict[str, QueueClient] = {}
        self._in_hand: dict[str, Grip] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._service.close()

    def _client(self, queue: str) -> QueueClient:
        if queue not in self._clients:
            self._clients[queue] = self._service.get_queue_client(queue)
        return self._clients[queue]

    async def take(self, queue: str, *, at_most: int) -> Sequence[Grip]:
        """Take up to a batch of visible messages; none when the queue does not exist yet."""
        client = self._client(queue)
        messages = client.receive_messages(
            messages_per_page=at_most,
            max_messages=at_most,
            visibility_timeout=max(int(self._hold.total_seconds()), 1),
        )
        grips: list[Grip] = []
        # A queue that nobody has made yet is an empty queue.
        with suppress(ResourceNotFoundError):
            grips.extend([Grip(client, queue, message) async for message in messages])
        self._in_hand.update({str(grip.message.id): grip for grip in grips})
        return grips

    async def show_held(self) -> None:
        """Make all that this host has in hand visible at once: failed messages, and those a cut left."""
        held, self._in_hand = self._in_hand, {}
        for grip in held.values():
            # Its time came meanwhile, and somebody else settled it.
            with suppress(ResourceNotFoundError):
                await grip.hide_for(timedelta(0))

    async def delete(self, grip: Grip) -> None:
        """Settle a message that succeeded."""
        await grip.delete()
        self._in_hand.pop(str(grip.message.id), None)

    async def give_back(self, grip: Grip, *, now: bool) -> bool:
        """Settle a message that failed; True when it went to the poison queue instead of coming back."""
        if grip.dequeue_count >= self._host_json.max_dequeue_count and await self.poison(grip):
            return True
        await grip.hide_for(timedelta(0) if now else self._host_json.visibility_timeout)
        if now:
            self._in_hand.pop(str(grip.message.id), None)
        return False

    async def poison(self, grip: Grip) -> bool:
        """Move a message to its poison queue, as it is; False for one that is on a poison queue already."""
        if grip.queue.endswith(POISON):
            return False
        await self._put(grip.queue + POISON, str(grip.message.content))
        await self.delete(grip)
        log.error(
            "message moved to the poison queue",
            extra={"event": "message.poisoned", "queue": grip.queue, "message_id": grip.message.id},
        )
        return True

    async def send(self, queue: str, body: bytes) -> None:
        """Send what a function put into an output, encoded as host.json says; make the queue if need be."""
        await self._put(queue, base64.b64encode(body).decode() if self._host_json.base64 else body.decode())

    async def _put(self, queue: str, content: str) -> None:
        client = self._client(queue)
        try:
            await client.send_message(content)
        except ResourceNotFoundError:
            # Another invocation may make it at the same moment.
            with suppress(ResourceExistsError):
                await client.create_queue()
            await client.send_message(content)
