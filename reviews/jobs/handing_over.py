"""Handing questions over: to the colleague a reviewer names, or to the next person on the ladder.

What was decided is written into the batch first, and carried out from there: a cut at any point is made
good at the next tracking, and nothing is decided twice. The opening of the new batch moves the case, so
that a guest has one live case at every moment.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from reviews import handover, schedule
from reviews.errors import Gone
from reviews.evidence import digest
from reviews.messages import OpenBatch
from reviews.model import Answer, Batch, BatchId, BatchStep, Case, GuestId, HandOver, Person, PersonId, Reason
from reviews.policy import Policy
from reviews.ports import Clock, Directory, Ledger, Queue
from reviews.quorum import on_record
from reviews.reasons import because
from reviews.records import Action
from reviews.sponsors import fit

log = logging.getLogger("gatehouse.handing_over")

_ADDRESS = re.compile(r"[^@\s'\"<>(),;:\\]{1,64}@[^@\s'\"<>(),;:\\]{1,253}")
"""What is looked up at all: anything else that was typed is nobody's address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandingOver:
    """Everything a hand-over needs."""

    clock: Clock
    directory: Directory
    ledger: Ledger
    queue: Queue

    async def settle(self, batch: Batch, policy: Policy) -> Batch:
        """Hand over what a reviewer says is not theirs, or needs somebody else's answer too. Repeatable."""
        going = [(case, why) for case in await self.cases(batch) if (why := handover.why_hand_over(case))]
        return await self._hand_over(batch, going, policy)

    async def from_absent(self, batch: Batch, policy: Policy) -> Batch:
        """Look whether the reviewer can still answer, and hand over what waits for them if not.

        An account that is switched off may be somebody on a long leave: it is given
        ``reviewers.absent_for``, and nothing happens when it is switched on again meanwhile.
        """
        person = await self.directory.person(batch.reviewer_id)
        why = fit(person, batch.guests, policy.reviewers)
        now = self.clock.now()
        if why is None or why.code == "reviewer-is-the-guest":
            return await self._noted(batch, replace(batch, absent_since=None))
        if why.code == "reviewer-disabled":
            since = batch.absent_since or now
            batch = await self._noted(batch, replace(batch, absent_since=since))
            if now - since < policy.reviewers.absent_for:
                return batch
            why = because("reviewer-absent", on=since.date().isoformat())
        return await self.pass_on(batch, batch.guests, why, policy)

    async def pass_on(self, batch: Batch, guests: Sequence[GuestId], why: Reason, policy: Policy) -> Batch:
        """Hand over the questions about some guests that still wait, to the next on the ladder."""
        waiting = [
            (case, why)
            for case in await self.cases(batch)
            if case.guest_id in guests and case.step in handover.WAITING
        ]
        return await self._hand_over(batch, waiting, policy)

    async def cases(self, batch: Batch) -> tuple[Case, ...]:
        """Return the cases that are asked in a batch now."""
        found = await self.ledger.cases(batch.guests)
        now = (found.get(guest_id) for guest_id in batch.guests)
        return tuple(case for case in now if case is not None and case.batch_id == batch.id)

    async def _noted(self, before: Batch, after: Batch) -> Batch:
        return before if before == after else await self.ledger.save_batch(after)

    async def _hand_over(self, batch: Batch, going: Sequence[tuple[Case, Reason]], policy: Policy) -> Batch:
        settled = {(one.case_id, one.answer_id) for one in batch.handed_over}
        fresh = [(case, why) for case, why in going if (case.id, _settles(case, why)) not in settled]
        if fresh:
            asks = {ask.guest_id: ask for ask in await self.ledger.asks(batch.id)}
            decided = [
                await self._decided(batch, case, asks[case.guest_id], why, policy) for case, why in fresh
            ]
            batch = await self.ledger.save_batch(replace(batch, handed_over=(*batch.handed_over, *decided)))
            for one in decided:
                _tell(one)
        await self._carry_out({case.id: case for case, _ in going}, batch, policy)
        return batch

    async def _decided(self, batch: Batch, case: Case, ask: Action, why: Reason, policy: Policy) -> HandOver:
        to, because_of = await self._next(case, ask, why, policy)
        return HandOver(
            guest_id=case.guest_id,
            case_id=case.id,
            because=because_of,
            to=to,
            batch_id=await self._batch_id(batch, to) if to else None,
            answer_id=_settles(case, why),
        )

    async def _next(
        self, case: Case, ask: Action, why: Reason, policy: Policy
    ) -> tuple[Person | None, Reason]:
        held_back = handover.held_back(case, why, policy)
        if held_back is not None:
            return None, held_back
        named = _named(case) if why.code == "not-mine" else None
        if named is not None and not handover.names_too_often(case):
            colleague = await self._colleague(named)
            why = handover.unfit_colleague(colleague, case, policy) or because("named-by-reviewer")
            if why.code == "named-by-reviewer":
                return colleague, why
        fallback = (PersonId(one) for one in policy.reviewers.fallback)
        for candidate in handover.next_in_line(case, (*ask.reviewers, *fallback)):
            person = await self.directory.person(candidate)
            if fit(person, (case.guest_id,), policy.reviewers) is None:
                return person, why
        return None, because("nobody-left-to-ask")

    async def _colleague(self, address: str) -> Person | None:
        typed = address.strip()
        return await self.directory.colleague(typed) if _ADDRESS.fullmatch(typed) else None

    async def _batch_id(self, batch: Batch, to: Person) -> BatchId:
        secret = await self._secret(batch)
        return BatchId(digest(f"batch|{secret}|{batch.id}|{to.id}|{batch.version}".encode())[:32])

    async def _secret(self, batch: Batch) -> str:
        """Return what only the record knows: a link must not be guessed from the link before."""
        run = await self.ledger.run(batch.run_id)
        if run is None:
            raise Gone(f"run {batch.run_id} is not in the ledger")
        return run.nonce

    async def _carry_out(self, cases: Mapping[str, Case], batch: Batch, policy: Policy) -> None:
        """Open a batch for each person to whom cases go that are still in the old one."""
        due = [one for one in batch.handed_over if one.to is not None and one.case_id in cases]
        asks = {ask.guest_id: ask for ask in await self.ledger.asks(batch.id)} if due else {}
        for batch_id, group in groupby(sorted(due, key=_by_batch), key=_by_batch):
            handed = list(group)
            questions = [
                handover.handed_over(asks[one.guest_id], cases[one.case_id], one.to.id, one.because)
                for one in handed
                if one.to is not None
            ]
            await self.ledger.begin_batch(await self._new(batch, handed, policy), questions)
            await self.queue.put(OpenBatch(batch_id=BatchId(batch_id)))

    async def _new(self, batch: Batch, handed: Sequence[HandOver], policy: Policy) -> Batch:
        first = handed[0]
        if first.to is None or first.batch_id is None:
            raise ValueError(f"batch {batch.id}: a hand-over to nobody opens no batch")
        now = self.clock.now()
        secret = await self._secret(batch)
        return Batch(
            id=first.batch_id,
            version=1,
            step=BatchStep.INTENDED,
            reviewer_id=first.to.id,
            run_id=batch.run_id,
            opened_at=now,
            deadline=schedule.deadline(now, policy.reviews.duration, policy.tenant.zone),
            nonce=digest(f"nonce|{secret}|{first.batch_id}".encode())[:32],
            guests=tuple(one.guest_id for one in handed),
            before=batch.id,
        )


def _tell(one: HandOver) -> None:
    extra = {"case": one.case_id, "because": one.because.code}
    if one.to is None:
        log.warning("question not handed over", extra={"event": "handover.refused", **extra})
    else:
        log.info("question handed over", extra={"event": "handover.decided", **extra})


def _by_batch(one: HandOver) -> str:
    return one.batch_id or ""


def _settles(case: Case, why: Reason) -> str | None:
    """Return the id of the answer that is being settled: another "not mine" is settled anew."""
    return _newest(case).id if why.code in {"not-mine", "second-opinion"} else None


def _named(case: Case) -> str | None:
    return _newest(case).passes_to


def _newest(case: Case) -> Answer:
    return next(word for word in on_record(case) if word.by == case.reviewer)
