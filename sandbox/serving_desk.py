"""The desk of an open sandbox: what time it is there, and buttons that let time pass."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from sandbox.world import World

NAV: Final = ' · <a href="/clock">Clock</a>'
_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
}
_PAGES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Open(Protocol):
    """What the desk asks of the sandbox that stays open."""

    world: World
    environment: Path

    async def pass_until(self, moment: datetime) -> None:
        """Let time pass, with everything that happens meanwhile."""

    async def next_night(self) -> datetime:
        """Return when the timer will have started the next night."""


def make_desk(sandbox: Open, loop: asyncio.AbstractEventLoop, inboxes: ASGIApp) -> Starlette:
    """Make the desk in front of the inboxes. The sandbox lives in ``loop``; the desk may live in another."""
    desk = _Desk(sandbox, loop)
    return Starlette(
        routes=[
            Route("/clock", desk.show, methods=["GET"]),
            Route("/clock", desk.turn, methods=["POST"]),
            Mount("/", inboxes),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )


class _Desk:
    def __init__(self, sandbox: Open, loop: asyncio.AbstractEventLoop) -> None:
        self._sandbox = sandbox
        self._loop = loop
        self._steps: Mapping[str, Callable[[datetime], Awaitable[datetime]]] = {
            "night": self._next_night,
            "day": _after(timedelta(days=1)),
            "week": _after(timedelta(weeks=1)),
        }

    async def show(self, request: Request) -> Response:  # noqa: ARG002 - what a route is called with
        """Show the hour and the buttons."""
        return HTMLResponse(await self._there(self._page()), headers=_HEADERS)

    async def turn(self, request: Request) -> Response:
        """Move the clock, when our own page asks for it."""
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return Response(status_code=403)
        form = parse_qs((await request.body()).decode("ascii", "replace"))
        step = self._steps.get("".join(form.get("to", ())))
        if step is None:
            return Response(status_code=400)
        await self._there(self._turned(step))
        return RedirectResponse("/clock", 303, headers=_HEADERS)

    async def _turned(self, step: Callable[[datetime], Awaitable[datetime]]) -> None:
        await self._sandbox.pass_until(await step(self._sandbox.world.clock.now()))

    async def _page(self) -> str:
        world = self._sandbox.world
        runs = await world.house.ledger.recent_runs("night", 5)
        return _PAGES.get_template("clock.html").render(
            now=world.clock.now(),
            next_night=await self._sandbox.next_night(),
            runs=runs,
            mails=len(world.tenant.sent()),
            environment=self._sandbox.environment,
        )

    async def _next_night(self, now: datetime) -> datetime:
        return max(await self._sandbox.next_night(), now)

    async def _there(self, work: Coroutine[Any, Any, Any]) -> Any:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))


def _after(duration: timedelta) -> Callable[[datetime], Awaitable[datetime]]:
    async def step(now: datetime) -> datetime:
        return now + duration

    return step
