"""A reviewer's answers: weighed against the case, written down, mirrored to Entra, acknowledged."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reviews import decisions, steps
from reviews.alone import as_found, batch_of_one
from reviews.errors import Conflict, Gone, NotSupported
from reviews.evidence import digest
from reviews.jobs.elsewhere import Places
from reviews.jobs.handing_over import HandingOver
from reviews.messages import SendMail
from reviews.model import (
    Answer,
    Batch,
    BatchId,
    Card,
    Case,
    GuestId,
    NativeItem,
    PersonId,
    Source,
    Submission,
)
from reviews.policy import Policy
from reviews.ports import AccessReviews, Clock, Ledger, Policies, Queue
from reviews.quorum import on_record
from reviews.records import MailKind, MailStep, Move, OwedMail

log = logging.getLogger("gatehouse.answering")

SHOWN_WITHIN = timedelta(hours=1)
"""How long the native review may take to show a decision that was written to it."""
TRIES = 3
"""How often a case that somebody else moved meanwhile is read and weighed again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Everything the weighing of answers needs."""

    clock: Clock
    access_reviews: AccessReviews
    ledger: Ledger
    queue: Queue
    policies: Policies
    handing_over: HandingOver

    async def weigh_batch(self, batch_id: BatchId) -> int:
        """Weigh all answers of a batch that were not weighed yet; return how many changed a case.

        Safe to repeat: what was weighed before is recognised by its answer id.

        Raises:
            Gone: there is no such batch.

        """
        batch = await self.ledger.batch(batch_id)
        if batch is None:
            raise Gone(f"batch {batch_id} is not in the ledger")
        policy = await self.policies.current()
        submissions = await self.ledger.answers(batch_id)
        changed = 0
        for submission in submissions:
            changed += await self.weigh(batch, submission.guest_id, submission.answer, policy)
        batch = await self.with_instance(batch)
        places = Places(self.access_reviews)
        for guest_id in sorted({submission.guest_id for submission in submissions}):
            await self.mirror(batch, guest_id, places)
        # Only now: once another person is asked, the case is no longer this batch's to mirror.
        batch = await self.handing_over.settle(batch, policy)
        if submissions:
            await self._acknowledge(batch, submissions, policy)
        return changed

    async def weigh(self, batch: Batch, guest_id: GuestId, answer: Answer, policy: Policy) -> bool:
        """Weigh one answer; True when it changed the case. A refusal is written down with its reason."""
        for _ in range(TRIES):
            case = await self.ledger.case(guest_id)
            if case is None or case.batch_id != batch.id:
                log.info(
                    "answer to a question no longer asked", extra={"event": "answer.late", "batch": batch.id}
                )
                return False
            if await self._weighed_before(case, answer):
                return False
            try:
                return await self._written(batch, case, answer, policy)
            except Conflict:
                continue
        raise Conflict(f"case of guest {guest_id} keeps moving")

    async def _weighed_before(self, case: Case, answer: Answer) -> bool:
        if answer.id in {known.id for known in on_record(case)}:
            return True
        events = await self.ledger.events(case.guest_id)
        return any(event.facts.get("answer") == answer.id for event in events)

    async def _written(self, batch: Batch, case: Case, answer: Answer, policy: Policy) -> bool:
        now = self.clock.now()
        may_answer = [case.reviewer, *(PersonId(one) for one in policy.reviewers.fallback)]
        ruling = decisions.weigh(case, answer, policy, now, may_answer=may_answer)
        facts: dict[str, str | int | None] = {
            "answer": answer.id,
            "choice": answer.choice.value,
            "source": answer.source.value,
        }
        if isinstance(ruling, decisions.Refused):
            refused = replace(case, version=case.version + 1)
            facts["because"] = ruling.because.code
            await self.ledger.move(_move(refused, "answer-refused", answer, batch, now, facts))
            return False
        if not ruling.changed:
            return False
        await self.ledger.move(_move(ruling.case, "answered", answer, batch, now, facts))
        return True

    async def with_instance(self, batch: Batch) -> Batch:
        """Return the batch with the id of its native instance, once Entra has made one."""
        if batch.instance_id is not None or batch.definition_id is None:
            return batch
        review = await self.access_reviews.review(batch.definition_id)
        if review is None or review.instance_id is None:
            return batch
        return await self.ledger.save_batch(replace(batch, instance_id=review.instance_id))

    async def mirror(self, batch: Batch, guest_id: GuestId, places: Places) -> None:
        """Write what a reviewer said to their native review unless it is there; one not open yet waits.

        An answer given natively stays as it is: writing it again would put our name over the reviewer's.
        """
        case = await self.ledger.case(guest_id)
        said = None if case is None else unmirrored(case, batch)
        if case is None or said is None:
            return
        card = next((one for one in await self.ledger.cards(batch.id) if one.guest_id == guest_id), None)
        if card is not None and card.items:
            written = [await self._record_elsewhere(item, guest_id, said, places) for item in card.items]
            kind = "mirrored" if any(written) else "left-to-others"
        elif await self._record(await self._home(batch, card), guest_id, said):
            kind = "mirrored"
        else:
            return
        await self.ledger.move(
            Move(
                case=steps.mirrored(case, said.id),
                kind=kind,
                actor="gatehouse",
                at=self.clock.now(),
                run_id=batch.run_id,
                facts={"answer": said.id},
            )
        )

    async def _home(self, batch: Batch, card: Card | None) -> Batch:
        """Return where answers about a guest are written: the batch, or the batch of one."""
        if card is None or card.alone is None:
            return batch
        one = batch_of_one(batch, card.guest_id, card.alone)
        if one.instance_id is not None or one.definition_id is None:
            return one
        review = await self.access_reviews.review(one.definition_id)
        if review is None or review.instance_id is None:
            return one
        one = replace(one, instance_id=review.instance_id)
        await self.ledger.save_cards(batch.id, [replace(card, alone=as_found(card.alone, one))])
        return one

    async def _record(self, batch: Batch, guest_id: GuestId, said: Answer) -> bool:
        """Write an answer to the batch's own review; False while that takes none."""
        if batch.instance_id is None:
            return False
        try:
            await self.access_reviews.record(batch, guest_id, said)
        except NotSupported:
            log.info(
                "native review takes no answers now",
                extra={"event": "answer.not-mirrored", "batch": batch.id},
            )
            return False
        return True

    async def _record_elsewhere(
        self, item: NativeItem, guest_id: GuestId, said: Answer, places: Places
    ) -> bool:
        """Write an answer to the review of a package; False when others decided there, or it is over."""
        there = await places.decision(guest_id, item)
        if there is not None and (there.by is None or there.is_ours):
            try:
                await self.access_reviews.record_elsewhere(item, guest_id, said)
            except NotSupported:
                there = None
            else:
                return True
        why = "over" if there is None else "decided"
        extra = {"event": "answer.left-to-others", "review": item.definition_id, "because": why}
        log.info("an answer is left to the reviewers of a package", extra=extra)
        return False

    async def note_reset(self, batch: Batch, guest_id: GuestId) -> None:
        """Note, once, that somebody took an answer of ours back in the native review.

        The answer stands: it was given by the reviewer, who may change it until the deadline. It is not
        written again either, so that we and whoever reset it do not go on undoing each other's work. A
        decision of the last hour may merely not be shown yet.
        """
        case = await self.ledger.case(guest_id)
        if case is None or case.batch_id != batch.id or case.mirrored is None:
            return
        events = await self.ledger.events(guest_id)
        written = next((one for one in reversed(events) if one.kind == "mirrored"), None)
        if written is None or self.clock.now() - written.at < SHOWN_WITHIN:
            return
        if any(one.kind == "native-reset" and one.facts == written.facts for one in events):
            return
        log.warning("native decision was reset", extra={"event": "native.reset", "case": case.id})
        await self.ledger.move(
            Move(
                case=replace(case, version=case.version + 1),
                kind="native-reset",
                actor="gatehouse",
                at=self.clock.now(),
                run_id=batch.run_id,
                facts=written.facts,
            )
        )

    async def note_package(self, batch: Batch, guest_id: GuestId, item: NativeItem, said: Answer) -> None:
        """Note, once, that a reviewer of the guest's package takes that away: our question stays."""
        case = await self.ledger.case(guest_id)
        if case is None or case.batch_id != batch.id or case.closed_at is not None:
            return
        facts = {"package": item.name, "review": item.instance_id}
        if any(
            one.kind == "package-denied" and one.facts == facts for one in await self.ledger.events(guest_id)
        ):
            return
        after = replace(case, version=case.version + 1)
        await self.ledger.move(_move(after, "package-denied", said, batch, self.clock.now(), {**facts}))

    async def _acknowledge(self, batch: Batch, submissions: Iterable[Submission], policy: Policy) -> None:
        if batch.reviewer is None or batch.reviewer.mail is None:
            return
        said = "|".join(sorted(f"{one.guest_id}:{one.version}" for one in submissions))
        receipt = OwedMail(
            home=f"batch:{batch.id}",
            id=f"{MailKind.ANSWER_RECEIPT.value}.{digest(said.encode())[:16]}",
            kind=MailKind.ANSWER_RECEIPT,
            to=batch.reviewer.mail,
            language=batch.reviewer.language or policy.tenant.language,
            owed_at=self.clock.now(),
        )
        there = await self.ledger.owed_mail(receipt.home, receipt.id)
        if there is not None and there.step in {MailStep.VERIFIED, MailStep.DROPPED}:
            return
        await self.ledger.owe(receipt)
        await self.queue.put(SendMail(home=receipt.home, mail_id=receipt.id))


def unmirrored(case: Case, batch: Batch) -> Answer | None:
    """Return what a reviewer said and their native review does not show; None when there is nothing."""
    if case.batch_id != batch.id or case.closed_at is not None:
        return None
    said = next((word for word in on_record(case) if word.by == batch.reviewer_id), case.answer)
    shown = said is None or case.mirrored == said.id or said.source is Source.MY_ACCESS
    return None if shown else said


def _move(
    case: Case, kind: str, answer: Answer, batch: Batch, now: datetime, facts: dict[str, str | int | None]
) -> Move:
    return Move(case=case, kind=kind, actor=answer.by, at=now, run_id=batch.run_id, facts=facts)
