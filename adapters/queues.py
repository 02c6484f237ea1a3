"""Work handed from one trigger to the next, on the four queues of the storage account."""

from collections.abc import Mapping
from datetime import timedelta

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import TextBase64EncodePolicy
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from adapters.envelopes import POISON, QUEUES, queue_of, seal, seconds_hidden
from adapters.storage_faults import translated
from reviews.messages import Message

FOR_EVER = -1
"""What queue storage calls a message that is never dropped."""


class AzureQueue:
    """The queues of the storage account. Texts are base64, as the Functions host expects by default."""

    def __init__(self, service: QueueServiceClient) -> None:
        self._service = service

    async def create_queues(self) -> None:
        """Make the queues where there are none; in production the deployment makes them."""
        for name in QUEUES:
            async with translated(f"queue {name}"):
                try:
                    await self._client(name).create_queue()
                except ResourceExistsError:
                    continue

    async def put(self, message: Message, *, after: timedelta = timedelta()) -> None:
        """Hand over one message, visible after a while. A lost reply may put it twice.

        Raises:
            NotSupported: a wait longer than seven days.
            Malformed: it does not fit an envelope.

        """
        name, envelope = queue_of(message), seal(message)
        hidden = seconds_hidden(after)
        async with translated(f"queue {name}"):
            # A message lives until it is done: what waits a week is late, not void.
            await self._client(name).send_message(
                envelope,
                visibility_timeout=hidden,
                time_to_live=FOR_EVER,
            )

    async def parked(self) -> Mapping[str, int]:
        """Count the messages in each poison queue; those that are empty or never made are left out."""
        counts: dict[str, int] = {}
        for name in (f"{name}{POISON}" for name in QUEUES):
            async with translated(f"queue {name}"):
                try:
                    properties = await self._client(name).get_queue_properties()
                except ResourceNotFoundError:
                    continue
            if properties.approximate_message_count:
                counts[name] = properties.approximate_message_count
        return counts

    def _client(self, name: str) -> QueueClient:
        return self._service.get_queue_client(name, message_encode_policy=TextBase64EncodePolicy())
