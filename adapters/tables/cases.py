"""A guest's case and record: one transaction changes the case, says why, and owes the mail."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import date, datetime

from adapters.tables.entities import Row, row_of
from adapters.tables.indexes import OPEN, closing, day_pointer, opening, owed_pointer
from adapters.tables.outbox import OutboxRows, mail_row
from adapters.tables.rules import check_homes, event_of, is_repeat
from adapters.tables.table import Stored, each, insert, replace_row
from reviews.backfill import confirmed
from reviews.errors import Conflict
from reviews.evidence import GENESIS
from reviews.model import Case, GuestId, Step
from reviews.records import Event, Move

CASE = "S"
EVENTS = "E|"


def case_row(event: Event, *, nonce: str | None = None) -> Row:
    """Make the row of a case as an event left it."""
    case = event.case
    return row_of(
        case.guest_id,
        CASE,
        case,
        nonce=nonce,
        version=case.version,
        step=case.step.value,
        head=event.hash,
    )


def event_row(event: Event, *, nonce: str | None = None) -> Row:
    """Make the row of an event."""
    return row_of(event.guest_id, event_key(event.seq), event, nonce=nonce)


def event_key(seq: int) -> str:
    """Return the row key of an event."""
    return f"{EVENTS}{seq:010d}"


class CaseRows(OutboxRows):
    """The part of the ledger that keeps cases and events."""

    async def case(self, guest_id: GuestId) -> Case | None:
        """Return the current case of a guest; see the port."""
        stored = await self._tables.guests.get(guest_id, CASE)
        return None if stored is None else stored.row.read(Case)

    async def cases(self, guest_ids: Collection[GuestId]) -> Mapping[GuestId, Case]:
        """Return the current cases of many guests; see the port."""
        found = await each(guest_ids, self.case)
        return {case.guest_id: case for case in found if case is not None}

    async def live_cases(self) -> tuple[Case, ...]:
        """Return every case that is not closed, by guest id; a pointer at a closed one is passed over."""
        cases = await each(await self._tables.indexes.keys(OPEN), lambda key: self.case(GuestId(key)))
        return tuple(case for case in cases if case is not None and case.step is not Step.CLOSED)

    async def resting(self, now: datetime) -> Mapping[GuestId, datetime]:
        """Return who is not to be asked before a moment still to come."""
        return await self._tables.indexes.resting(now)

    async def vouched(self, now: datetime) -> Mapping[GuestId, Case]:
        """Return the cases of resting guests somebody answered for who was not known to; see the port."""
        cases = await self.cases(await self._tables.indexes.resting(now, vouched=True))
        return {guest_id: case for guest_id, case in cases.items() if confirmed(case) is not None}

    async def events(self, guest_id: GuestId) -> tuple[Event, ...]:
        """Return the record of a guest, oldest first."""
        rows = self._tables.guests.rows(guest_id, prefix=EVENTS)
        return tuple([stored.row.read(Event) async for stored in rows])

    async def touched(self, since: date) -> tuple[GuestId, ...]:
        """Return the guests whose record grew on or after a day (UTC), sorted."""
        pointed = await self._tables.indexes.touched(since)
        # A move that was cut before it was written leaves a pointer at a guest without a record.
        cases = await each(pointed, self.case)
        return tuple(guest_id for guest_id, case in zip(pointed, cases, strict=True) if case is not None)

    async def move(self, move: Move) -> Case:
        """Write one move; see the port."""
        guest_id, table = move.case.guest_id, self._tables.guests
        check_homes(move.owes, f"guest:{guest_id}")
        lately = table.lately(guest_id, CASE, move.case.version - 1)
        if lately is not None:
            # It may have been moved elsewhere since, even by this very move: then it is looked at again.
            with suppress(Conflict):
                return await self._moved(move, lately)
        return await self._moved(move, await table.get(guest_id, CASE))

    async def _moved(self, move: Move, stored: Stored | None) -> Case:
        guest_id = move.case.guest_id
        before = None if stored is None else stored.row.read(Case)
        if before is not None and await self._is_repeat(move, before):
            await self._forget_pointers(move.case, rested=True)
            return before
        version = 0 if before is None else before.version
        if move.case.version != version + 1:
            raise Conflict(f"case of guest {guest_id} is at version {version}")
        await self._write(move, stored, before)
        await self._forget_pointers(move.case, rested=before is not None and before.rests_until is not None)
        return move.case

    async def _write(self, move: Move, stored: Stored | None, before: Case | None) -> None:
        head = GENESIS if stored is None else str(stored.row.columns["head"])
        event = event_of(move, head)
        line = event_row(event)
        mails = await self.not_there(move.owes)
        pointers = [
            *opening(move.case, before),
            day_pointer(move.case.guest_id, move.at),
            *(owed_pointer(mail.home, mail.id) for mail in mails),
        ]
        writes = [
            replace_row(stored, case_row(event, nonce=line.nonce)),
            insert(line),
            *(insert(mail_row(mail, nonce=line.nonce)) for mail in mails),
        ]
        await self._tables.indexes.add(pointers)
        if not await self._tables.guests.write_together(writes, proof=line):
            raise Conflict(f"case of guest {move.case.guest_id} was moved by somebody else")

    async def _is_repeat(self, move: Move, before: Case) -> bool:
        if before.version != move.case.version:
            return False
        line = await self._tables.guests.get(before.guest_id, event_key(before.version))
        return is_repeat(move, before, None if line is None else line.row.read(Event))

    async def _forget_pointers(self, case: Case, *, rested: bool) -> None:
        for partition, key in closing(case, rested=rested):
            await self._tables.indexes.drop(partition, key, up_to=case.version)
