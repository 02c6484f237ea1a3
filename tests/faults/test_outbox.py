"""The outbox under every fault: each mail leaves once, counts once, and leaves no draft behind."""

from collections.abc import Coroutine, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from reviews.errors import Transient
from reviews.jobs.sweeping import OLD_ENOUGH, sweep
from reviews.model import Step
from reviews.ports import Letter
from reviews.records import MailStep, OwedMail
from sandbox.postbox import Killed, Trouble
from tests.outbox import NOTICE, REQUEST, TICKS, Room

BEYOND = 5
"""How many calls behind the first fault the second one strikes, also among those the first one adds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """What befalls which call, by number, and how slowly the mailbox shows what happened."""

    faults: Mapping[int, Trouble]
    hides_for: int = 0
    stale_for: int = 0


async def a_room(mail: OwedMail, mishap: Mishap) -> Room:
    room = await Room().owe(mail, Step.OPENED if mail is REQUEST else Step.DENIED)
    room.box.hides_for, room.box.stale_for = mishap.hides_for, mishap.stale_for
    room.box.trouble = lambda _call, number: mishap.faults.get(number)
    return room


async def calls_of(mail: OwedMail) -> int:
    room = await a_room(mail, Mishap(faults={}))
    await room.sending.send(mail.home, mail.id)
    return room.box.calls


async def settle(room: Room, mail: OwedMail) -> None:
    """Hand the message over as often as the queue does, and once more; tracking sweeps in between."""
    is_over = False
    for _ in range(TICKS):
        was_over, is_over = is_over, await room.ledger.owed_mails() == ()
        if was_over:
            return
        await room.tick(mail)
        with suppress(Transient, Killed):
            await sweep(room.box, room.ledger, room.clock.now())


async def check(room: Room, mail: OwedMail, told: object) -> None:
    assert len(room.box.delivered) == 1, told
    assert (await room.mail(mail)).step is MailStep.VERIFIED, told
    case = await room.case()
    assert (case.version, case.step) == (2, Step.ASKED if mail is REQUEST else Step.NOTICED), told
    room.box.trouble = lambda _call, _number: None
    for _ in range(TICKS):
        room.clock.move(room.clock.now() + OLD_ENOUGH)
        await sweep(room.box, room.ledger, room.clock.now())
    assert [one for one in room.box.messages.values() if one.draft.is_draft] == [], told


async def played(mail: OwedMail, mishap: Mishap) -> None:
    room = await a_room(mail, mishap)
    await settle(room, mail)
    await check(room, mail, mishap)


@pytest.mark.parametrize("mail", [REQUEST, NOTICE], ids=lambda mail: mail.kind.value)
async def test_no_single_fault_at_any_call_doubles_loses_or_stops_a_mail(mail: OwedMail) -> None:
    calls = await calls_of(mail)
    assert calls > 12
    for number, trouble, slow in product(range(1, calls + 1), Trouble, range(3)):
        await played(mail, Mishap(faults={number: trouble}, hides_for=slow, stale_for=slow % 2))


def pairs(calls: int) -> Iterator[dict[int, Trouble]]:
    for first in range(1, calls + 1):
        for second in range(first + 1, first + BEYOND + 1):
            for one, other in product(Trouble, Trouble):
                yield {first: one, second: other}


async def test_no_two_faults_do_either() -> None:
    plans = list(pairs(await calls_of(NOTICE)))
    assert len(plans) >= 2_000
    for number, faults in enumerate(plans):
        await played(NOTICE, Mishap(faults=faults, hides_for=number % 3, stale_for=number % 2))


Worker = Coroutine[Any, Any, None]


def steps(worker: Worker, count: int | None) -> bool:
    """Let a worker take some steps, or all that are left; return whether it is done, or dead."""
    try:
        while count is None or count > 0:
            worker.send(None)
            count = None if count is None else count - 1
    except (StopIteration, Killed):
        return True
    return False


def interleaved(first: Worker, second: Worker, before: int, between: int) -> int:
    """Run two workers, cut in twice: the first, the second, the first to its end, the second to its end."""
    over = [steps(first, before), steps(second, between)]
    for worker, is_over in zip((first, second), over, strict=True):
        if not is_over:
            steps(worker, None)
    return sum(over)


async def test_two_workers_cut_in_at_every_step_send_once() -> None:
    schedules = 0
    for before in range(60):
        for between in range(1, 60):
            room = await a_room(NOTICE, Mishap(faults={}, hides_for=between % 2))
            over = interleaved(room.tick(NOTICE), room.tick(NOTICE), before, between)
            await settle(room, NOTICE)
            await check(room, NOTICE, (before, between))
            schedules += 1
            if over:
                break
    assert schedules > 150


async def test_two_workers_of_which_one_meets_a_fault_send_once() -> None:
    calls = await calls_of(NOTICE)
    for number, trouble, before in product(range(1, calls + 1), Trouble, range(1, 40, 6)):
        room = await a_room(NOTICE, Mishap(faults={number: trouble}))
        interleaved(room.tick(NOTICE), room.tick(NOTICE), before, before // 2)
        await settle(room, NOTICE)
        await check(room, NOTICE, (number, trouble, before))


async def test_a_draft_that_may_still_be_needed_is_never_swept() -> None:
    room = await a_room(NOTICE, Mishap(faults={}))
    room.box.trouble = lambda call, _number: Trouble.KILLED if call == "draft" else None
    await room.tick(NOTICE)
    room.box.trouble = lambda _call, _number: None
    room.clock.move(room.clock.now() + timedelta(days=3))
    assert await sweep(room.box, room.ledger, room.clock.now()) == 0
    await settle(room, NOTICE)
    await check(room, NOTICE, "taken up after three days")


async def test_a_draft_of_a_mail_that_is_over_is_swept_once_it_is_old() -> None:
    room = Room()
    letter = Letter(to=NOTICE.to, subject="Your access", text="It ends.", html="<p>It ends.</p>")
    await room.box.draft(letter, NOTICE.marker)
    assert await sweep(room.box, room.ledger, room.clock.now()) == 0
    room.clock.move(room.clock.now() + OLD_ENOUGH)
    assert await sweep(room.box, room.ledger, room.clock.now()) == 1
    assert room.box.messages == {}
