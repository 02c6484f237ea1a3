"""The ledger in memory and the one in Table Storage give the same answers to whatever is asked of them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.settings import StateAt
from adapters.storage import Storage, connect
from adapters.tables.ledger import TABLES, TableLedger
from reviews.errors import GatehouseError
from reviews.evidence import verify_chain
from reviews.model import AskedAs, BatchId, BatchStep, CaseId, Choice, Outcome, Step
from reviews.ports import Ledger
from reviews.records import Arrival, MailStep, Run, RunStep
from sandbox.azurite import Azurite
from sandbox.memory import MemoryLedger
from tests.contracts.ledger_samples import (
    ANN,
    BOB,
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
    a_submission,
    an_answer,
    an_ask,
)

Ask = Callable[[Ledger], Awaitable[Any]]

GUESTS = st.sampled_from([ANN, BOB])
BATCHES = st.sampled_from([BatchId("b" * 32), BatchId("c" * 32)])
HOMES = st.one_of(
    GUESTS.map(lambda guest: f"guest:{guest}"),
    BATCHES.map(lambda batch: f"batch:{batch}"),
    st.just(f"run:{RUN}"),
)
MAIL_IDS = st.sampled_from(["a.1", "a.2"])
STEPS = st.sampled_from([Step.OPENED, Step.ASKED, Step.KEPT, Step.CLOSED])
VOUCHED: dict[str, Any] = {
    "outcome": Outcome.KEPT,
    "asked_as": AskedAs.CANDIDATE,
    "answer": an_answer(choice=Choice.KEEP),
}
RESTS = st.sampled_from([None, NOW + timedelta(days=1), NOW + timedelta(days=90)])


@st.composite
def moves(draw: st.DrawFn) -> Ask:
    guest, step, rests = draw(GUESTS), draw(STEPS), draw(RESTS)
    ahead = draw(st.sampled_from([1, 1, 1, 1, 0, 2]))
    owes = draw(st.lists(MAIL_IDS, max_size=2, unique=True))
    kind, days = draw(st.sampled_from(["one", "two"])), draw(st.integers(0, 3))
    vouched = draw(st.sampled_from([{}, VOUCHED]))

    async def ask(ledger: Ledger) -> Any:
        before = await ledger.case(guest)
        fresh = before is None or before.step is Step.CLOSED
        case = a_case(
            guest,
            (before.version if before else 0) + ahead,
            step,
            id=CaseId(f"{guest}-{before.version if before else 0}") if fresh or before is None else before.id,
            rests_until=rests,
            **vouched,
        )
        mails = tuple(a_mail(f"guest:{guest}", mail_id) for mail_id in owes)
        return await ledger.move(a_move(case, kind, owes=mails, days=days))

    return ask


@st.composite
def runs(draw: st.DrawFn) -> Ask:
    owner, later = draw(st.sampled_from("ab")), draw(st.sampled_from([0, 1, 2])) * LEASE
    finish, owes = draw(st.booleans()), draw(st.booleans())

    async def ask(ledger: Ledger) -> Any:
        run = await ledger.begin_run("night", SLOT, owner=owner, now=NOW + later, lease=LEASE)
        if run is None or not finish:
            return run
        mails = [a_mail(f"run:{RUN}", "a.1")] if owes else []
        return await ledger.save_run(replace(run, step=RunStep.FINISHED, finished_at=NOW), owes=mails)

    return ask


@st.composite
def batches(draw: st.DrawFn) -> Ask:
    batch_id, step = draw(BATCHES), draw(st.sampled_from(BatchStep))
    guests, stale = draw(st.lists(GUESTS, unique=True)), draw(st.booleans())

    async def ask(ledger: Ledger) -> Any:
        begun = await ledger.begin_batch(
            a_batch(batch_id, tuple(guests)), [an_ask(guest) for guest in guests]
        )
        await ledger.save_cards(batch_id, [a_card(guest) for guest in guests])
        if begun.step is BatchStep.CLOSED:
            return begun
        read = replace(begun, version=begun.version - 1) if stale else begun
        return await ledger.save_batch(replace(read, step=step))

    return ask


@st.composite
def answers(draw: st.DrawFn) -> Ask:
    given_answer = a_submission(draw(GUESTS), draw(st.integers(1, 3)), draw(st.sampled_from(Choice)))
    return lambda ledger: ledger.append_answer(given_answer)


@st.composite
def mails(draw: st.DrawFn) -> Ask:
    home, mail_id, step = draw(HOMES), draw(MAIL_IDS), draw(st.sampled_from(MailStep))

    async def ask(ledger: Ledger) -> Any:
        mail = await ledger.owed_mail(home, mail_id)
        if mail is None or mail.step in {MailStep.VERIFIED, MailStep.DROPPED}:
            return await ledger.owe(a_mail(home, mail_id))
        return await ledger.save_mail(replace(mail, step=step))

    return ask


@st.composite
def arrivals(draw: st.DrawFn) -> Ask:
    person = draw(st.sampled_from([None, SPONSOR]))
    at = NOW - timedelta(days=draw(st.integers(0, 3)))
    invited = Arrival(guest_id=draw(GUESTS), invited_at=at, by=person, app=None if person else "App")
    said = draw(st.sampled_from([invited, Arrival(guest_id=invited.guest_id, redeemed_at=at)]))
    return lambda ledger: ledger.note_arrivals([said])


async def _tell(ledger: Ledger, ask: Ask) -> Any:
    try:
        answer = await ask(ledger)
    except GatehouseError as error:
        return type(error)
    return _without_chance(answer)


def _without_chance(answer: Any) -> Any:
    return replace(answer, nonce="") if isinstance(answer, Run) else answer


async def _all_of(ledger: Ledger) -> list[Any]:
    found: list[Any] = [
        await ledger.live_cases(),
        await ledger.live_batches(),
        await ledger.owed_mails(),
        await ledger.resting(NOW),
        await ledger.vouched(NOW),
        [await ledger.touched((NOW + timedelta(days=days)).date()) for days in range(5)],
        _without_chance(await ledger.run(RUN)),
        await ledger.arrivals([ANN, BOB]),
    ]
    for guest in (ANN, BOB):
        events = await ledger.events(guest)
        assert verify_chain(guest, events) == ()
        found += [await ledger.case(guest), events]
    for batch_id in (BatchId("b" * 32), BatchId("c" * 32)):
        found += [
            await ledger.batch(batch_id),
            await ledger.asks(batch_id),
            await ledger.cards(batch_id),
            await ledger.answers(batch_id),
        ]
    return found


async def _compare(storage: Storage, asked: list[Ask]) -> None:
    for name in TABLES:
        await storage.tables.delete_table(name)
    tables, memory = TableLedger(storage.tables), MemoryLedger()
    await tables.create_tables()
    for ask in asked:
        assert await _tell(tables, ask) == await _tell(memory, ask)
    assert await _all_of(tables) == await _all_of(memory)
    assert await tables.rebuild_indexes() == 0


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.one_of(moves(), moves(), runs(), batches(), answers(), arrivals(), mails()),
        min_size=5,
        max_size=30,
    )
)
def test_both_ledgers_answer_alike_whatever_is_asked(azurite: Azurite, asked: list[Ask]) -> None:
    async def try_them() -> None:
        storage = connect(StateAt(connection_string=azurite.connection_string))
        try:
            await _compare(storage, asked)
        finally:
            await storage.close()

    asyncio.run(try_them())
