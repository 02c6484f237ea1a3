"""The first night after an installation: a slow one is no missed one, a missed one is told."""

from datetime import timedelta
from pathlib import Path

from adapters.clock import HandClock
from reviews.messages import RunJob
from sandbox.stories import STARTS_AT
from tests.faults import plot
from tests.faults.process import Process, process
from tests.faults.realm import Realm


async def _alarms(program: Process) -> list[str]:
    return [mail_id for _, mail_id in await program.house.ledger.owed_mails() if mail_id.startswith("alert")]


async def test_what_was_due_before_the_installation_raises_no_alarm(tmp_path: Path) -> None:
    """While the first night is under way, the slots before it are nobody's."""
    policy = plot.write_policy(tmp_path, 3)
    clock = HandClock(STARTS_AT + timedelta(hours=3))
    realm = Realm(clock=clock, tenant=plot.a_tenant(clock))
    async with process(realm, policy) as program:
        night = next(job for job in await program.house.tick.run() if job.job == "night")
        await program.house.ledger.begin_run(
            "night", night.slot, owner="slow", now=clock.now(), lease=timedelta(minutes=15)
        )
        clock.move(clock.now() + timedelta(minutes=15))
        await program.house.tick.run()
        assert await _alarms(program) == []


async def test_a_first_night_that_does_not_end_is_told_within_two_hours(tmp_path: Path) -> None:
    policy = plot.write_policy(tmp_path, 3)
    clock = HandClock(STARTS_AT + timedelta(hours=3))
    realm = Realm(clock=clock, tenant=plot.a_tenant(clock))
    async with process(realm, policy) as program:
        for job in await program.house.tick.run():
            if job == RunJob(job="night", slot=job.slot):
                await program.house.ledger.begin_run(
                    "night", job.slot, owner="dead", now=clock.now(), lease=timedelta(minutes=15)
                )
        clock.move(clock.now() + timedelta(hours=2))
        await program.house.tick.run()
        assert await _alarms(program) == ["alert-night-overdue.1"]
