"""A thin host around Microsoft's own Functions runtime for Python: loads an app in a process of its own.

The package azure-functions-runtime (Python 3.13 and newer) is the library that Azure's worker delegates to.
It takes the messages of the gRPC protocol as plain objects, so records with the same fields stand in for them
here. Run as a program it reads one JSON document ``{"folder", "calls"}`` and writes one
``{"refusal", "functions", "outcomes"}``.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

AVAILABLE = sys.version_info >= (3, 13)
ANSWER_WITHIN_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What the runtime made of an app.

    ``functions`` maps each name to its raw bindings; ``refusal`` is the runtime's message when it loaded
    none; ``outcomes`` has for each call ``failure`` (None or the message), ``outputs`` and ``response``.
    """

    functions: Mapping[str, Sequence[Mapping[str, Any]]]
    refusal: str | None
    outcomes: Sequence[Mapping[str, Any]]


def timer(function: str, parameter: str, *, past_due: bool = False) -> dict[str, Any]:
    """Return a call of a timer function, as the host words it."""
    status = {
        "Last": "2026-03-02T01:45:00Z",
        "Next": "2026-03-02T02:15:00Z",
        "LastUpdated": "2026-03-02T01:45:00Z",
    }
    data = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due}
    return {"function": function, "inputs": {parameter: {"json": json.dumps(data)}}}


def queue(function: str, parameter: str, body: str, *, dequeue_count: int = 1) -> dict[str, Any]:
    """Return a call of a queue function; the metadata travel as JSON, as from the real host."""
    metadata = {"Id": "m-1", "DequeueCount": dequeue_count, "InsertionTime": "2026-03-02T02:00:00+00:00"}
    return {
        "function": function,
        "inputs": {parameter: {"string": body}},
        "metadata": {name: {"json": json.dumps(value)} for name, value in metadata.items()},
    }


def http(
    function: str,
    parameter: str,
    *,
    method: str = "GET",
    path: str = "/",
    headers: Mapping[str, str] | None = None,
    route: Mapping[str, str] | None = None,
    body: str = "",
) -> dict[str, Any]:
    """Return a call of an HTTP function."""
    request = {
        "method": method,
        "url": f"http://127.0.0.1{path}",
        "headers": dict(headers or {}),
        "params": dict(route or {}),
        "query": {},
        "body": body,
    }
    return {"function": function, "inputs": {parameter: {"http": request}}}


def load(folder: Path, *calls: Mapping[str, Any], settings: Mapping[str, str] | None = None) -> Loaded:
    """Load the app in ``folder`` through the runtime and make the calls, in a fresh Python process."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as reply:
        ran = subprocess.run(
            [sys.executable, __file__, str(reply.fileno())],
            input=json.dumps({"folder": str(folder), "calls": calls}),
            pass_fds=[reply.fileno()],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": "", **(settings or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=ANSWER_WITHIN_SECONDS,
        )
        assert ran.returncode == 0, ran.stderr
        reply.seek(0)
        said = json.load(reply)
    return Loaded(functions=said["functions"], refusal=said["refusal"], outcomes=said["outcomes"])


class _Record(SimpleNamespace):
    """A message of the protocol: a record that keeps the fields it is given."""


class _TypedData(_Record):
    """Exactly one value; protocol buffers would refuse a wrong type, so this does."""

    _TYPES: Mapping[str, type] = {"string": str, "bytes": bytes, "json": str, "int": int, "double": float}

    def __init__(self, **fields: Any) -> None:
        ((kind, value),) = fields.items()
        if kind in self._TYPES and type(value) is not self._TYPES[kind]:
            raise TypeError(f"TypedData.{kind} cannot hold {type(value).__name__}")
        if kind == "json":
            json.loads(value)
        super().__init__(**fields)

    def WhichOneof(self, _: str) -> str:  # noqa: N802 - the protocol's spelling
        return next(iter(vars(self)))


class _RpcHttp(_Record):
    def __init__(self, **fields: Any) -> None:
        texts = [fields.get("status_code", ""), *fields["headers"], *fields["headers"].values()]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("RpcHttp takes text for its status and headers")
        super().__init__(**fields)


class _ParameterBinding(_Record):
    def WhichOneof(self, _: str) -> str:  # noqa: N802 - the protocol's spelling
        return "data"


class _StatusResult(_Record):
    Failure, Success = 0, 1


class _BindingInfo(_Record):
    undefined, inout, out = 0, 2, 1  # codespell:ignore inout

    def __init__(self, **fields: Any) -> None:
        numbers = {
            name: int(fields[name]) for name in ("direction", "data_type") if fields.get(name) is not None
        }
        super().__init__(**(fields | numbers))


class _RpcHttpCookie(_Record):
    SameSite = type("SameSite", (), {"None": 0, "Lax": 1, "Strict": 2, "ExplicitNone": 3})


class _Protocol:
    """The protocol's messages by name; those that need no rules are plain records."""

    TypedData, RpcHttp, ParameterBinding = _TypedData, _RpcHttp, _ParameterBinding
    StatusResult, BindingInfo, RpcHttpCookie = _StatusResult, _BindingInfo, _RpcHttpCookie

    def __getattr__(self, name: str) -> type[_Record]:
        return type(name, (_Record,), {})


def _incoming(kind: str, value: Any) -> _TypedData:
    if kind == "http":
        body = value["body"].encode()
        return _TypedData(http=_RpcHttp(**(value | {"body": _TypedData(bytes=body)})))
    return _TypedData(**{kind: value})


def _outgoing(data: Any) -> Any:
    if data is None:
        return None
    kind = data.WhichOneof("data")
    if kind == "http":
        cookies = [vars(cookie)["name"] for cookie in data.http.cookies or []]
        return {
            "status": data.http.status_code,
            "headers": dict(data.http.headers),
            "body": data.http.body.bytes.decode(),
            "cookies": cookies,
        }
    value = getattr(data, kind)
    return value.decode() if isinstance(value, bytes) else value


async def _serve(folder: str, calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    import azure_functions_runtime as runtime

    runtime.start_threadpool_executor()
    try:
        init = SimpleNamespace(capabilities={}, function_app_directory=folder)
        properties = {"host": "127.0.0.1", "protos": _Protocol()}
        started = await runtime.worker_init_request(
            SimpleNamespace(request=SimpleNamespace(worker_init_request=init), properties=properties)
        )
        if started.result.status != _StatusResult.Success:
            return {"functions": {}, "refusal": started.result.exception.message, "outcomes": []}
        listed = await runtime.functions_metadata_request(None)
        found = {one.name: one for one in listed.function_metadata_results or ()}
        outcomes = [await _call(runtime, found[call["function"]].function_id, call) for call in calls]
    finally:
        runtime.stop_threadpool_executor()
    bindings = {name: [json.loads(raw) for raw in one.raw_bindings] for name, one in found.items()}
    return {"functions": bindings, "refusal": None, "outcomes": outcomes}


async def _call(runtime: Any, function_id: str, call: Mapping[str, Any]) -> dict[str, Any]:
    load_request = SimpleNamespace(function_load_request=SimpleNamespace(function_id=function_id))
    loaded = await runtime.function_load_request(SimpleNamespace(request=load_request))
    assert loaded.result.status == _StatusResult.Success
    request = SimpleNamespace(
        invocation_id="i-1",
        function_id=function_id,
        input_data=[
            _ParameterBinding(name=name, data=_incoming(kind, value))
            for name, typed in call["inputs"].items()
            for kind, value in typed.items()
        ],
        trigger_metadata={
            name: _incoming(kind, value)
            for name, typed in call.get("metadata", {}).items()
            for kind, value in typed.items()
        },
        trace_context=SimpleNamespace(trace_parent="", trace_state="", attributes={}),
        retry_context=SimpleNamespace(retry_count=0, max_retry_count=0, exception=None),
    )
    answer = await runtime.invocation_request(
        SimpleNamespace(request=SimpleNamespace(invocation_request=request))
    )
    if answer.result.status != _StatusResult.Success:
        return {"failure": answer.result.exception.message, "outputs": {}, "response": None}
    outputs = {one.name: _outgoing(one.data) for one in answer.output_data}
    return {"failure": None, "outputs": outputs, "response": _outgoing(answer.return_value)}


def main() -> None:
    """Read the request from standard input; write the reply to the file descriptor named by the argument."""
    asked = json.load(sys.stdin)
    # As on Azure, the app's folder comes first; this file's own folder is none of the app's.
    sys.path[0] = asked["folder"]
    reply = asyncio.run(_serve(asked["folder"], asked["calls"]))
    with os.fdopen(int(sys.argv[1]), "w", encoding="utf-8") as out:
        json.dump(reply, out)


if __name__ == "__main__":
    main()
