"""The public keys by which the tenant's sign-in signs its tokens, fetched when needed and kept for a day."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import httpx
import jwt

from reviews.errors import Transient
from reviews.ports import Clock

log = logging.getLogger("gatehouse.web")

LOGIN: Final = "https://login.microsoftonline.com"
KEPT: Final = timedelta(hours=24)
"""How long keys are used before they are looked at again (learn.microsoft.com/entra/identity-platform/
signing-key-rollover)."""
PATIENCE: Final = timedelta(minutes=5)
"""How long a key that is not there stays unasked for: made-up names must not become requests."""


def keys_url(tenant_id: str) -> str:
    """Return where Microsoft publishes the keys of a tenant."""
    return f"{LOGIN}/{tenant_id}/discovery/v2.0/keys"


class SigningKeys:
    """The keys by name. One object per process; safe for requests side by side."""

    def __init__(self, url: str, clock: Clock, http: httpx.AsyncClient) -> None:
        self._url = url
        self._clock = clock
        self._http = http
        self._fetching = asyncio.Lock()
        self._fetched_at: datetime | None = None
        self._keys: Mapping[str, jwt.PyJWK] = {}

    async def find(self, name: str) -> jwt.PyJWK | None:
        """Return the key of that name; None when the tenant signs with no such key.

        Raises:
            Transient: the keys are not to be had now, and this one is not among those of yesterday.

        """
        async with self._fetching:
            if self._is_due(name):
                try:
                    self._keys = await self._fetch()
                    self._fetched_at = self._clock.now()
                except (httpx.HTTPError, ValueError, jwt.PyJWTError) as error:
                    log.warning("keys not read: %s", type(error).__name__, extra={"event": "keys.unread"})
                    if name not in self._keys:
                        raise Transient("the keys of the sign-in could not be read") from error
        return self._keys.get(name)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._http.aclose()

    def _is_due(self, name: str) -> bool:
        if self._fetched_at is None:
            return True
        age = self._clock.now() - self._fetched_at
        return age > (KEPT if name in self._keys else PATIENCE)

    async def _fetch(self) -> Mapping[str, jwt.PyJWK]:
        response = await self._http.get(self._url)
        document = response.raise_for_status().json()
        listed = document.get("keys") if isinstance(document, dict) else None
        return {key.key_id: key for key in jwt.PyJWKSet(listed or []) if key.key_id}
