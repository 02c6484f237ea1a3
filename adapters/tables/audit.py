"""Checking the whole record: every row, chain, answer, mail, run, plan, seal and policy version.

What can be found, by code:

    changed-row         the digest of a row does not fit its content
    unreadable-row      a row whose content is no such record, or a key that no row of ours has
    mismatched-row      columns or key of a row say something else than its record
    out-of-sequence, broken-link, changed-event     a guest's chain (reviews.evidence)
    case-not-as-told    the current case is not what the newest event says
    answer-not-given    an event rests on an answer of the page that no row of answers holds
    changed-plan, missing-plan, plan-without-run    a plan and the run that names its digest
    changed-seal, broken-seal-chain, missing-seal   a seal, its link to the one before, a seal run's root
    unsealed-head       a sealed event is gone or another one
    changed-run         a run is not what a seal holds of it
    changed-policy      a policy version is not what its name says
"""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from adapters.blobs import EVIDENCE, PLANS, POLICIES, BlobArchive, plan_name
from adapters.storage import Storage
from adapters.tables.arrivals import ARRIVAL, arrival_row
from adapters.tables.batches import (
    ANSWERS,
    ASKED,
    STATE,
    THEIRS,
    UNDO,
    Asked,
    answer_row,
    asked_row,
    batch_row,
    undo_row,
)
from adapters.tables.cases import CASE, EVENTS, case_row, event_key, event_row
from adapters.tables.entities import Row, decode
from adapters.tables.outbox import mail_row
from adapters.tables.rules import Taken
from adapters.tables.runs import APPROVAL, Approval, run_row
from adapters.tables.table import Table
from adapters.tables.turns import READER, TURN, ReaderDay
from reviews.errors import Malformed
from reviews.evidence import GENESIS, Fault, Seal, canonical, digest, merkle_root, parse, verify_chain
from reviews.model import Batch, BatchId, GuestId, Source, Submission, UndoRequest
from reviews.records import Arrival, Event, MailKind, OwedMail, Plan, Run

MAILS = "O|"
PACING = {TURN: Taken, READER: ReaderDay}
T = TypeVar("T")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """How much was checked, and what does not hold."""

    rows: int
    events: int
    blobs: int
    faults: tuple[Fault, ...]


async def audit(storage: Storage) -> AuditReport:
    """Check the whole record of a storage account; reads everything, changes nothing."""
    auditor = _Auditor(storage)
    await auditor.read_seals()
    await auditor.read_plans()
    await auditor.check_policies()
    await auditor.check_batches()
    await auditor.check_runs()
    await auditor.check_guests()
    await auditor.check_pointers()
    return auditor.report()


class _Auditor:
    """One walk. Keeps digests only: of plans, answers, and what seals hold; never whole records."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._archive = BlobArchive(storage.blobs)
        self._faults: list[Fault] = []
        self._rows = self._events = self._blobs = 0
        self._heads: dict[str, list[str]] = {}
        self._sealed_runs: dict[str, set[str]] = {}
        self._roots: set[str] = set()
        self._plans: dict[str, str] = {}
        self._answers: dict[tuple[BatchId, GuestId], set[str]] = {}

    def report(self) -> AuditReport:
        return AuditReport(
            rows=self._rows, events=self._events, blobs=self._blobs, faults=tuple(self._faults)
        )

    # blobs

    async def read_seals(self) -> None:
        previous = GENESIS
        for name in await self._archive.names(EVIDENCE):
            content = await self._blob(EVIDENCE, name)
            seal = self._parsed(Seal, content, "changed-seal", f"{EVIDENCE}/{name}")
            if seal is None:
                continue
            if seal.root != merkle_root(seal.leaves()) or f"{seal.name.removesuffix('.json')}.json" != name:
                self._find("changed-seal", f"{EVIDENCE}/{name}")
            if seal.previous != previous:
                self._find("broken-seal-chain", f"{EVIDENCE}/{name}")
            previous = seal.root
            self._roots.add(seal.root)
            for guest, head in seal.heads.items():
                self._heads.setdefault(guest, []).append(head)
            for run, value in seal.extras.items():
                self._sealed_runs.setdefault(run, set()).add(value)

    async def read_plans(self) -> None:
        for name in await self._archive.names(PLANS):
            content = await self._blob(PLANS, name)
            self._parsed(Plan, content, "changed-plan", f"{PLANS}/{name}")
            self._plans[name] = digest(content)

    async def check_policies(self) -> None:
        for name in await self._archive.names(POLICIES):
            stem = name.rpartition("/")[2].partition(".")[0]
            # Only versions are named by their fingerprint; the policy an operator edits is not evidence.
            if _FINGERPRINT.fullmatch(stem) and digest(await self._blob(POLICIES, name)) != stem:
                self._find("changed-policy", f"{POLICIES}/{name}")

    async def _blob(self, container: str, name: str) -> bytes:
        self._blobs += 1
        return await self._archive.get(container, name) or b""

    # rows

    async def check_batches(self) -> None:
        async for row in self._walk("batches"):
            if row.key == STATE:
                self._same(Batch, row, batch_row)
            elif row.key.startswith(ASKED):
                self._same(Asked, row, partial(asked_row, BatchId(row.partition)))
            elif row.key.startswith(ANSWERS):
                given = self._same(Submission, row, answer_row)
                if given is not None:
                    key = (given.batch_id, given.guest_id)
                    self._answers.setdefault(key, set()).add(digest(canonical(given.answer)))
            elif row.key.startswith(UNDO):
                self._same(UndoRequest, row, undo_row)
            elif not row.key.startswith(THEIRS) or row.json:
                self._mail("batches", row)

    async def check_runs(self) -> None:
        named: set[str] = set()
        async for row in self._walk("runs"):
            if row.partition == APPROVAL:
                self._record(Approval, row)
            elif row.partition in PACING:
                self._record(PACING[row.partition], row)
            elif row.key.startswith(MAILS):
                self._mail("runs", row)
            else:
                run = self._same(Run, row, run_row)
                if run is not None:
                    named.add(plan_name(run.id))
                    self._check_run(run)
        for name in sorted(self._plans.keys() - named):
            self._find("plan-without-run", f"{PLANS}/{name}")
        for run_id in sorted(self._sealed_runs):
            self._find("changed-run", f"runs {run_id}")

    def _check_run(self, run: Run) -> None:
        if run.plan_digest is not None:
            kept = self._plans.get(plan_name(run.id))
            if kept is None:
                self._find("missing-plan", f"{PLANS}/{plan_name(run.id)}")
            elif kept != run.plan_digest:
                self._find("changed-plan", f"{PLANS}/{plan_name(run.id)}")
        root = run.summary.get("root")
        if root is not None and root not in self._roots:
            self._find("missing-seal", f"runs {run.id}")
        # A seal holds a run without its version, which only counts writes.
        sealed = self._sealed_runs.pop(run.id, set())
        if sealed - {digest(canonical(replace(run, version=0)))}:
            self._find("changed-run", f"runs {run.id}")

    async def check_guests(self) -> None:
        guest_id, events, case = "", list[Event](), None
        async for row in self._walk("guests"):
            if row.key == ARRIVAL:
                # Of a guest nobody was ever asked about this may be all there is.
                self._same(Arrival, row, arrival_row)
                continue
            if row.key.startswith(f"{MAILS}{MailKind.EXCEPTION_EXPIRING}"):
                # About an exempt guest, whom nobody need ever have been asked about.
                self._mail("guests", row)
                continue
            if row.partition != guest_id:
                self._check_guest(GuestId(guest_id), events, case)
                guest_id, events, case = row.partition, [], None
            if row.key.startswith(EVENTS):
                event = self._same(Event, row, event_row)
                events.extend([] if event is None else [event])
            elif row.key == CASE:
                case = row
            else:
                self._mail("guests", row)
        self._check_guest(GuestId(guest_id), events, case)
        for guest in sorted(self._heads):
            self._find("unsealed-head", f"guests {guest}")

    def _check_guest(self, guest_id: GuestId, events: list[Event], case: Row | None) -> None:
        if not guest_id:
            return
        self._events += len(events)
        self._faults.extend(verify_chain(guest_id, events))
        if not events or case is None or replace(case_row(events[-1]), nonce=case.nonce) != case:
            self._find("case-not-as-told", f"guests {guest_id}/{CASE}")
        heads = {f"{event.seq}:{event.hash}" for event in events}
        if not heads.issuperset(self._heads.pop(guest_id, [])):
            self._find("unsealed-head", f"guests {guest_id}")
        for event in events:
            answer = event.case.answer
            if answer is not None and answer.source is Source.PAGE:
                given = self._answers.get((event.case.batch_id, guest_id), set())
                if digest(canonical(answer)) not in given:
                    self._find("answer-not-given", f"guests {guest_id}/{event_key(event.seq)}")

    async def check_pointers(self) -> None:
        async for row in self._walk("indexes"):
            if row.json:
                self._find("unreadable-row", f"indexes {row.where()}")

    async def _walk(self, name: str) -> AsyncIterator[Row]:
        async for entity in Table(self._storage.tables.get_table_client(name)).everything():
            self._rows += 1
            try:
                row = decode(entity)
            except Malformed:
                self._find("changed-row", f"{name} {entity['PartitionKey']}/{entity['RowKey']}")
                continue
            yield row

    def _mail(self, table: str, row: Row) -> None:
        if row.key.startswith(MAILS):
            self._same(OwedMail, row, mail_row)
        else:
            self._find("unreadable-row", f"{table} {row.where()}")

    def _record(self, kind: type[T], row: Row) -> T | None:
        return self._parsed(kind, row.json.encode(), "unreadable-row", row.where())

    def _same(self, kind: type[T], row: Row, remade: Callable[[T], Row]) -> T | None:
        record = self._record(kind, row)
        if record is None:
            return None
        try:
            same = replace(remade(record), nonce=row.nonce) == row
        except Malformed:
            same = False
        if not same:
            self._find("mismatched-row", row.where())
        return record

    def _parsed(self, kind: type[T], content: bytes, what: str, where: str) -> T | None:
        try:
            record = parse(kind, content)
        except Malformed:
            self._find(what, where)
            return None
        if canonical(record) != content:
            self._find(what, where)
        return record

    def _find(self, what: str, where: str) -> None:
        self._faults.append(Fault(what=what, where=where))
