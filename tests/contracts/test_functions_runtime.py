"""The same functions under Microsoft's own runtime: what our local host accepts, Azure's worker runs."""

import textwrap
from pathlib import Path

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from sandbox.azurite import Azurite
from sandbox.host_functions import read_functions
from tests.contracts.functions_runtime import AVAILABLE, http, load, queue, timer
from tests.contracts.small_app import LOCAL, Seen, an_app

pytestmark = pytest.mark.skipif(
    not AVAILABLE, reason="azure-functions-runtime exists for Python 3.13 and newer only"
)

ROOT = Path(__file__).parents[2]
APP = """
import asyncio
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.timer_trigger(arg_name="timer", schedule="0 */15 * * * *", use_monitor=True)
@app.queue_output(arg_name="out", queue_name="jobs", connection="STATE")
async def tick(timer: func.TimerRequest, out: func.Out[str]) -> None:
    await asyncio.sleep(0)
    out.set(f"late={timer.past_due} next={timer.schedule_status['Next']}")


@app.queue_trigger(arg_name="msg", queue_name="jobs", connection="STATE")
def work(msg: func.QueueMessage, context: func.Context) -> None:
    if msg.get_body() == b"bad":
        raise ValueError(f"{context.function_name} {msg.id} tried {msg.dequeue_count} times")


@app.queue_trigger(arg_name="msg", queue_name="mail", connection="STATE")
def chatty(msg: func.QueueMessage):
    return "something"


@app.route("batch/{id}", methods=["GET", "POST"])
async def batch(req: func.HttpRequest) -> func.HttpResponse:
    text = f"{req.method} {req.route_params['id']} {req.headers['x-who']} {req.get_body().decode()}"
    headers = {"Set-Cookie": "a=b; HttpOnly"}
    return func.HttpResponse(text, status_code=201, mimetype="text/html", headers=headers)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "function_app.py").write_text(APP)
    return tmp_path


def test_the_runtime_finds_every_function_with_its_bindings(folder: Path) -> None:
    loaded = load(folder)

    assert loaded.refusal is None
    assert sorted(loaded.functions) == ["batch", "chatty", "tick", "work"]
    assert [one["type"] for one in loaded.functions["tick"]] == ["queue", "timerTrigger"]


def test_the_runtime_runs_timer_queue_and_http(folder: Path) -> None:
    loaded = load(
        folder,
        timer("tick", "timer", past_due=True),
        queue("work", "msg", "night"),
        http("batch", "req", method="POST", route={"id": "b1"}, headers={"x-who": "ada"}, body="keep"),
    )
    ticked, worked, answered = loaded.outcomes

    assert ticked["outputs"] == {"out": "late=True next=2026-03-02T02:15:00Z"}
    assert worked == {"failure": None, "outputs": {}, "response": None}
    assert answered["response"]["status"] == "201"
    assert answered["response"]["body"] == "POST b1 ada keep"
    assert answered["response"]["headers"]["content-type"] == "text/html; charset=utf-8"
    assert answered["response"]["cookies"] == ["a"]


def test_a_failure_reaches_the_host_with_its_type(folder: Path) -> None:
    (worked,) = load(folder, queue("work", "msg", "bad", dequeue_count=3)).outcomes

    assert worked["failure"] == "ValueError: work m-1 tried 3 times"


def test_a_returned_value_without_a_binding_fails_the_invocation(folder: Path) -> None:
    (returned,) = load(folder, queue("chatty", "msg", "x")).outcomes

    assert "$return" in returned["failure"]


def test_what_the_local_host_reads_from_an_app_is_what_the_runtime_finds_in_it(folder: Path) -> None:
    (folder / "function_app.py").write_text(
        f"import sys\nsys.path.append({str(ROOT)!r})\n"
        "from tests.contracts.small_app import Seen, an_app\n\napp = an_app(Seen())\n"
    )
    loaded = load(folder)
    ours = read_functions(an_app(Seen()), route_prefix="api", settings=LOCAL)

    assert loaded.refusal is None
    assert sorted(loaded.functions) == sorted(function.name for function in ours)
    for function in ours:
        types = {one["name"]: one["type"] for one in loaded.functions[function.name]}
        assert types[function.parameter].lower() == f"{type(function.trigger).__name__}Trigger".lower()
        assert {output.name for output in function.outputs} <= set(types)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("import not_installed_anywhere", "Cannot find module"),
        ("def broken(:", "SyntaxError"),
        (
            """
            @app.timer_trigger(arg_name="timer", schedule="0 0 * * * *")
            def stray(timer: func.TimerRequest, house: str) -> None: ...
            """,
            "house",
        ),
    ],
)
def test_one_bad_function_keeps_the_whole_app_from_loading(folder: Path, bad: str, why: str) -> None:
    (folder / "function_app.py").write_text(APP + textwrap.dedent(bad))
    loaded = load(folder)

    assert loaded.refusal is not None
    assert why in loaded.refusal
    assert loaded.functions == {}


@pytest.mark.skipif(not (ROOT / "function_app.py").exists(), reason="there is no function_app.py")
def test_the_real_app_loads_whole_and_its_timer_runs() -> None:
    with Azurite() as storage:
        prepare(storage.connection_string)
        settings = {
            "STATE": storage.connection_string,
            "GRAPH_ENDPOINT": "http://127.0.0.1:9",
            "GRAPH_TOKEN": "a-token-for-nobody",
            "SANDBOX_NOW": "2026-03-02T02:00:00+00:00",
            "APP_ROLE": "all",
        }
        indexed = load(ROOT, settings=settings)
        assert indexed.refusal is None
        (parameter,) = [one["name"] for one in indexed.functions["tick"] if one["type"] == "timerTrigger"]

        (ticked,) = load(ROOT, timer("tick", parameter), settings=settings).outcomes

    assert ticked["failure"] is None


def prepare(state: str) -> None:
    """Make what the deployment makes: tables, queues and containers."""
    with TableServiceClient.from_connection_string(state) as tables:
        for name in ("guests", "batches", "runs", "indexes"):
            tables.create_table(name)
    with QueueServiceClient.from_connection_string(state) as queues:
        for name in ("jobs", "actions", "mail", "answers"):
            queues.create_queue(name)
    with BlobServiceClient.from_connection_string(state) as blobs:
        for name in ("policies", "census", "plans", "evidence"):
            blobs.create_container(name)
