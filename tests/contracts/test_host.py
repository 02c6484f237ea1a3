"""The local host runs an app's own functions as Azure Functions would, and touches only this machine."""

import asyncio
import base64
import json
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import azure.functions as func
import httpx
import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.functions.timer import TimerRequest
from azure.storage.queue import QueueServiceClient

from adapters.clock import HandClock, SystemClock
from reviews.errors import BadSettings, Permanent
from sandbox.azurite import Azurite
from sandbox.host import Host
from sandbox.host_queues import Drained
from sandbox.host_sign_in import COOKIE, Authentication, Visitor

NOW = datetime(2026, 3, 2, 1, 59, 30, tzinfo=UTC)
LOCAL = {"GRAPH_ENDPOINT": "http://127.0.0.1:9", "JOBS": "jobs"}
ADA = Visitor(object_id="oid-ada", tenant_id="tid-home", name="Ada & <Co>", username="ada@contoso.example")
BEN = Visitor(object_id="oid-ben", tenant_id="tid-home", name="Ben", username="ben@contoso.example")


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

    return app


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


# HTTP and sign-in


def principal(request: func.HttpRequest) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.b64decode(request.headers["X-MS-CLIENT-PRINCIPAL"]))
    return decoded


async def test_a_signed_in_person_reaches_the_function_with_their_identity(
    state: str, tmp_path: Path
) -> None:
    seen = Seen()
    async with a_host(state, seen, tmp_path) as host:
        reply = await host.request(
            "POST", "/api/batch/b%2F1?x=1&x=2", as_person="oid-ada", data={"a": "keep"}
        )

    request = seen.requests[0]
    claims = {claim["typ"]: claim["val"] for claim in principal(request)["claims"]}
    assert (reply.status_code, reply.text) == (201, "<p>b/1</p>")
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert (request.method, dict(request.params), request.form["a"]) == ("POST", {"x": "1,2"}, "keep")
    assert claims["http://schemas.microsoft.com/identity/claims/objectidentifier"] == "oid-ada"
    assert claims["http://schemas.microsoft.com/identity/claims/tenantid"] == "tid-home"
    assert request.headers["X-MS-CLIENT-PRINCIPAL-ID"] == "oid-ada"
    assert request.headers["X-MS-CLIENT-PRINCIPAL-IDP"] == "aad"
    assert principal(request)["auth_typ"] == "aad"


@pytest.mark.parametrize("path", ["/api/batch/1", "/api/nothing-here"])
async def test_a_stranger_is_led_to_the_sign_in_and_no_function_runs(
    state: str, tmp_path: Path, path: str
) -> None:
    seen = Seen()
    async with a_host(state, seen, tmp_path) as host:
        reply = await host.request("GET", f"{path}?t=1")
        posted = await host.request("POST", path)
        program = await host.request("GET", path, headers={"accept": "application/json"})

    assert reply.status_code == 302
    assert reply.headers["location"].startswith("/.auth/login/aad?post_login_redirect_uri=%2Fapi%2F")
    assert (posted.status_code, program.status_code) == (401, 401)
    assert seen.requests == []


@pytest.mark.parametrize(
    "name", ["X-MS-CLIENT-PRINCIPAL", "x-ms-client-principal-id", "X-Ms-Token-Aad-Id-Token", "x-ms-anything"]
)
async def test_a_forged_identity_is_stripped(state: str, tmp_path: Path, name: str) -> None:
    seen = Seen()
    async with a_host(state, seen, tmp_path) as host:
        assert (await host.request("GET", "/api/batch/1", headers={name: "forged"})).status_code == 302
        await host.request("GET", "/api/batch/1", as_person="oid-ada", headers={name: "forged"})
        await host.request("GET", "/api/health", headers={name: "forged"})

    assert len(seen.requests) == 2
    assert all("forged" not in request.headers.values() for request in seen.requests)


async def test_health_is_open_to_anybody_and_says_nothing_about_who_asks(state: str, tmp_path: Path) -> None:
    seen = Seen()
    async with a_host(state, seen, tmp_path) as host:
        reply = await host.request("GET", "/api/health", as_person="oid-ada")

    assert reply.headers["content-type"] == "application/json"
    assert [name for name in seen.requests[0].headers if name.startswith("x-ms-")] == []


async def test_without_authentication_headers_pass_as_on_azure(state: str, tmp_path: Path) -> None:
    seen = Seen()
    async with a_host(state, seen, tmp_path, auth=None) as host:
        await host.request("GET", "/api/batch/1", headers={"X-MS-CLIENT-PRINCIPAL-ID": "forged"})
        with pytest.raises(Permanent, match="without sign-in"):
            await host.request("GET", "/api/batch/1", as_person="oid-ada")

    assert seen.requests[0].headers["x-ms-client-principal-id"] == "forged"


async def test_a_function_that_raises_answers_500_with_an_empty_body(state: str, tmp_path: Path) -> None:
    async with a_host(state, Seen(), tmp_path) as host:
        reply = await host.request("GET", "/api/broken", as_person="oid-ada")

    assert (reply.status_code, reply.content) == (500, b"")


async def test_exact_routes_come_before_open_ones_and_methods_count(state: str, tmp_path: Path) -> None:
    async with a_host(state, Seen(), tmp_path) as host:
        assert (await host.request("GET", "/api/batch/mine", as_person="oid-ada")).text == "mine"
        assert (await host.request("GET", "/API/Batch/Mine/", as_person="oid-ada")).text == "mine"
        assert (await host.request("POST", "/api/batch/mine", as_person="oid-ada")).text == "<p>mine</p>"
        assert (await host.request("PUT", "/api/batch/mine", as_person="oid-ada")).status_code == 404
        assert (await host.request("GET", "/batch/mine", as_person="oid-ada")).status_code == 404


async def test_a_function_that_is_not_anonymous_asks_for_its_key(state: str, tmp_path: Path) -> None:
    async with a_host(state, Seen(), tmp_path) as host:
        bare = await host.request("POST", "/api/keyed", as_person="oid-ada")
        keyed = await host.request(
            "POST", "/api/keyed", as_person="oid-ada", headers={"x-functions-key": host.key}
        )

    assert (bare.status_code, keyed.status_code) == (401, 204)


async def test_a_browser_signs_in_on_a_page_that_lists_people_and_comes_back(
    state: str, tmp_path: Path
) -> None:
    seen = Seen()
    async with (
        a_host(state, seen, tmp_path) as host,
        host.serving() as address,
        httpx.AsyncClient(base_url=address, headers={"accept": "text/html"}) as browser,
    ):
        page = await browser.get("/api/batch/7?x=1", follow_redirects=True)
        assert "Ada &amp; &lt;Co&gt;" in page.text
        assert (
            "/.auth/login/aad?as=oid-ben&amp;post_login_redirect_uri=%2Fapi%2Fbatch%2F7%3Fx%3D1" in page.text
        )

        back = await browser.get(
            "/.auth/login/aad",
            params={"as": "oid-ben", "post_login_redirect_uri": "/api/batch/7?x=1"},
            follow_redirects=True,
        )
        assert (back.status_code, back.url.path) == (201, "/api/batch/7")
        me = (await browser.get("/.auth/me")).json()
        assert me[0]["user_id"] == "ben@contoso.example"

        await browser.get("/.auth/logout")
        assert (await browser.get("/api/batch/7")).status_code == 302

    assert [request.headers["x-ms-client-principal-id"] for request in seen.requests] == ["oid-ben"]


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", ""])
async def test_sign_in_leads_to_this_site_only(state: str, tmp_path: Path, elsewhere: str) -> None:
    async with a_host(state, Seen(), tmp_path) as host:
        reply = await host.request("GET", f"/.auth/login/aad?as=oid-ada&post_login_redirect_uri={elsewhere}")

    assert reply.headers["location"] == "/"
    assert "HttpOnly" in reply.headers["set-cookie"]


async def test_nobody_signs_in_who_is_not_there(state: str, tmp_path: Path) -> None:
    async with a_host(state, Seen(), tmp_path) as host:
        assert (await host.request("GET", "/.auth/login/aad?as=oid-eve")).status_code == 404
        with pytest.raises(Permanent, match="nobody"):
            await host.request("GET", "/api/batch/1", as_person="oid-eve")
        guessed = await host.request("GET", "/api/batch/1", headers={"cookie": f"{COOKIE}=guess"})

    assert guessed.status_code == 302


async def test_a_session_of_one_request_is_not_the_next_ones(state: str, tmp_path: Path) -> None:
    async with a_host(state, Seen(), tmp_path) as host:
        await host.request("GET", "/.auth/login/aad?as=oid-ada&post_login_redirect_uri=/")

        assert (await host.request("GET", "/api/batch/1")).status_code == 302


async def test_a_name_that_only_points_here_is_refused(state: str, tmp_path: Path) -> None:
    async with a_host(state, Seen(), tmp_path) as host:
        reply = await host.request("GET", "/api/health", headers={"host": "evil.example"})

    assert reply.status_code == 400


# What it refuses


STATE = (
    "AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/a;"
    "QueueEndpoint=http://127.0.0.1:2/a;TableEndpoint=http://127.0.0.1:3/a"
)


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
