"""Checks every request and answer that passes against Microsoft's metadata, and remembers what it saw.

Works only where the schema folder (``graph-schema.json``) is at hand; the sandbox itself does not need it.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema_rs
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.graph_api.query_text import read_query
from sandbox.tenant_directory import Json

SCHEMA = "graph-schema.json"
BATCH = "POST /$batch"
_REFUSAL, _NO_CONTENT = 400, 204
_ALWAYS = frozenset({"$skiptoken"})
_BATCH_REQUEST = {
    "type": "object",
    "required": ["requests"],
    "additionalProperties": False,
    "properties": {
        "requests": {
            "type": "array",
            "minItems": 1,
            "maxItems": 20,
            "items": {
                "type": "object",
                "required": ["id", "method", "url"],
                "additionalProperties": False,
                "properties": {
                    "id": {"type": "string"},
                    "method": {"enum": ["GET", "POST", "PATCH", "PUT", "DELETE"]},
                    "url": {"type": "string", "pattern": "^/(?!v1)"},
                    "headers": {"type": "object", "additionalProperties": {"type": "string"}},
                    "body": True,
                    "dependsOn": {"type": "array", "items": {"type": "string"}},
                },
            },
        }
    },
}
_BATCH_ANSWER = {
    "type": "object",
    "required": ["responses"],
    "properties": {
        "responses": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "status"],
                "additionalProperties": False,
                "properties": {
                    "id": {"type": "string"},
                    "status": {"type": "integer"},
                    "headers": {"type": "object"},
                    "body": True,
                },
            },
        }
    },
}


class SchemaViolation(AssertionError):
    """A request or an answer is not what Microsoft's metadata says."""


class Schema:
    """Microsoft's metadata: which operation a request is, and whether its two sides are right."""

    def __init__(self, folder: Path) -> None:
        content = json.loads((folder / SCHEMA).read_text(encoding="utf-8"))
        self._base = {key: content[key] for key in ("$schema", "$id", "$defs")}
        self.operations: dict[str, Json] = content["x-operations"]
        self._error: Json = content["x-error"]
        self._compiled: dict[tuple[str, str], jsonschema_rs.Draft202012Validator] = {}
        self._patterns = sorted(
            ((name, _pattern(name)) for name in self.operations), key=lambda pair: pair[0].count("{")
        )

    def operation(self, method: str, path: str) -> str | None:
        """Return the metadata's name of an operation, or None when there is no such operation."""
        wanted = f"{method} {path.replace('/microsoft.graph.user', '/graph.user')}"
        if wanted == BATCH:
            return BATCH
        return next((name for name, pattern in self._patterns if pattern.fullmatch(wanted)), None)

    def complaint(self, name: str, side: str, value: object) -> str | None:
        """Return what is wrong with one side (request, response, error) of an operation, or None."""
        validator = self._compiled.get((name, side))
        if validator is None:
            validator = self._compiled[name, side] = jsonschema_rs.Draft202012Validator(
                self._schema(name, side)
            )
        error = next(validator.iter_errors(value), None)
        return None if error is None else f"{'/'.join(map(str, error.instance_path))}: {error.message[:300]}"

    def _schema(self, name: str, side: str) -> Json:
        if name == BATCH and side != "error":
            return _BATCH_REQUEST if side == "request" else _BATCH_ANSWER
        return {**self._base, **(self._error if side == "error" else self.operations[name][side])}

    def options(self, name: str) -> frozenset[str]:
        """Return the query options an operation takes."""
        if name == BATCH:
            return frozenset()
        return frozenset(option.removesuffix("*") for option in self.operations[name]["query"]) | _ALWAYS


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in re.split(r"\{[^}]+\}", name)))


class SchemaCheck:
    """ASGI middleware around an application that speaks as Graph.

    ``seen`` holds (operation, side) pairs; ``violations`` what was wrong, each of which was also raised.
    """

    def __init__(self, app: ASGIApp, schema_dir: Path) -> None:
        self.app = app
        self.schema = Schema(schema_dir)
        self.seen: set[tuple[str, str]] = set()
        self.violations: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the request, let it through, check the answer."""
        body = await _whole(receive)
        kept: list[Message] = []

        async def again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def keep(message: Message) -> None:
            kept.append(message)

        query = read_query(scope["query_string"].decode("latin-1"))
        name = self._request(scope["method"], scope["path"].removeprefix("/v1.0"), query, body)
        answered = False
        try:
            await self.app(scope, again, keep)
            answered = True
        finally:
            if not answered:  # a played disconnect: what was begun goes out as it is
                for message in kept:
                    await send(message)
        answer = b"".join(m.get("body", b"") for m in kept)
        self._answer(name, kept[0]["status"], answer)
        if name == BATCH:
            self._batch(json.loads(body), json.loads(answer), kept[0]["status"])
        for message in kept:
            await send(message)

    def _fail(self, message: str) -> SchemaViolation:
        self.violations.append(message)
        return SchemaViolation(message)

    def _request(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> str:
        name = self.schema.operation(method, path)
        if name is None:
            message = f"{method} {path}: no such operation in the metadata"
            raise self._fail(message)
        for option in query:
            if option not in self.schema.options(name):
                message = f"{name}: query option {option}"
                raise self._fail(message)
        self.seen.add((name, "request"))
        takes_body = name == BATCH or "request" in self.schema.operations[name]
        if not takes_body and body.strip() not in {b"", b"{}"}:
            message = f"{name}: a request body, where none is expected"
            raise self._fail(message)
        if takes_body:
            self._check(name, "request", json.loads(body or b"null"))
        return name

    def _answer(self, name: str, status: int, body: bytes) -> None:
        if status >= _REFUSAL:
            self._check(name, "error", json.loads(body))
            return
        self.seen.add((name, "response"))
        operation = self.schema.operations.get(name, {})
        promised = operation.get("status")
        if promised is not None and status not in (promised if isinstance(promised, list) else [promised]):
            message = f"{name}: status {status} instead of {promised}"
            raise self._fail(message)
        if body and (name == BATCH or "response" in operation):
            self._check(name, "response", json.loads(body))
        elif body or (status != _NO_CONTENT and "response" in operation):
            message = f"{name}: a body of {len(body)} bytes with status {status}"
            raise self._fail(message)

    def _check(self, name: str, side: str, value: object) -> None:
        complaint = self.schema.complaint(name, side, value)
        if complaint is not None:
            message = f"{name} {side}: {complaint}"
            raise self._fail(message)

    def _batch(self, asked: Json, answered: Json, status: int) -> None:
        if status >= _REFUSAL:
            return
        answers: dict[str, Any] = {one["id"]: one for one in answered["responses"]}
        if len(answers) != len(asked["requests"]):
            message = f"{BATCH}: {len(asked['requests'])} requests, {len(answers)} answers"
            raise self._fail(message)
        for item in asked["requests"]:
            parts = urlsplit(item["url"])
            body = json.dumps(item["body"]).encode() if "body" in item else b""
            name = self._request(item["method"], unquote(parts.path), read_query(parts.query), body)
            answer = answers[item["id"]]
            content = answer.get("body")
            text = content.encode() if isinstance(content, str) else json.dumps(content).encode()
            self._answer(name, answer["status"], b"" if content is None else text)


async def _whole(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)
