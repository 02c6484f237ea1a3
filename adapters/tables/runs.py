"""Runs of jobs, each claimed by one owner at a time, and approvals of plans."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapters.tables.entities import Row, row_of
from adapters.tables.indexes import owed_pointer
from adapters.tables.outbox import OutboxRows, mail_row
from adapters.tables.rules import check_homes, first_claim, job_and_slot, run_key, take_over
from adapters.tables.table import insert, replace_row
from reviews.errors import Conflict, Gone
from reviews.model import RunId
from reviews.records import OwedMail, Run

APPROVAL = "approval"
RUNS_END = ":"
"""Sorts behind every digit: run rows are keyed by digits alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who approved a plan, and when."""

    by: str
    at: datetime


def run_row(run: Run, *, nonce: str | None = None) -> Row:
    """Make the row of a run."""
    return row_of(run.job, run_key(run.slot), run, nonce=nonce, version=run.version, step=run.step.value)


class RunRows(OutboxRows):
    """The part of the ledger that keeps runs and approvals."""

    async def begin_run(
        self, job: str, slot: datetime, *, owner: str, now: datetime, lease: timedelta
    ) -> Run | None:
        """Claim a job's slot; see the port. Taking over moves the version on, which fences off the other."""
        claim = first_claim(job, slot, owner=owner, now=now, lease=lease)
        stored = await self._tables.runs.get(job, run_key(slot))
        if stored is None and await self._tables.runs.write(insert(run_row(claim))):
            return claim
        stored = stored or await self._tables.runs.get(job, run_key(slot))
        if stored is None:
            raise Conflict(f"run {claim.id} was there and is gone")
        taken = take_over(stored.row.read(Run), owner=owner, now=now, lease=lease)
        if taken is None:
            return None
        taken = replace(taken, version=taken.version + 1)
        return taken if await self._tables.runs.write(replace_row(stored, run_row(taken))) else None

    async def save_run(self, run: Run, *, owes: Sequence[OwedMail] = ()) -> Run:
        """Replace a run; see the port. Raises Gone when it was never begun."""
        check_homes(owes, f"run:{run.id}")
        stored = await self._tables.runs.get(run.job, run_key(run.slot))
        if stored is None:
            raise Gone(f"run {run.id} was never begun")
        if stored.row.read(Run).version != run.version:
            raise Conflict(f"run {run.id} is no longer at version {run.version}")
        saved = replace(run, version=run.version + 1)
        row = run_row(saved)
        mails = await self.not_there(owes)
        await self._tables.indexes.add([owed_pointer(mail.home, mail.id) for mail in mails])
        writes = [replace_row(stored, row), *(insert(mail_row(mail, nonce=row.nonce)) for mail in mails)]
        if not await self._tables.runs.write_together(writes, proof=row):
            raise Conflict(f"run {run.id} was written by somebody else")
        return saved

    async def run(self, run_id: RunId) -> Run | None:
        """Read one run. Raises Malformed for a name that is no run id."""
        job, slot = job_and_slot(run_id)
        stored = await self._tables.runs.get(job, run_key(slot))
        return None if stored is None else stored.row.read(Run)

    async def recent_runs(self, job: str, limit: int) -> tuple[Run, ...]:
        """Return the newest runs of a job by slot, newest first."""
        rows = self._tables.runs.rows(job, before=RUNS_END, at_most=limit)
        return tuple([stored.row.read(Run) async for stored in rows])

    async def approve(self, plan_hash: str, *, by: str, at: datetime) -> None:
        """Write down that an operator approved a plan; the first approval stays."""
        row = row_of(APPROVAL, plan_hash, Approval(by=by, at=at))
        # Approved already is as good.
        await self._tables.runs.write(insert(row))

    async def approved(self, plan_hash: str) -> bool:
        """Say whether a plan was approved."""
        return await self._tables.runs.get(APPROVAL, plan_hash) is not None
