"""The local host: runs the very functions of an app on this machine, as Azure Functions would.

Timers by hand or by a clock that can be moved, queue triggers on Azurite, HTTP with a stand-in for sign-in.
Loopback only: it refuses to start when it, the storage account or Graph is anywhere else.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import azure.functions as func
import httpx
import uvicorn

from adapters.clock import HandClock, SystemClock
from reviews.errors import Malformed, Permanent
from sandbox.host_functions import Function, Queue, read_functions
from sandbox.host_invoking import Outcome, invoke
from sandbox.host_queues import Drained, Grip, Queues
from sandbox.host_settings import read_host_json, refuse_unless_local
from sandbox.host_sign_in import COOKIE, Authentication, SignIn, Visitor
from sandbox.host_timers import Schedules
from sandbox.host_web import Web

HOST_JSON = Path(__file__).parent.parent / "host.json"
HOLD = timedelta(minutes=10)


class Host:
    """An app at work, for as long as the ``async with`` block lasts.

    ``settings`` are the app settings, by default the environment. ``hold`` is how long a message in hand
    stays invisible to others: after a kill, that is how long it takes to come back.

    Raises (on construction):
        BadSettings: something is not local, or the real host would refuse a function or host.json.
    """

    def __init__(
        self,
        app: func.FunctionApp,
        *,
        state: str,
        clock: HandClock | SystemClock,
        auth: Authentication | None = None,
        settings: Mapping[str, str] | None = None,
        host_json: Path = HOST_JSON,
        address: str = "127.0.0.1",
        port: int = 0,
        hold: timedelta = HOLD,
    ) -> None:
        known = os.environ if settings is None else settings
        refuse_unless_local(address=address, state=state, settings=known)
        self.clock = clock
        self._state = state
        self._where = (address, port)
        self._hold = hold
        self._host_json = read_host_json(host_json)
        self.functions = read_functions(app, route_prefix=self._host_json.route_prefix, settings=known)
        self._schedules = Schedules(self.functions, since=clock.now())
        self._sign_in = SignIn(auth) if auth else None
        self._web = Web(self.functions, start=self._start, sign_in=self._sign_in)
        self._open = AsyncExitStack()
        self._queues: Queues | None = None
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        self._queues = await self._open.enter_async_context(
            Queues(self._state, self._host_json, hold=self._hold)
        )
        self._client = await self._open.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app=self._web.application), base_url="http://127.0.0.1"
            )
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._queues = self._client = None
        await self._open.aclose()

    @property
    def key(self) -> str:
        """The key that functions which are not anonymous ask for."""
        return self._web.key

    async def fire_timers(
        self, now: datetime | None = None, *, past_due: bool = False
    ) -> tuple[Outcome, ...]:
        """Fire every timer once, due or not, after moving the clock to ``now``.

        Raises:
            Permanent: a moment is given and the clock is not one that can be moved.

        """
        if now is not None:
            self._move(now)
        moment = self.clock.now()
        return tuple(
            [
                await self._fire(function, self._schedules.request(function, moment, past_due=past_due))
                for function in self._schedules.functions
            ]
        )

    async def fire_due(self) -> tuple[Outcome, ...]:
        """Fire every timer that is due by the clock: once each, however many occurrences were missed."""
        return tuple(
            [
                await self._fire(function, request)
                for function, request in self._schedules.due(self.clock.now())
            ]
        )

    async def run_by_clock(self, *, poll: timedelta = timedelta(seconds=1), retry_now: bool = False) -> None:
        """Serve timers and queues until cancelled; ``poll`` is real time between two looks."""
        while True:
            await self.fire_due()
            await self.drain(retry_now=retry_now)
            await asyncio.sleep(poll.total_seconds())

    async def drain(self, *, limit: int | None = None, retry_now: bool = False) -> Drained:
        """Work through all queues until nothing is visible, or until ``limit`` messages are handled.

        With ``retry_now`` a failed message comes back at once instead of after its pause; that is bounded
        all the same, because it moves to the poison queue at its last attempt.
        """
        if retry_now:
            await self._storage.show_held()
        total = Drained()
        while True:
            done = await self._round(None if limit is None else limit - total.handled, retry_now=retry_now)
            total += done
            if not done.handled:
                return total

    async def request(
        self,
        method: str,
        path: str,
        *,
        as_person: str | Visitor | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send one request in process, as a browser would, signed in as ``as_person``.

        An object id is looked up among the people of ``auth``; a ``Visitor`` may be anybody.

        Raises:
            Permanent: nobody has that id, or the host runs without sign-in.

        """
        if self._client is None:
            raise Permanent("the local host is not open: use it inside `async with Host(...) as host:`")
        sent = {"accept": "text/html", **(headers or {})}
        if as_person is not None:
            sent["cookie"] = f"{COOKIE}={self._session(as_person)}"
        # Every call brings its own session, and leaves none behind for the next.
        self._client.cookies.clear()
        return await self._client.request(method, path, data=data, headers=sent)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serve the HTTP functions on loopback; the value is the address, for example http://127.0.0.1:50412."""
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(self._where)
            server = _Server(
                uvicorn.Config(
                    self._web.application, log_config=None, access_log=False, lifespan="off", ws="none"
                )
            )
            task = asyncio.create_task(server.serve(sockets=[listener]))
            try:
                await server.has_started()
                if task.done():
                    await task
                yield f"http://{self._where[0]}:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True
                await task

    @property
    def _storage(self) -> Queues:
        if self._queues is None:
            raise Permanent("the local host is not open: use it inside `async with Host(...) as host:`")
        return self._queues

    def _move(self, now: datetime) -> None:
        if not isinstance(self.clock, HandClock):
            raise Permanent("only a clock moved by hand can be set; this host runs by the machine's clock")
        self.clock.move(now)

    async def _start(self, function: Function, argument: object) -> Outcome:
        return await invoke(function, argument, send=self._storage.send)

    async def _fire(self, function: Function, request: func.TimerRequest) -> Outcome:
        try:
            return await self._start(function, request)
        finally:
            self._schedules.fired(function, self.clock.now())

    async def _round(self, room: int | None, *, retry_now: bool) -> Drained:
        """Take a batch from every queue, as much as there is room for, and handle all of it side by side."""
        taken: list[tuple[Function, Grip]] = []
        for function in self.functions:
            if isinstance(function.trigger, Queue):
                at_most = self._host_json.batch_size
                if room is not None:
                    at_most = min(at_most, room - len(taken))
                if at_most > 0:
                    grips = await self._storage.take(function.trigger.name, at_most=at_most)
                    taken += [(function, grip) for grip in grips]
        work = (self._handle(function, grip, retry_now=retry_now) for function, grip in taken)
        return sum(await _all(work), start=Drained())

    async def _handle(self, function: Function, grip: Grip, *, retry_now: bool) -> Drained:
        if grip.dequeue_count > self._host_json.max_dequeue_count:
            return Drained(handled=1, poisoned=int(await self._storage.poison(grip)))
        try:
            argument = grip.as_trigger(base64_expected=self._host_json.base64)
        except Malformed:
            return Drained(handled=1, failed=1, poisoned=int(await self._storage.poison(grip)))
        over = asyncio.Event()
        renewing = asyncio.create_task(grip.keep_hidden(self._hold, until=over))
        try:
            outcome = await self._start(function, argument)
        finally:
            over.set()
            await renewing
        if outcome.failure is None:
            await self._storage.delete(grip)
            return Drained(handled=1)
        poisoned = await self._storage.give_back(grip, now=retry_now)
        return Drained(handled=1, failed=1, poisoned=int(poisoned))

    def _session(self, person: str | Visitor) -> str:
        if self._sign_in is None:
            raise Permanent("this host runs without sign-in: give it auth=Authentication(...)")
        visitor = person if isinstance(person, Visitor) else self._sign_in.find(person)
        if visitor is None:
            raise Permanent(f"nobody in the sandbox has the id {person}")
        return self._sign_in.open_session(visitor)


class _Server(uvicorn.Server):
    """A server that says when it listens, and leaves the signals to the program that started it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._started_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets=sockets)
        finally:
            self._started_up.set()

    async def has_started(self) -> None:
        await self._started_up.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _all(work: Iterable[Coroutine[Any, Any, Drained]]) -> list[Drained]:
    """Do a batch side by side; when one is cut short, so is the rest, as in a process that ends."""
    tasks = [asyncio.create_task(one) for one in work]
    if not tasks:
        return []
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return [task.result() for task in tasks if task in done or not task.cancelled()]
