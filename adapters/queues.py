"""Work handed from one trigger to the next: small envelopes of ids, put on four queues.

Envelope and queue of each message are a table below; the Functions host reads the same envelopes.
"""

import json
import math
from collections.abc import Iterable, Mapping
from datetime import timedelta

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import TextBase64EncodePolicy
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from adapters.storage_faults import translated
from reviews.errors import Malformed, NotSupported
from reviews.evidence import canonical, parse
from reviews.messages import CarryOut, Message, OpenBatch, RunJob, SendMail, WeighAnswers

VERSION = 1
LARGEST = 1024
"""Bytes of an envelope: ids only, so anything larger is a mistake."""
LONGEST_WAIT = timedelta(days=7)
"""Queue storage hides a message for seven days at most (Put Message, ``visibilitytimeout``)."""
FOR_EVER = -1
"""What queue storage calls a message that is never dropped."""
POISON = "-poison"
"""What the Functions host appends to a queue's name for messages that failed too often."""

QUEUES = ("jobs", "actions", "mail", "answers")
_KINDS: Mapping[str, tuple[type[Message], str]] = {
    "run-job": (RunJob, "jobs"),
    "carry-out": (CarryOut, "actions"),
    "open-batch": (OpenBatch, "actions"),
    "send-mail": (SendMail, "mail"),
    "weigh-answers": (WeighAnswers, "answers"),
}
_WORDS = {kind: (word, queue) for word, (kind, queue) in _KINDS.items()}


def queue_of(message: Message) -> str:
    """Name the queue a message travels on."""
    return _WORDS[type(message)][1]


def seal(message: Message) -> str:
    """Write a message as its envelope: canonical JSON with ``v`` and ``do``.

    Raises:
        Malformed: it is larger than an envelope of ids can be.

    """
    fields = json.loads(canonical(message))
    envelope = json.dumps({"v": VERSION, "do": _WORDS[type(message)][0], **fields}, separators=(",", ":"))
    if len(envelope.encode()) > LARGEST:
        raise Malformed(f"message {type(message).__name__}: larger than {LARGEST} bytes")
    return envelope


def seconds_hidden(after: timedelta) -> int:
    """Return a wait in whole seconds, never shorter than asked. Raises NotSupported beyond a week."""
    if after > LONGEST_WAIT:
        raise NotSupported(f"a message can wait {LONGEST_WAIT.days} days at most")
    return max(math.ceil(after.total_seconds()), 0)


def unseal(content: bytes | str) -> Message:
    """Read an envelope.

    Raises:
        Malformed: naming the field that is missing, unknown or wrong.

    """
    if len(content) > LARGEST:
        raise Malformed(f"message: larger than {LARGEST} bytes")
    try:
        envelope = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Malformed("message: not JSON") from error
    if not isinstance(envelope, dict):
        raise Malformed("message: not a JSON object")
    version = envelope.pop("v", None)
    if version != VERSION or isinstance(version, bool):
        raise Malformed(f"message: v is not {VERSION}")
    word = envelope.pop("do", None)
    if not isinstance(word, str) or word not in _KINDS:
        raise Malformed("message: do is missing or unknown")
    message = parse(_KINDS[word][0], json.dumps(envelope))
    _refuse(envelope.keys() - json.loads(canonical(message)).keys(), "unknown")
    if isinstance(message, RunJob):
        _refuse(["slot"] if message.slot.tzinfo is None else [], "not in a time zone")
    return message


def _refuse(fields: Iterable[str], why: str) -> None:
    for name in sorted(fields):
        raise Malformed(f"message: {name} is {why}")


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
