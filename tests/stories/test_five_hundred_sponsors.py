"""Five hundred sponsors are asked in half an hour, by two instances, without crowding the mailbox."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest

from adapters.clock import HandClock
from adapters.graph.client import GraphClient
from adapters.graph.mail import GraphMailer
from notifications.sending import Sending
from reviews.errors import Transient
from reviews.model import Batch, BatchId, GuestId, PersonId, Step
from reviews.records import Move, OwedMail
from sandbox.graph_api import create_app
from sandbox.memory import MemoryLedger
from sandbox.memory_archive import MemoryArchive
from sandbox.stories import a_handful
from sandbox.tenant import TOKEN, Tenant
from sandbox.virtual_time import VirtualClock, play
from tests.builders import NOW, a_case, a_person, guid
from tests.contracts.graph_room import MAILBOX
from tests.letters import HERE, Unchanging, a_card, batch
from tests.outbox import REQUEST

SPONSORS = 500
INSTANCES, AT_ONCE = 2, 4
"""As host.json says: so many messages at once on each instance."""
INVISIBLE = timedelta(minutes=5)
ROUND_TRIP = timedelta(milliseconds=400)
MINUTE = timedelta(minutes=1)


class Slow(httpx.AsyncBaseTransport):
    """A wire on which every request takes its time."""

    def __init__(self, wire: httpx.AsyncBaseTransport, clock: VirtualClock) -> None:
        self._wire = wire
        self._clock = clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._clock.sleep(ROUND_TRIP / 2)
        answer = await self._wire.handle_async_request(request)
        await self._clock.sleep(ROUND_TRIP / 2)
        return answer


async def asked(ledger: MemoryLedger, number: int) -> OwedMail:
    """Have one sponsor owed the question about one guest."""
    person = replace(a_person(PersonId(guid(20_000 + number))), mail=f"sponsor.{number}@contoso.example")
    guest, whole = GuestId(guid(number)), BatchId(f"{number:032x}")
    kept: Batch = batch(0, id=whole, guests=(guest,), reviewer_id=person.id, reviewer=person)
    await ledger.begin_batch(kept, [])
    await ledger.save_cards(whole, [a_card(1, guest_id=guest)])
    case = a_case(Step.OPENED, 1, guest_id=guest, batch_id=whole, version=1, deadline=kept.deadline)
    await ledger.move(Move(case=case, kind="case-opened", actor="gatehouse", at=NOW))
    mail = replace(REQUEST, home=f"batch:{whole}", to=str(person.mail))
    await ledger.owe(mail)
    return mail


async def an_instance(sending: Sending, clock: VirtualClock, mails: Sequence[OwedMail]) -> None:
    """Work through messages as the host does: some at once, a failed one again after a while."""
    places = asyncio.Semaphore(AT_ONCE)

    async def handled(mail: OwedMail) -> None:
        while True:
            try:
                async with places:
                    return await sending.send(mail.home, mail.id)
            except Transient:
                await clock.sleep(INVISIBLE)

    await asyncio.gather(*(handled(mail) for mail in mails))


async def told() -> tuple[Tenant, timedelta, MemoryLedger]:
    clock, ledger = VirtualClock(NOW), MemoryLedger()
    tenant = Tenant(a_handful().population, clock)
    mails = [await asked(ledger, number) for number in range(1, SPONSORS + 1)]
    wire = Slow(httpx.ASGITransport(create_app(tenant)), clock)
    working = []
    for number in range(INSTANCES):
        client = GraphClient("http://127.0.0.1", TOKEN, clock, httpx.AsyncClient(transport=wire))
        sending = Sending(
            clock=clock,
            ledger=ledger,
            archive=MemoryArchive(),
            mailer=GraphMailer(client, sender=MAILBOX),
            policies=Unchanging(),
            public_url=HERE,
        )
        working.append(an_instance(sending, clock, mails[number::INSTANCES]))
    started = clock.now()
    await asyncio.gather(*working)
    return tenant, clock.now() - started, ledger


def most_in_a_minute(moments: Sequence[datetime]) -> int:
    return max(sum(at <= other < at + MINUTE for other in moments) for at in moments)


@pytest.mark.slow
def test_five_hundred_sponsors_are_asked_in_half_an_hour() -> None:
    tenant, took, ledger = play(told)

    tenant.clock = HandClock(NOW)
    sent = tenant.sent()
    assert len(sent) == len({mail.to for mail in sent}) == SPONSORS
    assert asyncio.run(ledger.owed_mails()) == ()
    assert took <= timedelta(minutes=30)
    crowd = most_in_a_minute([mail.at for mail in sent])
    print(f"{SPONSORS} sponsors asked in {took}; {crowd} mails in the fullest minute")
    assert crowd <= 30
    assert {call.status for call in tenant.calls} <= {200, 201, 202, 404}, "Exchange never had to refuse"
