"""The tick: which jobs are due, and is anything amiss that nobody has been told of?"""

import logging
from dataclasses import dataclass
from datetime import datetime

from reviews import schedule
from reviews.jobs.telling import operators_digest
from reviews.messages import RunJob, SendMail
from reviews.model import RunId
from reviews.ports import Clock, Ledger, Policies, Queue
from reviews.records import RunStep

log = logging.getLogger("gatehouse.tick")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Everything a tick needs."""

    clock: Clock
    ledger: Ledger
    queue: Queue
    policies: Policies

    async def run(self) -> tuple[RunJob, ...]:
        """Hand over every job that is due and not finished, and raise the alarm where one is overdue.

        However often it fires, a job's slot is one run: the claim in the ledger sees to that.
        """
        policy = await self.policies.current()
        now = self.clock.now()
        finished: dict[str, datetime] = {}
        oldest: dict[str, datetime] = {}
        for job in type(policy.schedules).model_fields:
            runs = await self.ledger.recent_runs(job, 10)
            oldest.update({run.job: run.slot for run in runs})
            finished.update({run.job: run.slot for run in reversed(runs) if run.step is RunStep.FINISHED})
        jobs = tuple(
            RunJob(job=due.job, slot=due.slot) for due in schedule.due(policy.schedules, now, finished)
        )
        for message in jobs:
            await self.queue.put(message)
        for late in schedule.overdue(policy.schedules, now, finished):
            if late.job not in oldest or late.slot < oldest[late.job]:
                # A fresh installation missed nothing: what was due before its first run was not its own.
                continue
            log.error(
                "a job did not run", extra={"event": f"{late.job}.overdue", "slot": late.slot.isoformat()}
            )
            run_id = RunId(f"{late.job}:{late.slot:%Y-%m-%dT%H:%MZ}")
            for mail in operators_digest(run_id, policy, now, alert=f"{late.job}-overdue"):
                await self.ledger.owe(mail)
                await self.queue.put(SendMail(home=mail.home, mail_id=mail.id))
        for queue, count in (await self.queue.parked()).items():
            log.error("messages are parked", extra={"event": "queue.parked", "queue": queue, "count": count})
        return jobs
