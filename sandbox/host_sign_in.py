"""A stand-in for App Service Authentication: people choose who they are, on this machine only.

It keeps the contract of the real module that the app relies on: headers ``X-MS-*`` of a request never reach
the app, a session cookie becomes ``X-MS-CLIENT-PRINCIPAL`` and its kin, and nobody comes in unknown
(learn.microsoft.com/azure/app-service/configure-authentication-user-identities).
"""

import base64
import html
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.host_tokens import TokenDesk

COOKIE = "AppServiceAuthSession"
LOGIN = "/.auth/login/aad"
# What the platform sets beside the module, and what the app asks before it trusts a header.
PLATFORM_SETTINGS: Mapping[str, str] = {"WEBSITE_AUTH_ENABLED": "True"}
_CLAIM = "http://schemas.microsoft.com/identity/claims/"
_NAME_TYPE = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"
_ROLE_TYPE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in to the sandbox</title></head>
<body><main><h1>Who are you?</h1>
<p>This page stands in for Microsoft's sign-in. It exists in the sandbox only.</p>
<ul>{people}</ul></main></body>
</html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who can sign in: the ids that count, and the two names that are only shown."""

    object_id: str
    tenant_id: str
    name: str
    username: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """How people sign in. ``people`` lists who may be chosen; ``excluded_paths`` are open to anybody.

    ``tokens`` signs the token that goes with each person; without it the token store is off, as it may be.
    """

    people: Callable[[], Iterable[Visitor]]
    tokens: TokenDesk | None = None
    excluded_paths: frozenset[str] = field(default_factory=lambda: frozenset({"/health", "/api/health"}))


class SignIn:
    """The module in front of the app: sessions, sign-in pages, and the headers the app may trust."""

    def __init__(self, authentication: Authentication) -> None:
        self._authentication = authentication
        self._sessions: dict[str, Visitor] = {}

    @property
    def routes(self) -> list[Route]:
        """The pages that the module serves itself."""
        return [
            Route(LOGIN, self._login, methods=["GET"]),
            Route("/.auth/logout", self._logout, methods=["GET"]),
            Route("/.auth/me", self._me, methods=["GET"]),
        ]

    def find(self, object_id: str) -> Visitor | None:
        """Return the person with this id; None when nobody has it."""
        return next((one for one in self._authentication.people() if one.object_id == object_id), None)

    def open_session(self, visitor: Visitor) -> str:
        """Return the value of a fresh session cookie."""
        value = secrets.token_urlsafe(32)
        self._sessions[value] = visitor
        return value

    def headers(self, request: Request) -> dict[str, str] | Response:
        """Return the headers the app receives, or the module's own reply to somebody unknown.

        A page is asked for with ``Accept: text/html``: that is led to the sign-in, anything else gets 401.
        """
        clean = {
            name: ",".join(request.headers.getlist(name))
            for name in request.headers
            if not name.lower().startswith("x-ms-")
        }
        if request.url.path.rstrip("/") in self._authentication.excluded_paths:
            return clean
        visitor = self._visitor(request)
        if visitor is not None:
            return {**clean, **_principal_headers(visitor), **self._token_headers(visitor)}
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"{LOGIN}?{urlencode({'post_login_redirect_uri': wanted})}", 302)
        return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})

    def _token_headers(self, visitor: Visitor) -> dict[str, str]:
        tokens = self._authentication.tokens
        if tokens is None:
            return {}
        return {"x-ms-token-aad-id-token": tokens.token(visitor.object_id, visitor.tenant_id)}

    def _visitor(self, request: Request) -> Visitor | None:
        return self._sessions.get(request.cookies.get(COOKIE, ""))

    async def _login(self, request: Request) -> Response:
        onward = _own_path(request.query_params.get("post_login_redirect_uri"))
        wanted = request.query_params.get("as")
        if wanted is None:
            return self._choose(onward)
        visitor = self.find(wanted)
        if visitor is None:
            return HTMLResponse("Nobody here has that id.", status_code=404)
        reply = RedirectResponse(onward, 302)
        reply.set_cookie(COOKIE, self.open_session(visitor), httponly=True, samesite="lax")
        return reply

    def _choose(self, onward: str) -> Response:
        people = "".join(
            f'<li><a href="{LOGIN}?as={quote(one.object_id)}'
            f'&amp;post_login_redirect_uri={quote(onward, safe="")}">{html.escape(one.name)}</a>'
            f" ({html.escape(one.username)})</li>"
            for one in self._authentication.people()
        )
        policy = {"Content-Security-Policy": "default-src 'none'", "Cache-Control": "no-store"}
        return HTMLResponse(_PAGE.format(people=people), headers=policy)

    async def _logout(self, request: Request) -> Response:
        self._sessions.pop(request.cookies.get(COOKIE, ""), None)
        reply = RedirectResponse(_own_path(request.query_params.get("post_logout_redirect_uri")), 302)
        reply.delete_cookie(COOKIE)
        return reply

    async def _me(self, request: Request) -> Response:
        visitor = self._visitor(request)
        if visitor is None:
            return Response(status_code=401)
        claims = _principal(visitor)["claims"]
        return JSONResponse([{"provider_name": "aad", "user_id": visitor.username, "user_claims": claims}])


def _own_path(wanted: str | None) -> str:
    """Return a path of this site: the real module follows no other (allowedExternalRedirectUrls is empty)."""
    if wanted and wanted.startswith("/") and not wanted.startswith(("//", "/\\")):
        return wanted
    return "/"


def _principal(visitor: Visitor) -> dict[str, object]:
    claims = [
        {"typ": f"{_CLAIM}objectidentifier", "val": visitor.object_id},
        {"typ": f"{_CLAIM}tenantid", "val": visitor.tenant_id},
        {"typ": "name", "val": visitor.name},
        {"typ": "preferred_username", "val": visitor.username},
        *({"typ": "roles", "val": role} for role in visitor.roles),
    ]
    return {"auth_typ": "aad", "claims": claims, "name_typ": _NAME_TYPE, "role_typ": _ROLE_TYPE}


def _principal_headers(visitor: Visitor) -> dict[str, str]:
    principal = json.dumps(_principal(visitor)).encode()
    return {
        "x-ms-client-principal": base64.b64encode(principal).decode(),
        "x-ms-client-principal-id": visitor.object_id,
        "x-ms-client-principal-name": visitor.username,
        "x-ms-client-principal-idp": "aad",
    }
