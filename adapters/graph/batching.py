"""Many small requests in one: Graph's ``$batch``, twenty at a time, each item judged by itself.

Written as raw JSON: the SDK's own batch loses the bodies of responses (feasibility.md 5).
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import msgspec

from adapters.graph.client import BACKOFF, GRAPH_AT_ONCE, LONGEST_WAIT, Call, GraphClient, decoded, read_rows
from adapters.graph.operations import BATCH, Operation
from adapters.graph.refusals import PASSING, Reply, error_code, retry_after
from reviews.errors import Malformed
from reviews.model import Unreadable

ITEMS_A_BATCH = 20

_LICENCES = frozenset({"AadPremiumLicenseRequired", "Authentication_RequestFromNonPremiumTenantOrB2CTenant"})
_REFUSALS = {
    400: "not-supported",
    403: "no-permission",
    404: "gone",
    429: "throttled",
    501: "not-supported",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One request of a batch; ``path`` is below ``/v1.0``."""

    operation: Operation
    path: str
    content: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class _Response(msgspec.Struct, gc=False):
    id: str
    status: int
    headers: dict[str, str] = {}
    body: msgspec.Raw = msgspec.Raw(b"")


class _Responses(msgspec.Struct, gc=False):
    responses: list[_Response]


async def exchange_all(client: GraphClient, items: Sequence[Item]) -> tuple[Reply, ...]:
    """Send all items; return a reply for each, in their order, whatever its status.

    Items that Graph throttles are sent again after the wait it names, and so are repeatable ones it failed
    on; those that never got through come back with the status they had last. Batches of repeatable items go
    several at once, the others one after the other.

    Raises:
        Ambiguous: the reply to a batch was lost and one of its items is not repeatable.
        Malformed: Graph answered fewer items than it was sent.

    """
    portions = [items[at : at + ITEMS_A_BATCH] for at in range(0, len(items), ITEMS_A_BATCH)]
    answered: dict[int, list[Reply]] = {}
    waiting = list(enumerate(portions))[::-1]

    async def work() -> None:
        while waiting:
            number, portion = waiting.pop()
            answered[number] = await _twenty(client, portion)

    at_once = GRAPH_AT_ONCE if all(item.operation.repeatable for item in items) else 1
    workers = [asyncio.create_task(work()) for _ in range(min(at_once, len(waiting)))]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return tuple(reply for number in range(len(portions)) for reply in answered[number])


async def all_rows(client: GraphClient, operation: Operation, reply: Reply) -> list[msgspec.Raw] | Unreadable:
    """Return the rows of one item's reply and of the pages after it, or why there are none."""
    if not reply.is_success:
        return why_refused(reply)
    try:
        rows, link = read_rows(operation, reply.content)
        followed: set[str] = set()
        while link is not None:
            if link in followed:
                return Unreadable(why="not-understood")
            followed.add(link)
            more, link = read_rows(operation, await client.follow(operation, link))
            rows += more
    except Malformed:
        return Unreadable(why="not-understood")
    return rows


def why_refused(reply: Reply) -> Unreadable:
    """Say in one word why a request of a batch brought nothing."""
    if error_code(reply) in _LICENCES:
        return Unreadable(why="no-licence")
    return Unreadable(why=_REFUSALS.get(reply.status, "failed"))


async def _twenty(client: GraphClient, items: Sequence[Item]) -> list[Reply]:
    replies: dict[int, Reply] = {}
    open_items = dict(enumerate(items))
    waits: Iterator[timedelta] = iter(BACKOFF)
    while open_items:
        await client.units.room()
        answered = await _once(client, open_items)
        client.units.spend(sum(_units(reply) for reply in answered.values()))
        replies |= answered
        open_items = {n: item for n, item in open_items.items() if _again(item, replies[n])}
        wait = next(waits, None)
        if wait is None:
            break
        if open_items:
            now = client.clock.now()
            named = [asked for n in open_items if (asked := retry_after(replies[n], now)) is not None]
            if max(named, default=wait) > LONGEST_WAIT:
                break
            client.pause(max(named, default=wait) or wait)
    return [replies[n] for n in range(len(items))]


def _units(reply: Reply) -> int:
    cost = reply.headers.get("x-ms-resource-unit", "")
    return int(cost[:6]) if cost.isdecimal() else 1


def _again(item: Item, reply: Reply) -> bool:
    return reply.status == 429 or (reply.status in PASSING and item.operation.repeatable)


async def _once(client: GraphClient, items: Mapping[int, Item]) -> dict[int, Reply]:
    body = json.dumps({"requests": [_written(n, item) for n, item in items.items()]}).encode()
    operation = replace(BATCH, repeatable=all(item.operation.repeatable for item in items.values()))
    call = Call(operation=operation, url=client.link("/$batch"), content=body)
    answered = decoded(BATCH, (await client.exchange(call)).content, _Responses).responses
    replies = {one.id: one for one in answered}
    if missing := [n for n in items if str(n) not in replies]:
        raise Malformed(f"{BATCH.name}: {len(missing)} of {len(items)} items were not answered")
    return {n: _reply(replies[str(n)]) for n in items}


def _written(number: int, item: Item) -> dict[str, Any]:
    written: dict[str, Any] = {"id": str(number), "method": item.operation.method, "url": item.path}
    headers = dict(item.headers)
    if item.content is not None:
        headers["Content-Type"] = "application/json"
        written["body"] = item.content
    return {**written, "headers": headers} if headers else written


def _reply(one: _Response) -> Reply:
    headers = {name.lower(): value for name, value in one.headers.items()}
    return Reply(status=one.status, headers=headers, content=bytes(one.body))
