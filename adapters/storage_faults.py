"""What the storage libraries raise, told in this product's own words.

The exception's class and HTTP status decide, never its error code: Azurite leaves the code out, and a
retried batch loses it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)

from reviews.errors import Conflict, Forbidden, GatehouseError, Permanent, Throttled, Transient

_PASSING = frozenset({408, 500, 502, 503, 504})
_THROTTLED = frozenset({429, 503})
_ROLES = "Storage Table, Queue and Blob Data Contributor on the data account"


@asynccontextmanager
async def translated(where: str) -> AsyncIterator[None]:
    """Raise what the storage library raises as one of ``reviews.errors``; ``where`` names the thing."""
    try:
        yield
    except AzureError as error:
        raise translate(error, where) from error


def translate(error: AzureError, where: str) -> GatehouseError:
    """Say which of our errors one of the library's is.

    Lost connections are Transient: whoever wrote looks for its own nonce before it concludes anything.
    """
    if isinstance(error, ResourceModifiedError | ResourceExistsError):
        return Conflict(f"{where}: somebody else wrote it first")
    if isinstance(error, ClientAuthenticationError):
        return _forbidden(where)
    if isinstance(error, ResourceNotFoundError):
        return Permanent(f"{where}: not there; the deployment makes tables, queues and containers")
    if isinstance(error, HttpResponseError) and error.status_code is not None:
        return _by_status(error, error.status_code, where)
    return Transient(f"{where}: no usable reply ({type(error).__name__})")


def _by_status(error: HttpResponseError, status: int, where: str) -> GatehouseError:
    if status in {401, 403}:
        return _forbidden(where)
    if status == 404:
        return Permanent(f"{where}: not there; the deployment makes tables, queues and containers")
    if status in {409, 412}:
        return Conflict(f"{where}: somebody else wrote it first")
    if status in _THROTTLED:
        return Throttled(f"{where}: storage asks for a pause", retry_after=_pause(error))
    if status in _PASSING or status < 400:
        return Transient(f"{where}: storage answered {status}")
    return Permanent(f"{where}: storage refused the request with {status}")


def _forbidden(where: str) -> Forbidden:
    return Forbidden(f"{where}: storage refuses this identity", needs=_ROLES)


def _pause(error: HttpResponseError) -> timedelta | None:
    headers = getattr(error.response, "headers", None) or {}
    seconds = str(headers.get("Retry-After", ""))
    return timedelta(seconds=int(seconds)) if seconds.isdigit() else None
