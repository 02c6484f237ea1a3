"""Pointers by which a night finds what is open, resting, answered, owed or grown without reading everything.

A pointer is written before the row it points at and removed after it, so that it may point at nothing but
never misses anything. All of them can be made anew from the record.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from adapters.tables.entities import Column, Row
from adapters.tables.table import Table, each, put
from reviews.backfill import confirmed
from reviews.errors import Malformed, Transient
from reviews.forgetting import is_to_be_forgotten
from reviews.model import Batch, BatchId, BatchStep, Case, GuestId, Step
from reviews.records import OwedMail

OPEN, REST, ANSWERED, BATCH, OWED, DAY = "open", "rest", "answered", "batch", "owed", "day"
OVER = "over"


def open_pointer(case: Case) -> Row:
    """Point at a guest whose case is not closed."""
    return Row(partition=OPEN, key=case.guest_id, columns={"version": case.version})


def rest_pointer(case: Case, until: datetime) -> Row:
    """Point at a guest that is not to be asked before a moment; mark whom somebody new answered for."""
    columns: dict[str, Column] = {"version": case.version, "until": until, "vouched": _is_vouched(case)}
    return Row(partition=REST, key=case.guest_id, columns=columns)


def answered_pointer(guest_id: GuestId) -> Row:
    """Point at a guest about whom somebody answered, in this round or in any before."""
    return Row(partition=ANSWERED, key=guest_id)


def batch_pointer(batch_id: BatchId) -> Row:
    """Point at a batch that is not closed."""
    return Row(partition=BATCH, key=batch_id)


def over_pointer(batch: Batch) -> Row:
    """Point at a batch that is closed and still names people, by its deadline."""
    key = f"{batch.deadline.astimezone(UTC).date().isoformat()}|{batch.id}"
    return Row(partition=OVER, key=key)


def owed_pointer(home: str, mail_id: str) -> Row:
    """Point at a mail that is owed; homes and ids together make too odd a key, so it is their digest."""
    key = hashlib.sha256(f"{home}|{mail_id}".encode()).hexdigest()
    return Row(partition=OWED, key=key, columns={"home": home, "id": mail_id})


def day_pointer(guest_id: GuestId, at: datetime) -> Row:
    """Point at a guest whose record grew on a day (UTC)."""
    return Row(partition=f"{DAY}|{at.astimezone(UTC).date().isoformat()}", key=guest_id)


def opening(case: Case, before: Case | None) -> list[Row]:
    """Return the pointers to write before a case is stored."""
    pointers: list[Row] = []
    was_open = before is not None and before.step is not Step.CLOSED and before.id == case.id
    if case.step is not Step.CLOSED and not was_open:
        pointers.append(open_pointer(case))
    rests_as_before = before is not None and (
        (before.rests_until, _is_vouched(before)) == (case.rests_until, _is_vouched(case))
    )
    if case.rests_until is not None and not rests_as_before:
        pointers.append(rest_pointer(case, case.rests_until))
    if case.answer is not None and (before is None or before.answer is None):
        pointers.append(answered_pointer(case.guest_id))
    return pointers


def closing(case: Case, *, rested: bool) -> list[tuple[str, str]]:
    """Return the pointers (partition and key) that have no meaning once a case is stored.

    ``rested`` says that the guest was resting before, or may have been.
    """
    gone: list[tuple[str, str]] = []
    if case.step is Step.CLOSED:
        gone.append((OPEN, case.guest_id))
    if case.rests_until is None and (rested or case.step is Step.CLOSED):
        gone.append((REST, case.guest_id))
    return gone


def pointers_of_case(case: Case) -> list[Row]:
    """Return the pointers that a stored case deserves."""
    return opening(case, None)


def pointers_of_batch(batch: Batch) -> list[Row]:
    """Return the pointers that a stored batch deserves."""
    if batch.step is not BatchStep.CLOSED:
        return [batch_pointer(batch.id)]
    return [over_pointer(batch)] if is_to_be_forgotten(batch) else []


def pointers_of_mail(mail: OwedMail, *, owed: bool) -> list[Row]:
    """Return the pointers that a stored mail deserves."""
    return [owed_pointer(mail.home, mail.id)] if owed else []


class Indexes:
    """The table of pointers."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def add(self, pointers: Iterable[Row]) -> None:
        """Write pointers, new or again."""

        async def write(row: Row) -> None:
            if not await self._table.write(put(row)):
                raise Transient(f"pointer {row.where()} was written by another at the same moment")

        await each(pointers, write)

    async def drop(self, partition: str, key: str, *, up_to: int | None = None) -> None:
        """Remove a pointer; with ``up_to`` only one that no later version of its case has written."""
        if up_to is None:
            await self._table.remove(partition, key)
            return
        stored = await self._table.get(partition, key)
        if stored is not None and int(str(stored.row.columns["version"])) <= up_to:
            await self._table.remove(partition, key, etag=stored.etag)

    async def keys(self, partition: str) -> list[str]:
        """Return what a partition points at, in order."""
        return [stored.row.key async for stored in self._table.rows(partition)]

    async def over(self, before: date) -> list[str]:
        """Return the keys of closed batches whose deadline was before a day, the oldest first."""
        rows = self._table.rows(OVER, before=before.isoformat())
        return [stored.row.key async for stored in rows]

    async def resting(self, now: datetime, *, vouched: bool = False) -> Mapping[GuestId, datetime]:
        """Return who rests until a moment still to come; with ``vouched`` only the marked ones."""
        rests: dict[GuestId, datetime] = {}
        async for stored in self._table.rows(REST):
            until = stored.row.columns["until"]
            if vouched and not stored.row.columns["vouched"]:
                continue
            if isinstance(until, datetime) and until > now:
                rests[GuestId(stored.row.key)] = until
        return rests

    async def owed(self) -> list[tuple[str, str]]:
        """Return the home and id of every mail pointed at."""
        columns = [stored.row.columns async for stored in self._table.rows(OWED)]
        return sorted((str(column["home"]), str(column["id"])) for column in columns)

    async def touched(self, since: date) -> tuple[GuestId, ...]:
        """Return the guests pointed at by a day or any later one, sorted."""
        grown: set[str] = set()
        async for stored in self._table.span(f"{DAY}|{since.isoformat()}", f"{DAY}|~"):
            grown.add(stored.row.key)
        return tuple(GuestId(key) for key in sorted(grown))

    async def snapshot(self) -> dict[tuple[str, str], Mapping[str, Column]]:
        """Return all pointers as they are, for comparing."""
        return {
            (stored.row.partition, stored.row.key): stored.row.columns
            async for stored in self._table.span("", "~")
        }

    async def replace_all(self, wanted: Sequence[Row]) -> int:
        """Make the pointers exactly these; return how many were wrong. Nothing else may be at work."""
        have = await self.snapshot()
        right = {(row.partition, row.key): row for row in wanted}
        if len(right) != len(wanted):
            raise Malformed("two pointers of one name were asked for")
        wrong = [row for where, row in right.items() if not _says_the_same(have.get(where), row.columns)]
        stale = [where for where in have if where not in right]
        await self.add(wrong)
        await each(stale, lambda where: self._table.remove(*where))
        return len(wrong) + len(stale)


def _is_vouched(case: Case) -> int:
    return int(confirmed(case) is not None)


def _says_the_same(have: Mapping[str, Column] | None, wanted: Mapping[str, Column]) -> bool:
    # Pointers are not written again with every version of a case, so theirs may be an older one.
    return have is not None and {**have, "version": 0} == {**wanted, "version": 0}
