"""Opening one batch: the reviewer and the guests read afresh, cases, group, definition, one mail."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from reviews import attesting, remediation, sponsors
from reviews.alone import intended
from reviews.errors import Gone, Transient
from reviews.handover import WAITING
from reviews.jobs.hearing_guests import HearingGuests
from reviews.jobs.putting_natively import BEING_MADE, PuttingNatively
from reviews.messages import SendMail
from reviews.model import (
    AskedAs,
    Batch,
    BatchId,
    BatchStep,
    Card,
    Case,
    Guest,
    GuestId,
    Person,
    PersonId,
    Reason,
    Step,
    Vehicle,
)
from reviews.policy import Policy
from reviews.ports import AccessReviews, Clock, Directory, Ledger, Policies, Queue
from reviews.reasons import because
from reviews.records import Action, MailKind, Move, OwedMail, question_kind

log = logging.getLogger("gatehouse.opening")

TELLS_A_SUCCESS = frozenset({"silent", "signed-in"})
"""Reasons whose ``on`` is the day of the last successful sign-in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Everything the opening of a batch needs."""

    clock: Clock
    directory: Directory
    access_reviews: AccessReviews
    ledger: Ledger
    queue: Queue
    policies: Policies

    async def open(self, batch_id: BatchId) -> Batch:
        """Take a batch from intended to open. Safe to start again after any cut.

        Raises:
            Gone: there is no such batch.
            Transient: a step has to be tried again, or somebody else is at it: Entra takes a second
                definition of the same name, so two must not look and make at the same time.

        """
        batch = await self.ledger.batch(batch_id)
        if batch is None:
            raise Gone(f"batch {batch_id} is not in the ledger")
        policy = await self.policies.current()
        if batch.step is BatchStep.DEFINED and attesting.are_asked(batch, self.clock.now()):
            return batch
        if batch.step in BEING_MADE:
            batch = await self._claimed(batch)
        if batch.step is BatchStep.INTENDED and batch.reviewer is None:
            batch = await self._settle_on_people(batch, policy)
        if batch.step in {BatchStep.INTENDED, BatchStep.GROUPED}:
            batch = await self._natively.put(batch, policy)
        if batch.step is BatchStep.DEFINED:
            batch, have_spoken = await self._hearing_guests.heard(batch)
            batch = await self._owed(batch, policy) if have_spoken else batch
        if batch.step is BatchStep.OPEN:
            await self.queue.put(SendMail(home=f"batch:{batch.id}", mail_id=MailKind.REVIEW_REQUEST.value))
        return batch

    @property
    def _natively(self) -> PuttingNatively:
        return PuttingNatively(clock=self.clock, access_reviews=self.access_reviews, ledger=self.ledger)

    @property
    def _hearing_guests(self) -> HearingGuests:
        return HearingGuests(clock=self.clock, access_reviews=self.access_reviews, ledger=self.ledger)

    async def _claimed(self, batch: Batch) -> Batch:
        if batch.claimed_until is not None and batch.claimed_until > self.clock.now():
            raise Transient(f"batch {batch.id} is being opened by somebody else")
        return await self._natively.saved(batch)

    async def _settle_on_people(self, batch: Batch, policy: Policy) -> Batch:
        kept: list[tuple[Action, Guest, Case | None]] = []
        for ask in await self.ledger.asks(batch.id):
            guest = await self.directory.guest(ask.guest_id, sign_ins=False)
            current = await self.ledger.case(ask.guest_id)
            if guest and self._still_to_be_asked(batch, ask, guest, current, policy):
                kept.append((ask, guest, current))
        reviewer = await self._reviewer(batch, kept, policy)
        if reviewer is None or not kept:
            log.warning("nobody to ask, or about", extra={"event": "batch.dropped", "batch": batch.id})
            return await self._natively.saved(replace(batch, step=BatchStep.CLOSED, guests=()))
        new = [one for one in kept if not _is_open(one[2], one[0], batch)]
        moved = await self._moved(reviewer, [current for _, _, current in new if current is not None])
        cards = [_card(batch, ask, guest, moved.get(guest.id)) for ask, guest, _ in new]
        await self.ledger.save_cards(batch.id, cards)
        for ask, _, current in kept:
            if not _is_open(current, ask, batch):
                await self.ledger.move(_opening_move(batch, ask, reviewer, current, self.clock.now()))
        return await self.ledger.save_batch(
            replace(
                batch,
                reviewer_id=reviewer.id,
                reviewer=reviewer,
                guests=tuple(guest.id for _, guest, _ in kept),
            )
        )

    async def _reviewer(
        self, batch: Batch, kept: Sequence[tuple[Action, Guest, Case | None]], policy: Policy
    ) -> Person | None:
        asked = {one for _, _, current in kept if current for one in _asked_in_this_round(current, batch)}
        for candidate in dict.fromkeys((batch.reviewer_id, *map(PersonId, policy.reviewers.fallback))):
            person = await self.directory.person(candidate) if candidate not in asked else None
            if sponsors.fit(person, batch.guests, policy.reviewers) is None:
                return person
        return None

    async def _moved(self, reviewer: Person, before: Sequence[Case]) -> Mapping[GuestId, Reason]:
        """Say of which guests a reviewer was last asked while working in another department."""
        theirs = [case for case in before if case.reviewer == reviewer.id]
        batches = {case.batch_id for case in theirs}
        known = {batch_id: await self.ledger.batch(batch_id) for batch_id in sorted(batches)}
        found: dict[GuestId, Reason] = {}
        for case in theirs:
            batch = known[case.batch_id]
            then = batch.reviewer.department if batch is not None and batch.reviewer is not None else None
            if then is not None and reviewer.department is not None and then != reviewer.department:
                found[case.guest_id] = because("reviewer-moved", department=then)
        return found

    def _still_to_be_asked(
        self, batch: Batch, ask: Action, guest: Guest, current: Case | None, policy: Policy
    ) -> bool:
        now = self.clock.now()
        if remediation.no_question(guest, policy, now) is not None:
            return False
        if _is_open(current, ask, batch):
            return True
        if ask.continues is not None:
            return current is not None and current.id == ask.continues and current.step in WAITING
        if current is None:
            return True
        if current.step is Step.CLOSED:
            return current.rests_until is None or current.rests_until <= now
        return current.step is Step.LAPSED and not current.escalated

    async def _owed(self, batch: Batch, policy: Policy) -> Batch:
        reviewer = batch.reviewer
        if reviewer is None or reviewer.mail is None:
            raise Gone(f"batch {batch.id} has no reviewer with a mailbox")
        cards = await self.ledger.cards(batch.id)
        request = OwedMail(
            home=f"batch:{batch.id}",
            # One question a batch, whatever its words: the kind may differ, the id must not.
            id=MailKind.REVIEW_REQUEST.value,
            kind=question_kind([card.asked_as for card in cards]),
            to=reviewer.mail,
            language=reviewer.language or policy.tenant.language,
            owed_at=self.clock.now(),
            facts={**_handed_by(batch, cards), **await self._besides(batch)},
        )
        return await self._natively.saved(replace(batch, step=BatchStep.OPEN), owes=[request])

    async def _besides(self, batch: Batch) -> dict[str, str]:
        """Name the other open batches of the reviewer: one mail a day lists everything that waits."""
        others = [one for one in await self.ledger.batches_of(batch.reviewer_id) if one != batch.id]
        return {"also": " ".join(others)} if others else {}


def _handed_by(batch: Batch, cards: Sequence[Card]) -> dict[str, str | int | None]:
    """Say from whom the guests of a batch were handed over, and why."""
    if batch.before is None:
        return {}
    told = {reason.code for card in cards for reason in card.reasons}
    why = "named" if "named-by-reviewer" in told else "not-theirs" if "not-mine" in told else "left"
    return {"from": batch.before, "why": why}


def _is_open(current: Case | None, ask: Action, batch: Batch) -> bool:
    """Say whether the case of a question was opened already, by an earlier try."""
    return current is not None and current.id == ask.case_id and current.batch_id == batch.id


def _asked_in_this_round(current: Case, batch: Batch) -> tuple[PersonId, ...]:
    if current.step is Step.CLOSED:
        return ()
    return current.asked_before if current.batch_id == batch.id else remediation.everybody_asked(current)


def _opening_move(batch: Batch, ask: Action, reviewer: Person, current: Case | None, now: datetime) -> Move:
    case = remediation.opened(ask, reviewer=reviewer.id, batch=batch, before=current)
    return Move(case=case, kind="case-opened", actor="gatehouse", at=now, run_id=batch.run_id)


def _card(batch: Batch, ask: Action, guest: Guest, moved: Reason | None) -> Card:
    if ask.case_id is None or ask.recommendation is None:
        raise ValueError(f"{ask.key} asks without a case or a recommendation")
    on = next((str(one.params["on"]) for one in ask.reasons if one.code in TELLS_A_SUCCESS), None)
    seen_at = datetime.fromisoformat(on).replace(tzinfo=UTC) if on else None
    return Card(
        guest_id=guest.id,
        case_id=ask.case_id,
        name=guest.display_name,
        mail=guest.mail,
        company=guest.company,
        invited_at=guest.created_at,
        last_success_at=seen_at,
        recommendation=ask.recommendation,
        reasons=ask.reasons if moved is None else (*ask.reasons, moved),
        asked_as=ask.asked_as or AskedAs.SPONSOR,
        sight=ask.sight,
        items=ask.items,
        alone=intended(batch, guest.id) if ask.vehicle is Vehicle.ALONE else None,
    )
