"""Mails that are owed, each in the partition of its reason: a guest, a batch or a run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from adapters.tables.entities import Row, row_of
from adapters.tables.indexes import OWED, Indexes, owed_pointer
from adapters.tables.rules import home_of, is_owed, job_and_slot, run_key
from adapters.tables.table import Table, each, insert, replace_row
from reviews.errors import Conflict, Gone, Malformed
from reviews.model import RunId
from reviews.records import MailStep, OwedMail


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The tables of the record and their pointers."""

    guests: Table
    batches: Table
    runs: Table
    indexes: Indexes


def mail_row(mail: OwedMail, *, nonce: str | None = None) -> Row:
    """Make the row of a mail."""
    partition, key = place(mail.home, mail.id)
    return row_of(partition, key, mail, nonce=nonce, step=mail.step.value, version=mail.version)


def place(home: str, mail_id: str) -> tuple[str, str]:
    """Return partition and key of a mail. Raises Malformed for a home that is none."""
    kind, name = home_of(home)
    if kind != "run":
        return name, f"O|{mail_id}"
    job, slot = job_and_slot(RunId(name))
    return job, f"O|{run_key(slot)}|{mail_id}"


class OutboxRows:
    """The part of the ledger that keeps owed mails."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def owed_mail(self, home: str, mail_id: str) -> OwedMail | None:
        """Read one owed mail."""
        stored = await self._table(home).get(*place(home, mail_id))
        return None if stored is None else stored.row.read(OwedMail)

    async def save_mail(self, mail: OwedMail) -> OwedMail:
        """Replace a mail; see the port. Raises Gone when it was never owed."""
        table, where = self._table(mail.home), f"mail {mail.home}|{mail.id}"
        row = place(mail.home, mail.id)
        stored = table.lately(*row, mail.version) or await table.get(*row)
        if stored is None:
            raise Gone(f"{where} was never owed")
        version = stored.row.read(OwedMail).version
        saved = replace(mail, version=mail.version + 1)
        if version != mail.version or not await table.write(replace_row(stored, mail_row(saved))):
            raise Conflict(f"{where} is no longer at version {mail.version}")
        if not is_owed(saved):
            await self._forget(mail.home, mail.id)
        return saved

    async def owe(self, mail: OwedMail) -> None:
        """Owe a mail unless it is there already."""
        for new in await self.not_there([mail]):
            await self._tables.indexes.add([owed_pointer(new.home, new.id)])
            # Somebody else may have owed the same mail meanwhile: then it is owed, which is all we want.
            await self._table(new.home).write(insert(mail_row(new)))

    async def mails(self, home: str) -> tuple[OwedMail, ...]:
        """Return every mail ever owed in a home, by id."""
        partition, prefix = place(home, "")
        rows = self._table(home).rows(partition, prefix=prefix)
        return tuple([stored.row.read(OwedMail) async for stored in rows])

    async def _forget_mails(self, home: str, before: date) -> None:
        """Remove the mails of a home that were owed before a day and are no longer."""
        table = self._table(home)
        for mail in await self.mails(home):
            if mail.owed_at.date() < before and not is_owed(mail):
                await table.remove(*place(home, mail.id))

    async def owed_mails(self) -> tuple[tuple[str, str], ...]:
        """Return (home, id) of every mail not yet verified or dropped, sorted."""

        async def owed(where: tuple[str, str]) -> bool:
            stored = await self._table(where[0]).get(*place(*where))
            if stored is None:
                return False
            waits = stored.row.columns["step"] not in {MailStep.VERIFIED, MailStep.DROPPED}
            if not waits:
                # A mail never leaves these steps, so the pointer a cut left behind can go.
                await self._forget(*where)
            return waits

        pointed = await self._tables.indexes.owed()
        waiting = await each(pointed, owed)
        return tuple(where for where, waits in zip(pointed, waiting, strict=True) if waits)

    async def not_there(self, mails: Sequence[OwedMail]) -> list[OwedMail]:
        """Return those of the mails that are not owed yet."""
        held = await each(mails, lambda mail: self.owed_mail(mail.home, mail.id))
        return [mail for mail, stored in zip(mails, held, strict=True) if stored is None]

    async def _forget(self, home: str, mail_id: str) -> None:
        await self._tables.indexes.drop(OWED, owed_pointer(home, mail_id).key)

    def _table(self, home: str) -> Table:
        match home_of(home)[0]:
            case "guest":
                return self._tables.guests
            case "batch":
                return self._tables.batches
            case "run":
                return self._tables.runs
            case kind:
                raise Malformed(f"home: nothing is owed at a {kind}")
