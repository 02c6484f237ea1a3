"""Following open reviews: answers given in My Access, deadlines, and everything owed but not yet done."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reviews import decisions, native, remediation
from reviews.alone import alone_in, as_found, batch_of_one
from reviews.errors import Forbidden
from reviews.evidence import digest
from reviews.handover import WAITING
from reviews.jobs.answering import Answering, unmirrored
from reviews.jobs.elsewhere import Places
from reviews.jobs.handing_over import HandingOver
from reviews.jobs.receiving import Receiving
from reviews.jobs.reminding import Reminding
from reviews.jobs.sweeping import sweep
from reviews.messages import OpenBatch, SendMail
from reviews.model import Answer, Batch, BatchStep, Card, Case, Choice, NativeItem, Outcome, Source, Step
from reviews.native import Native
from reviews.policy import Policy
from reviews.ports import AccessReviews, Clock, Ledger, Mailer, NativeDecision, Policies, Queue
from reviews.records import Move, Run, RunStep

log = logging.getLogger("gatehouse.track")

JOB = "track"
READ_TO = "mail_read_to"
"""Where a run's summary says until when the mailbox was read."""
LEASE = timedelta(minutes=15)
NOT_REVIEWED = "NotReviewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Everything tracking needs."""

    clock: Clock
    access_reviews: AccessReviews
    ledger: Ledger
    queue: Queue
    policies: Policies
    answering: Answering
    handing_over: HandingOver
    mailer: Mailer
    new_owner: Callable[[], str]

    async def run(self, slot: datetime) -> Run | None:
        """Follow every open batch once for a slot; None when that slot is done or under way."""
        run = await self.ledger.begin_run(
            JOB, slot, owner=self.new_owner(), now=self.clock.now(), lease=LEASE
        )
        if run is None:
            return None
        policy = await self.policies.current()
        found = [await self.ledger.batch(batch_id) for batch_id in await self.ledger.live_batches()]
        batches = [batch for batch in found if batch is not None and batch.step is not BatchStep.CLOSED]
        read_to = await self._received(batches, policy)
        places = Places(self.access_reviews)
        left = Counter(batch.run_id for batch in batches)
        for batch in batches:
            if left[batch.run_id] == 1 and self._is_over(batch):
                await self.reminding.sum_up(batch.run_id, policy)
            left[batch.run_id] -= await self._follow(batch, policy, places)
            run = await self._renewed(run)
        closed = len(batches) - left.total()
        await self.reminding.remind(batches, policy)
        await self.reminding.announce(policy)
        await self._look_after_mailbox()
        owed = await self._hand_over_owed()
        now = self.clock.now()
        summary: dict[str, int | str] = {"batches": len(batches), "closed": closed, "mails_owed": owed}
        summary |= {READ_TO: read_to.isoformat()} if read_to else {}
        run = await self.ledger.save_run(
            replace(run, step=RunStep.FINISHED, finished_at=now, leased_until=now, summary=summary)
        )
        log.info("reviews tracked", extra={"event": "track.finished", "run_id": run.id, **summary})
        return run

    @property
    def reminding(self) -> Reminding:
        """What time alone makes due."""
        return Reminding(clock=self.clock, ledger=self.ledger)

    async def _received(self, batches: Sequence[Batch], policy: Policy) -> datetime | None:
        """Read what came back since the last tracking that read; None when no mailbox is open to us."""
        past = [run.summary.get(READ_TO) for run in await self.ledger.recent_runs(JOB, 20)]
        since = next((datetime.fromisoformat(str(one)) for one in past if one), None)
        receiving = Receiving(clock=self.clock, ledger=self.ledger, mailer=self.mailer)
        try:
            return await receiving.receive(since, batches, policy)
        except Forbidden:
            return None

    async def _look_after_mailbox(self) -> None:
        try:
            await sweep(self.mailer, self.ledger, self.clock.now())
        except Forbidden:
            # An installation that only reports may have no mailbox.
            log.info("no mailbox is open to us", extra={"event": "mailbox.closed"})

    def _is_over(self, batch: Batch) -> bool:
        return batch.step is BatchStep.OPEN and self.clock.now() > batch.deadline

    async def _renewed(self, run: Run) -> Run:
        now = self.clock.now()
        if run.leased_until - now > LEASE / 2:
            return run
        return await self.ledger.save_run(replace(run, leased_until=now + LEASE))

    async def _hand_over_owed(self) -> int:
        owed = await self.ledger.owed_mails()
        for home, mail_id in owed:
            await self.queue.put(SendMail(home=home, mail_id=mail_id))
        return len(owed)

    async def _follow(self, batch: Batch, policy: Policy, places: Places) -> bool:
        if batch.step is not BatchStep.OPEN:
            await self.queue.put(OpenBatch(batch_id=batch.id))
            return False
        await self.answering.weigh_batch(batch.id)
        batch = await self.answering.with_instance(await self._now(batch))
        await self._read_elsewhere(batch, policy, places)
        await self._read_back(batch, policy)
        batch = await self._now(batch)
        for case in await self.handing_over.cases(batch):
            if unmirrored(case, batch) is not None:
                await self.answering.mirror(batch, case.guest_id, places)
        batch = await self.handing_over.from_absent(batch, policy)
        if batch.unreached is not None:
            batch = await self.handing_over.pass_on(batch, batch.guests, batch.unreached, policy)
        if not self._is_over(batch):
            return False
        await self._close(batch, policy)
        return True

    async def _now(self, batch: Batch) -> Batch:
        return await self.ledger.batch(batch.id) or batch

    async def _read_back(self, batch: Batch, policy: Policy) -> None:
        seen = await self._with_native_state(batch)
        if seen != batch:
            seen = await self.ledger.save_batch(seen)
        await self._take_over(seen, seen, policy)
        await self._read_back_alone(seen, policy)

    async def _read_back_alone(self, batch: Batch, policy: Policy) -> None:
        """Follow the own reviews of guests who are reviewed alone, as long as they are asked here."""
        live = {case.guest_id for case in await self.handing_over.cases(batch) if case.closed_at is None}
        for card in await self.ledger.cards(batch.id):
            if card.alone is None or card.guest_id not in live:
                continue
            seen = await self._with_native_state(batch_of_one(batch, card.guest_id, card.alone))
            alone = as_found(card.alone, seen)
            if alone != card.alone:
                await self.ledger.save_cards(batch.id, [replace(card, alone=alone)])
            await self._take_over(batch, seen, policy)

    async def _take_over(self, batch: Batch, seen: Batch, policy: Policy) -> None:
        """Weigh what was decided in a native review of a batch, or of one guest of it."""
        if seen.definition_id is None or seen.instance_id is None or seen.native == native.DELETED:
            return
        for decision in await self.access_reviews.decisions(seen.definition_id, seen.instance_id):
            if batch.attests_until is not None and str(decision.by) == decision.guest_id:
                continue
            answer = _native_answer(batch, decision)
            if answer is not None:
                await self.answering.weigh(batch, decision.guest_id, answer, policy)
            elif decision.decision == NOT_REVIEWED:
                await self.answering.note_reset(batch, decision.guest_id)

    async def _read_elsewhere(self, batch: Batch, policy: Policy, places: Places) -> None:
        """Take over who was kept in the review of a package.

        Somebody who takes the package away there has said nothing of the account: it is noted, and the
        question stays.
        """
        for card in await self._joined(batch, places):
            for item in card.items:
                decision = await places.decision(card.guest_id, item)
                answer = None if decision is None else _native_answer(batch, decision)
                if answer is not None and answer.choice is Choice.KEEP:
                    await self.answering.weigh(batch, card.guest_id, answer, policy)
                elif answer is not None and answer.choice is Choice.REMOVE:
                    await self.answering.note_package(batch, card.guest_id, item, answer)

    async def _joined(self, batch: Batch, places: Places) -> Sequence[Card]:
        """Return the cards of guests in reviews of packages, those joined that began after the question."""
        cards = [card for card in await self.ledger.cards(batch.id) if card.items]
        if not cards:
            return cards
        found = await places.of_everybody()
        now = [replace(card, items=_with_new(card.items, found.get(card.guest_id, ()))) for card in cards]
        grown = [after for after, before in zip(now, cards, strict=True) if after != before]
        if grown:
            await self.ledger.save_cards(batch.id, grown)
        return now

    async def _with_native_state(self, batch: Batch) -> Batch:
        """Return the state of the native review; somebody ending or deleting it is told once, and left so."""
        definition_id = batch.definition_id
        if definition_id is None:
            return batch
        review = await self.access_reviews.review(definition_id)
        word = native.DELETED if review is None else review.status
        if review is not None and batch.instance_id is None:
            batch = replace(batch, instance_id=review.instance_id)
        if word == batch.native:
            return batch
        state = native.state_of(word)
        extra = {"review": definition_id, "status": word}
        if state is Native.DELETED or (state is Native.OVER and self.clock.now() < batch.deadline):
            log.warning("native review ended by somebody else", extra={"event": "native.ended", **extra})
        elif state is Native.UNKNOWN:
            log.warning("native review in a state we do not know", extra={"event": "native.unknown", **extra})
        contacted = batch.contacted
        if state is Native.OPEN and batch.instance_id is not None:
            contacted = await self.access_reviews.contacted(definition_id, batch.instance_id)
        return replace(batch, native=word, contacted=contacted)

    async def _close(self, batch: Batch, policy: Policy) -> None:
        now = self.clock.now()
        for case in await self.handing_over.cases(batch):
            for kind, after in _at_deadline(case, batch, policy, now):
                await self.ledger.move(
                    Move(case=after, kind=kind, actor="gatehouse", at=now, run_id=batch.run_id)
                )
        alone = alone_in(batch, await self.ledger.cards(batch.id))
        for group_id in (batch.group_id, *(review.group_id for _, review in alone)):
            if group_id is not None:
                await self.access_reviews.remove_group(group_id)
        await self.ledger.save_batch(replace(batch, step=BatchStep.CLOSED))


def _with_new(items: tuple[NativeItem, ...], found: tuple[NativeItem, ...]) -> tuple[NativeItem, ...]:
    known = {(item.instance_id, item.resource_id) for item in items}
    return (*items, *(one for one in found if (one.instance_id, one.resource_id) not in known))


def _at_deadline(case: Case, batch: Batch, policy: Policy, now: datetime) -> Iterator[tuple[str, Case]]:
    """Yield what becomes of a case when its time is up, step by step."""
    decided = decisions.at_the_end(case, policy) if case.step in WAITING else None
    if decided is not None:
        yield "decided", decided
        case = decided
    if case.step is Step.KEPT and case.answer is not None:
        rests = decisions.rests_until(case.answer, now, policy)
        yield "closed", remediation.closed(case, now, Outcome.KEPT, rests_until=rests)
    elif case.step is Step.ASKED and batch.unreached is None:
        yield "lapsed", remediation.lapsed(case)
    elif case.step in WAITING:
        # The question never reached anybody, so nobody failed to answer it: it is put again.
        yield "closed", remediation.closed(case, now, Outcome.UNANSWERED)


def _native_answer(batch: Batch, decision: NativeDecision) -> Answer | None:
    if decision.choice is None or decision.by is None or decision.at is None:
        return None
    if decision.is_ours:
        return None
    said = f"{batch.id}|{decision.guest_id}|{decision.by}|{decision.at.isoformat()}|{decision.choice}"
    return Answer(
        id=digest(said.encode())[:32],
        choice=decision.choice,
        by=decision.by,
        at=decision.at,
        source=Source.MY_ACCESS,
        justification=decision.justification,
    )
