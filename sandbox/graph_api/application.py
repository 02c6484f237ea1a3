"""The sandbox's Graph as a web application: served on loopback, or called in-process under the real SDK."""

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from sandbox.graph_api.exchange import Answer, Request
from sandbox.graph_api.gate import Dropped, Gate
from sandbox.graph_api.query_text import read_query
from sandbox.tenant import Tenant

_VERSION = "/v1.0"
_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


class GraphEndpoint:
    """The ASGI application behind every path."""

    def __init__(self, tenant: Tenant) -> None:
        self.gate = Gate(tenant)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, or drop it half-way when a fault asks for that."""
        body = await _body(receive)
        try:
            answer = await self._answer(scope, body)
        except Dropped as lost:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
            message = "Server disconnected without sending a response."
            raise httpx.RemoteProtocolError(message) from lost
        content, kind = _encoded(answer)
        headers = {**answer.headers, "content-length": str(len(content))}
        if kind is not None:
            headers["content-type"] = kind
        pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        await send({"type": "http.response.body", "body": content})

    async def _answer(self, scope: Scope, body: bytes) -> Answer:
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        path = scope["path"]
        version, path = (_VERSION, path[len(_VERSION) :]) if path.startswith(f"{_VERSION}/") else ("", path)
        origin = f"{scope['scheme']}://{headers.get('host', 'localhost')}"
        query = read_query(scope["query_string"].decode("latin-1"))
        method = scope["method"] if version else f"{scope['method']} (no v1.0)"
        request = Request(method=method, path=path, query=query, headers=headers, body=body, origin=origin)
        return await self.gate.answer(request)


async def _body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _encoded(answer: Answer) -> tuple[bytes, str | None]:
    if answer.body is None:
        return b"", None
    if isinstance(answer.body, str):
        return answer.body.encode(), "text/plain"
    return msgspec.json.encode(answer.body), _JSON


def create_app(tenant: Tenant) -> Starlette:
    """Return Microsoft Graph v1.0 over a tenant; everything lies under ``/v1.0``."""
    app = Starlette(routes=[Mount("/", app=GraphEndpoint(tenant))])
    app.state.tenant = tenant
    return app
