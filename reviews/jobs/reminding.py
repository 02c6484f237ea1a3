"""Owing what time alone makes due: reminders, the summary of a round, the end of an exemption.

Everything is owed by state under an id that says what and which time, so a job that is cut and begun again
owes nothing twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from reviews import cadence
from reviews.cadence import Reminder
from reviews.model import Batch, BatchStep, RunId
from reviews.policy import Policy
from reviews.ports import Clock, Ledger
from reviews.records import MailKind, OwedMail, reader_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminding:
    """Everything reminding needs."""

    clock: Clock
    ledger: Ledger

    async def remind(self, batches: Iterable[Batch], policy: Policy) -> int:
        """Owe each reviewer of open batches the one reminder that is due today; return how many are owed."""
        now, owed = self.clock.now(), 0
        there = [one for one in batches if one.step is BatchStep.OPEN and one.reviewer and one.reviewer.mail]
        there.sort(key=lambda one: (one.reviewer_id, one.deadline, one.id))
        for _, theirs in groupby(there, key=lambda one: one.reviewer_id):
            owed += await self._remind(tuple(theirs), policy, now)
        return owed

    async def _remind(self, theirs: Sequence[Batch], policy: Policy, now: datetime) -> bool:
        """Owe one reviewer one mail about all their batches, at home in the most urgent one."""
        reviewer = theirs[0].reviewer
        if reviewer is None or reviewer.mail is None:
            return False
        told_on = await self.ledger.last_day(reader_of(reviewer.mail))
        due = [(one, cadence.reminder_due(one, told_on, policy, now)) for one in theirs]
        waiting = [(one, reminder) for one, reminder in due if reminder and await self._waits(one)]
        if not waiting:
            return False
        batch, reminder = min(waiting, key=_urgency)
        others = " ".join(one.id for one in theirs if one is not batch)
        await self.ledger.owe(
            OwedMail(
                home=f"batch:{batch.id}",
                id=reminder.mail_id,
                kind=reminder.kind,
                to=reviewer.mail,
                language=reviewer.language or policy.tenant.language,
                owed_at=now,
                facts={"also": others} if others else {},
            )
        )
        return True

    async def _waits(self, batch: Batch) -> bool:
        for guest_id in batch.guests:
            if cadence.waits(await self.ledger.case(guest_id), batch):
                return True
        return False

    async def sum_up(self, run_id: RunId, policy: Policy) -> None:
        """Owe the operators the summary of a round, before its last batch is closed."""
        if policy.cadence.round_summary:
            await self._tell_operators(f"run:{run_id}", MailKind.ROUND_SUMMARY, "", policy)

    async def announce(self, policy: Policy) -> None:
        """Owe the operators word of every exemption that is about to end."""
        for exemption in cadence.ending_exemptions(policy, self.clock.now()):
            until = exemption.until.isoformat()
            await self._tell_operators(
                f"guest:{exemption.guest}", MailKind.EXCEPTION_EXPIRING, f".{until}", policy, until=until
            )

    async def _tell_operators(
        self, home: str, kind: MailKind, about: str, policy: Policy, **facts: str
    ) -> None:
        for number, address in enumerate(policy.mail.operators, start=1):
            await self.ledger.owe(
                OwedMail(
                    home=home,
                    id=f"{kind}{about}.{number}",
                    kind=kind,
                    to=address,
                    language=policy.tenant.language,
                    owed_at=self.clock.now(),
                    facts=facts,
                )
            )


def _urgency(due: tuple[Batch, Reminder]) -> tuple[bool, datetime, str]:
    batch, reminder = due
    return reminder.kind is not MailKind.FINAL_REMINDER, batch.deadline, batch.id
