"""Second proof of who is at the door: the token that the tenant's sign-in itself has signed.

The header that ``principal`` reads is worth what the platform in front of us is worth. This one proves
itself: App Service Authentication hands it on where its token store is on (learn.microsoft.com/azure/
app-service/configure-authentication-oauth-tokens), and nobody but Microsoft's sign-in can make one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import jwt

from adapters.principal import Principal
from adapters.signing_keys import LOGIN, SigningKeys
from reviews.ports import Clock

HEADER: Final = "x-ms-token-aad-id-token"
LARGEST: Final = 16 * 1024
"""Characters of a token that are read."""
SESSION: Final = timedelta(hours=8)
"""How long a session outlives the token it began with: ``cookieExpiration`` in infra/modules/app.bicep."""
SKEW: Final = timedelta(minutes=5)
"""By how much the clocks of the sign-in and of this machine may differ."""

_RULES: Final[Any] = {
    "require": ["aud", "exp", "iat", "iss", "oid", "tid"],
    # The library looks at the machine's clock, and at the token's end alone; see _is_of_this_session.
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondProof:
    """The check of a token against the person whom the platform named."""

    keys: SigningKeys
    clock: Clock
    tenant_id: str
    client_id: str
    """The app registration that reviewers sign in to; a token meant for another app proves nothing here."""

    async def objection(self, values: Sequence[str], who: Principal) -> str | None:
        """Say why the header's values do not prove this person; None when they do, or when there are none.

        Raises:
            Transient: the key that the token names could not be looked up.

        """
        if not values:
            return None
        if len(values) != 1 or not values[0].isascii() or len(values[0]) > LARGEST:
            return "unreadable"
        try:
            return await self._objection(values[0], who)
        except jwt.InvalidSignatureError:
            return "forged"
        except (jwt.InvalidAudienceError, jwt.InvalidIssuerError):
            return "meant-for-others"
        except (jwt.PyJWTError, ValueError, RecursionError):
            return "unreadable"

    async def _objection(self, token: str, who: Principal) -> str | None:
        # Only the key's name is believed before the signature is: never an address where keys would be.
        named = jwt.get_unverified_header(token).get("kid")
        key = await self.keys.find(named) if isinstance(named, str) else None
        if key is None:
            return "unknown-key"
        claims = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=self.client_id,
            issuer=f"{LOGIN}/{self.tenant_id}/v2.0",
            options=_RULES,
        )
        if (str(claims["oid"]).lower(), str(claims["tid"]).lower()) != (who.object_id, self.tenant_id):
            return "another-person"
        return None if self._is_of_this_session(claims) else "out-of-date"

    def _is_of_this_session(self, claims: Mapping[str, Any]) -> bool:
        """Say whether the token is no older than a session can be, and not of tomorrow."""
        now = self.clock.now().timestamp()
        begins, ends = claims["iat"], claims["exp"]
        if type(begins) is not int or type(ends) is not int:
            return False
        return begins - SKEW.total_seconds() <= now <= ends + SESSION.total_seconds()
