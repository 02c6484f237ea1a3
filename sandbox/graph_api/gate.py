"""The gate every request passes: who asks, what is allowed and left, what is faked and recorded."""

import asyncio
import hashlib
import uuid
from collections.abc import Mapping
from email.utils import format_datetime

import msgspec

from sandbox.graph_api.batch import answer_batch
from sandbox.graph_api.bodies import check_body
from sandbox.graph_api.exchange import Answer, GraphError, Request, bad_request, denied, not_simulated
from sandbox.graph_api.mail import mailbox_of, reachable_mailbox
from sandbox.graph_api.properties import derived
from sandbox.graph_api.route import Budget, Route
from sandbox.graph_api.routes import BATCH, find_route
from sandbox.graph_api.users import touches_activity
from sandbox.tenant import Call, Fault, Tenant
from sandbox.tenant_directory import Json
from sandbox.tenant_throttle import REPORTS, SIGN_IN_ACTIVITY, TooMany

_SMALL_PAGE = 20


class Dropped(Exception):
    """The connection is lost: no answer goes back."""


class Gate:
    """Answers requests for one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.served = 0

    async def answer(self, request: Request) -> Answer:
        """Answer one HTTP request; a mailbox lets four in at a time.

        Raises:
            Dropped: a fault asks for a lost connection.

        """
        found = find_route(request.method, request.path)
        if found is None or found[0].budget is not Budget.MAIL:
            return self.answer_now(request)
        with self.tenant.lock:
            address = mailbox_of(self.tenant, _with(request, params=found[1])) or ""
        crowded = self.tenant.throttle.enter(address)
        if crowded is not None:
            return self.answer_now(request, crowded)
        try:
            await asyncio.sleep(0)
            return self.answer_now(request)
        finally:
            self.tenant.throttle.leave(address)

    def answer_now(self, request: Request, crowded: TooMany | None = None) -> Answer:
        """Answer one request or one item of a batch, record it, and play the fault ordered for it."""
        tenant = self.tenant
        found = find_route(request.method, request.path)
        batch = f"{request.method} {request.path}" == BATCH
        name = found[0].name if found is not None else f"{request.method} {request.path}"
        with tenant.lock:
            self.served += 1
            headers = self._identity(request)
            fault = tenant.faults(name, request.path) if tenant.faults is not None else None
            try:
                self._authenticate(request)
                if fault is not None and fault.when == "before":
                    raise self._fail(fault, name, request)
                if batch:
                    answer = answer_batch(request, self.answer_now)
                elif found is None:
                    raise not_simulated(name)
                else:
                    answer = self._perform(found[0], _with(request, params=found[1]), crowded)
                if fault is not None:
                    raise self._fail(fault, name, request)
            except GraphError as error:
                answer = Answer(
                    status=error.status, body=self._envelope(error, headers), headers=error.headers
                )
            tenant.calls.append(
                Call(operation=name, path=request.path, status=answer.status, at=tenant.clock.now())
            )
        return Answer(status=answer.status, body=answer.body, headers={**headers, **answer.headers})

    # --- before the operation ---------------------------------------------------------------------

    def _identity(self, request: Request) -> dict[str, str]:
        digest = hashlib.blake2b(
            f"{self.tenant.population.tenant_id}/{self.served}".encode(), digest_size=16
        ).digest()
        own = str(uuid.UUID(bytes=digest, version=4))
        return {
            "request-id": own,
            "client-request-id": request.headers.get("client-request-id", own),
            "Date": format_datetime(self.tenant.clock.now(), usegmt=True),
        }

    def _envelope(self, error: GraphError, headers: dict[str, str]) -> Json:
        inner = {
            "date": self.tenant.clock.now().strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": headers["request-id"],
            "client-request-id": headers["client-request-id"],
        }
        return {"error": {"code": error.code, "message": error.message, "innerError": inner}}

    def _authenticate(self, request: Request) -> None:
        given = request.headers.get("authorization")
        if given is None:
            raise GraphError(401, "InvalidAuthenticationToken", "There is no access token.")
        if given != f"Bearer {self.tenant.token}":
            raise GraphError(401, "InvalidAuthenticationToken", "The access token is not valid.")

    def _fail(self, fault: Fault, name: str, request: Request) -> Exception:
        if fault.status is None:
            call = Call(operation=name, path=request.path, status=None, at=self.tenant.clock.now())
            self.tenant.calls.append(call)
            return Dropped(name)
        return GraphError(fault.status, fault.code, "A fault was ordered.", retry_after=fault.retry_after)

    # --- the operation ----------------------------------------------------------------------------

    def _perform(self, route: Route, request: Request, crowded: TooMany | None) -> Answer:
        for option in request.query:
            if option not in route.options:
                message = f"The query parameter '{option}' is not supported here."
                raise bad_request(message)
        spent = self._charge(route, request, crowded)
        self._permit(route, request)
        content = _content(route, request)
        answer = route.perform(self.tenant, _with(request, params=request.params, content=content))
        return Answer(status=answer.status, body=answer.body, headers={**spent, **answer.headers})

    def _permit(self, route: Route, request: Request) -> None:
        allowed = frozenset(derived()["permissions"][route.name])
        if route.budget is Budget.MAIL:
            reachable_mailbox(self.tenant, request, allowed)
        elif not allowed & self.tenant.granted:
            raise denied()

    def _charge(self, route: Route, request: Request, crowded: TooMany | None) -> dict[str, str]:
        """Charge the allowances of the route; 429 with Retry-After when one is spent."""
        tenant, now = self.tenant, self.tenant.clock.now()
        throttle = tenant.throttle
        spent: dict[str, str] = {}
        refused = crowded
        if route.budget is Budget.MAIL:
            refused = refused or throttle.mailbox(mailbox_of(tenant, request) or "", now, sends=route.sends)
        elif route.budget is Budget.REPORTS:
            refused = throttle.window(REPORTS, now)
        elif route.budget is Budget.DIRECTORY:
            cost = cost_of(route, request)
            refused = throttle.directory(now, cost, writes=route.method != "GET" and not route.reads)
            if refused is None and touches_activity(request):
                refused = throttle.window(SIGN_IN_ACTIVITY, now)
            spent["x-ms-resource-unit"] = str(cost)
            if throttle.used >= 0.8:
                spent["x-ms-throttle-limit-percentage"] = f"{throttle.used:.1f}"
        if refused is not None:
            raise GraphError(429, "TooManyRequests", "Too many requests.", retry_after=refused.retry_after)
        return spent


def cost_of(route: Route, request: Request) -> int:
    """Return the ResourceUnits of a directory request: $select -1, $expand +1, small $top -1, at least 1."""
    top = request.query.get("$top", "")
    saved = ("$select" in request.query) + (top.isdecimal() and int(top) < _SMALL_PAGE)
    return max(1, route.cost + ("$expand" in request.query) - saved)


def _content(route: Route, request: Request) -> Json:
    """Return the parsed and checked body of a write; a body nobody expects is refused."""
    if route.method in {"GET", "DELETE"}:
        return {}
    if route.body is None and request.body.strip() in {b"", b"{}"}:
        return {}
    if route.body is None:
        message = "This operation takes no request body."
        raise bad_request(message)
    if "json" not in request.headers.get("content-type", ""):
        message = "A request body needs the header Content-Type: application/json."
        raise bad_request(message)
    try:
        content = msgspec.json.decode(request.body)
    except msgspec.DecodeError as error:
        message = "The request body is no JSON."
        raise bad_request(message) from error
    check_body(content, route.body)
    found: Json = content
    return found


def _with(
    request: Request, *, params: Mapping[str, str] | None = None, content: Json | None = None
) -> Request:
    return Request(
        method=request.method,
        path=request.path,
        query=request.query,
        headers=request.headers,
        body=request.body,
        origin=request.origin,
        params=params if params is not None else request.params,
        content=content if content is not None else request.content,
    )
