"""What Graph's refusals mean to Gatehouse: from HTTP status and ``error.code`` to one of our errors.

    status                     error.code                                     becomes
    400                        Directory_ExpiredPageToken                     PageExpired (Transient)
    400, 405, 406, 415, 501    any other                                      NotSupported
    401                        any                                            Forbidden, needs a valid token
    403                        Authentication_RequestFromNonPremiumTenant...  Forbidden, needs ``LICENCE``
    403                        any other                                      Forbidden, needs the permission
    404, 410                   any                                            Gone
    409, 412                   any                                            Conflict
    408, 423, 500, 502 - 504   any                                            Transient, or Ambiguous (POST)
    429                        any                                            Throttled
    anything else              any                                            Malformed

Decisions use status and code, never the message (graph-facts.md I).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import msgspec

from adapters.graph.operations import Operation
from reviews.errors import (
    Conflict,
    Forbidden,
    GatehouseError,
    Gone,
    Malformed,
    NotSupported,
    Throttled,
    Transient,
)

LICENCE = "a Microsoft Entra ID P1 licence"
TOKEN = "an identity with a valid token for Microsoft Graph"  # noqa: S105 - words, not a secret

_NO_PREMIUM = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
_EXPIRED_PAGE = "Directory_ExpiredPageToken"
PASSING = frozenset({408, 423, 500, 502, 503, 504})
"""Failures of the moment: the same request may do better later."""

_MEANINGS: Mapping[int, type[GatehouseError]] = {
    400: NotSupported,
    404: Gone,
    405: NotSupported,
    406: NotSupported,
    409: Conflict,
    410: Gone,
    412: Conflict,
    415: NotSupported,
    429: Throttled,
    501: NotSupported,
}


class PageExpired(Transient):
    """The token in a nextLink is too old; a reading starts again at its first page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back: any status."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether Graph did what was asked."""
        return 200 <= self.status < 300


class _Error(msgspec.Struct):
    code: str = ""


class _Envelope(msgspec.Struct):
    error: _Error


_ENVELOPE = msgspec.json.Decoder(_Envelope)


def error_code(reply: Reply) -> str:
    """Return Graph's own word for a refusal; empty when the body is not Graph's envelope."""
    try:
        return _ENVELOPE.decode(reply.content).error.code
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def retry_after(reply: Reply, now: datetime) -> timedelta | None:
    """Read the Retry-After header, seconds or a date; None when there is none that can be read."""
    text = reply.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return timedelta(seconds=int(text[:9]))
    try:
        return max(parsedate_to_datetime(text) - now, timedelta())
    except (ValueError, TypeError):
        return None


def refusal(operation: Operation, reply: Reply) -> GatehouseError:
    """Return the error that a refused request means, with the operation named in its message."""
    code = error_code(reply)
    words = f"{operation.name}: Graph answered {reply.status} {code}".rstrip()
    if reply.status == 401:
        return Forbidden(f"{words}: sign in with {TOKEN}", needs=TOKEN)
    if reply.status == 403:
        needs = LICENCE if code == _NO_PREMIUM else " and ".join(operation.needs)
        return Forbidden(f"{words}: this needs {needs} (docs/permissions.md)", needs=needs)
    if code == _EXPIRED_PAGE:
        return PageExpired(words)
    return _MEANINGS.get(reply.status, Transient if reply.status in PASSING else Malformed)(words)
