"""What the local host reads before it starts: host.json, and the proof that all it will touch is local.

Defaults of host.json are those of the real host
(learn.microsoft.com/azure/azure-functions/functions-host-json and .../functions-bindings-storage-queue).
"""

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reviews.errors import BadSettings

LARGEST_BATCH = 32
_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})")
_PLACE_HOLDER = re.compile(r"%([^%]+)%")
_NEEDED_ENDPOINTS = ("BlobEndpoint", "QueueEndpoint", "TableEndpoint")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostJson:
    """The part of host.json that the local host obeys.

    ``visibility_timeout`` is the pause before a failed message is seen again, not the time it is held.
    """

    route_prefix: str = "api"
    batch_size: int = 16
    max_dequeue_count: int = 5
    visibility_timeout: timedelta = timedelta(0)
    base64: bool = True


def read_host_json(path: Path) -> HostJson:
    """Read host.json.

    Raises:
        BadSettings: it is missing, not JSON, or says something the real host would refuse.

    """
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadSettings([f"{path.name}: there is no such file"]) from error
    except ValueError as error:
        raise BadSettings([f"{path.name}: not JSON ({error})"]) from error
    extensions = document.get("extensions", {}) if isinstance(document, dict) else {}
    queues = extensions.get("queues", {})
    problems: list[str] = []
    batch_size = queues.get("batchSize", 16)
    if not isinstance(batch_size, int) or not 1 <= batch_size <= LARGEST_BATCH:
        problems.append(f"{path.name}: extensions.queues.batchSize must be 1 to {LARGEST_BATCH}")
    max_dequeue_count = queues.get("maxDequeueCount", 5)
    if not isinstance(max_dequeue_count, int) or max_dequeue_count < 1:
        problems.append(f"{path.name}: extensions.queues.maxDequeueCount must be 1 or more")
    pause = _time_span(queues.get("visibilityTimeout", "00:00:00"))
    if pause is None:
        problems.append(f"{path.name}: extensions.queues.visibilityTimeout must look like 00:05:00")
    encoding = str(queues.get("messageEncoding", "base64")).lower()
    if encoding not in {"base64", "none"}:
        problems.append(f"{path.name}: extensions.queues.messageEncoding must be base64 or none")
    if pause is None or problems:
        raise BadSettings(problems)
    return HostJson(
        route_prefix=str(extensions.get("http", {}).get("routePrefix", "api")).strip("/"),
        batch_size=batch_size,
        max_dequeue_count=max_dequeue_count,
        visibility_timeout=pause,
        base64=encoding == "base64",
    )


def _time_span(text: object) -> timedelta | None:
    found = _TIME_SPAN.fullmatch(str(text))
    if found is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def expand(text: str, settings: Mapping[str, str]) -> str:
    """Replace every ``%NAME%`` by that app setting, as the real host does in schedules and queue names.

    Raises:
        BadSettings: a named setting is missing; the real host would leave that function out.

    """
    missing = sorted({name for name in _PLACE_HOLDER.findall(text) if name not in settings})
    if missing:
        raise BadSettings([f"app setting {name} is named by a trigger and is missing" for name in missing])
    return _PLACE_HOLDER.sub(lambda found: settings[found[1]], text)


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address can only mean this machine."""
    if not host:
        return False
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def refuse_unless_local(*, address: str, state: str, settings: Mapping[str, str]) -> None:
    """Make sure that nothing outside this machine can be reached, nor can reach us.

    Raises:
        BadSettings: with every reason at once. Connection strings are never quoted: they hold a key.

    """
    problems = [*_address_problems(address), *_graph_problems(settings), *_state_problems(state, settings)]
    if problems:
        raise BadSettings(problems)


def _address_problems(address: str) -> Iterable[str]:
    if not is_loopback(address):
        yield f"the local host listens on loopback only, not on {address}: there, anyone could be anyone"


def _graph_problems(settings: Mapping[str, str]) -> Iterable[str]:
    endpoint = settings.get("GRAPH_ENDPOINT")
    if endpoint is None:
        yield "GRAPH_ENDPOINT is missing, so a real tenant would be read: point it at the sandbox"
    elif not is_loopback(urlsplit(endpoint).hostname):
        yield "GRAPH_ENDPOINT is not on loopback: the local host never touches a real tenant"


def _state_problems(state: str, settings: Mapping[str, str]) -> Iterable[str]:
    endpoints = {
        name: value
        for name, separator, value in (part.partition("=") for part in state.split(";"))
        if separator and name.endswith("Endpoint")
    }
    missing = [name for name in _NEEDED_ENDPOINTS if name not in endpoints]
    if missing:
        yield f"the connection string STATE lacks {', '.join(missing)}"
    yield from (
        f"{name} of STATE is not on loopback"
        for name, value in sorted(endpoints.items())
        if not is_loopback(urlsplit(value).hostname)
    )
    if settings.get("STATE", state) != state:
        yield "the app setting STATE names another storage account than the one the local host watches"
    for name in sorted(name for name in settings if name.upper().startswith("STATE__")):
        yield f"{name} is set: the local host works with a connection string on loopback only"
