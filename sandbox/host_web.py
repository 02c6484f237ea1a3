"""The HTTP functions of an app as a web site on this machine, in front of them the stand-in for sign-in."""

import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import unquote

import azure.functions as func
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.host_functions import Function, Http
from sandbox.host_invoking import Outcome
from sandbox.host_sign_in import SignIn

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

Start = Callable[[Function, object], Awaitable[Outcome]]


class Web:
    """An ASGI application over the HTTP functions.

    Without ``sign_in`` every header reaches the app, as on Azure when authentication is switched off.
    ``key`` is what a function that is not anonymous asks for (``x-functions-key`` or ``code``).
    """

    def __init__(self, functions: tuple[Function, ...], *, start: Start, sign_in: SignIn | None) -> None:
        self.key = secrets.token_urlsafe(24)
        self._start = start
        self._sign_in = sign_in
        self._doors = sorted(
            ((function, function.trigger) for function in functions if isinstance(function.trigger, Http)),
            key=lambda door: door[1].rank,
        )
        own = sign_in.routes if sign_in else []
        self.application = Starlette(
            routes=[*own, Route("/{path:path}", self._answer, methods=_METHODS)],
            # A page of the open web must not reach the sandbox by a name that it lets point here.
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        )

    async def _answer(self, request: Request) -> Response:
        headers = self._sign_in.headers(request) if self._sign_in else _joined(request)
        if isinstance(headers, Response):
            return headers
        found = self._find(request)
        if found is None:
            return Response(status_code=404)
        function, door, route_params = found
        if door.needs_key and not self._has_key(request):
            return Response(status_code=401)
        outcome = await self._start(
            function,
            func.HttpRequest(
                method=request.method,
                url=str(request.url),
                headers=headers,
                params=_params(request),
                route_params=route_params,
                body=await request.body(),
            ),
        )
        return _reply(outcome.value) if outcome.value is not None else Response(status_code=500)

    def _find(self, request: Request) -> tuple[Function, Http, dict[str, str]] | None:
        path = request.scope.get("raw_path", b"").decode("ascii", "replace").partition("?")[0]
        for function, door in self._doors:
            fits = door.pattern.fullmatch(path or request.url.path)
            if fits and (door.methods is None or request.method in door.methods):
                params = {
                    name: unquote(value) for name, value in fits.groupdict().items() if value is not None
                }
                return function, door, params
        return None

    def _has_key(self, request: Request) -> bool:
        shown = request.headers.get("x-functions-key") or request.query_params.get("code") or ""
        return secrets.compare_digest(shown.encode(), self.key.encode())


def _joined(request: Request) -> dict[str, str]:
    return {name: ",".join(request.headers.getlist(name)) for name in request.headers}


def _params(request: Request) -> dict[str, str]:
    """Join repeated parameters with a comma, as the real host hands them to the worker."""
    params = request.query_params
    return {name: ",".join(params.getlist(name)) for name in params}


def _reply(response: func.HttpResponse) -> Response:
    reply = Response(content=response.get_body(), status_code=response.status_code)
    if "content-type" not in response.headers:
        charset = f"; charset={response.charset}" if response.mimetype.startswith("text/") else ""
        reply.headers["content-type"] = f"{response.mimetype}{charset}"
    for name, value in response.headers.items():
        reply.headers.append(name, value)
    return reply
