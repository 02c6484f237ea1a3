"""Whatever write to Table Storage loses its reply, the record ends up the same."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.settings import StateAt
from adapters.storage import connect
from adapters.tables.ledger import TableLedger
from reviews.errors import Transient
from reviews.evidence import verify_chain
from reviews.model import BatchStep, Step
from reviews.records import MailStep, RunStep
from sandbox.azurite import Azurite
from tests.contracts.ledger_samples import (
    ANN,
    BATCH,
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
from tests.contracts.losing_transport import Loss
from tests.contracts.storage_rig import Rig


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


@pytest.mark.parametrize("loss", Loss)
@pytest.mark.parametrize("write", WRITES)
async def test_whatever_write_loses_its_reply_the_end_is_the_same(rig: Rig, write: str, loss: Loss) -> None:
    await rig.wipe()
    undisturbed = await WRITES[write](rig.ledger)
    count, end = len(rig.transport.writes), await _state(rig.ledger)
    assert count > 0

    for number in range(1, count + 1):
        await rig.wipe()
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
