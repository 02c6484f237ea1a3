"""The partners of the sandbox tenant that have a directory of their own, and what was agreed with some."""

import hashlib
import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from sandbox.people_access import Organisation, PartnerSettings
from sandbox.people_guests import Home
from sandbox.people_partners import PARTNERS, TAIL

SISTER: Final = "contoso-group.example"
"""The sister company, whose people a directory sync brings in as external members."""
_ALSO_KNOWN_AS: Final = {
    "fabrikam.example": ("fabrikam-labs.example",),
    "adatum.example": ("tailspin.example",),
    SISTER: ("contoso-holding.example",),
}
"""Further domains of one organisation: A. Datum bought Tailspin."""
_PART_OF_ANOTHER: Final = frozenset(domain for more in _ALSO_KNOWN_AS.values() for domain in more)


def tenant_of(domain: str) -> str:
    """Return the tenant id of the organisation whose default domain this is."""
    digest = hashlib.blake2b(f"tenant of {domain}".encode(), digest_size=16).digest()
    return str(uuid.UUID(bytes=digest, version=4))


@cache
def _known() -> tuple[Mapping[str, Organisation], Mapping[str, Organisation]]:
    places = [
        (SISTER, "Contoso Group"),
        *((p.domain, p.company) for p in (*PARTNERS, *TAIL) if p.home is Home.ENTRA),
    ]
    by_domain: dict[str, Organisation] = {}
    by_tenant: dict[str, Organisation] = {}
    for domain, name in places:
        if domain not in _PART_OF_ANOTHER:
            one = Organisation(tenant_of(domain), str(name), (domain, *_ALSO_KNOWN_AS.get(domain, ())))
            by_tenant[one.tenant_id] = one
            by_domain |= dict.fromkeys(one.domains, one)
    return by_domain, by_tenant


def organisation_of_domain(domain: str) -> Organisation | None:
    """Return the organisation that owns a domain; None for mailbox providers and firms without one."""
    return _known()[0].get(domain.lower())


def organisation_of_tenant(tenant_id: str) -> Organisation | None:
    """Return the organisation with that tenant id."""
    return _known()[1].get(tenant_id.lower())


def b2b(access: str) -> dict[str, Any]:
    """Write who may come in: everybody ``allowed``, or everybody ``blocked``."""
    users = {"accessType": access, "targets": [{"target": "AllUsers", "targetType": "user"}]}
    apps = {"accessType": access, "targets": [{"target": "AllApplications", "targetType": "application"}]}
    return {"usersAndGroups": users, "applications": apps}


TRUST: Final = ("isMfaAccepted", "isCompliantDeviceAccepted", "isHybridAzureADJoinedDeviceAccepted")


def usual_settings() -> dict[str, PartnerSettings]:
    """Return by tenant id what the sandbox tenant agreed: one synced, one trusted, one kept out."""
    return {
        tenant_of(SISTER): {
            "automaticUserConsentSettings": {"inboundAllowed": True, "outboundAllowed": True},
            "inboundTrust": dict.fromkeys(TRUST, True),
            "identitySynchronization": {
                "tenantId": tenant_of(SISTER),
                "displayName": "Contoso Group",
                "userSyncInbound": {"isSyncAllowed": True},
            },
        },
        tenant_of("fabrikam.example"): {
            "automaticUserConsentSettings": {"inboundAllowed": False, "outboundAllowed": False},
            "inboundTrust": {name: name == "isMfaAccepted" for name in TRUST},
        },
        tenant_of("gemeente-zuid.example"): {"b2bCollaborationInbound": b2b("blocked")},
    }
