"""What earlier nights left: read before a night, and left by it for the next."""

import logging

from reviews.errors import Conflict, Malformed
from reviews.model import RunId
from reviews.ports import Archive, Ledger
from reviews.remembering import Past
from reviews.snapshots import CONTAINER, Snapshot

log = logging.getLogger("gatehouse.past")

TRIES = 3
"""How many of the newest snapshots are tried when one cannot be read."""


async def read_past(archive: Archive, ledger: Ledger, run_id: RunId | None = None) -> Past:
    """Read what the newest night before a run left; an empty past when there is none.

    Without a run the newest of all is read.
    """
    own = "" if run_id is None else snapshot_name(run_id)
    names = [name for name in await archive.names(CONTAINER) if not own or name < own]
    for name in reversed(names[-TRIES:]):
        content = await archive.get(CONTAINER, name)
        try:
            snapshot = None if content is None else Snapshot(content)
        except Malformed:
            log.warning("a snapshot cannot be read", extra={"event": "snapshot.unreadable", "snapshot": name})
            continue
        if snapshot is not None:
            looked_on = snapshot.night.looked_on > 0
            approved = looked_on and await ledger.approved(snapshot.night.plan_hash)
            return Past(snapshot=snapshot, approved=approved)
    return Past()


async def leave_snapshot(archive: Archive, run_id: RunId, content: bytes) -> None:
    """Leave a night's snapshot; the first one left by a run stays."""
    try:
        await archive.put(CONTAINER, snapshot_name(run_id), content)
    except Conflict:
        # Somebody else ran this very night, over the same plan, at another moment.
        log.info("the night is remembered already", extra={"event": "snapshot.kept", "run_id": run_id})


def snapshot_name(run_id: RunId) -> str:
    """Name the blob of a run's snapshot, for example ``night-2026-11-20T01-30Z.bin``."""
    return f"{run_id.replace(':', '-')}.bin"
