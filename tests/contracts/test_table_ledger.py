"""What only the ledger in Table Storage has to stand: stray pointers, changed rows, indexes made anew."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from adapters.settings import StateAt
from adapters.storage import connect
from adapters.tables.entities import Row
from adapters.tables.indexes import Indexes, owed_pointer
from adapters.tables.ledger import TABLES, TableLedger
from adapters.tables.table import insert, put
from reviews.errors import BadSettings, Malformed, Permanent
from reviews.evidence import verify_chain
from reviews.model import CaseId, GuestId, Step
from reviews.records import MailStep
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
    a_batch,
    a_case,
    a_mail,
    a_move,
    an_ask,
)
from tests.contracts.storage_rig import Rig

# --- pointers --------------------------------------------------------------------------------------


async def _pointers(rig: Rig) -> object:
    return await Indexes(rig.table("indexes")).snapshot()


async def _a_small_record(ledger: TableLedger) -> None:
    run = await ledger.begin_run("night", SLOT, owner="a", now=NOW, lease=LEASE)
    assert run is not None
    await ledger.save_run(run, owes=[a_mail(f"run:{RUN}", "run-digest")])
    await ledger.begin_batch(a_batch(), [an_ask(ANN), an_ask(BOB)])
    for guest in (ANN, BOB, EVE):
        await ledger.move(a_move(a_case(guest), owes=(a_mail(f"guest:{guest}"),)))
    closed = a_case(version=2, step=Step.CLOSED, rests_until=NOW + timedelta(days=9))
    await ledger.move(a_move(closed, "closed", days=1))
    closed = a_case(EVE, version=2, step=Step.CLOSED)
    await ledger.move(a_move(closed, "closed", days=2))
    await ledger.move(a_move(a_case(EVE, version=3, id=CaseId("second")), days=3))
    mail = await ledger.owed_mail(f"guest:{BOB}", "guest-notice.1")
    assert mail is not None
    await ledger.save_mail(replace(mail, step=MailStep.VERIFIED))


def _without_versions(pointers: object) -> object:
    assert isinstance(pointers, dict)
    return {
        where: {name: value for name, value in columns.items() if name != "version"}
        for where, columns in pointers.items()
    }


async def test_pointers_made_anew_equal_those_kept(rig: Rig) -> None:
    await _a_small_record(rig.ledger)
    kept = await _pointers(rig)

    for where in list(kept):  # type: ignore[call-overload]
        await rig.table("indexes").remove(*where)
    await rig.table("indexes").write(put(Row(partition="open", key="nobody", columns={"version": 1})))
    wrong = await rig.ledger.rebuild_indexes()

    assert wrong == len(kept) + 1  # type: ignore[arg-type]
    assert _without_versions(await _pointers(rig)) == _without_versions(kept)
    assert await rig.ledger.rebuild_indexes() == 0
    assert await rig.ledger.touched(date(2026, 11, 22)) == (EVE,)


async def test_pointers_that_lead_nowhere_are_passed_over(rig: Rig) -> None:
    await _a_small_record(rig.ledger)
    nobody = GuestId("90000000-0000-4000-8000-000000000000")
    home = f"guest:{BOB}"
    for row in (
        Row(partition="open", key=nobody, columns={"version": 1}),
        Row(partition="open", key=ANN, columns={"version": 1}),
        Row(partition="batch", key="c" * 32),
        owed_pointer(home, "guest-notice.1"),
        owed_pointer(home, "never"),
        Row(partition="day|2026-11-20", key=nobody),
    ):
        await rig.table("indexes").write(put(row))

    assert [case.guest_id for case in await rig.ledger.live_cases()] == [BOB, EVE]
    assert await rig.ledger.live_batches() == (BATCH,)
    assert (home, "guest-notice.1") not in await rig.ledger.owed_mails()
    assert (home, "never") not in await rig.ledger.owed_mails()
    # A settled mail never comes back, so its pointer goes; one that leads nowhere may be ahead of its mail.
    assert await rig.table("indexes").get("owed", owed_pointer(home, "guest-notice.1").key) is None
    assert await rig.table("indexes").get("owed", owed_pointer(home, "never").key) is not None
    assert await rig.ledger.touched(date(2026, 1, 1)) == (ANN, BOB, EVE)


async def test_a_late_removal_leaves_the_pointer_of_the_next_case(rig: Rig) -> None:
    indexes = Indexes(rig.table("indexes"))
    await indexes.add([Row(partition="open", key=ANN, columns={"version": 6})])

    await indexes.drop("open", ANN, up_to=5)
    assert await indexes.keys("open") == [ANN]
    await indexes.drop("open", ANN, up_to=6)
    assert await indexes.keys("open") == []
    await indexes.drop("open", ANN, up_to=6)


# --- rows ------------------------------------------------------------------------------------------


async def test_a_changed_row_is_never_acted_on(rig: Rig) -> None:
    await rig.ledger.move(a_move(a_case()))
    client = rig.service.get_table_client("guests")
    entity = await client.get_entity(ANN, "S")
    entity["json"] = str(entity["json"]).replace("opened", "denied", 1)
    await client.update_entity(entity)

    with pytest.raises(Malformed):
        await rig.ledger.case(ANN)
    with pytest.raises(Malformed):
        await rig.ledger.live_cases()
    with pytest.raises(Malformed):
        await rig.ledger.move(a_move(a_case(version=2, step=Step.ASKED), "question-delivered"))


async def test_a_record_larger_than_one_property_is_kept(rig: Rig) -> None:
    case = a_case(reviewer="r🐌" * 40_000)

    await rig.ledger.move(a_move(case))

    assert await rig.ledger.case(ANN) == case
    assert verify_chain(ANN, await rig.ledger.events(ANN)) == ()


async def test_keys_of_any_alphabet_are_found_by_their_beginning(rig: Rig) -> None:
    keys = ["A|1", "A|Łódź", "A|🐌", "A|a'b", "A|a%20b", "A|a+b@c", "B|1"]
    for key in keys:
        await rig.table("batches").write(insert(Row(partition="pä'r t", key=key)))

    found = [stored.row.key async for stored in rig.table("batches").rows("pä'r t", prefix="A|")]

    assert sorted(found) == sorted(keys[:-1])
    assert await rig.table("batches").get("pä'r t", "A|a'b") is not None


async def test_what_does_not_fit_one_transaction_is_refused_before_the_network(rig: Rig) -> None:
    rows = [Row(partition="p", key=f"{number:03d}") for number in range(101)]
    rig.transport.writes.clear()

    with pytest.raises(Malformed):
        await rig.table("batches").write_together([insert(row) for row in rows], proof=rows[0])
    large = [Row(partition="p", key=str(number), json="x" * 500_000) for number in range(4)]
    with pytest.raises(Malformed):
        await rig.table("batches").write_together([insert(row) for row in large], proof=large[0])
    assert rig.transport.writes == []


async def test_a_table_that_is_not_there_is_a_fault_and_not_an_empty_one(rig: Rig) -> None:
    await rig.service.delete_table("guests")

    with pytest.raises(Permanent):
        await rig.ledger.case(ANN)
    with pytest.raises(Permanent):
        await rig.ledger.move(a_move(a_case()))
    await rig.ledger.create_tables()


# --- the way there ---------------------------------------------------------------------------------


async def test_a_connection_string_leads_to_this_machine_only(azurite: Azurite) -> None:
    elsewhere = (
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5;EndpointSuffix=core.windows.net",
        azurite.connection_string + "tableendpoint=https://example.com/a;",
        azurite.connection_string.replace("QueueEndpoint=http://127.0.0.1", "QueueEndpoint=http://10.0.0.1"),
        "nonsense",
        "",
    )
    for connection in elsewhere:
        with pytest.raises(BadSettings):
            connect(StateAt(connection_string=connection))
    with pytest.raises(BadSettings):
        connect(StateAt(table_uri="https://a.table.core.windows.net"))


async def test_preparing_twice_is_preparing_once(azurite: Azurite) -> None:
    storage = connect(StateAt(connection_string=azurite.connection_string))
    await storage.prepare()
    await storage.prepare()

    assert {table.name async for table in storage.tables.list_tables()} == set(TABLES)
    await storage.close()
