"""The one place where the Microsoft Graph SDK is set up: where it connects, as whom, and what it must not do.

The token goes to the Graph host only; the SDK repeats nothing and follows no redirect, because both are
decided by ``adapters.graph.client`` (graph-facts.md J3: the SDK's own retry sends one POST four times).
"""

import ipaddress
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from kiota_abstractions.request_option import RequestOption
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from kiota_http.httpx_request_adapter import HttpxRequestAdapter
from kiota_http.middleware.options import (
    ParametersNameDecodingHandlerOption,
    RedirectHandlerOption,
    RetryHandlerOption,
)

from reviews.errors import BadSettings
from reviews.ports import Clock

TIMEOUT = httpx.Timeout(100.0, connect=30.0)
UNCHANGED: RequestOption = ParametersNameDecodingHandlerOption(enable=False)
"""Keeps the SDK's hands off a URL that Graph made."""


class StaticToken:
    """A bearer that is given, not fetched: for a stand-in of Graph on this machine."""

    def __init__(self, token: str, clock: Clock) -> None:
        self._token = token
        self._clock = clock

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Return the same token for an hour."""
        return AccessToken(self._token, int((self._clock.now() + timedelta(hours=1)).timestamp()))

    async def close(self) -> None:
        """Close nothing: there is no connection behind it."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()


def is_loopback(host: str) -> bool:
    """Say whether a host name means this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_endpoint(endpoint: str, credential: AsyncTokenCredential | str) -> str:
    """Return the endpoint without a closing slash.

    Raises:
        BadSettings: plain http off this machine, the machine's identity over http or towards this machine,
            a fixed token towards anywhere else, or not a root URL at all.

    """
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    problems = []
    is_root = host and not (parts.path.strip("/") or parts.query or parts.username)
    if parts.scheme not in {"http", "https"} or not is_root:
        problems.append(f"GRAPH_ENDPOINT must be a root, as https://graph.microsoft.com: {endpoint!r}")
    elif parts.scheme == "http" and not is_loopback(host):
        problems.append("GRAPH_ENDPOINT may use http on loopback only: use https")
    elif is_loopback(host) and not isinstance(credential, str):
        problems.append("GRAPH_ENDPOINT on loopback takes GRAPH_TOKEN, never the machine's identity")
    elif not is_loopback(host) and isinstance(credential, str):
        problems.append("GRAPH_TOKEN is for loopback only: sign in with an identity")
    if problems:
        raise BadSettings(problems)
    return f"{parts.scheme}://{parts.netloc}"


def _options() -> Mapping[str, RequestOption]:
    from msgraph.graph_request_adapter import options as ours

    return {
        **ours,
        RetryHandlerOption.get_key(): RetryHandlerOption(delay=0, max_retries=0, should_retry=False),
        RedirectHandlerOption.get_key(): RedirectHandlerOption(max_redirect=0, should_redirect=False),
    }


def connect(
    endpoint: str, credential: AsyncTokenCredential | str, clock: Clock, http: httpx.AsyncClient | None
) -> tuple[HttpxRequestAdapter, tuple[httpx.AsyncBaseTransport, ...]]:
    """Return the SDK's request adapter for a checked endpoint, and the transports its owner closes."""
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from msgraph_core import GraphClientFactory

    host = urlsplit(endpoint).hostname or ""
    provider = AzureIdentityAuthenticationProvider(
        StaticToken(credential, clock) if isinstance(credential, str) else credential,
        scopes=[f"{endpoint}/.default"],
        allowed_hosts=[host],
    )
    # On loopback no proxy of the environment may come in between: it would be handed the bearer.
    client = http or httpx.AsyncClient(timeout=TIMEOUT, trust_env=not is_loopback(host))
    beneath = [client._transport, *client._mounts.values()]  # noqa: SLF001 - see below
    piped = GraphClientFactory.create_with_default_middleware(client=client, options=dict(_options()))
    adapter: HttpxRequestAdapter = GraphRequestAdapter(provider, client=piped)
    adapter.base_url = f"{endpoint}/v1.0"
    # The SDK puts its own transports over the client's and never closes those: whoever connects has to.
    owned = () if http is not None else tuple(one for one in beneath if one is not None)
    return adapter, owned
