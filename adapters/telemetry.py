"""The trigger boundary: logs with ids only, and the one place that catches everything."""

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import ParamSpec

from reviews.errors import GatehouseError, Transient

P = ParamSpec("P")
log = logging.getLogger("gatehouse")


class EventFirst(logging.Filter):
    """Writes the event and its facts into the message itself, so that alerts can find them.

    The Functions worker forwards the message of a record, not its extra fields.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Prefix the record's message once; let it through."""
        event = record.__dict__.get("event")
        if event is not None and not str(record.msg).startswith(str(event)):
            facts = {key: value for key, value in record.__dict__.items() if key not in _ORDINARY}
            tail = "".join(f" {key}={value}" for key, value in facts.items() if key != "event")
            record.msg = f"{event} {record.getMessage()}{tail}"
            record.args = None
        return True


_ORDINARY = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def put_events_first() -> None:
    """Have every logger of the house write its event first. Safe to repeat."""
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        mine = name.partition(".")[0] in {"gatehouse", "adapters", "notifications", "reviews"}
        if mine and not any(isinstance(one, EventFirst) for one in logger.filters):
            logger.addFilter(EventFirst())


def at_the_boundary(trigger: Callable[P, Awaitable[None]]) -> Callable[P, Awaitable[None]]:
    """Wrap a trigger: a failure is logged with its kind, then raised on, so that the host retries or parks.

    Nothing is swallowed. The message of our own errors names things and remedies; of strangers' errors only
    the type is logged, for their text may hold names or addresses.
    """

    @functools.wraps(trigger)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            await trigger(*args, **kwargs)
        except Transient as error:
            log.warning("%s: will be tried again: %s", trigger.__name__, error, extra=_facts(trigger, error))
            raise
        except GatehouseError as error:
            log.error("%s: needs an operator: %s", trigger.__name__, error, extra=_facts(trigger, error))  # noqa: TRY400
            raise
        except Exception as error:
            log.error("%s failed: %s", trigger.__name__, type(error).__name__, extra=_facts(trigger, error))  # noqa: TRY400
            raise

    return guarded


def _facts(trigger: Callable[..., object], error: Exception) -> dict[str, str]:
    return {"event": "trigger.failed", "trigger": trigger.__name__, "error": type(error).__name__}
