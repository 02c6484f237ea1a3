"""A Graph request, its answer, and a refusal, as the sandbox's operations see them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request: an HTTP request, or one item of a ``$batch``."""

    method: str
    path: str
    """Without ``/v1.0``."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    origin: str
    """Scheme and host the client used, for links back."""
    params: Mapping[str, str] = field(default_factory=dict)
    content: Json = field(default_factory=dict)
    """The parsed body of a write."""

    @property
    def eventual(self) -> bool:
        """Whether the client accepts the eventually consistent index."""
        return self.headers.get("consistencylevel", "").lower() == "eventual"

    @property
    def advanced(self) -> bool:
        """Whether this is an advanced query: the header and ``$count=true`` together."""
        return self.eventual and self.query.get("$count", "").lower() == "true"

    def prefers(self, preference: str) -> bool:
        """Say whether the Prefer header asks for something."""
        return preference.lower() in self.headers.get("prefer", "").lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back: nothing, JSON, or text."""

    status: int
    body: Json | str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


NO_CONTENT = Answer(status=204)

Operation = Callable[[Tenant, Request], Answer]


class GraphError(Exception):
    """A refusal in Graph's words. Codes: graph-facts, errors and paging."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = {} if retry_after is None else {"Retry-After": str(int(retry_after.total_seconds()))}


def bad_request(message: str) -> GraphError:
    """Refuse what the client wrote."""
    return GraphError(400, "Request_BadRequest", message)


def unsupported(message: str) -> GraphError:
    """Refuse a query that this resource does not answer."""
    return GraphError(400, "Request_UnsupportedQuery", message)


def not_simulated(what: str) -> GraphError:
    """Say honestly that the sandbox does not know this part of Graph."""
    return GraphError(501, "NotSimulated", f"The sandbox does not simulate {what}.")


def denied(message: str = "The app lacks a permission for this, or the object is protected.") -> GraphError:
    """Refuse for want of a permission."""
    return GraphError(403, "Authorization_RequestDenied", message)


def not_found(object_id: str) -> GraphError:
    """Say that an object is not there, or not there yet."""
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"There is no object '{object_id}', or none that can be read yet.",
    )
