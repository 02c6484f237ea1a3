"""The local host runs an app's timers and queues as Azure Functions would, and touches only this machine."""

import asyncio
import base64
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueServiceClient

from adapters.clock import HandClock, SystemClock
from reviews.errors import Permanent
from sandbox.azurite import Azurite
from sandbox.host_queues import Drained
from tests.contracts.small_app import LOCAL, NOW, Cut, Seen, a_host


@pytest.fixture(scope="module")
def storage() -> Iterator[Azurite]:
    with Azurite() as running:
        yield running


@pytest.fixture
def state(storage: Azurite) -> Iterator[str]:
    """The storage account, emptied of queues afterwards."""
    yield storage.connection_string
    with QueueServiceClient.from_connection_string(storage.connection_string) as queues:
        for queue in queues.list_queues():
            queues.delete_queue(str(queue.name))


def put(state: str, queue: str, *bodies: str, encoded: bool = True) -> None:
    with QueueServiceClient.from_connection_string(state) as service:
        client = service.get_queue_client(queue)
        try:
            client.get_queue_properties()
        except ResourceNotFoundError:
            client.create_queue()
        for body in bodies:
            client.send_message(base64.b64encode(body.encode()).decode() if encoded else body)


def peek(state: str, queue: str) -> list[str]:
    with QueueServiceClient.from_connection_string(state) as service:
        return [str(one.content) for one in service.get_queue_client(queue).peek_messages(max_messages=32)]


def count(state: str, queue: str) -> int:
    with QueueServiceClient.from_connection_string(state) as service:
        return int(service.get_queue_client(queue).get_queue_properties().approximate_message_count or 0)


# Timers


async def test_a_timer_fires_by_hand_at_the_moment_it_is_told(state: str, tmp_path: Path) -> None:
    seen = Seen()
    async with a_host(state, seen, tmp_path) as host:
        outcomes = await host.fire_timers(NOW + timedelta(days=1), past_due=True)

        assert [outcome.function for outcome in outcomes] == ["tick"]
        assert host.clock.now() == NOW + timedelta(days=1)
        assert [timer.past_due for timer in seen.timers] == [True]


async def test_a_timer_fires_when_its_schedule_is_due_and_not_before(state: str, tmp_path: Path) -> None:
    seen = Seen()
    clock = HandClock(NOW)
    async with a_host(state, seen, tmp_path, clock=clock) as host:
        assert await host.fire_due() == ()

        clock.move(datetime(2026, 3, 2, 2, 0, tzinfo=UTC))
        assert len(await host.fire_due()) == 1
        assert await host.fire_due() == ()
        assert seen.timers[0].past_due is False
        assert seen.timers[0].schedule_status["Next"] == "2026-03-02T02:15:00+00:00"


async def test_many_missed_occurrences_make_one_late_call(state: str, tmp_path: Path) -> None:
    seen = Seen()
    clock = HandClock(NOW)
    async with a_host(state, seen, tmp_path, clock=clock) as host:
        clock.move(NOW + timedelta(days=90, minutes=7))

        assert len(await host.fire_due()) == 1
        assert seen.timers[0].past_due is True
        assert await host.fire_due() == ()


async def test_the_machines_clock_cannot_be_moved(state: str, tmp_path: Path) -> None:
    async with a_host(state, Seen(), tmp_path, clock=SystemClock()) as host:
        with pytest.raises(Permanent, match="moved by hand"):
            await host.fire_timers(NOW)


async def test_running_by_the_clock_fires_timers_and_works_the_queues(state: str, tmp_path: Path) -> None:
    seen = Seen()
    clock = HandClock(NOW)
    put(state, "jobs", "night")
    async with a_host(state, seen, tmp_path, clock=clock) as host:
        running = asyncio.create_task(host.run_by_clock(poll=timedelta(milliseconds=5)))
        clock.move(NOW + timedelta(minutes=1))
        async with asyncio.timeout(10):
            await asyncio.gather(seen.ticked.wait(), seen.acted.wait())
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert seen.bodies == ["night", "work:night"]


# Queues


async def test_messages_are_worked_off_with_what_they_cause(state: str, tmp_path: Path) -> None:
    seen = Seen()
    put(state, "jobs", *(f"job {n}" for n in range(10)))
    async with a_host(state, seen, tmp_path) as host:
        drained = await host.drain()

    assert drained == Drained(handled=20)
    assert sorted(seen.bodies) == sorted(
        [f"job {n}" for n in range(10)] + [f"work:job {n}" for n in range(10)]
    )
    assert count(state, "jobs") == count(state, "actions") == 0


async def test_a_message_carries_its_id_and_how_often_it_was_tried(state: str, tmp_path: Path) -> None:
    seen = Seen(failures_left=1)
    put(state, "jobs", "night")
    async with a_host(state, seen, tmp_path) as host:
        await host.drain(retry_now=True)

    tries = [message for message in seen.messages if message.get_body() == b"night"]
    assert [message.dequeue_count for message in tries] == [1, 2]
    assert tries[0].id == tries[1].id
    assert tries[0].insertion_time is not None


async def test_a_queue_that_nobody_made_is_an_empty_one(state: str, tmp_path: Path) -> None:
    async with a_host(state, Seen(), tmp_path) as host:
        assert await host.drain() == Drained()


async def test_a_failed_message_waits_for_its_pause(state: str, tmp_path: Path) -> None:
    seen = Seen(failures_left=1)
    put(state, "jobs", "night")
    async with a_host(state, seen, tmp_path) as host:
        assert await host.drain() == Drained(handled=1, failed=1)
        assert await host.drain() == Drained()
        assert count(state, "jobs") == 1

        assert await host.drain(retry_now=True) == Drained(handled=2)


async def test_a_short_pause_is_kept_in_real_time(state: str, tmp_path: Path) -> None:
    seen = Seen(failures_left=1)
    put(state, "jobs", "night")
    async with a_host(state, seen, tmp_path, queues={"visibilityTimeout": "00:00:01"}) as host:
        assert (await host.drain()).failed == 1
        assert (await host.drain()).handled == 0
        await asyncio.sleep(1.2)
        assert (await host.drain()).handled == 2


async def test_outputs_of_a_failed_run_are_not_sent(state: str, tmp_path: Path) -> None:
    put(state, "jobs", "night")
    put(state, "actions")
    async with a_host(state, Seen(failures_left=1), tmp_path) as host:
        await host.drain()

    assert count(state, "actions") == 0


async def test_after_its_last_try_a_message_moves_to_the_poison_queue_as_it_was(
    state: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seen = Seen(failures_left=99)
    put(state, "jobs", "night")
    async with a_host(state, seen, tmp_path) as host:
        drained = await host.drain(retry_now=True)

    assert drained == Drained(handled=3, failed=3, poisoned=1)
    assert len(seen.messages) == 3
    assert count(state, "jobs") == 0
    assert peek(state, "jobs-poison") == [base64.b64encode(b"night").decode()]
    assert "message.poisoned" in [getattr(record, "event", None) for record in caplog.records]


async def test_a_message_that_others_tried_too_often_is_not_tried_again(state: str, tmp_path: Path) -> None:
    seen = Seen()
    put(state, "jobs", "night")
    with QueueServiceClient.from_connection_string(state) as service:
        for _ in range(3):
            client = service.get_queue_client("jobs")
            message = client.receive_message()
            assert message is not None
            client.update_message(message, visibility_timeout=0)
    async with a_host(state, seen, tmp_path) as host:
        assert await host.drain() == Drained(handled=1, poisoned=1)

    assert seen.messages == []
    assert count(state, "jobs-poison") == 1


async def test_a_poison_queue_has_no_poison_queue_of_its_own(state: str, tmp_path: Path) -> None:
    seen = Seen(failures_left=99)
    put(state, "jobs-poison", "night")
    settings = LOCAL | {"JOBS": "jobs-poison"}
    async with a_host(state, seen, tmp_path, settings=settings) as host:
        assert (await host.drain(retry_now=True)).poisoned == 0

    assert len(seen.messages) == 3
    assert count(state, "jobs-poison") == 1


async def test_a_message_that_is_not_base64_goes_to_the_poison_queue_unread(
    state: str, tmp_path: Path
) -> None:
    seen = Seen()
    put(state, "jobs", '{"job": "night"}', encoded=False)
    async with a_host(state, seen, tmp_path) as host:
        assert await host.drain() == Drained(handled=1, failed=1, poisoned=1)

    assert seen.messages == []
    assert peek(state, "jobs-poison") == ['{"job": "night"}']


async def test_plain_messages_are_read_and_written_when_host_json_says_so(state: str, tmp_path: Path) -> None:
    seen = Seen()
    put(state, "jobs", "night", encoded=False)
    async with a_host(state, seen, tmp_path, queues={"messageEncoding": "none"}) as host:
        await host.drain(limit=1)

    assert seen.bodies == ["night"]
    assert peek(state, "actions") == ["work:night"]


async def test_a_limit_ends_a_drain_early_and_leaves_the_rest(state: str, tmp_path: Path) -> None:
    seen = Seen()
    put(state, "jobs", *(f"job {n}" for n in range(6)))
    async with a_host(state, seen, tmp_path) as host:
        assert (await host.drain(limit=5)).handled == 5
        assert len(seen.messages) == 5
        assert (await host.drain()).handled == 7


async def test_messages_of_a_batch_run_side_by_side(state: str, tmp_path: Path) -> None:
    seen = Seen(slow=0.2)
    put(state, "jobs", *(f"job {n}" for n in range(4)))
    async with a_host(state, seen, tmp_path) as host:
        started = time.monotonic()
        await host.drain(limit=4)

    assert time.monotonic() - started < 0.6


async def test_a_long_run_keeps_its_message_from_others(state: str, tmp_path: Path) -> None:
    seen, other = Seen(slow=2.5), Seen()
    put(state, "jobs", "night")
    hold = timedelta(seconds=1)
    async with a_host(state, seen, tmp_path, hold=hold) as host, a_host(state, other, tmp_path) as rival:
        working = asyncio.create_task(host.drain(limit=1))
        await asyncio.sleep(1.8)
        assert await rival.drain() == Drained()
        assert await working == Drained(handled=1)

    assert count(state, "jobs") == 0


async def test_a_cut_leaves_its_messages_on_the_queue_and_the_next_drain_takes_them(
    state: str, tmp_path: Path
) -> None:
    seen = Seen(failures_left=1, raises=Cut())
    put(state, "jobs", "night", "track")
    async with a_host(state, seen, tmp_path) as host:
        with pytest.raises(Cut):
            await host.drain()
        # The other message of the batch was cut as well, or had ended before.
        before = len([body for body in seen.bodies if body.startswith("work:")])

        await host.drain(retry_now=True)

    assert before == 0
    assert sorted(set(seen.bodies)) == ["night", "track", "work:night", "work:track"]
    assert count(state, "jobs") == 0


async def test_what_a_dead_host_held_comes_back_after_its_hold(state: str, tmp_path: Path) -> None:
    put(state, "jobs", "night")
    dying = Seen(failures_left=1, raises=Cut())
    async with a_host(state, dying, tmp_path, hold=timedelta(seconds=1)) as host:
        with pytest.raises(Cut):
            await host.drain()

    seen = Seen()
    async with a_host(state, seen, tmp_path) as host:
        assert await host.drain() == Drained()
        await asyncio.sleep(1.2)
        await host.drain()

    assert seen.bodies == ["night", "work:night"]
    assert seen.messages[0].dequeue_count == 2


async def test_a_failure_is_logged_by_id_and_never_in_its_own_words(
    state: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="sandbox")
    put(state, "jobs", "night")
    async with a_host(state, Seen(failures_left=1), tmp_path) as host:
        await host.drain()

    record = next(one for one in caplog.records if getattr(one, "event", "") == "function.failed")
    assert (record.__dict__["function"], record.__dict__["failure"]) == ("work", "RuntimeError")
    assert "@" not in caplog.text
