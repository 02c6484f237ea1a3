"""What every ledger does with how guests came, in memory and in Table Storage."""

import asyncio
from datetime import timedelta

from reviews.model import PersonId
from reviews.ports import Ledger
from reviews.records import Arrival
from tests.contracts.ledger_samples import ANN, BOB, EVE, NOW, SPONSOR, a_case, a_move

INVITED = Arrival(guest_id=ANN, invited_at=NOW - timedelta(days=3), by=SPONSOR)
ACCEPTED = Arrival(guest_id=ANN, redeemed_at=NOW - timedelta(days=2))
BY_SHARING = Arrival(guest_id=BOB, invited_at=NOW, app="SharePoint Online")
JOINED = Arrival(guest_id=ANN, invited_at=INVITED.invited_at, by=SPONSOR, redeemed_at=ACCEPTED.redeemed_at)


async def test_what_lines_say_is_joined_and_found_again(ledger: Ledger) -> None:
    await ledger.note_arrivals([INVITED, BY_SHARING])
    await ledger.note_arrivals([ACCEPTED])

    assert await ledger.arrivals([ANN, BOB, EVE]) == {ANN: JOINED, BOB: BY_SHARING}
    assert await ledger.arrivals([]) == {}


async def test_a_line_that_comes_again_changes_nothing(ledger: Ledger) -> None:
    for _ in range(2):
        await ledger.note_arrivals([ACCEPTED])
        await ledger.note_arrivals([INVITED])

    assert await ledger.arrivals([ANN]) == {ANN: JOINED}


async def test_of_lines_that_race_none_is_lost(ledger: Ledger) -> None:
    others = [
        Arrival(guest_id=ANN, invited_at=NOW - timedelta(days=9 + n), by=PersonId(f"p{n}")) for n in range(2)
    ]
    await asyncio.gather(*(ledger.note_arrivals([one]) for one in (INVITED, ACCEPTED, *others)))

    assert await ledger.arrivals([ANN]) == {ANN: JOINED}


async def test_how_a_guest_came_is_no_part_of_its_case(ledger: Ledger) -> None:
    await ledger.note_arrivals([INVITED])
    assert await ledger.case(ANN) is None
    assert await ledger.events(ANN) == ()

    await ledger.move(a_move(a_case()))

    assert await ledger.arrivals([ANN]) == {ANN: INVITED}
    assert len(await ledger.events(ANN)) == 1
