"""What is long over names nobody any more, and the record still holds."""

from datetime import timedelta
from pathlib import Path

from adapters.tables.audit import audit
from adapters.tables.ledger import TableLedger
from reviews.model import BatchStep
from sandbox.stories import STARTS_AT, a_handful
from sandbox.world import World, served

NIGHT = STARTS_AT + timedelta(hours=1, minutes=40)


async def rows_of(world: World, partition: str) -> str:
    """Return all rows of a batch as text."""
    table = world.house.storage.tables.get_table_client("batches")
    rows = table.query_entities(f"PartitionKey eq '{partition}'")
    return "".join([str(dict(row)) async for row in rows])


async def pass_until(world: World, days: int) -> None:
    world.clock.move(NIGHT + timedelta(days=days, hours=10))
    for _ in range(3):
        await world.host.fire_timers()
        await world.host.drain(retry_now=True)


async def test_a_year_later_nobody_is_named_and_the_record_holds(tmp_path: Path) -> None:
    policy = {"mode": "propose", "record": {"names_kept": "P90D"}}
    async with served(a_handful().population, folder=tmp_path, start=NIGHT, policy=policy) as world:
        await world.host.fire_timers()
        await world.host.drain(retry_now=True)
        (first, *_) = await world.house.ledger.live_batches()
        asked = await world.house.ledger.batch(first)
        assert asked is not None
        assert asked.reviewer is not None
        named = (asked.reviewer.name, str(asked.reviewer.mail))
        before = await rows_of(world, first)
        assert all(name in before for name in named)

        for days in (15, 30, 45):
            await pass_until(world, days)
        batch = await world.house.ledger.batch(first)
        assert batch is not None
        assert batch.step is BatchStep.CLOSED
        assert await world.house.ledger.cards(first), "what is young is kept"

        await pass_until(world, 120)
        forgotten = await world.house.ledger.batch(first)
        assert forgotten is not None
        assert forgotten.reviewer is not None
        assert (forgotten.reviewer.name, forgotten.reviewer.mail) == ("", None)
        assert await world.house.ledger.cards(first) == ()
        assert await world.house.ledger.mails(f"batch:{first}") == ()
        after = await rows_of(world, first)
        assert not [name for name in named if name in after]
        assert await world.house.ledger.events(batch.guests[0]), "cases and events stay"
        assert (await audit(world.house.storage)).faults == ()
        assert await TableLedger(world.house.storage.tables).rebuild_indexes() == 0
