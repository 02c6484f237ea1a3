"""The client waits when told, repeats only what may be repeated, and keeps the token at home."""

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

from adapters.clock import HandClock
from adapters.graph.batching import Item, exchange_all
from adapters.graph.client import BACKOFF, GRAPH_AT_ONCE, GraphClient
from adapters.graph.operations import ALL, BATCH, CREATE_GROUP, DELETE_USER, READ_USER, SWITCH_USER
from reviews.errors import (
    Ambiguous,
    BadSettings,
    Conflict,
    Forbidden,
    GatehouseError,
    Gone,
    Malformed,
    NotSupported,
    Throttled,
    Transient,
)

START = datetime(2026, 11, 20, 2, tzinfo=UTC)
Answers = Callable[[httpx.Request], httpx.Response]


def refused(status: int, code: str = "x", **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "message": "words"}}, headers=headers)


class Graph(httpx.AsyncBaseTransport):
    """A Graph that gives prepared answers in turn, the last one for ever; exceptions are raised."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.at_once = self.most_at_once = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def connected(
    graph: Graph, endpoint: str = "http://127.0.0.1:7071", credential: Any = "t0ken"
) -> GraphClient:
    return GraphClient(endpoint, credential, HandClock(START), httpx.AsyncClient(transport=graph))


async def read(client: GraphClient) -> bytes:
    return await client.read(READ_USER, client.urls.users.by_user_id("a/b"), select=["id", "mail"])


def waited(client: GraphClient) -> timedelta:
    return client.clock.now() - START


OK = httpx.Response(200, json={"id": "1"})
DONE = httpx.Response(204)
LOST = httpx.RemoteProtocolError("dropped")


async def test_a_read_carries_the_token_an_id_of_its_own_and_asks_for_unknown_members() -> None:
    graph = Graph(OK)
    assert await read(connected(graph)) == OK.content
    [request] = graph.requests
    assert str(request.url) == "http://127.0.0.1:7071/v1.0/users/a%2Fb?$select=id,mail"
    assert request.headers["authorization"] == "Bearer t0ken"
    assert len(request.headers["client-request-id"]) == 36
    assert request.headers["prefer"] == "include-unknown-enum-members"


@pytest.mark.parametrize(
    "trouble",
    [
        refused(429),
        refused(500),
        refused(502),
        refused(503),
        refused(504),
        LOST,
        httpx.ReadTimeout("t"),
        httpx.ConnectError("c"),
    ],
)
async def test_a_read_is_tried_again_after_any_passing_trouble(trouble: httpx.Response | Exception) -> None:
    graph = Graph(trouble, trouble, OK)
    client = connected(graph)
    await read(client)
    assert len(graph.requests) == 3
    assert waited(client) == BACKOFF[0] + BACKOFF[1]
    assert len({request.headers["client-request-id"] for request in graph.requests}) == 1


@pytest.mark.parametrize(
    ("trouble", "meant"), [(refused(503), Transient), (LOST, Transient), (refused(429), Throttled)]
)
async def test_trouble_that_does_not_pass_goes_back_to_the_queue(
    trouble: httpx.Response | Exception, meant: type[GatehouseError]
) -> None:
    graph = Graph(trouble)
    with pytest.raises(meant):
        await read(connected(graph))
    assert len(graph.requests) == len(BACKOFF) + 1


@pytest.mark.parametrize("trouble", [refused(500), refused(503, **{"Retry-After": "1"}), refused(504), LOST])
async def test_a_write_that_may_have_happened_is_never_sent_twice(
    trouble: httpx.Response | Exception,
) -> None:
    graph = Graph(trouble)
    with pytest.raises(Ambiguous):
        await connected(graph).write(CREATE_GROUP, "/groups", {"a": 1})
    assert len(graph.requests) == 1


@pytest.mark.parametrize("trouble", [refused(429), httpx.ConnectError("c"), httpx.ConnectTimeout("c")])
async def test_a_write_that_certainly_did_not_happen_is_sent_again(
    trouble: httpx.Response | Exception,
) -> None:
    graph = Graph(trouble, httpx.Response(201, json={"id": "g"}))
    await connected(graph).write(CREATE_GROUP, "/groups", {"a": 1})
    assert [request.content for request in graph.requests] == [b'{"a":1}'] * 2


async def test_a_repeated_delete_that_finds_nothing_has_done_its_work() -> None:
    await connected(Graph(LOST, refused(404))).write(DELETE_USER, "/users/1")
    with pytest.raises(Gone):
        await connected(Graph(refused(404))).write(DELETE_USER, "/users/1")
    with pytest.raises(Gone):
        await connected(Graph(refused(429), refused(404))).write(DELETE_USER, "/users/1")
    with pytest.raises(Gone):
        await connected(Graph(LOST, refused(404))).write(SWITCH_USER, "/users/1", {})


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("90", timedelta(seconds=90)),
        ("Fri, 20 Nov 2026 02:00:30 GMT", timedelta(seconds=30)),
        ("0", BACKOFF[0]),
        ("soon", BACKOFF[0]),
    ],
)
async def test_the_wait_graph_names_is_kept(header: str, wait: timedelta) -> None:
    client = connected(Graph(refused(429, **{"Retry-After": header}), OK))
    await read(client)
    assert waited(client) == wait


async def test_a_wait_of_more_than_two_minutes_is_left_to_the_queue() -> None:
    graph = Graph(refused(429, **{"Retry-After": "121"}))
    with pytest.raises(Throttled) as caught:
        await read(connected(graph))
    assert caught.value.retry_after == timedelta(seconds=121)
    assert len(graph.requests) == 1


async def test_one_refusal_stops_everybody_until_the_time_graph_named() -> None:
    graph = Graph(refused(429, **{"Retry-After": "60"}), OK)
    client = connected(graph)
    times: list[datetime] = []
    sent = graph.handle_async_request

    async def timed(request: httpx.Request) -> httpx.Response:
        times.append(client.clock.now())
        return await sent(request)

    graph.handle_async_request = timed  # type: ignore[method-assign]
    await asyncio.gather(*(read(client) for _ in range(12)))
    early = [at for at in times if at < START + timedelta(seconds=60)]
    assert len(early) <= GRAPH_AT_ONCE
    assert len(times) == 13


async def test_no_more_than_four_requests_are_under_way_at_once() -> None:
    graph = Graph(OK)
    client = connected(graph)
    await asyncio.gather(*(read(client) for _ in range(20)))
    assert graph.most_at_once == GRAPH_AT_ONCE


@pytest.mark.parametrize(
    ("status", "code", "meant"),
    [
        (400, "Request_BadRequest", NotSupported),
        (401, "InvalidAuthenticationToken", Forbidden),
        (403, "Authorization_RequestDenied", Forbidden),
        (404, "Request_ResourceNotFound", Gone),
        (409, "conflict", Conflict),
        (410, "gone", Gone),
        (412, "precondition", Conflict),
        (501, "NotSimulated", NotSupported),
        (302, "", Malformed),
        (418, "teapot", Malformed),
    ],
)
async def test_each_refusal_has_its_meaning(status: int, code: str, meant: type[GatehouseError]) -> None:
    with pytest.raises(meant) as caught:
        await read(connected(Graph(refused(status, code))))
    assert "words" not in str(caught.value)


async def test_a_refusal_names_the_permission_that_is_missing() -> None:
    with pytest.raises(Forbidden) as caught:
        await connected(Graph(refused(403))).write(DELETE_USER, "/users/1")
    assert caught.value.needs == "User.DeleteRestore.All"


async def test_a_gateway_page_in_place_of_an_error_is_understood_by_its_status() -> None:
    with pytest.raises(Gone):
        await read(connected(Graph(httpx.Response(404, content=b"<html>\xff"))))


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/users?$skiptoken=1",
        "http://127.0.0.1:7072/v1.0/users",
        "https://127.0.0.1:7071/v1.0/users",
        "http://user@127.0.0.1:7071/v1.0/users",
        "http://127.0.0.1:7071/other",
        "http://127.0.0.1:7071.evil.example/v1.0/users",
        "/v1.0/users",
        "http://[",
    ],
)
async def test_a_link_that_leads_elsewhere_gets_no_token_and_no_request(link: str) -> None:
    graph = Graph(OK)
    with pytest.raises(Malformed):
        await connected(graph).follow(READ_USER, link)
    assert graph.requests == []


async def test_a_redirect_is_not_followed() -> None:
    graph = Graph(httpx.Response(302, headers={"Location": "https://evil.example/"}), OK)
    with pytest.raises(Malformed):
        await read(connected(graph))
    assert len(graph.requests) == 1


class Identity:
    """The machine's identity."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.scopes: list[str] = []

    async def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        self.scopes += scopes
        if self.error is not None:
            raise self.error
        return AccessToken("identity", int(START.timestamp()) + 3600)


@pytest.mark.parametrize(
    ("endpoint", "credential"),
    [
        ("http://graph.microsoft.com", "t0ken"),
        ("http://graph.microsoft.com", Identity()),
        ("http://127.0.0.1:7071", Identity()),
        ("https://localhost", Identity()),
        ("https://graph.microsoft.com", "t0ken"),
        ("https://graph.microsoft.com/v1.0", Identity()),
        ("https://someone@graph.microsoft.com", Identity()),
        ("ftp://127.0.0.1", "t0ken"),
        ("graph.microsoft.com", Identity()),
    ],
)
def test_an_endpoint_a_token_must_not_go_to_is_refused(endpoint: str, credential: Any) -> None:
    with pytest.raises(BadSettings):
        GraphClient(endpoint, credential, HandClock(START))


async def test_the_identity_is_asked_for_a_token_for_graph_alone() -> None:
    identity, graph = Identity(), Graph(OK)
    await read(connected(graph, "https://graph.microsoft.com", identity))
    assert set(identity.scopes) == {"https://graph.microsoft.com/.default"}
    assert graph.requests[0].headers["authorization"] == "Bearer identity"


@pytest.mark.parametrize(
    ("error", "meant"),
    [(ClientAuthenticationError("no"), Forbidden), (ServiceRequestError("no"), Transient)],
)
async def test_without_a_token_nothing_is_sent(error: Exception, meant: type[GatehouseError]) -> None:
    graph = Graph(OK)
    with pytest.raises(meant):
        await read(connected(graph, "https://graph.microsoft.com", Identity(error)))
    assert graph.requests == []


async def test_logs_hold_ids_and_no_addresses_or_links(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="adapters.graph")
    graph = Graph(refused(503, **{"request-id": "r-1"}), LOST, OK)
    client = connected(graph)
    await client.read(READ_USER, client.urls.users.by_user_id("ada@partner.example"))
    ours = [record for record in caplog.records if record.name.startswith("adapters.graph")]
    assert {vars(record)["event"] for record in ours} == {"graph.answered", "graph.lost"}
    assert vars(ours[0])["request_id"] == "r-1"
    assert not any("@" in str(vars(record)) or "http" in str(vars(record)) for record in ours)


# --- $batch ----------------------------------------------------------------------------------------


class BatchGraph(Graph):
    """Answers each item of a batch by its path: ``/users/<status>``; a 429 only once."""

    def __init__(self, retry_after: str = "5") -> None:
        super().__init__(OK)
        self.sent: list[list[str]] = []
        self.throttled: set[str] = set()
        self.retry_after = retry_after

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        items = json.loads(request.content)["requests"]
        self.sent.append([item["url"] for item in items])
        return httpx.Response(200, json={"responses": [self.answer(item) for item in reversed(items)]})

    def answer(self, item: dict[str, Any]) -> dict[str, Any]:
        status = int(item["url"].split("/")[2])
        if status == 429:
            status = 200 if item["url"] in self.throttled else 429
            self.throttled.add(item["url"])
        return {
            "id": item["id"],
            "status": status,
            "headers": {"Retry-After": self.retry_after},
            "body": {"url": item["url"]},
        }


def items(*paths: str) -> list[Item]:
    return [Item(operation=READ_USER, path=path) for path in paths]


async def test_a_batch_answers_in_order_twenty_at_a_time() -> None:
    graph = BatchGraph()
    paths = [f"/users/200/{n}" for n in range(45)]
    replies = await exchange_all(connected(graph), items(*paths))
    assert [json.loads(reply.content)["url"] for reply in replies] == paths
    assert [len(sent) for sent in graph.sent] == [20, 20, 5]


async def test_only_the_throttled_items_of_a_batch_are_sent_again_after_their_wait() -> None:
    graph = BatchGraph()
    client = connected(graph)
    replies = await exchange_all(client, items("/users/200/a", "/users/429/b", "/users/404/c"))
    assert [reply.status for reply in replies] == [200, 200, 404]
    assert graph.sent[1:] == [["/users/429/b"]]
    assert waited(client) == timedelta(seconds=5)


async def test_items_that_never_get_through_come_back_with_their_last_status() -> None:
    graph = BatchGraph()
    [reply] = await exchange_all(connected(graph), items("/users/503/a"))
    assert reply.status == 503
    assert len(graph.sent) == len(BACKOFF) + 1


async def test_an_item_that_is_not_answered_is_malformed() -> None:
    with pytest.raises(Malformed, match="1 of 1"):
        await exchange_all(
            connected(Graph(httpx.Response(200, json={"responses": []}))), items("/users/200/a")
        )


async def test_a_lost_batch_with_a_write_in_it_is_ambiguous_and_one_of_reads_is_repeated() -> None:
    create = Item(operation=CREATE_GROUP, path="/groups", content={})
    with pytest.raises(Ambiguous):
        await exchange_all(connected(Graph(LOST)), [create])
    answered = httpx.Response(200, json={"responses": [{"id": "0", "status": 200, "body": {}}]})
    [reply] = await exchange_all(connected(Graph(LOST, answered)), items("/users/200/a"))
    assert reply.is_success


def test_every_operation_but_the_batch_names_what_it_needs_and_only_harmless_ones_are_repeatable() -> None:
    """A PUT replaces a document that somebody may have changed since it was read."""
    for operation in ALL:
        assert operation is BATCH or operation.needs
        is_post = operation.method == "POST" and not operation.name.endswith("Decisions")
        assert operation.repeatable is not (is_post or operation.method == "PUT")
