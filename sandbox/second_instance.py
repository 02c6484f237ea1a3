"""A second instance of the app in a process of its own, as Azure adds one when there is much to do.

It shares storage, Graph and clock with the first, and takes messages from the same queues when told to.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import asdict
from pathlib import Path
from typing import IO

from adapters import runtime
from adapters.runtime import House
from adapters.settings import read_settings
from reviews.errors import BadSettings, Transient
from sandbox.host import Host
from sandbox.host_queues import Drained
from sandbox.joint_clock import JointClock

_RETRY_NOW = "retry-now"
_GO_ON = "go-on"


class SecondInstance:
    """The other process, seen from the first."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def drain(self, *, retry_now: bool = False) -> Drained:
        """Have it work through the queues as ``Host.drain`` does.

        Raises:
            Transient: it has ended.

        """
        talk, answer = self._process.stdin, self._process.stdout
        if talk is None or answer is None:
            raise Transient("the second instance cannot be spoken to")
        talk.write(f"{_RETRY_NOW if retry_now else _GO_ON}\n".encode())
        line = await answer.readline()
        if not line:
            raise Transient("the second instance has ended; its last words are in the log")
        return Drained(**json.loads(line))


@asynccontextmanager
async def second_instance(clock: Path, log: IO[bytes]) -> AsyncIterator[SecondInstance]:
    """Start one with this process's environment, and stop it for certain; what it logs goes to ``log``."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sandbox.second_instance",
        str(clock),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        cwd=Path(__file__).parent.parent,
    )
    try:
        yield SecondInstance(process)
    finally:
        # It ends by itself when nobody speaks to it any more, also when this process is killed.
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


async def work(clock: JointClock) -> None:
    """Work through the queues each time a line arrives and say what was done, until there are no more."""
    settings = read_settings()
    if settings.state is None or settings.state.connection_string is None:
        raise BadSettings(["STATE: the second instance needs the first one's storage"])
    async with House(settings, clock=clock) as house:
        runtime.install(house)
        import function_app

        async with Host(function_app.app, state=settings.state.connection_string, clock=clock) as host:
            while line := await asyncio.to_thread(sys.stdin.readline):
                drained = await host.drain(retry_now=line.strip() == _RETRY_NOW)
                sys.stdout.write(json.dumps(asdict(drained)) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    with closing(JointClock(Path(sys.argv[1]))) as shared:
        asyncio.run(work(shared))
