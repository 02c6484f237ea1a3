"""Sealing the record: one Merkle root over what grew since the seal before; then old names are forgotten."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reviews import evidence
from reviews.ports import Archive, Clock, Ledger, Policies
from reviews.records import Run, RunStep

log = logging.getLogger("gatehouse.sealing")

JOB = "seal"
LEASE = timedelta(minutes=15)
CONTAINER = "evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """Everything sealing needs."""

    clock: Clock
    ledger: Ledger
    archive: Archive
    policies: Policies
    new_owner: Callable[[], str]

    async def run(self, slot: datetime) -> Run | None:
        """Seal for a slot; None when that slot is done or under way.

        A seal names the newest event of every guest touched since the day of the seal before, so cutting
        off the end of a chain, or writing a chain anew, no longer fits.
        """
        run = await self.ledger.begin_run(
            JOB, slot, owner=self.new_owner(), now=self.clock.now(), lease=LEASE
        )
        if run is None:
            return None
        name = f"{slot:%Y-%m-%dT%H%MZ}.json"
        content = await self.archive.get(CONTAINER, name)
        if content is None:
            content = evidence.canonical(await self._seal(name))
            await self.archive.put(CONTAINER, name, content)
        sealed = evidence.parse(evidence.Seal, content)
        now = self.clock.now()
        summary: dict[str, int | str] = {"heads": len(sealed.heads), "root": sealed.root}
        run = await self.ledger.save_run(
            replace(run, step=RunStep.FINISHED, finished_at=now, leased_until=now, summary=summary)
        )
        log.info("record sealed", extra={"event": "seal.finished", "run_id": run.id, **summary})
        await self._forget(now)
        return run

    async def _forget(self, now: datetime) -> None:
        """Take out of the record the names it no longer needs: only what is sealed already is that old."""
        policy = await self.policies.current()
        batches = await self.ledger.forget((now - policy.record.names_kept).date())
        if batches:
            log.info("names forgotten", extra={"event": "record.forgotten", "batches": batches})

    async def _seal(self, name: str) -> evidence.Seal:
        now = self.clock.now()
        earlier = [one for one in await self.archive.names(CONTAINER) if one < name]
        before = await self._newest(earlier)
        since = before.taken_at if before else datetime.min.replace(tzinfo=now.tzinfo)
        heads: dict[str, str] = {}
        for guest_id in await self.ledger.touched(since.date()):
            newest = (await self.ledger.events(guest_id))[-1]
            heads[guest_id] = f"{newest.seq}:{newest.hash}"
        extras: dict[str, str] = {}
        for job in ("harvest", "packages", "night", "track"):
            for done in await self.ledger.recent_runs(job, 50):
                if done.finished_at is not None and done.finished_at >= since:
                    extras[done.id] = evidence.digest(evidence.canonical(replace(done, version=0)))
        return evidence.seal(name, now, before.root if before else evidence.GENESIS, heads, extras)

    async def _newest(self, names: list[str]) -> evidence.Seal | None:
        if not names:
            return None
        content = await self.archive.get(CONTAINER, names[-1])
        return None if content is None else evidence.parse(evidence.Seal, content)
