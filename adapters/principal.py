"""Who is at the door: the header App Service Authentication sets for a person who has signed in.

It can be believed only while the platform's module is on, which strips the header from outside requests
(learn.microsoft.com/azure/app-service/configure-authentication-user-identities); ``web`` sees to that first.
"""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from reviews.model import PersonId

HEADER: Final = "x-ms-client-principal"
LARGEST: Final = 32 * 1024
"""Characters of the header that are read; the platform itself allows no larger ones."""
MOST_CLAIMS: Final = 500

_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_CLAIMS: Final = "http://schemas.microsoft.com/identity/claims/"
_OID: Final = frozenset({"oid", f"{_CLAIMS}objectidentifier"})
_TID: Final = frozenset({"tid", f"{_CLAIMS}tenantid"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A person by the two ids that are never given to anybody else."""

    object_id: PersonId
    tenant_id: str


def read_principal(values: Sequence[str]) -> Principal | None:
    """Read the header's values; None unless there is exactly one, and it names exactly one person of Entra.

    Names and addresses in it are not read: they can be reassigned (OWASP ASVS 5.0, 10.3.3).
    """
    if len(values) != 1 or not values[0].isascii() or len(values[0]) > LARGEST:
        return None
    document = _decoded(values[0])
    if not isinstance(document, dict) or document.get("auth_typ") != "aad":
        return None
    claims = document.get("claims")
    if not isinstance(claims, list) or len(claims) > MOST_CLAIMS or not all(map(_is_claim, claims)):
        return None
    object_id, tenant_id = _only(claims, _OID), _only(claims, _TID)
    if object_id is None or tenant_id is None:
        return None
    return Principal(object_id=PersonId(object_id), tenant_id=tenant_id)


def _decoded(value: str) -> Any:
    try:
        content = base64.b64decode(value, validate=True)
        return json.loads(content.decode("utf-8"), object_pairs_hook=_without_doubles)
    except (binascii.Error, UnicodeDecodeError, ValueError, RecursionError):
        return None


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _is_claim(claim: Any) -> bool:
    return isinstance(claim, dict) and isinstance(claim.get("typ"), str) and isinstance(claim.get("val"), str)


def _only(claims: Sequence[Any], names: frozenset[str]) -> str | None:
    found = [claim["val"] for claim in claims if claim["typ"] in names]
    return found[0].lower() if len(found) == 1 and _GUID.fullmatch(found[0]) else None
