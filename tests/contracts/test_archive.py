"""What every archive does, in memory and in Blob Storage."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest

from adapters.blobs import CONTAINERS, EVIDENCE, PLANS, BlobArchive
from adapters.settings import StateAt
from adapters.storage import connect
from reviews.errors import Conflict, Malformed, Permanent
from reviews.evidence import canonical
from reviews.model import RunId
from reviews.ports import Archive
from sandbox.azurite import Azurite
from sandbox.memory_archive import MemoryArchive
from tests.contracts.ledger_samples import ANN, BOB, RUN, a_plan


@pytest.fixture(params=["memory", "blobs"])
async def archive(request: pytest.FixtureRequest) -> AsyncIterator[Archive]:
    if request.param == "memory":
        yield MemoryArchive()
        return
    azurite: Azurite = request.getfixturevalue("azurite")
    storage = connect(StateAt(connection_string=azurite.connection_string))
    for container in CONTAINERS:
        client = storage.blobs.get_container_client(container)
        if await client.exists():
            await client.delete_container()
    blobs = BlobArchive(storage.blobs)
    await blobs.create_containers()
    yield blobs
    await storage.close()


async def test_a_plan_comes_back_as_it_went_under_the_digest_of_its_bytes(archive: Archive) -> None:
    plan = a_plan(ANN, BOB)

    kept = await archive.save_plan(RUN, plan)

    assert await archive.plan(RUN) == plan
    assert kept == hashlib.sha256(canonical(plan)).hexdigest()
    assert await archive.get(PLANS, "night-2026-11-20T01-30Z.json") == canonical(plan)
    assert await archive.plan(RunId("night:2026-11-21T01:30Z")) is None


async def test_a_plan_is_kept_once(archive: Archive) -> None:
    assert await archive.save_plan(RUN, a_plan(ANN)) == await archive.save_plan(RUN, a_plan(ANN))

    with pytest.raises(Conflict):
        await archive.save_plan(RUN, a_plan(BOB))
    assert await archive.plan(RUN) == a_plan(ANN)


async def test_the_same_bytes_may_be_put_again_and_others_may_not(archive: Archive) -> None:
    await archive.put(EVIDENCE, "a.json", b"one")
    await archive.put(EVIDENCE, "a.json", b"one")

    with pytest.raises(Conflict):
        await archive.put(EVIDENCE, "a.json", b"two")
    assert await archive.get(EVIDENCE, "a.json") == b"one"
    assert await archive.get(EVIDENCE, "b.json") is None
    assert await archive.get(PLANS, "a.json") is None


async def test_of_racing_contents_one_is_kept(archive: Archive) -> None:
    results = await asyncio.gather(
        *(archive.put(EVIDENCE, "a", bytes([number])) for number in range(8)), return_exceptions=True
    )

    assert [type(result) for result in results].count(Conflict) == 7
    assert await archive.get(EVIDENCE, "a") == bytes([results.index(None)])


async def test_names_come_in_order_and_by_prefix(archive: Archive) -> None:
    for name in ("b/2", "a/1", "b/1", "c"):
        await archive.put(EVIDENCE, name, b"")

    assert await archive.names(EVIDENCE) == ("a/1", "b/1", "b/2", "c")
    assert await archive.names(EVIDENCE, "b/") == ("b/1", "b/2")
    assert await archive.names(PLANS) == ()
    assert await archive.get(EVIDENCE, "c") == b""


async def test_a_plan_that_was_changed_is_not_read(archive: Archive) -> None:
    await archive.put(PLANS, "night-2026-11-20T01-30Z.json", b'{"guests": 1}')

    with pytest.raises(Malformed):
        await archive.plan(RUN)


async def test_a_container_that_is_not_there_is_a_fault(azurite: Azurite) -> None:
    storage = connect(StateAt(connection_string=azurite.connection_string))
    blobs = BlobArchive(storage.blobs)

    with pytest.raises(Permanent):
        await blobs.get("nowhere", "a")
    with pytest.raises(Permanent):
        await blobs.put("nowhere", "a", b"")
    with pytest.raises(Permanent):
        await blobs.names("nowhere")
    await storage.close()
