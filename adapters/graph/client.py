"""Asks Microsoft Graph, waits when it says wait, and never repeats what may already have happened.

The official SDK builds URLs, fetches tokens and carries requests; bodies are raw bytes both ways.
"""

import asyncio
import json
import logging
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

from adapters.graph.connection import UNCHANGED, check_endpoint, connect
from adapters.graph.operations import Operation
from adapters.graph.pacing import Allowance, Gate, Pace
from adapters.graph.refusals import PASSING, TOKEN, Reply, refusal, retry_after
from reviews.errors import Ambiguous, Forbidden, Malformed, Throttled, Transient
from reviews.ports import Clock, Turns
from reviews.records import Rate

log = logging.getLogger(__name__)

T = TypeVar("T")

GRAPH_AT_ONCE = 4
BACKOFF = tuple(timedelta(seconds=s) for s in (2, 4, 8, 16))
"""Waits between tries when Graph names none; as many waits as tries that follow the first."""
LONGEST_WAIT = timedelta(minutes=2)
"""A longer Retry-After is not waited for: the queue brings the message back instead."""
REPLICATION = tuple(timedelta(seconds=s) for s in (1, 2, 4, 8, 15, 30))
"""Waits for an object we have just made to be found (graph-facts.md I: no time is promised)."""
SIGN_INS = Rate(of="sign-ins", turns=10, period=timedelta(minutes=1))
"""Requests that read signInActivity, for one app in one tenant (graph-facts.md H)."""
UNITS = 2_500
"""ResourceUnits spent on batches in 10 seconds; the smallest tenant allows 3,500 (graph-facts.md H)."""
LOGS = Rate(of="logs", turns=5, period=timedelta(seconds=10))
"""Requests that read the sign-in and audit logs, for one app in one tenant (graph-facts.md H)."""
PREFERENCES = "include-unknown-enum-members"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, as often as it may have to be sent."""

    operation: Operation
    url: str
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    pace: Pace | None = None
    patience: tuple[timedelta, ...] = ()
    """Waits for 404 to end, for an object we may have made a moment ago."""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """No reply came. ``is_sent`` is False when the connection was never made."""

    why: str
    is_sent: bool


class _Rows(msgspec.Struct):
    value: list[msgspec.Raw]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


_ROWS = msgspec.json.Decoder(_Rows)


def read_rows(operation: Operation, content: bytes) -> tuple[list[msgspec.Raw], str | None]:
    """Split a page into undecoded rows and the link to the next page. Raises Malformed."""
    try:
        page = _ROWS.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"{operation.name}: a page that is not a list of objects") from error
    return page.value, page.next_link


def decoded(operation: Operation, content: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Decode an answer into the few fields we use. Raises Malformed, naming no content."""
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        where = str(error).rpartition("`")[0].rpartition("`")[2] or "the whole"
        raise Malformed(f"{operation.name}: cannot understand {where}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"{operation.name}: an answer that is not JSON") from error


class GraphClient:
    """A connection to one Graph, shared by everything in this process that asks it something.

    ``turns`` are shared with the other workers of this app, which Graph counts as one.
    ``credential`` is an asynchronous azure-identity credential, or the fixed bearer for a Graph on loopback.
    Raises BadSettings for an endpoint that a token must not be sent to.
    """

    def __init__(
        self,
        endpoint: str,
        credential: AsyncTokenCredential | str,
        clock: Clock,
        http: httpx.AsyncClient | None = None,
        turns: Turns | None = None,
    ) -> None:
        self.clock = clock
        self._endpoint = check_endpoint(endpoint, credential)
        self._credential = credential
        self._http = http
        self._gate = Gate(clock)
        self._places = asyncio.Semaphore(GRAPH_AT_ONCE)
        self.units = Allowance(clock, units=UNITS, period=timedelta(seconds=10))
        self.sign_ins = Pace(clock, SIGN_INS, turns)
        self.logs = Pace(clock, LOGS, turns)

    @cached_property
    def _connection(self) -> tuple[Any, tuple[httpx.AsyncBaseTransport, ...]]:
        return connect(self._endpoint, self._credential, self.clock, self._http)

    @property
    def _adapter(self) -> Any:
        return self._connection[0]

    @cached_property
    def urls(self) -> Any:
        """The SDK's request builders (GraphServiceClient): they know how URLs are written."""
        from msgraph.graph_service_client import GraphServiceClient

        return GraphServiceClient(request_adapter=self._adapter)

    def link(self, path: str) -> str:
        """Return the full URL of a path, as references between objects are written."""
        return f"{self._endpoint}/v1.0{path}"

    def pause(self, duration: timedelta) -> None:
        """Let nobody ask anything for a while."""
        self._gate.shut_for(duration)

    async def aclose(self) -> None:
        """Close the connections this client made; those of an ``http`` it was given are its owner's."""
        if "_connection" in self.__dict__:
            for transport in self._connection[1]:
                await transport.aclose()

    # --- asking -----------------------------------------------------------------------------------

    async def read(
        self,
        operation: Operation,
        builder: Any,
        *,
        pace: Pace | None = None,
        patience: tuple[timedelta, ...] = (),
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> bytes:
        """Send a GET to where a request builder of ``urls`` points; ``select=[...]`` is ``$select``."""
        url = self._url(builder, options)
        call = Call(operation=operation, url=url, pace=pace, patience=patience, headers=headers or {})
        return (await self.exchange(call)).content

    async def follow(
        self,
        operation: Operation,
        link: str,
        *,
        pace: Pace | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """Send a GET to a nextLink, unchanged; headers are not carried over by Graph and must be given again.

        Raises:
            Malformed: the link leads away from Graph; nothing is sent there, no token and no request.

        """
        if not self._is_ours(link):
            raise Malformed(f"{operation.name}: a nextLink that leads to another host")
        call = Call(operation=operation, url=link, pace=pace, headers=headers or {})
        return (await self.exchange(call)).content

    async def rows(
        self,
        operation: Operation,
        builder: Any,
        *,
        pace: Pace | None = None,
        patience: tuple[timedelta, ...] = (),
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> AsyncIterator[msgspec.Raw]:
        """Yield the rows of all pages. Raises Malformed when a nextLink comes back twice."""
        first = await self.read(operation, builder, pace=pace, patience=patience, headers=headers, **options)
        rows, link = read_rows(operation, first)
        followed: set[str] = set()
        for row in rows:
            yield row
        while link is not None:
            if link in followed:
                raise Malformed(f"{operation.name}: a nextLink that came twice")
            followed.add(link)
            rows, link = read_rows(operation, await self.follow(operation, link, pace=pace, headers=headers))
            for row in rows:
                yield row

    async def write(
        self,
        operation: Operation,
        path: str,
        content: Any = None,
        *,
        patience: tuple[timedelta, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """Send raw JSON to a path below ``/v1.0`` with the operation's method.

        Raises:
            Ambiguous: the operation is not repeatable and may have taken effect.

        """
        body = None if content is None else json.dumps(content, separators=(",", ":")).encode()
        call = Call(
            operation=operation, url=self.link(path), content=body, patience=patience, headers=headers or {}
        )
        return (await self.exchange(call)).content

    async def exchange(self, call: Call) -> Reply:
        """Send a call, and send it again where that is safe; return the reply that ended it well."""
        waits, patience = iter(BACKOFF), iter(call.patience)
        in_doubt = False
        while True:
            outcome = await self._once(call)
            if isinstance(outcome, Reply):
                if outcome.is_success or (in_doubt and _was_ours(call, outcome)):
                    return outcome
                if outcome.status == 404 and (wait := next(patience, None)) is not None:
                    await self.clock.sleep(wait)
                    continue
            await self._wait_or_raise(call, outcome, waits)
            in_doubt = in_doubt or not isinstance(outcome, Reply) or outcome.status != 429

    # --- one try ----------------------------------------------------------------------------------

    async def _once(self, call: Call) -> Reply | Lost:
        async with call.pace.turn() if call.pace else nullcontext(), self._places:
            await self._gate.passed()
            outcome = await self._carry(call)
        _note(call, outcome)
        return outcome

    async def _carry(self, call: Call) -> Reply | Lost:
        info = RequestInformation()
        info.http_method = Method(call.operation.method)
        info.url = call.url
        info.content = call.content
        info.headers.add("Accept", "application/json")
        info.headers.add("client-request-id", call.id)
        info.headers.add("Prefer", ", ".join(filter(None, (PREFERENCES, call.headers.get("Prefer")))))
        for name, value in call.headers.items():
            if name != "Prefer":
                info.headers.add(name, value)
        if call.content is not None:
            info.headers.add("Content-Type", "application/json")
        info.add_request_options([UNCHANGED])
        span = self._adapter.start_tracing_span(info, call.operation.name)
        try:
            response = await self._adapter.get_http_response_message(info, span)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Lost(why=type(error).__name__, is_sent=False)
        except (httpx.TransportError, httpx.DecodingError) as error:
            return Lost(why=type(error).__name__, is_sent=True)
        except ClientAuthenticationError as error:
            words = f"no token for {call.operation.name}: sign in with {TOKEN}"
            raise Forbidden(words, needs=TOKEN) from error
        except AzureError as error:
            words = f"{call.operation.name}: no token could be fetched ({type(error).__name__})"
            raise Transient(words) from error
        finally:
            span.end()
        return Reply(status=response.status_code, headers=response.headers, content=response.content)

    async def _wait_or_raise(self, call: Call, outcome: Reply | Lost, waits: Iterator[timedelta]) -> None:
        """Wait before another try, or raise what the outcome means."""
        if isinstance(outcome, Lost):
            if outcome.is_sent and not call.operation.repeatable:
                raise Ambiguous(f"{call.operation.name}: the reply was lost ({outcome.why})")
            if (wait := next(waits, None)) is None:
                raise Transient(f"{call.operation.name}: no connection ({outcome.why})")
            await self.clock.sleep(wait)
            return
        if outcome.status != 429 and outcome.status not in PASSING:
            raise refusal(call.operation, outcome)
        if outcome.status != 429 and not call.operation.repeatable:
            raise Ambiguous(f"{call.operation.name}: Graph answered {outcome.status}")
        asked = retry_after(outcome, self.clock.now())
        wait = next(waits, None)
        if wait is None or (asked is not None and asked > LONGEST_WAIT):
            words = f"{call.operation.name}: Graph answered {outcome.status}"
            raise Throttled(words, retry_after=asked) if outcome.status == 429 else Transient(words)
        if asked is not None or outcome.status == 429:
            self._gate.shut_for(asked or wait)
        else:
            await self.clock.sleep(wait)

    # --- URLs -------------------------------------------------------------------------------------

    def _url(self, builder: Any, options: Mapping[str, Any]) -> str:
        info = builder.to_get_request_information()
        info.query_parameters.update({f"%24{name}": value for name, value in options.items()})
        info.path_parameters["baseurl"] = self._adapter.base_url
        return str(info.url).replace("%24", "$")

    def _is_ours(self, link: str) -> bool:
        try:
            theirs, ours = urlsplit(link), urlsplit(self._endpoint)
            same = (theirs.scheme, theirs.hostname, theirs.port) == (ours.scheme, ours.hostname, ours.port)
        except ValueError:
            return False
        return same and theirs.username is None and theirs.path.startswith("/v1.0/")


def _was_ours(call: Call, reply: Reply) -> bool:
    """Say whether a refusal shows that an earlier try, whose reply was lost, did its work."""
    return call.operation.method == "DELETE" and reply.status == 404


def _note(call: Call, outcome: Reply | Lost) -> None:
    facts: dict[str, Any] = {"operation": call.operation.name, "client_request_id": call.id}
    if isinstance(outcome, Lost):
        log.warning("no reply from Graph", extra={"event": "graph.lost", "why": outcome.why, **facts})
        return
    facts |= {"status": outcome.status, "request_id": outcome.headers.get("request-id", "")}
    level = logging.DEBUG if outcome.is_success or outcome.status == 404 else logging.WARNING
    log.log(level, "Graph answered", extra={"event": "graph.answered", **facts})
