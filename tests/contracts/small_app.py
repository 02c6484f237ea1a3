"""A small app of every kind of trigger, for trying the local host on, and what it was given."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import azure.functions as func
from azure.functions.timer import TimerRequest

from adapters.clock import HandClock
from sandbox.host import Host
from sandbox.host_sign_in import Authentication, Visitor

NOW = datetime(2026, 3, 2, 1, 59, 30, tzinfo=UTC)
LOCAL = {"GRAPH_ENDPOINT": "http://127.0.0.1:9", "JOBS": "jobs"}
ADA = Visitor(object_id="oid-ada", tenant_id="tid-home", name="Ada & <Co>", username="ada@contoso.example")
BEN = Visitor(object_id="oid-ben", tenant_id="tid-home", name="Ben", username="ben@contoso.example")


STATE = (
    "AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/a;"
    "QueueEndpoint=http://127.0.0.1:2/a;TableEndpoint=http://127.0.0.1:3/a"
)


class Cut(BaseException):
    """The process ends here, as a kill would end it."""


@dataclass
class Seen:
    """What the functions of the small app were given, and what they are told to do with it."""

    timers: list[TimerRequest] = field(default_factory=list)
    messages: list[func.QueueMessage] = field(default_factory=list)
    requests: list[func.HttpRequest] = field(default_factory=list)
    failures_left: int = 0
    raises: BaseException = field(default_factory=lambda: RuntimeError("ada@contoso.example said no"))
    slow: float = 0.0
    ticked: asyncio.Event = field(default_factory=asyncio.Event)
    acted: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def bodies(self) -> list[str]:
        return [message.get_body().decode() for message in self.messages]


def an_app(seen: Seen) -> func.FunctionApp:
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
    add_pages(app, seen)

    @app.timer_trigger(arg_name="timer", schedule="0 */15 * * * *", use_monitor=True)
    async def tick(timer: func.TimerRequest) -> None:
        assert isinstance(timer, TimerRequest)
        seen.timers.append(timer)
        seen.ticked.set()

    @app.queue_trigger(arg_name="msg", queue_name="%JOBS%", connection="STATE")
    @app.queue_output(arg_name="out", queue_name="actions", connection="STATE")
    async def work(msg: func.QueueMessage, out: func.Out[str], context: func.Context) -> None:
        seen.messages.append(msg)
        out.set(f"{context.function_name}:{msg.get_body().decode()}")
        await asyncio.sleep(seen.slow)
        if seen.failures_left:
            seen.failures_left -= 1
            raise seen.raises

    @app.queue_trigger(arg_name="msg", queue_name="actions", connection="STATE")
    async def act(msg: func.QueueMessage) -> None:
        seen.messages.append(msg)
        seen.acted.set()

    return app


def add_pages(app: func.FunctionApp, seen: Seen) -> None:
    @app.route("batch/{id}", methods=["GET", "POST"])
    async def batch(req: func.HttpRequest) -> func.HttpResponse:
        seen.requests.append(req)
        return func.HttpResponse(f"<p>{req.route_params['id']}</p>", mimetype="text/html", status_code=201)

    @app.route("batch/mine", methods=["GET"])
    def mine(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse("mine", headers={"X-Method": req.method})

    @app.route("health", methods=["GET"])
    def health(req: func.HttpRequest) -> func.HttpResponse:
        seen.requests.append(req)
        return func.HttpResponse('{"ok": true}', mimetype="application/json")

    @app.route("broken", methods=["GET"])
    def broken(req: func.HttpRequest) -> func.HttpResponse:
        raise RuntimeError(f"ada@contoso.example said no to {req.method}")

    @app.route("keyed", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
    def keyed(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(status_code=204, headers={"X-Method": req.method})


@asynccontextmanager
async def a_host(state: str, seen: Seen, tmp_path: Path, **given: Any) -> AsyncIterator[Host]:
    queues = {
        "maxDequeueCount": 3,
        "visibilityTimeout": "00:05:00",
        "batchSize": 4,
        **given.pop("queues", {}),
    }
    host_json = tmp_path / "host.json"
    host_json.write_text(json.dumps({"version": "2.0", "extensions": {"queues": queues}}))
    defaults: dict[str, Any] = {
        "clock": HandClock(NOW),
        "settings": LOCAL,
        "auth": Authentication(people=lambda: (ADA, BEN)),
    }
    async with Host(an_app(seen), state=state, host_json=host_json, **(defaults | given)) as host:
        yield host
