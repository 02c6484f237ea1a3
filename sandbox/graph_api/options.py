"""Query options as Graph understands them: $select, $top, $skip, $expand, and links to the next page."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

from sandbox.graph_api.exchange import GraphError, Request, bad_request, not_simulated
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json

_EXPAND = re.compile(r"^(?P<name>\w+)(?:\(\$select=(?P<select>[\w,.\s]+)\))?$")


def selected(
    request: Request, known: frozenset[str], simulated: frozenset[str], kind: str
) -> tuple[str, ...] | None:
    """Return the selected property names, or None without ``$select``.

    Raises 400 for a property Graph's type does not have, 501 for one the sandbox does not simulate.
    """
    text = request.query.get("$select")
    return None if text is None else check_names(text, known, simulated, kind)


def check_names(text: str, known: frozenset[str], simulated: frozenset[str], kind: str) -> tuple[str, ...]:
    """Check a comma-separated list of property names."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name in simulated:
            continue
        if name in known:
            what = f"the property '{name}' of {kind}"
            raise not_simulated(what)
        message = f"Type '{kind}' has no property '{name}'."
        raise bad_request(message)
    return names


def number(request: Request, name: str, default: int, *, lowest: int, highest: int) -> int:
    """Read ``$top`` or ``$skip``; 400 outside of its bounds."""
    text = request.query.get(name)
    if text is None:
        return default
    if not text.isdecimal() or not lowest <= int(text) <= highest:
        message = f"Invalid value '{text}' for {name}: it must be from {lowest} to {highest}."
        raise bad_request(message)
    return int(text)


def expanded(request: Request, name: str) -> tuple[bool, str | None]:
    """Read ``$expand`` where only one relationship is known: (is it expanded, its inner $select)."""
    text = request.query.get("$expand")
    if text is None:
        return False, None
    match = _EXPAND.match(text.strip())
    if match is None or match["name"] != name:
        message = f"Invalid $expand: one expand per request, and only '{name}' here."
        raise bad_request(message)
    return True, match["select"]


def cut(request: Request, record: Json, kind: str, known: frozenset[str]) -> Json:
    """Return a whole record, or the selected part of it with its id; 501 for a property it does not hold."""
    text = request.query.get("$select")
    if text is None:
        return dict(record)
    names = check_names(text, known, frozenset(record), kind)
    return {name: value for name, value in record.items() if name in names or name == "id"}


def pick(record: Json, names: Iterable[str], collections: frozenset[str]) -> Json:
    """Return the named properties: null, or an empty collection, for what the record does not hold."""
    return {n: record.get(n, [] if n in collections else None) for n in names}


# --- the next page ---------------------------------------------------------------------------------


def _query_text(query: Mapping[str, str]) -> str:
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())


def _seal(tenant: Tenant, payload: bytes, request: Request) -> bytes:
    rest = {k: v for k, v in request.query.items() if k != "$skiptoken"}
    secret = f"{tenant.population.tenant_id}|{request.path}|{_query_text(dict(sorted(rest.items())))}|"
    return hashlib.blake2b(secret.encode() + payload, digest_size=8).digest()


def next_link(tenant: Tenant, request: Request, position: int, now: datetime) -> str:
    """Return the link to the page that begins at a position; it stops working after the token's lifetime."""
    payload = msgspec.json.encode((position, int(now.timestamp())))
    token = base64.urlsafe_b64encode(_seal(tenant, payload, request) + payload).decode().rstrip("=")
    query = {**{k: v for k, v in request.query.items() if k != "$skiptoken"}, "$skiptoken": token}
    return f"{request.origin}/v1.0{request.path}?{_query_text(query)}"


def position_of(tenant: Tenant, request: Request, now: datetime) -> int:
    """Return where the asked page begins: 0 without a token.

    Raises 400: a token that is not ours, of another query, or too old (``Directory_ExpiredPageToken``).
    """
    token = request.query.get("$skiptoken")
    if token is None:
        return 0
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        position, issued = msgspec.json.decode(raw[8:], type=tuple[int, int])
    except (binascii.Error, msgspec.DecodeError, ValueError) as error:
        message = "Invalid page token."
        raise bad_request(message) from error
    if raw[:8] != _seal(tenant, raw[8:], request):
        message = "The page token does not belong to this query."
        raise bad_request(message)
    if now - datetime.fromtimestamp(issued, UTC) > tenant.page_token_lifetime:
        message = "The page token has expired; start from the first page."
        raise GraphError(400, "Directory_ExpiredPageToken", message)
    return position


def offset_page(request: Request, rows: list[Json], *, default: int, highest: int) -> Json:
    """Cut one page out of rows by ``$top`` and ``$skip``, with a link to the rest."""
    top = number(request, "$top", default, lowest=1, highest=highest)
    skip = number(request, "$skip", 0, lowest=0, highest=10**9)
    page: Json = {}
    if skip + top < len(rows):
        query = {**request.query, "$skip": str(skip + top)}
        page["@odata.nextLink"] = f"{request.origin}/v1.0{request.path}?{_query_text(query)}"
    page["value"] = rows[skip : skip + top]
    return page
