"""The way back: one guest, or everything a run did, as far as the directory remembers."""

import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from reviews import remediation
from reviews.errors import Forbidden, Gone, Transient
from reviews.jobs.telling import to_reviewer
from reviews.messages import SendMail
from reviews.model import Batch, BatchId, Case, GuestId, Outcome, Reason, RunId, Step, Undone, UndoRequest
from reviews.ports import Clock, Directory, Ledger, Policies, Queue
from reviews.reasons import because
from reviews.records import MailKind, Move
from reviews.undo import UNDOABLE, is_back, no_undo

log = logging.getLogger("gatehouse.undoing")

REST = timedelta(days=14)
"""A restored guest is asked about again after this long."""


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

    async def for_reviewer(self, batch_id: BatchId) -> Batch:
        """Bring back the guests of a batch that its reviewer wants back. Safe to repeat.

        What became of each wish is written into the batch, where the page shows it.

        Raises:
            Gone: there is no such batch.
            Transient: a restored account is not to be seen yet; the queue tries again.

        """
        batch = await self.ledger.batch(batch_id)
        if batch is None:
            raise Gone(f"batch {batch_id} is not in the ledger")
        settled = {one.case_id for one in batch.undone}
        for request in await self.ledger.undo_requests(batch_id):
            if request.case_id not in settled:
                undone = Undone(
                    guest_id=request.guest_id,
                    case_id=request.case_id,
                    at=self.clock.now(),
                    because=await self._on_request(request),
                )
                batch = await self.ledger.save_batch(replace(batch, undone=(*batch.undone, undone)))
        return batch

    async def _on_request(self, request: UndoRequest) -> Reason | None:
        case = await self.ledger.case(request.guest_id)
        if is_back(case, request):
            return None
        refusal = no_undo(case, request, self.clock.now())
        if refusal is None:
            try:
                await self.guest(request.guest_id, by=request.by)
            except Gone:
                refusal = because("not-in-directory")
            except Forbidden as error:
                refusal = because("directory-refuses", needs=error.needs or "")
        if refusal is not None:
            extra = {"event": "undo.refused", "case": request.case_id, "because": refusal.code}
            log.warning("not brought back", extra=extra)
        return refusal

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
