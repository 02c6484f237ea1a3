"""A real browser in front of the answer page, served on this machine."""

import asyncio
import socket
import subprocess
import threading
from collections.abc import Coroutine, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.azurite import find_node
from tests.reviewers import Site, signed_in

T = TypeVar("T")

CHROMIUM: Final = Path("/usr/bin/chromium")
HERE: Final = Path(__file__).parent
AXE: Final = HERE / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Not for the session: its loop holds the thread, and the tests of other modules bring their own.
    if not CHROMIUM.exists():
        pytest.skip("needs Debian's chromium: apt-get install chromium")
    with sync_playwright() as play:
        chromium = play.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"]
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def axe() -> str:
    if not AXE.exists():
        command = [*find_node().npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=HERE, check=True, timeout=120)
    return AXE.read_text(encoding="utf-8")


def settled(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end beside the browser's own loop, which holds this thread."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, work).result(30)


class SignedIn:
    """Stands where App Service Authentication stands: says who the browser is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.headers: dict[str, str] = signed_in()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = add_headers(scope, self.headers)
        await self.app(scope, receive, send)


def add_headers(scope: MutableMapping[str, Any], headers: dict[str, str]) -> MutableMapping[str, Any]:
    added = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return {**scope, "headers": [*scope["headers"], *added]}


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a free port of this machine; yield its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


class Visit:
    """A site on the air, and who looks at it."""

    def __init__(self, site: Site, door: SignedIn, address: str) -> None:
        self.site = site
        self.door = door
        self.address = address


@contextmanager
def visited(count: int, **changes: Any) -> Iterator[Visit]:
    site = settled(Site().with_batch(count, **changes))
    door = SignedIn(site.app)
    with served(door) as address:
        yield Visit(site, door, address)
