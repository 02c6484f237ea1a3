"""Batches: what a reviewer is asked, what is shown of each guest, and every answer as it was given."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from adapters.tables.entities import Row, row_of, transactions
from adapters.tables.indexes import BATCH, OVER, batch_pointer, over_pointer, owed_pointer
from adapters.tables.outbox import OutboxRows, mail_row
from adapters.tables.rules import check_homes
from adapters.tables.table import each, insert, put, replace_row
from reviews.errors import Conflict, Gone
from reviews.forgetting import is_to_be_forgotten, nameless
from reviews.model import Batch, BatchId, BatchStep, Card, GuestId, PersonId, Submission, UndoRequest
from reviews.records import Action, OwedMail

STATE = "S"
ASKED = "I|"
ANSWERS = "A|"
UNDO = "U|"
THEIRS = "R|"
"""Points from a reviewer (the partition) at a batch of theirs. One that is lost costs no more than a link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One guest of a batch: what was intended, and the card once there is one."""

    guest_id: GuestId
    ask: Action | None = None
    card: Card | None = None


def batch_row(batch: Batch, *, nonce: str | None = None) -> Row:
    """Make the row of a batch."""
    return row_of(batch.id, STATE, batch, nonce=nonce, version=batch.version, step=batch.step.value)


def asked_row(batch_id: BatchId, asked: Asked) -> Row:
    """Make the row of one guest of a batch."""
    return row_of(batch_id, f"{ASKED}{asked.guest_id}", asked)


def answer_row(submission: Submission) -> Row:
    """Make the row of an answer as it was given."""
    return row_of(submission.batch_id, f"{ANSWERS}{submission.guest_id}|{submission.version:06d}", submission)


def undo_row(request: UndoRequest) -> Row:
    """Make the row of a wish to have a guest back."""
    return row_of(request.batch_id, f"{UNDO}{request.guest_id}|{request.case_id}", request)


class BatchRows(OutboxRows):
    """The part of the ledger that keeps batches, cards and answers."""

    async def begin_batch(self, batch: Batch, asks: Sequence[Action]) -> Batch:
        """Write an intended batch; see the port. What it asks is there before the batch itself is."""
        stored = await self.batch(batch.id)
        if stored is not None:
            return stored
        await self._tables.indexes.add([batch_pointer(batch.id)])
        rows = [asked_row(batch.id, Asked(guest_id=ask.guest_id, ask=ask)) for ask in asks]
        state = batch_row(batch)
        *first, last = transactions([*rows, state])
        for portion in first:
            await self._put_all(portion)
        writes = [insert(row) if row is state else put(row) for row in last]
        if await self._tables.batches.write_together(writes, proof=state):
            return batch
        stored = await self.batch(batch.id)
        if stored is None:
            raise Conflict(f"batch {batch.id} was there and is gone")
        return stored

    async def asks(self, batch_id: BatchId) -> tuple[Action, ...]:
        """Return what a batch was intended to ask, by guest."""
        return tuple(asked.ask for asked in await self._asked(batch_id) if asked.ask is not None)

    async def save_cards(self, batch_id: BatchId, cards: Sequence[Card]) -> None:
        """Write what the reviewer is shown of each guest. Safe to repeat."""
        asks = {asked.guest_id: asked.ask for asked in await self._asked(batch_id)}
        rows = [
            asked_row(batch_id, Asked(guest_id=card.guest_id, ask=asks.get(card.guest_id), card=card))
            for card in cards
        ]
        for portion in transactions(rows):
            await self._put_all(portion)

    async def save_batch(self, batch: Batch, *, owes: Sequence[OwedMail] = ()) -> Batch:
        """Replace a batch; see the port. Raises Gone when it was never begun."""
        check_homes(owes, f"batch:{batch.id}")
        table = self._tables.batches
        stored = table.lately(batch.id, STATE, batch.version) or await table.get(batch.id, STATE)
        if stored is None:
            raise Gone(f"batch {batch.id} was never begun")
        if stored.row.read(Batch).version != batch.version:
            raise Conflict(f"batch {batch.id} is no longer at version {batch.version}")
        saved = replace(batch, version=batch.version + 1)
        row = batch_row(saved)
        mails = await self.not_there(owes)
        await self._tables.indexes.add([owed_pointer(mail.home, mail.id) for mail in mails])
        writes = [replace_row(stored, row), *(insert(mail_row(mail, nonce=row.nonce)) for mail in mails)]
        if is_to_be_forgotten(saved):
            await self._tables.indexes.add([over_pointer(saved)])
        if not await table.write_together(writes, proof=row):
            raise Conflict(f"batch {batch.id} was written by somebody else")
        if saved.step is BatchStep.OPEN:
            await self._put_all([Row(partition=saved.reviewer_id, key=f"{THEIRS}{saved.id}")])
        if saved.step is BatchStep.CLOSED:
            await table.remove(saved.reviewer_id, f"{THEIRS}{saved.id}")
            await self._tables.indexes.drop(BATCH, batch.id)
        return saved

    async def batch(self, batch_id: BatchId) -> Batch | None:
        """Read a batch."""
        stored = await self._tables.batches.get(batch_id, STATE)
        return None if stored is None else stored.row.read(Batch)

    async def cards(self, batch_id: BatchId) -> tuple[Card, ...]:
        """Return the cards of a batch, by guest id."""
        return tuple(asked.card for asked in await self._asked(batch_id) if asked.card is not None)

    async def card(self, batch_id: BatchId, guest_id: GuestId) -> Card | None:
        """Read the card of one guest of a batch."""
        stored = await self._tables.batches.get(batch_id, f"{ASKED}{guest_id}")
        return None if stored is None else stored.row.read(Asked).card

    async def live_batches(self) -> tuple[BatchId, ...]:
        """Return the batches that are not closed, sorted; pointers a cut left behind are passed over."""
        pointed = await self._tables.indexes.keys(BATCH)
        stored = await each(pointed, lambda key: self.batch(BatchId(key)))
        return tuple(batch.id for batch in stored if batch is not None and batch.step is not BatchStep.CLOSED)

    async def batches_of(self, reviewer: PersonId) -> tuple[BatchId, ...]:
        """Return the open batches of a reviewer, sorted."""
        rows = self._tables.batches.rows(reviewer, prefix=THEIRS)
        pointed = [BatchId(stored.row.key.removeprefix(THEIRS)) async for stored in rows]
        stored = await each(pointed, self.batch)
        theirs = (batch for batch in stored if batch is not None and batch.reviewer_id == reviewer)
        return tuple(batch.id for batch in theirs if batch.step is BatchStep.OPEN)

    async def forget(self, before: date) -> int:
        """Take names and addresses out of batches that were over before a day; see the port."""
        forgotten = 0
        for key in await self._tables.indexes.over(before):
            batch = await self.batch(BatchId(key.partition("|")[2]))
            if batch is not None and is_to_be_forgotten(batch):
                await self._forget_mails(f"batch:{batch.id}", before)
                for guest_id in batch.guests:
                    await self._forget_mails(f"guest:{guest_id}", before)
                rows = [stored.row async for stored in self._tables.batches.rows(batch.id, prefix=ASKED)]
                await each(rows, lambda row: self._tables.batches.remove(row.partition, row.key))
                await self.save_batch(nameless(batch))
                forgotten += 1
            await self._tables.indexes.drop(OVER, key)
        return forgotten

    async def append_answer(self, submission: Submission) -> bool:
        """Keep an answer as given; False when that guest's answer of that version is there already."""
        return await self._tables.batches.write(insert(answer_row(submission)))

    async def answers(self, batch_id: BatchId) -> tuple[Submission, ...]:
        """Return all answers of a batch, by guest and version."""
        rows = self._tables.batches.rows(batch_id, prefix=ANSWERS)
        return tuple([stored.row.read(Submission) async for stored in rows])

    async def ask_undo(self, request: UndoRequest) -> None:
        """Keep a wish to have a guest back; the first one of a case stays."""
        await self._tables.batches.write(insert(undo_row(request)))

    async def undo_requests(self, batch_id: BatchId) -> tuple[UndoRequest, ...]:
        """Return the wishes to have guests of a batch back, by guest."""
        rows = self._tables.batches.rows(batch_id, prefix=UNDO)
        return tuple([stored.row.read(UndoRequest) async for stored in rows])

    async def _asked(self, batch_id: BatchId) -> list[Asked]:
        rows = self._tables.batches.rows(batch_id, prefix=ASKED)
        return [stored.row.read(Asked) async for stored in rows]

    async def _put_all(self, rows: Sequence[Row]) -> None:
        if not await self._tables.batches.write_together([put(row) for row in rows], proof=rows[-1]):
            raise Conflict(f"{rows[0].where()}: written by somebody else at the same moment")
