"""What travels on the queues: small envelopes of ids, which the Functions host reads as well.

Envelope and queue of each message are a table below.
"""

import json
import math
from collections.abc import Iterable, Mapping
from datetime import timedelta

from reviews.errors import Malformed, NotSupported
from reviews.evidence import canonical, parse
from reviews.messages import (
    CarryOut,
    CoverGroup,
    MendPackage,
    Message,
    OpenBatch,
    RunJob,
    SendMail,
    Undo,
    WeighAnswers,
)

VERSION = 1
LARGEST = 1024
"""Bytes of an envelope: ids only, so anything larger is a mistake."""
LONGEST_WAIT = timedelta(days=7)
"""Queue storage hides a message for seven days at most (Put Message, ``visibilitytimeout``)."""
POISON = "-poison"
"""What the Functions host appends to a queue's name for messages that failed too often."""

QUEUES = ("jobs", "actions", "mail", "answers")
_KINDS: Mapping[str, tuple[type[Message], str]] = {
    "run-job": (RunJob, "jobs"),
    "carry-out": (CarryOut, "actions"),
    "open-batch": (OpenBatch, "actions"),
    "mend-package": (MendPackage, "actions"),
    "cover-group": (CoverGroup, "actions"),
    "send-mail": (SendMail, "mail"),
    "weigh-answers": (WeighAnswers, "answers"),
    "undo": (Undo, "answers"),
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
