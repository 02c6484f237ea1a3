"""What only the ledger in Table Storage has to stand: lost replies, changed rows, indexes to be made anew."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from azure.data.tables.aio import TableServiceClient

from adapters.settings import StateAt
from adapters.storage import connect
from adapters.tables.entities import Row
from adapters.tables.indexes import Indexes
from adapters.tables.ledger import TABLES, TableLedger
from adapters.tables.table import Table, insert, put
from reviews.errors import BadSettings, Malformed, Permanent, Transient
from reviews.evidence import verify_chain
from reviews.model import BatchStep, CaseId, GuestId, Step
from reviews.records import MailStep, RunStep
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
    a_card,
    a_case,
    a_mail,
    a_move,
    a_submission,
    an_ask,
)
from tests.contracts.losing_transport import LosingTransport, Loss


@pytest.fixture(scope="module")
def azurite() -> Iterator[Azurite]:
    with Azurite() as running:
        yield running


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """A ledger whose transport can be told to lose a reply."""

    service: TableServiceClient
    ledger: TableLedger
    transport: LosingTransport

    def table(self, name: str) -> Table:
        return Table(self.service.get_table_client(name))


@pytest.fixture
async def rig(azurite: Azurite) -> AsyncIterator[Rig]:
    transport = LosingTransport()
    service = TableServiceClient.from_connection_string(
        azurite.connection_string, transport=transport, retry_total=0
    )
    for name in TABLES:
        await service.delete_table(name)
    ledger = TableLedger(service)
    await ledger.create_tables()
    yield Rig(service=service, ledger=ledger, transport=transport)
    await service.close()


# --- lost replies ----------------------------------------------------------------------------------


async def _begin(ledger: TableLedger) -> object:
    return await ledger.begin_run("night", SLOT, owner="a", now=NOW, lease=LEASE)


async def _save_run(ledger: TableLedger) -> object:
    run = await ledger.run(RUN)
    assert run is not None
    if run.step is RunStep.STARTED:
        run = await ledger.save_run(
            replace(run, step=RunStep.PLANNED), owes=[a_mail(f"run:{RUN}", "run-digest")]
        )
    return replace(run, nonce="", leased_until=NOW)


async def _move(ledger: TableLedger) -> object:
    return await ledger.move(a_move(a_case(), owes=(a_mail(f"guest:{ANN}"),)))


async def _close(ledger: TableLedger) -> object:
    if (await ledger.case(ANN)) in [None, a_case()]:
        await ledger.move(a_move(a_case()))
    closed = a_case(version=2, step=Step.CLOSED, rests_until=NOW + timedelta(days=9))
    return await ledger.move(a_move(closed, "closed"))


async def _begin_batch(ledger: TableLedger) -> object:
    return await ledger.begin_batch(a_batch(), [an_ask()])


async def _save_cards(ledger: TableLedger) -> object:
    await ledger.save_cards(BATCH, [a_card()])
    return await ledger.cards(BATCH)


async def _save_batch(ledger: TableLedger) -> object:
    batch = await ledger.begin_batch(a_batch(), [])
    if batch.step is not BatchStep.CLOSED:
        batch = await ledger.save_batch(replace(batch, step=BatchStep.CLOSED))
    return batch


async def _answer(ledger: TableLedger) -> object:
    await ledger.append_answer(a_submission())
    return await ledger.answers(BATCH)


async def _mail(ledger: TableLedger) -> object:
    home = f"batch:{BATCH}"
    await ledger.owe(a_mail(home))
    mail = await ledger.owed_mail(home, "guest-notice.1")
    assert mail is not None
    if mail.step is MailStep.PENDING:
        mail = await ledger.save_mail(replace(mail, step=MailStep.VERIFIED))
    return mail


async def _approve(ledger: TableLedger) -> object:
    await ledger.approve("h", by="operator", at=NOW)
    return await ledger.approved("h")


WRITES: dict[str, Callable[[TableLedger], Awaitable[object]]] = {
    "move": _move,
    "close": _close,
    "begin_batch": _begin_batch,
    "save_cards": _save_cards,
    "save_batch": _save_batch,
    "append_answer": _answer,
    "mail": _mail,
    "approve": _approve,
}


async def _state(ledger: TableLedger) -> object:
    run = await ledger.run(RUN)
    return (
        None if run is None else replace(run, nonce=""),
        await ledger.case(ANN),
        await ledger.events(ANN),
        await ledger.batch(BATCH),
        await ledger.asks(BATCH),
        await ledger.cards(BATCH),
        await ledger.answers(BATCH),
        await ledger.owed_mails(),
        await ledger.live_cases(),
        await ledger.live_batches(),
        await ledger.resting(NOW),
        await ledger.approved("h"),
    )


async def _wiped(rig: Rig) -> None:
    for name in TABLES:
        await rig.service.delete_table(name)
    await rig.ledger.create_tables()
    rig.transport.writes.clear()


@pytest.mark.parametrize("loss", Loss)
@pytest.mark.parametrize("write", WRITES)
async def test_whatever_write_loses_its_reply_the_end_is_the_same(rig: Rig, write: str, loss: Loss) -> None:
    await _wiped(rig)
    undisturbed = await WRITES[write](rig.ledger)
    count, end = len(rig.transport.writes), await _state(rig.ledger)
    assert count > 0

    for number in range(1, count + 1):
        await _wiped(rig)
        rig.transport.lose = {number: loss}
        if loss is Loss.NEVER_SENT:
            with pytest.raises(Transient):
                await WRITES[write](rig.ledger)
        else:
            # A removal whose reply is lost is not looked for: it is tried again, like any passing failure.
            with suppress(Transient):
                await WRITES[write](rig.ledger)
        rig.transport.lose = {}
        assert await WRITES[write](rig.ledger) == undisturbed
        assert await _state(rig.ledger) == end


@pytest.mark.parametrize("loss", [Loss.REPLY_LOST, Loss.SENT_TWICE])
async def test_a_claim_whose_reply_was_lost_is_ours(rig: Rig, loss: Loss) -> None:
    rig.transport.writes.clear()
    rig.transport.lose = {1: loss, 2: loss, 3: loss, 4: loss}

    run = await _begin(rig.ledger)
    assert run == await rig.ledger.run(RUN)
    taken = await rig.ledger.begin_run("night", SLOT, owner="b", now=NOW + LEASE, lease=LEASE)
    assert taken == await rig.ledger.run(RUN)
    assert taken is not None
    assert taken.owner == "b"
    assert await rig.ledger.append_answer(a_submission())
    assert not await rig.ledger.append_answer(a_submission())


async def test_a_saved_run_survives_a_lost_reply(rig: Rig) -> None:
    await _begin(rig.ledger)
    rig.transport.writes.clear()
    rig.transport.lose = {2: Loss.SENT_TWICE}

    saved = await _save_run(rig.ledger)

    run = await rig.ledger.run(RUN)
    assert run is not None
    assert saved == replace(run, nonce="", leased_until=NOW)


@pytest.mark.parametrize("loss", [Loss.REPLY_LOST, Loss.SENT_TWICE])
async def test_a_move_overtaken_after_its_reply_was_lost_counts_as_done(
    rig: Rig, azurite: Azurite, loss: Loss
) -> None:
    somebody_else = connect(StateAt(connection_string=azurite.connection_string))
    other = TableLedger(somebody_else.tables)
    await other.move(a_move(a_case()))
    asked = a_case(version=2, step=Step.ASKED)
    rig.transport.writes.clear()
    # The first write is the pointer of the day, the second the transaction.
    rig.transport.lose = {2: loss}
    rig.transport.meanwhile = lambda: other.move(a_move(a_case(version=3, step=Step.KEPT), "answered"))

    assert await rig.ledger.move(a_move(asked, "question-delivered")) == asked

    assert rig.transport.writes[1].endswith("$batch")
    events = await rig.ledger.events(ANN)
    assert [event.kind for event in events] == ["case-opened", "question-delivered", "answered"]
    assert verify_chain(ANN, events) == ()
    await somebody_else.close()


# --- pointers --------------------------------------------------------------------------------------


async def _pointers(rig: Rig) -> object:
    return await Indexes(rig.table("indexes")).snapshot()


async def _a_small_record(ledger: TableLedger) -> None:
    await _begin(ledger)
    await _save_run(ledger)
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
        Row(partition="owed", key="0", columns={"home": home, "id": "guest-notice.1"}),
        Row(partition="owed", key="1", columns={"home": home, "id": "never"}),
        Row(partition="day|2026-11-20", key=nobody),
    ):
        await rig.table("indexes").write(put(row))

    assert [case.guest_id for case in await rig.ledger.live_cases()] == [BOB, EVE]
    assert await rig.ledger.live_batches() == (BATCH,)
    assert (home, "guest-notice.1") not in await rig.ledger.owed_mails()
    assert (home, "never") not in await rig.ledger.owed_mails()
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
