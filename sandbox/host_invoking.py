"""One invocation of one function: its arguments, its outputs, and how it ended.

An invocation runs as a task of its own, so that a failure is a value the host reads and never an accident
that takes the host down. Only what is no failure at all passes (the end of the process, a cut by a test).
"""

import asyncio
import inspect
import logging
import threading
import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure.functions as func

from sandbox.host_functions import RETURN, Function, Http

log = logging.getLogger(__name__)

Send = Callable[[str, bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an invocation ended. ``failure`` None means success; ``value`` is an HTTP function's response."""

    function: str
    invocation_id: str
    failure: Exception | None
    value: func.HttpResponse | None = None


class _Out(func.Out[Any]):
    """An output parameter; ``set`` with a list sends several messages."""

    def __init__(self) -> None:
        self._value: Any = None

    def set(self, val: Any) -> None:
        self._value = val

    def get(self) -> Any:
        return self._value


class _Context(func.Context):
    """What a function may ask about its own invocation."""

    def __init__(self, function_name: str, invocation_id: str) -> None:
        self._function_name = function_name
        self._invocation_id = invocation_id
        self._local = threading.local()

    @property
    def invocation_id(self) -> str:
        return self._invocation_id

    @property
    def function_name(self) -> str:
        return self._function_name

    @property
    def function_directory(self) -> str:
        return str(Path.cwd())

    @property
    def thread_local_storage(self) -> Any:
        return self._local

    @property
    def trace_context(self) -> Any:
        return SimpleNamespace(trace_parent="", trace_state="", attributes={})

    @property
    def retry_context(self) -> Any:
        return SimpleNamespace(retry_count=0, max_retry_count=0, exception=None)


async def invoke(function: Function, argument: object, *, send: Send) -> Outcome:
    """Run the function once and hand its outputs on; they are sent only when it succeeded."""
    invocation_id = str(uuid.uuid4())
    task = asyncio.create_task(_run(function, argument, invocation_id=invocation_id, send=send))
    try:
        await asyncio.wait({task})
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
    if task.cancelled():
        raise asyncio.CancelledError
    failure = task.exception()
    if failure is None:
        return Outcome(function=function.name, invocation_id=invocation_id, failure=None, value=task.result())
    if not isinstance(failure, Exception):
        raise failure
    log.error(
        "function failed",
        extra={
            "event": "function.failed",
            "function": function.name,
            "invocation_id": invocation_id,
            "failure": type(failure).__name__,
        },
    )
    return Outcome(function=function.name, invocation_id=invocation_id, failure=failure)


async def _run(
    function: Function, argument: object, *, invocation_id: str, send: Send
) -> func.HttpResponse | None:
    outs = {output.name: _Out() for output in function.outputs if output.name != RETURN}
    arguments: dict[str, object] = {function.parameter: argument, **outs}
    if function.wants_context:
        arguments["context"] = _Context(function.name, invocation_id)
    if inspect.iscoroutinefunction(function.call):
        returned: object = await function.call(**arguments)
    else:
        returned = await asyncio.to_thread(function.call, **arguments)
    response = _response(function, returned)
    for output in function.outputs:
        for body in _bodies(returned if output.name == RETURN else outs[output.name].get()):
            await send(output.queue, body)
    return response


def _response(function: Function, returned: object) -> func.HttpResponse | None:
    if isinstance(function.trigger, Http):
        if isinstance(returned, func.HttpResponse):
            return returned
        if isinstance(returned, str):
            return func.HttpResponse(returned)
        message = f"an HTTP function returns an HttpResponse or a string, not {type(returned).__name__}"
        raise TypeError(message)
    if returned is not None and not any(output.name == RETURN for output in function.outputs):
        message = "a function without a $return binding returned something, which the real worker refuses"
        raise TypeError(message)
    return None


def _bodies(value: object) -> Iterable[bytes]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value.encode(),)
    if isinstance(value, bytes):
        return (value,)
    if isinstance(value, func.QueueMessage):
        return (value.get_body(),)
    if isinstance(value, list | tuple):
        return tuple(body for one in value for body in _bodies(one))
    message = f"a queue output takes text, bytes or a list of them, not {type(value).__name__}"
    raise TypeError(message)
