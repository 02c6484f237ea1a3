"""The trigger boundary: everything is logged by kind and raised on, with the event first."""

import logging

import pytest

from adapters.telemetry import at_the_boundary, put_events_first
from reviews.errors import Forbidden, Throttled


@pytest.mark.parametrize(
    ("error", "level", "said"),
    [
        (Throttled("graph asks for a pause"), logging.WARNING, "tried again"),
        (Forbidden("cannot read guests", needs="User.Read.All"), logging.ERROR, "needs an operator"),
        (RuntimeError("ada@partner.example"), logging.ERROR, "RuntimeError"),
    ],
)
async def test_a_failure_is_logged_and_raised_on(
    error: Exception, level: int, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    @at_the_boundary
    async def trigger() -> None:
        raise error

    with caplog.at_level(logging.DEBUG), pytest.raises(type(error)):
        await trigger()

    (record,) = caplog.records
    assert record.levelno == level
    assert said in record.getMessage()
    assert "partner.example" not in caplog.text


async def test_a_trigger_that_goes_well_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    done = []

    @at_the_boundary
    async def trigger(value: int) -> None:
        done.append(value)

    await trigger(7)

    assert done == [7]
    assert trigger.__name__ == "trigger"
    assert caplog.records == []


def test_the_event_comes_first_in_the_message_with_its_facts(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("gatehouse.test_telemetry")
    put_events_first()
    put_events_first()

    with caplog.at_level(logging.INFO):
        log.info("night run of %s", "x", extra={"event": "night.finished", "guests": 3})
        log.info("plain")

    assert [record.getMessage() for record in caplog.records] == [
        "night.finished night run of x guests=3",
        "plain",
    ]
