"""Graph's $batch: up to twenty requests in one, each answered, charged and refused by itself."""

from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import msgspec

from sandbox.graph_api.exchange import Answer, GraphError, Request, bad_request
from sandbox.graph_api.query_text import read_query
from sandbox.tenant_directory import Json

ITEMS_AT_MOST = 20
_KEYS = frozenset({"id", "method", "url", "headers", "body", "dependsOn"})
_FAILED = 400


def answer_batch(request: Request, answer: Callable[[Request], Answer]) -> Answer:
    """Answer every item; the batch itself is 200. The answers come in another order."""
    items = _items(request)
    inner = {item["id"]: _request(item, request) for item in items}
    done: dict[str, Answer] = {}
    for item in items:
        waits_for = item.get("dependsOn") or []
        if any(done[name].status >= _FAILED for name in waits_for):
            refusal = GraphError(424, "FailedDependency", "A request this one depends on has failed.")
            done[item["id"]] = Answer(
                status=424, body={"error": {"code": refusal.code, "message": refusal.message}}, headers={}
            )
            continue
        done[item["id"]] = answer(inner[item["id"]])
    shown = [_shown(name, one) for name, one in done.items()]
    return Answer(status=200, body={"responses": shown[::-1]})


def _items(request: Request) -> list[Json]:
    try:
        content = msgspec.json.decode(request.body)
    except msgspec.DecodeError as error:
        message = "The request body is no JSON."
        raise bad_request(message) from error
    items = content.get("requests") if isinstance(content, dict) else None
    if not isinstance(items, list) or not items or set(content) != {"requests"}:
        message = "A batch is an object with a non-empty array 'requests'."
        raise bad_request(message)
    if len(items) > ITEMS_AT_MOST:
        message = f"A batch holds {ITEMS_AT_MOST} requests at most."
        raise bad_request(message)
    seen: set[str] = set()
    for item in items:
        _check_item(item, seen)
        seen.add(item["id"])
    return items


def _check_item(item: object, seen: set[str]) -> None:
    if not isinstance(item, dict) or not all(isinstance(item.get(k), str) for k in ("id", "method", "url")):
        message = "Every batch request needs an id, a method and a url."
        raise bad_request(message)
    unknown = set(item) - _KEYS
    if unknown or item["id"] in seen:
        message = f"Batch request '{item['id']}': duplicate id, or unknown property {sorted(unknown)}."
        raise bad_request(message)
    if not set(item.get("dependsOn") or ()) <= seen:
        message = f"Batch request '{item['id']}' depends on a request that does not come before it."
        raise bad_request(message)
    headers = {k.lower() for k in item.get("headers") or {}}
    if "body" in item and "content-type" not in headers:
        message = f"Batch request '{item['id']}': a body needs the header Content-Type."
        raise bad_request(message)


def _request(item: Json, batch: Request) -> Request:
    parts = urlsplit(item["url"])
    if parts.netloc or item["url"].startswith("/v1.0") or parts.path == "/$batch":
        message = f"Batch request '{item['id']}': the url must be relative to the version, and no batch."
        raise bad_request(message)
    headers = {k.lower(): str(v) for k, v in (item.get("headers") or {}).items()}
    headers["authorization"] = batch.headers["authorization"]
    return Request(
        method=item["method"].upper(),
        path=unquote(parts.path if parts.path.startswith("/") else f"/{parts.path}"),
        query=read_query(parts.query),
        headers=headers,
        body=msgspec.json.encode(item["body"]) if "body" in item else b"",
        origin=batch.origin,
    )


def _shown(name: str, answer: Answer) -> Json:
    headers = dict(answer.headers)
    if answer.body is not None:
        headers["Content-Type"] = "application/json" if isinstance(answer.body, dict) else "text/plain"
    shown: Json = {"id": name, "status": answer.status, "headers": headers}
    return shown if answer.body is None else {**shown, "body": answer.body}
