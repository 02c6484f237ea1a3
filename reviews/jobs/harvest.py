"""The harvest: who invited which guest, taken from the audit log before the directory forgets it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reviews.arrivals import joined, look_back
from reviews.errors import Forbidden
from reviews.model import Reason
from reviews.ports import Clock, Invitations, Ledger
from reviews.reasons import because
from reviews.records import Run, RunStep

log = logging.getLogger("gatehouse.harvest")

JOB = "harvest"
LEASE = timedelta(minutes=15)
NIGHTS = 400
"""So far back a finished harvest is looked for: however long harvests failed, it is known what was lost."""
READ_TO = "read_to"
"""In the summary of a run: up to which moment the log was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """Everything a harvest needs."""

    clock: Clock
    ledger: Ledger
    invitations: Invitations
    new_owner: Callable[[], str]

    async def run(self, slot: datetime) -> Run | None:
        """Harvest for a slot; None when that slot is done or under way.

        Reads on from where the newest finished harvest stopped, and a day before that. Cut off anywhere it is
        simply started again: what a line says is joined to what is known, once or ten times.
        """
        run = await self.ledger.begin_run(
            JOB, slot, owner=self.new_owner(), now=self.clock.now(), lease=LEASE
        )
        if run is None:
            return None
        try:
            summary = await self._read()
        except Forbidden:
            # The watermark stays: what is still in the log when the right is given will be read.
            summary = {"refused": "no-permission", READ_TO: await self._read_to() or ""}
        now = self.clock.now()
        run = await self.ledger.save_run(
            replace(run, step=RunStep.FINISHED, finished_at=now, leased_until=now, summary=summary)
        )
        log.info(
            "invitations harvested", extra={"event": "harvest.finished", "run_id": run.id, **run.summary}
        )
        return run

    async def _read(self) -> dict[str, int | str]:
        now = self.clock.now()
        last = await self._read_to()
        since, lost = look_back(
            datetime.fromisoformat(last) if last else None, now, await self.invitations.kept_for()
        )
        lines = odd = 0
        async for page in self.invitations.since(since):
            await self.ledger.note_arrivals(tuple(joined(page.arrivals).values()))
            lines += len(page.arrivals)
            odd += page.odd
        # A day that is lost in part is lost.
        lost_days = -(-lost // timedelta(days=1))
        return {"lines": lines, "odd": odd, "lost_days": lost_days, READ_TO: now.isoformat()}

    async def _read_to(self) -> str | None:
        newest = await newest_harvest(self.ledger)
        return None if newest is None else str(newest.summary.get(READ_TO) or "") or None


async def newest_harvest(ledger: Ledger) -> Run | None:
    """Return the newest harvest that was finished; None before the first."""
    runs = await ledger.recent_runs(JOB, NIGHTS)
    return next((run for run in runs if run.step is RunStep.FINISHED), None)


async def gaps(ledger: Ledger) -> tuple[Reason, ...]:
    """Return what operators should hear of the newest harvest: days lost, a right that is missing."""
    newest = await newest_harvest(ledger)
    if newest is None:
        return ()
    lost = newest.summary.get("lost_days", 0)
    told = [because("invitations-lost", days=lost)] if lost else []
    if refused := newest.summary.get("refused"):
        told.append(because("invitations-unreadable", why=refused))
    return tuple(told)
