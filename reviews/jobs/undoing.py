"""The way back: one guest, or everything a run did, as far as the directory remembers."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from reviews import remediation
from reviews.errors import Transient
from reviews.jobs.telling import to_reviewer
from reviews.messages import SendMail
from reviews.model import Case, GuestId, Outcome, RunId, Step
from reviews.ports import Clock, Directory, Ledger, Policies, Queue
from reviews.records import MailKind, Move

log = logging.getLogger("gatehouse.undoing")

REST = timedelta(days=14)
"""A restored guest is asked about again after this long."""
UNDOABLE = frozenset(
    {Step.DENIED, Step.LAPSED, Step.NOTICED, Step.BLOCKED, Step.QUARANTINED, Step.DELETED, Step.MANUAL}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """Everything an undo needs."""

    clock: Clock
    directory: Directory
    ledger: Ledger
    queue: Queue
    policies: Policies

    async def guest(self, guest_id: GuestId, *, by: str) -> Case | None:
        """Bring one guest back: restored if deleted, enabled if blocked, the case ended as restored.

        None when there is nothing to undo. Safe to repeat.

        Raises:
            Gone: the directory has forgotten the account (30 days after the soft delete).
            Transient: the restored account is not to be seen yet; run the same command again.

        """
        case = await self.ledger.case(guest_id)
        if case is None or case.step not in UNDOABLE:
            return None
        if case.step is Step.DELETED and await self.directory.guest(guest_id, sign_ins=False) is None:
            await self.directory.restore(guest_id)
        if case.step in {Step.BLOCKED, Step.QUARANTINED, Step.DELETED}:
            await self.directory.set_enabled(guest_id, enabled=True)
        again = await self.directory.guest(guest_id, sign_ins=False)
        if again is None or not again.enabled:
            raise Transient(f"guest {guest_id} is not to be seen back yet; undo again in a minute")
        return await self._written(case, by)

    async def run(self, run_id: RunId, *, by: str) -> tuple[Case, ...]:
        """Undo every live case whose newest step this run brought about, or that it opened."""
        undone: list[Case] = []
        for case in await self.ledger.live_cases():
            newest = (await self.ledger.events(case.guest_id))[-1]
            if run_id in {case.run_id, newest.run_id}:
                restored = await self.guest(case.guest_id, by=by)
                if restored is not None:
                    undone.append(restored)
        return tuple(undone)

    async def _written(self, case: Case, by: str) -> Case:
        policy = await self.policies.current()
        now = self.clock.now()
        batch = await self.ledger.batch(case.batch_id)
        owes = to_reviewer(MailKind.RESTORED, case, batch.reviewer if batch else None, policy, now)
        after = remediation.restored(case, now, rests_until=now + REST)
        facts = {"was": case.step.value}
        moved = await self.ledger.move(
            Move(case=after, kind="restored", actor=by, at=now, run_id=None, facts=facts, owes=owes)
        )
        for mail in owes:
            await self.queue.put(SendMail(home=mail.home, mail_id=mail.id))
        log.info("guest restored", extra={"event": "action.restored", "case": case.id})
        # A cut before this line leaves a case at RESTORED, which the next night closes.
        over = remediation.closed(moved, now, Outcome.RESTORED, rests_until=moved.rests_until)
        return await self.ledger.move(Move(case=over, kind="closed", actor=by, at=now))
