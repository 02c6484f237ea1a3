"""A process of its own that runs the real host on real queues, until it is done or killed."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgraph.graph_request_adapter
import msgraph.graph_service_client  # noqa: F401 - loaded once, before any process is made

from adapters import runtime
from adapters.clock import HandClock
from adapters.envelopes import QUEUES
from adapters.runtime import House
from adapters.settings import read_settings
from sandbox.host import Host


def live(settings: Mapping[str, str], stations: Sequence[datetime], hold: timedelta) -> None:
    """Fire the timer at each of the moments, and work until no message is left; then end well."""
    os.environ.update(settings)
    asyncio.run(_live(settings, stations, hold))


async def _live(settings: Mapping[str, str], stations: Sequence[datetime], hold: timedelta) -> None:
    clock = HandClock(stations[0])
    async with House(read_settings(settings), clock=clock) as house:
        runtime.install(house)
        import function_app

        state = settings["STATE"]
        async with Host(function_app.app, state=state, clock=clock, settings=settings, hold=hold) as host:
            for station in stations:
                await host.fire_timers(max(station, clock.now()))
                while await _waiting(house):
                    await host.drain(retry_now=True)
                    await asyncio.sleep(0.05)


async def _waiting(house: House) -> bool:
    """Say whether any message is left: also one that another process, now dead, had in hand."""
    for name in QUEUES:
        properties = await house.storage.queues.get_queue_client(name).get_queue_properties()
        if properties.approximate_message_count:
            return True
    return False
