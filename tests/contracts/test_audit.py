"""The whole record checked: nothing to find in an honest one, and every change found in a changed one."""

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.blobs import CONTAINERS, EVIDENCE, PLANS, POLICIES, BlobArchive, plan_name
from adapters.settings import StateAt
from adapters.storage import Storage, connect
from adapters.tables.arrivals import ARRIVAL, arrival_row
from adapters.tables.audit import AuditReport, audit
from adapters.tables.batches import answer_row
from adapters.tables.cases import case_row, event_key, event_row
from adapters.tables.entities import Row, encode, row_of
from adapters.tables.ledger import TABLES, TableLedger
from adapters.tables.rules import event_of, run_key
from adapters.tables.runs import run_row
from reviews.evidence import GENESIS, Seal, canonical, digest, parse, seal, stamp
from reviews.model import GuestId, Step
from reviews.policy import Policy
from reviews.records import Arrival, Event, MailStep, RunStep
from sandbox.azurite import Azurite
from tests.contracts.ledger_samples import (
    ANN,
    BATCH,
    BOB,
    EVE,
    LEASE,
    NOW,
    RUN,
    SLOT,
    SPONSOR,
    a_batch,
    a_card,
    a_case,
    a_mail,
    a_move,
    a_plan,
    a_submission,
    an_answer,
    an_ask,
)

FLIPS = 200


@pytest.fixture
async def storage(azurite: Azurite) -> AsyncIterator[Storage]:
    storage = connect(StateAt(connection_string=azurite.connection_string))
    for name in TABLES:
        await storage.tables.delete_table(name)
    for container in CONTAINERS:
        client = storage.blobs.get_container_client(container)
        if await client.exists():
            await client.delete_container()
    await storage.prepare()
    await _write_a_record(TableLedger(storage.tables), BlobArchive(storage.blobs))
    yield storage
    await storage.close()


async def _write_a_record(ledger: TableLedger, archive: BlobArchive) -> None:
    document = json.dumps(Policy().model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    await archive.put(POLICIES, f"{Policy().fingerprint()}.json", document.encode())
    await archive.put(POLICIES, "policy.yaml", b"mode: report\n")
    await ledger.approve("h" * 64, by="operator", at=NOW)
    await _a_night(ledger, archive)
    newcomer = Arrival(guest_id=GuestId("never-asked-about"), invited_at=NOW, app="SharePoint Online")
    await ledger.note_arrivals([newcomer, Arrival(guest_id=ANN, invited_at=NOW, by=SPONSOR)])
    await ledger.begin_batch(a_batch(guests=(ANN, BOB, EVE)), [an_ask(ANN), an_ask(BOB), an_ask(EVE)])
    await ledger.save_cards(BATCH, [a_card(ANN), a_card(BOB)])
    for guest in (ANN, BOB, EVE):
        await ledger.move(a_move(a_case(guest), owes=(a_mail(f"guest:{guest}"),)))
        await ledger.move(a_move(a_case(guest, 2, Step.ASKED, asked_at=NOW), "question-delivered"))
    first = await _seal(ledger, archive, "2026-11-20T0545Z", GENESIS)
    await ledger.append_answer(a_submission(ANN))
    answered = a_case(ANN, 3, Step.DENIED, asked_at=NOW, answer=an_answer())
    await ledger.move(a_move(answered, "answered", days=1))
    mail = await ledger.owed_mail(f"guest:{ANN}", "guest-notice.1")
    assert mail is not None
    await ledger.save_mail(replace(mail, step=MailStep.VERIFIED, sent_at=NOW))
    second = await _seal(ledger, archive, "2026-11-21T0545Z", first.root)
    run = await ledger.begin_run("seal", SLOT, owner="a", now=NOW, lease=LEASE)
    assert run is not None
    await ledger.save_run(replace(run, step=RunStep.FINISHED, finished_at=NOW, summary={"root": second.root}))


async def _a_night(ledger: TableLedger, archive: BlobArchive) -> None:
    run = await ledger.begin_run("night", SLOT, owner="a", now=NOW, lease=LEASE)
    assert run is not None
    kept = await archive.save_plan(RUN, a_plan(ANN, BOB, EVE))
    await ledger.save_run(
        replace(run, step=RunStep.FINISHED, plan_hash="h" * 64, plan_digest=kept, finished_at=NOW),
        owes=[a_mail(f"run:{RUN}", "run-digest")],
    )


async def _seal(ledger: TableLedger, archive: BlobArchive, name: str, previous: str) -> Seal:
    heads: dict[str, str] = {}
    for guest in (ANN, BOB, EVE):
        newest = (await ledger.events(guest))[-1]
        heads[guest] = f"{newest.seq}:{newest.hash}"
    run = await ledger.run(RUN)
    assert run is not None
    extras: dict[str, str] = {RUN: digest(canonical(replace(run, version=0)))}
    sealed = seal(name, NOW, previous, heads, extras)
    await archive.put(EVIDENCE, f"{name}.json", canonical(sealed))
    return sealed


def _codes(report: AuditReport) -> set[str]:
    return {fault.what for fault in report.faults}


async def test_an_honest_record_has_no_faults_and_all_of_it_was_looked_at(storage: Storage) -> None:
    report = await audit(storage)

    assert report.faults == ()
    assert report.events == 7
    assert report.blobs == 4
    rows = 0
    for name in TABLES:
        rows += len([1 async for _ in storage.tables.get_table_client(name).list_entities()])
    assert report.rows == rows


# --- single bytes ----------------------------------------------------------------------------------


async def _places(storage: Storage) -> list[tuple[str, str, str, str]]:
    places = []
    for name in TABLES:
        async for entity in storage.tables.get_table_client(name).list_entities():
            own = sorted(entity.keys() - {"PartitionKey", "RowKey", "Timestamp"})
            places += [(name, entity["PartitionKey"], entity["RowKey"], column) for column in own]
    return places


def _flipped(value: Any, chance: random.Random) -> Any:
    if isinstance(value, int):
        return value ^ 1
    if not isinstance(value, str):
        return value + timedelta(microseconds=1)
    place = chance.randrange(len(value))
    return value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]


@pytest.mark.slow
async def test_every_single_byte_changed_in_a_row_is_found(storage: Storage) -> None:
    chance = random.Random(20261120)
    places = await _places(storage)
    columns = {column for *_, column in places}
    assert {"json", "digest", "nonce", "version", "step", "head", "until", "home", "id"} >= columns
    assert {"json", "digest", "nonce", "version", "step", "head"} <= columns
    # Every kind of row and column once, the rest by chance.
    kinds: dict[tuple[str, str, str], tuple[str, str, str, str]] = {}
    for place in places:
        kinds.setdefault((place[0], place[2][:1], place[3]), place)
    chosen = [*kinds.values(), *chance.choices(places, k=FLIPS)][:FLIPS]

    for table, partition, key, column in chosen:
        client = storage.tables.get_table_client(table)
        entity = await client.get_entity(partition, key)
        changed = {**entity, column: _flipped(entity[column], chance)}
        await client.upsert_entity(changed, mode="replace")

        report = await audit(storage)

        assert any(f"{partition}/{key}" in fault.where for fault in report.faults), (table, key, column)
        await client.upsert_entity(entity, mode="replace")
    assert (await audit(storage)).faults == ()


async def test_every_single_byte_changed_in_a_blob_is_found(storage: Storage) -> None:
    chance = random.Random(20261121)
    archive = BlobArchive(storage.blobs)
    blobs = [(container, name) for container in CONTAINERS for name in await archive.names(container)]
    blobs.remove((POLICIES, "policy.yaml"))
    assert len(blobs) == 4

    for container, name in blobs * 15:
        client = storage.blobs.get_blob_client(container, name)
        content = bytearray(await archive.get(container, name) or b"")
        honest = bytes(content)
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        await client.upload_blob(bytes(content), overwrite=True)

        assert any(name in fault.where for fault in (await audit(storage)).faults)
        await client.upload_blob(honest, overwrite=True)
    assert (await audit(storage)).faults == ()


# --- edits by somebody who knows how rows are written ----------------------------------------------


async def _write(storage: Storage, table: str, row: Row) -> None:
    await storage.tables.get_table_client(table).upsert_entity(encode(row), mode="replace")


async def _remove(storage: Storage, table: str, partition: str, key: str) -> None:
    await storage.tables.get_table_client(table).delete_entity(partition, key)


async def _an_event_is_taken_out(storage: Storage) -> None:
    await _remove(storage, "guests", ANN, event_key(2))


async def _the_end_is_cut_off(storage: Storage) -> None:
    events = await TableLedger(storage.tables).events(ANN)
    await _remove(storage, "guests", ANN, event_key(3))
    await _write(storage, "guests", case_row(events[1]))


async def _history_is_written_anew(storage: Storage) -> None:
    events = await TableLedger(storage.tables).events(BOB)
    previous = GENESIS
    for event in events:
        forged = stamp(replace(event, actor="nobody", previous=previous))
        previous = forged.hash
        await _write(storage, "guests", event_row(forged))
    await _write(storage, "guests", case_row(forged))


async def _an_event_is_rewritten(storage: Storage) -> None:
    event = (await TableLedger(storage.tables).events(BOB))[0]
    await _write(storage, "guests", event_row(replace(event, kind="kept")))


async def _an_event_is_forged_alone(storage: Storage) -> None:
    event = (await TableLedger(storage.tables).events(BOB))[0]
    await _write(storage, "guests", event_row(stamp(replace(event, kind="kept"))))


async def _a_guest_vanishes(storage: Storage) -> None:
    for key in (event_key(1), event_key(2), "S", "O|guest-notice.1"):
        await _remove(storage, "guests", EVE, key)


async def _the_case_is_another(storage: Storage) -> None:
    event = (await TableLedger(storage.tables).events(BOB))[-1]
    await _write(storage, "guests", case_row(replace(event, case=replace(event.case, step=Step.KEPT))))


async def _the_case_is_gone(storage: Storage) -> None:
    await _remove(storage, "guests", BOB, "S")


async def _a_column_says_something_else(storage: Storage) -> None:
    batch = await TableLedger(storage.tables).batch(BATCH)
    await _write(storage, "batches", row_of(BATCH, "S", batch, version=1, step="closed"))


async def _an_event_lies_under_another_guest(storage: Storage) -> None:
    event = (await TableLedger(storage.tables).events(BOB))[0]
    await _write(storage, "guests", replace(event_row(event), partition=GuestId("4")))


async def _an_answer_is_taken_out(storage: Storage) -> None:
    await _remove(storage, "batches", BATCH, answer_row(a_submission(ANN)).key)


async def _an_answer_is_another(storage: Storage) -> None:
    given = a_submission(ANN)
    other = replace(given, answer=replace(given.answer, justification="never said"))
    await _write(storage, "batches", answer_row(other))


async def _a_strange_row_appears(storage: Storage) -> None:
    await _write(storage, "batches", row_of(BATCH, "Z", {"a": 1}))


async def _an_arrival_is_another_guests(storage: Storage) -> None:
    row = arrival_row(Arrival(guest_id=ANN, invited_at=NOW, by=SPONSOR))
    await _write(storage, "guests", replace(row, partition=BOB))


async def _only_how_it_came_is_left_of_a_guest(storage: Storage) -> None:
    async for entity in storage.tables.get_table_client("guests").query_entities(f"PartitionKey eq '{ANN}'"):
        if entity["RowKey"] != ARRIVAL:
            await _remove(storage, "guests", ANN, str(entity["RowKey"]))


async def _only_mail_is_left_of_a_guest(storage: Storage) -> None:
    async for entity in storage.tables.get_table_client("guests").query_entities(f"PartitionKey eq '{EVE}'"):
        if not str(entity["RowKey"]).startswith("O|"):
            await _remove(storage, "guests", EVE, str(entity["RowKey"]))


async def _a_row_holds_something_else(storage: Storage) -> None:
    await _write(storage, "guests", row_of(BOB, "O|guest-notice.1", {"a": 1}))


async def _a_plan_is_gone(storage: Storage) -> None:
    await storage.blobs.get_blob_client(PLANS, plan_name(RUN)).delete_blob()


async def _a_plan_is_another(storage: Storage) -> None:
    client = storage.blobs.get_blob_client(PLANS, plan_name(RUN))
    await client.upload_blob(canonical(a_plan(ANN)), overwrite=True)


async def _a_run_is_gone(storage: Storage) -> None:
    await _remove(storage, "runs", "night", run_key(SLOT))


async def _a_run_is_another(storage: Storage) -> None:
    run = await TableLedger(storage.tables).run(RUN)
    assert run is not None
    await _write(storage, "runs", run_row(replace(run, guests=7)))


async def _the_first_seal_is_gone(storage: Storage) -> None:
    await storage.blobs.get_blob_client(EVIDENCE, "2026-11-20T0545Z.json").delete_blob()


async def _the_last_seal_is_gone(storage: Storage) -> None:
    await storage.blobs.get_blob_client(EVIDENCE, "2026-11-21T0545Z.json").delete_blob()


async def _a_seal_lets_a_guest_out(storage: Storage) -> None:
    client = storage.blobs.get_blob_client(EVIDENCE, "2026-11-21T0545Z.json")
    sealed = parse(Seal, await (await client.download_blob()).readall())
    heads = {guest: head for guest, head in sealed.heads.items() if guest != ANN}
    await client.upload_blob(canonical(replace(sealed, heads=heads)), overwrite=True)


async def _a_seal_is_made_anew(storage: Storage) -> None:
    client = storage.blobs.get_blob_client(EVIDENCE, "2026-11-20T0545Z.json")
    await client.upload_blob(canonical(seal("2026-11-20T0545Z", NOW, GENESIS, {}, {})), overwrite=True)


EDITS: dict[str, tuple[Callable[[Storage], Awaitable[None]], str]] = {
    "an event is taken out": (_an_event_is_taken_out, "broken-link"),
    "the end is cut off": (_the_end_is_cut_off, "unsealed-head"),
    "history is written anew": (_history_is_written_anew, "unsealed-head"),
    "an event is rewritten": (_an_event_is_rewritten, "changed-event"),
    "an event is forged alone": (_an_event_is_forged_alone, "broken-link"),
    "a guest vanishes": (_a_guest_vanishes, "unsealed-head"),
    "the case is another": (_the_case_is_another, "case-not-as-told"),
    "the case is gone": (_the_case_is_gone, "case-not-as-told"),
    "a column says something else": (_a_column_says_something_else, "mismatched-row"),
    "an event lies under another guest": (_an_event_lies_under_another_guest, "out-of-sequence"),
    "an answer is taken out": (_an_answer_is_taken_out, "answer-not-given"),
    "an answer is another": (_an_answer_is_another, "answer-not-given"),
    "a strange row appears": (_a_strange_row_appears, "unreadable-row"),
    "a row holds something else": (_a_row_holds_something_else, "unreadable-row"),
    "an arrival is another guest's": (_an_arrival_is_another_guests, "mismatched-row"),
    "only how it came is left of a guest": (_only_how_it_came_is_left_of_a_guest, "unsealed-head"),
    "only mail is left of a guest": (_only_mail_is_left_of_a_guest, "case-not-as-told"),
    "a plan is gone": (_a_plan_is_gone, "missing-plan"),
    "a plan is another": (_a_plan_is_another, "changed-plan"),
    "a run is gone": (_a_run_is_gone, "plan-without-run"),
    "a run is another": (_a_run_is_another, "changed-run"),
    "the first seal is gone": (_the_first_seal_is_gone, "broken-seal-chain"),
    "the last seal is gone": (_the_last_seal_is_gone, "missing-seal"),
    "a seal lets a guest out": (_a_seal_lets_a_guest_out, "changed-seal"),
    "a seal is made anew": (_a_seal_is_made_anew, "broken-seal-chain"),
}


@pytest.mark.parametrize("edit", EDITS)
async def test_a_knowing_edit_is_found(storage: Storage, edit: str) -> None:
    change, code = EDITS[edit]
    await change(storage)

    assert code in _codes(await audit(storage))


async def test_a_row_of_an_event_beyond_the_newest_is_found(storage: Storage) -> None:
    events = await TableLedger(storage.tables).events(EVE)
    extra: Event = event_of(a_move(a_case(EVE, 3, Step.KEPT), "answered"), events[-1].hash)
    await _write(storage, "guests", event_row(extra))

    assert _codes(await audit(storage)) == {"case-not-as-told"}
