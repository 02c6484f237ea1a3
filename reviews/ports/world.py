"""The time, the policy in force, the queues and the blobs."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from reviews.messages import Message
from reviews.model import RunId
from reviews.policy import Policy
from reviews.records import Plan


class Clock(Protocol):
    """The time, and waiting for it."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...

    async def sleep(self, duration: timedelta) -> None:
        """Wait; a clock moved by hand moves instead."""
        ...


class Policies(Protocol):
    """Where the policy in force comes from."""

    async def current(self) -> Policy:
        """Return the policy in force now; an edit shows at the next call."""
        ...


class Queue(Protocol):
    """Work handed from one trigger to the next; messages hold ids only and may arrive more than once."""

    async def put(self, message: Message, *, after: timedelta = timedelta()) -> None:
        """Hand over one message, visible after a while. A lost reply may put it twice."""
        ...

    async def parked(self) -> Mapping[str, int]:
        """Count the messages in each poison queue; empty when there are none."""
        ...


class Archive(Protocol):
    """Blobs: policies, plans, seals. Writing the same name with the same bytes again is fine."""

    async def save_plan(self, run_id: RunId, plan: Plan) -> str:
        """Keep a plan as canonical JSON; return the SHA-256 of its bytes."""
        ...

    async def plan(self, run_id: RunId) -> Plan | None:
        """Read a plan back."""
        ...

    async def put(self, container: str, name: str, content: bytes) -> None:
        """Keep bytes under a name; a different content under a name that exists raises Conflict."""
        ...

    async def get(self, container: str, name: str) -> bytes | None:
        """Read bytes back; None when there are none."""
        ...

    async def names(self, container: str, prefix: str = "") -> tuple[str, ...]:
        """List names in order."""
        ...
