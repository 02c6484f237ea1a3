"""A stand-in for the tenant's sign-in: signs tokens about people with its own key, and publishes that.

The tokens have the claims that the real one puts into them (learn.microsoft.com/entra/identity-platform/
id-token-claims-reference); the key is made anew by every process and signs nothing outside the sandbox.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from adapters.signing_keys import LOGIN

CLIENT_ID: Final = "5ba1d0b0-0000-4000-8000-000000000001"
"""The sandbox's app registration for the answer page."""
KEY: Final = "sandbox-key"
LIFE: Final = timedelta(hours=1)


class TokenDesk:
    """The sign-in of the sandbox, by the sandbox's clock."""

    def __init__(self, now: Callable[[], datetime], client_id: str = CLIENT_ID) -> None:
        self._now = now
        self._client_id = client_id

    def token(self, object_id: str, tenant_id: str, **changes: object) -> str:
        """Sign a token about a person; ``changes`` are claims that say something else."""
        now = int(self._now().timestamp())
        claims = {
            "aud": self._client_id,
            "iss": f"{LOGIN}/{tenant_id}/v2.0",
            "iat": now,
            "nbf": now,
            "exp": now + int(LIFE.total_seconds()),
            "oid": object_id,
            "tid": tenant_id,
            "sub": f"pairwise-{object_id}",
            "ver": "2.0",
        }
        return jwt.encode({**claims, **changes}, signing_key(), algorithm="RS256", headers={"kid": KEY})

    def http(self) -> httpx.AsyncClient:
        """Return a client for which every address holds the public key."""
        return httpx.AsyncClient(
            transport=httpx.MockTransport(lambda _: httpx.Response(200, json=published()))
        )


@cache
def signing_key() -> RSAPrivateKey:
    """Return this process's key."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def published(name: str = KEY) -> Mapping[str, Any]:
    """Return the public key in the form in which Microsoft publishes its own."""
    public = RSAAlgorithm.to_jwk(signing_key().public_key(), as_dict=True)
    shown = {part: public[part] for part in ("kty", "n", "e")}
    return {"keys": [{**shown, "kid": name, "use": "sig"}]}
