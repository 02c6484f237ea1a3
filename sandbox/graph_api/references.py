"""References to objects, as ``@odata.id`` and ``...@odata.bind`` write them."""

import re
from datetime import datetime

from sandbox.graph_api.exchange import bad_request, not_found
from sandbox.tenant import Tenant

_REFERENCE = re.compile(r"/(?:directoryObjects|users|groups)/([0-9a-fA-F-]{36})$")


def referred_id(tenant: Tenant, link: str, now: datetime) -> str:
    """Return the id a reference points at; 404 for an object that is not there (yet)."""
    match = _REFERENCE.search(link)
    if match is None:
        message = f"'{link}' is no reference to an object."
        raise bad_request(message)
    object_id = match[1].lower()
    if not tenant.directory.exists(object_id, now):
        raise not_found(object_id)
    return object_id
