"""The schema check lets nothing pass that Microsoft's metadata does not allow, on either side."""

import contextlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from sandbox.graph_api import bodies
from sandbox.graph_api.deriving import derive
from sandbox.graph_api.properties import DERIVED
from sandbox.graph_api.routes import ROUTES
from sandbox.schema_check import NOT_IN_THE_METADATA, SCHEMA, SchemaCheck, SchemaViolation
from tests.contracts.graph_room import SCHEMA_DIR, a_room

pytestmark = pytest.mark.skipif(
    not (SCHEMA_DIR / SCHEMA).exists(), reason=f"no {SCHEMA} beside the repository"
)
GROUP = {"displayName": "x", "mailEnabled": False, "mailNickname": "x", "securityEnabled": True}
NOT_IN_METADATA = {"DELETE /groups/{group-id}/members/{directoryObject-id}", *NOT_IN_THE_METADATA}


class Said:
    """An application that says what it was told to."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self.body = status, body

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": self.body})


async def exchange(
    method: str, path: str, body: Any = None, *, status: int = 200, answer: Any = None
) -> SchemaCheck:
    """One exchange through the check, which keeps what was wrong with it."""
    said = Said(status, b"" if answer is None else json.dumps(answer).encode())
    check = SchemaCheck(said, SCHEMA_DIR)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(check), base_url="http://127.0.0.1/v1.0"
    ) as graph:
        with contextlib.suppress(SchemaViolation):
            await graph.request(method, path, json=body)
    return check


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "answer"),
    [
        ("GET", "/users?$select=id", None, 200, {"value": [{"id": "1", "userType": "Guest"}]}),
        ("GET", "/users/$count", None, 200, 12),
        ("POST", "/groups", GROUP, 201, {"id": "1", **GROUP}),
        ("PATCH", "/users/1", {"accountEnabled": False}, 204, None),
        ("GET", "/users/1", None, 404, {"error": {"code": "Request_ResourceNotFound", "message": "no"}}),
        ("GET", "/directory/deletedItems/microsoft.graph.user", None, 200, {"value": []}),
        (
            "POST",
            "/$batch",
            {"requests": [{"id": "1", "method": "GET", "url": "/users/1?$select=id"}]},
            200,
            {"responses": [{"id": "1", "status": 200, "body": {"id": "1"}}]},
        ),
    ],
)
async def test_what_the_metadata_allows_passes_and_is_remembered(
    method: str, path: str, body: Any, status: int, answer: Any
) -> None:
    check = await exchange(method, path, body, status=status, answer=answer)
    assert check.violations == []
    assert check.seen


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "answer"),
    [
        ("GET", "/nowhere", None, 200, {}),
        ("GET", "/users?$skip=1", None, 200, {"value": []}),
        ("GET", "/users", None, 200, {"value": [{"id": "1", "userTyp": "Guest"}]}),
        ("GET", "/users", None, 200, {"value": [{"id": "1", "createdDateTime": "yesterday"}]}),
        ("GET", "/users", None, 200, None),
        ("GET", "/users/$count", None, 200, "twelve"),
        ("POST", "/groups", {**GROUP, "colour": "red"}, 201, {"id": "1"}),
        ("POST", "/groups", GROUP, 201, {"id": 1}),
        ("PATCH", "/users/1", {"accountEnabled": "no"}, 204, None),
        ("PATCH", "/users/1", {"accountEnabled": False}, 200, None),
        ("DELETE", "/users/1", {"why": "not"}, 204, None),
        ("GET", "/users/1", None, 404, {"problem": "no"}),
        (
            "POST",
            "/$batch",
            {"requests": [{"id": "1", "method": "GET", "url": "/users/1?$top=1"}]},
            200,
            {"responses": [{"id": "1", "status": 200, "body": {"id": "1"}}]},
        ),
        (
            "POST",
            "/$batch",
            {"requests": [{"id": "1", "method": "GET", "url": "/users/1"}]},
            200,
            {"responses": [{"id": "1", "status": 200, "body": {"ID": "1"}}]},
        ),
        (
            "POST",
            "/$batch",
            {"requests": [{"id": "1", "method": "GET", "url": "/users/1"}]},
            200,
            {"responses": []},
        ),
        ("POST", "/$batch", {"requests": []}, 200, {"responses": []}),
    ],
)
async def test_anything_else_is_a_violation(
    method: str, path: str, body: Any, status: int, answer: Any
) -> None:
    check = await exchange(method, path, body, status=status, answer=answer)
    assert len(check.violations) == 1


async def test_a_violation_reaches_who_made_the_request() -> None:
    check = SchemaCheck(Said(200, b'{"value": [{"nome": "x"}]}'), SCHEMA_DIR)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(check)) as graph:
        with pytest.raises(SchemaViolation, match="nome"):
            await graph.get("http://127.0.0.1/v1.0/users")


async def test_the_check_stays_out_of_the_way_of_the_sandbox() -> None:
    async with a_room() as room:
        group = await room.a_group("ada")
        await room.a_review(group)
        assert {("POST /groups", "request"), ("POST /groups", "response")} <= room.seen


def test_every_simulated_operation_is_one_of_the_metadata() -> None:
    operations = set(json.loads((SCHEMA_DIR / SCHEMA).read_text(encoding="utf-8"))["x-operations"])
    assert {route.name for route in ROUTES} - operations == NOT_IN_METADATA


def test_every_query_option_the_sandbox_takes_is_one_of_the_metadata() -> None:
    check = SchemaCheck(Said(200, b""), SCHEMA_DIR)
    for route in ROUTES:
        if route.name not in NOT_IN_METADATA:
            assert route.options <= check.schema.options(route.name), route.name


def test_the_copied_facts_are_those_of_the_metadata() -> None:
    assert json.loads(DERIVED.read_text(encoding="utf-8")) == derive(SCHEMA_DIR)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        (bodies.USER_CHANGE, "microsoft.graph.user"),
        (bodies.NEW_GROUP, "microsoft.graph.group"),
        (bodies.MESSAGE, "microsoft.graph.message"),
    ],
)
def test_a_body_may_hold_only_properties_the_type_has(fields: bodies.Fields, kind: str) -> None:
    properties = set(json.loads(Path(DERIVED).read_text(encoding="utf-8"))["properties"][kind])
    assert {name for name in fields.fields if "@odata" not in name} <= properties
