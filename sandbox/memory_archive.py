"""The archive kept in memory: blobs that are gone with the process."""

import asyncio

from adapters.blobs import PLANS, plan_name
from reviews.errors import Conflict
from reviews.evidence import canonical, digest, parse
from reviews.model import RunId
from reviews.records import Plan


class MemoryArchive:
    """Blobs in a dictionary."""

    def __init__(self) -> None:
        self._blobs: dict[tuple[str, str], bytes] = {}

    async def save_plan(self, run_id: RunId, plan: Plan) -> str:
        """Keep a plan as canonical JSON; return the SHA-256 of its bytes."""
        content = canonical(plan)
        await self.put(PLANS, plan_name(run_id), content)
        return digest(content)

    async def plan(self, run_id: RunId) -> Plan | None:
        """Read a plan back. Raises Malformed."""
        content = await self.get(PLANS, plan_name(run_id))
        return None if content is None else parse(Plan, content)

    async def put(self, container: str, name: str, content: bytes) -> None:
        """Keep bytes under a name; a different content under a name that exists raises Conflict."""
        await asyncio.sleep(0)
        if self._blobs.setdefault((container, name), content) != content:
            raise Conflict(f"blob {container}/{name} is there with a different content")

    async def get(self, container: str, name: str) -> bytes | None:
        """Read bytes back; None when there are none."""
        await asyncio.sleep(0)
        return self._blobs.get((container, name))

    async def names(self, container: str, prefix: str = "") -> tuple[str, ...]:
        """List names in order."""
        await asyncio.sleep(0)
        held = (name for where, name in self._blobs if where == container)
        return tuple(sorted(name for name in held if name.startswith(prefix)))
