"""What the local host refuses before it starts: anything not local, and what Azure would not load."""

from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from adapters.clock import HandClock
from reviews.errors import BadSettings
from sandbox.host import Host
from tests.contracts.small_app import LOCAL, NOW, STATE, Seen, an_app


def refused(tmp_path: Path, app: func.FunctionApp | None = None, **given: Any) -> str:
    host_json = tmp_path / "host.json"
    host_json.write_text(given.pop("host_json", "{}"))
    defaults: dict[str, Any] = {"state": STATE, "clock": HandClock(NOW), "settings": LOCAL}
    with pytest.raises(BadSettings) as refusal:
        Host(app or an_app(Seen()), host_json=host_json, **(defaults | given))
    return str(refusal.value)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"address": "0.0.0.0"}, "loopback only"),  # noqa: S104 - the address that must be refused
        ({"address": "192.0.2.7"}, "loopback only"),
        ({"settings": {"JOBS": "jobs"}}, "GRAPH_ENDPOINT is missing"),
        ({"settings": LOCAL | {"GRAPH_ENDPOINT": "https://graph.microsoft.com"}}, "real tenant"),
        ({"settings": LOCAL | {"GRAPH_ENDPOINT": "http://127.0.0.1.evil.example/"}}, "real tenant"),
        ({"settings": LOCAL | {"STATE": STATE + ";x=y"}}, "another storage account"),
        ({"settings": LOCAL | {"STATE__tableServiceUri": "https://x"}}, "STATE__tableServiceUri"),
        ({"state": STATE.replace("127.0.0.1:2", "a.queue.core.windows.net")}, "QueueEndpoint"),
        ({"state": "UseDevelopmentStorage=true"}, "lacks BlobEndpoint"),
        ({"settings": {"GRAPH_ENDPOINT": "http://localhost:1"}}, "app setting JOBS"),
        ({"host_json": "nonsense"}, "not JSON"),
        ({"host_json": '{"extensions": {"queues": {"batchSize": 33}}}'}, "batchSize"),
        ({"host_json": '{"extensions": {"queues": {"visibilityTimeout": "5 min"}}}'}, "visibilityTimeout"),
        ({"host_json": '{"extensions": {"queues": {"maxDequeueCount": 0}}}'}, "maxDequeueCount"),
        ({"host_json": '{"extensions": {"queues": {"messageEncoding": "utf7"}}}'}, "messageEncoding"),
    ],
)
def test_it_refuses_to_start(tmp_path: Path, given: dict[str, Any], reason: str) -> None:
    assert reason in refused(tmp_path, **given)


def test_all_reasons_are_named_at_once_and_the_key_is_not(tmp_path: Path) -> None:
    said = refused(tmp_path, address="192.0.2.7", settings={}, state=STATE.replace("127.0.0.1", "192.0.2.7"))

    assert said.count(";") == 4
    assert "a2V5" not in said


@pytest.mark.parametrize("route", ["admin/tick", "Administrators", "runtime/x"])
def test_a_route_that_the_real_host_keeps_for_itself_is_refused(tmp_path: Path, route: str) -> None:
    app = func.FunctionApp()

    @app.route(route, methods=["POST"])
    def tick(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(req.method)

    assert "keeps for itself" in refused(tmp_path, app)


def test_what_the_real_worker_would_not_load_is_refused_all_together(tmp_path: Path) -> None:
    app = func.FunctionApp()

    @app.timer_trigger(arg_name="timer", schedule="every night")
    def never(timer: func.TimerRequest) -> None: ...

    @app.queue_trigger(arg_name="msg", queue_name="jobs", connection="STATE")
    def stray(msg: func.QueueMessage, house: str) -> None: ...

    @app.queue_trigger(arg_name="msg", queue_name="jobs", connection="AzureWebJobsStorage")
    def elsewhere(msg: func.QueueMessage) -> None: ...

    @app.blob_trigger(arg_name="blob", path="plans/x", connection="STATE")
    def unknown(blob: func.InputStream) -> None: ...

    @app.queue_trigger(arg_name="msg", queue_name="jobs", connection="STATE")
    def deaf() -> None: ...

    said = refused(tmp_path, app)

    assert "function never: schedule 'every night' is not NCRONTAB" in said
    assert "function stray: parameter house is declared by no binding" in said
    assert "function elsewhere: uses connection AzureWebJobsStorage" in said
    assert "function unknown: trigger blobTrigger" in said
    assert "function deaf: binding msg has no parameter" in said
