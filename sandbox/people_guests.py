"""Writes the directory record of one made-up guest, and says what kind of guest it is."""

from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sandbox.people_names import Name

DAY: Final = 86_400
SUCCESS_SINCE: Final = int(datetime(2023, 12, 1, tzinfo=UTC).timestamp())
"""Successful sign-ins are recorded from here on, never back-filled (Graph docs, signInActivity)."""
SIGN_INS_SINCE: Final = int(datetime(2020, 4, 1, tzinfo=UTC).timestamp())
"""Sign-ins before this moment left no trace at all (Graph docs, user)."""
CREATION_KNOWN_SINCE: Final = int(datetime(2018, 6, 1, tzinfo=UTC).timestamp())
"""Some accounts made before have no creation date (Graph docs, user)."""

# Dates are most of the work of a record: days are remembered, times of day are put together from two tables.
_MINUTES: Final = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440))
_SECONDS: Final = tuple(f"{second:02}" for second in range(60))


class GuestKind(StrEnum):
    """How a guest account came to be and how far it got."""

    EXTERNAL = "external"
    PENDING = "pending"
    NEVER_SEEN = "never-seen"
    ATTEMPTS_ONLY = "attempts-only"
    INTERNAL = "internal"
    SYNCED = "synced"
    CONVERTED = "converted"


class Home(StrEnum):
    """Where the guest proves who they are; the value is the issuer Graph shows."""

    ENTRA = "ExternalAzureAD"
    ONE_TIME_CODE = "mail"
    GOOGLE = "google.com"
    MICROSOFT_ACCOUNT = "MicrosoftAccount"


class SignIns(NamedTuple):
    """Moments in seconds since 1970: last attempt of either kind, last success; None for never."""

    interactive: float | None
    non_interactive: float | None
    success: float | None


class GuestFacts(NamedTuple):
    """What is true of one guest; ``record`` writes it as Graph would show it. Moments: seconds since 1970."""

    object_id: str
    name: Name
    shown_as: str
    address_domain: str
    host_domain: str
    kind: GuestKind
    home: Home
    enabled: bool
    created: float | None
    redeemed: float | None
    creation_type: str | None
    sign_ins: SignIns | None
    company: str | None
    department: str | None
    language: str | None
    country: str | None
    both_identities: bool


def initial_domain(domain: str) -> str:
    """Return the tenant's first domain: ``contoso.onmicrosoft.com`` for ``contoso.example``."""
    return f"{domain.partition('.')[0]}.onmicrosoft.com"


def stamp(moment: float | None) -> str | None:
    """Write seconds since 1970 the way Graph does: ``2024-02-01T10:00:00Z``."""
    if moment is None:
        return None
    day, second = divmod(int(moment), DAY)
    return f"{_day(day)}T{_MINUTES[second // 60]}:{_SECONDS[second % 60]}Z"


@lru_cache(maxsize=8192)
def _day(days: int) -> str:
    return datetime.fromtimestamp(days * DAY, UTC).date().isoformat()


def sign_in_activity(object_id: str, sign_ins: SignIns) -> dict[str, Any]:
    """Write the signInActivity of a user; sign-ins that predate the record of successes show none."""
    interactive, non_interactive, success = sign_ins
    seen = success if success is not None and success >= SUCCESS_SINCE else None
    request = object_id[9:]
    return {
        "lastSignInDateTime": stamp(interactive),
        "lastSignInRequestId": "" if interactive is None else f"1a57e000-{request}",
        "lastNonInteractiveSignInDateTime": stamp(non_interactive),
        "lastNonInteractiveSignInRequestId": "" if non_interactive is None else f"2b68f000-{request}",
        "lastSuccessfulSignInDateTime": stamp(seen),
        "lastSuccessfulSignInRequestId": "" if seen is None else f"3c79a000-{request}",
    }


def record(facts: GuestFacts) -> dict[str, Any]:
    """Write the full Graph user of a guest; signInActivity is absent for who never signed in."""
    host = initial_domain(facts.host_domain)
    inside = facts.kind is GuestKind.INTERNAL or facts.kind is GuestKind.SYNCED
    mail, upn, state = _addresses(facts, host, inside=inside)
    written: dict[str, Any] = {
        "id": facts.object_id,
        "displayName": facts.shown_as,
        "mail": mail,
        "userPrincipalName": upn,
        "userType": "Guest",
        "accountEnabled": facts.enabled,
        "createdDateTime": stamp(facts.created),
        "creationType": facts.creation_type,
        "externalUserState": state,
        "externalUserStateChangeDateTime": None if inside else stamp(facts.redeemed or facts.created),
        "identities": _identities(facts, mail, upn, host, inside=inside),
        "companyName": facts.company,
        "department": facts.department,
        "preferredLanguage": facts.language,
        "usageLocation": facts.country,
        "onPremisesSyncEnabled": True if facts.kind is GuestKind.SYNCED else None,
        "otherMails": [] if inside else [mail],
    }
    if facts.sign_ins is not None:
        written["signInActivity"] = sign_in_activity(facts.object_id, facts.sign_ins)
    return written


def _addresses(facts: GuestFacts, host: str, *, inside: bool) -> tuple[str, str, str | None]:
    """Return mail, userPrincipalName and externalUserState."""
    internal = f"ext-{facts.name.spelt}@{facts.host_domain}"
    if inside:
        return internal, internal, None
    mail = f"{facts.name.spelt}@{facts.address_domain}"
    state = "PendingAcceptance" if facts.redeemed is None else "Accepted"
    if facts.kind is GuestKind.CONVERTED:
        # An internal account that became external keeps its old name (Entra docs, convert to external).
        return mail, internal, state
    return mail, f"{facts.name.spelt}_{facts.address_domain}#EXT#@{host}", state


def _identities(facts: GuestFacts, mail: str, upn: str, host: str, *, inside: bool) -> list[dict[str, Any]]:
    own = {"signInType": "userPrincipalName", "issuer": host, "issuerAssignedId": upn}
    if inside:
        return [own]
    outside = {
        "signInType": "federated",
        "issuer": facts.home.value,
        "issuerAssignedId": None if facts.home is Home.ENTRA else mail,
    }
    # Tenants also list a guest's #EXT# name as an identity: a host issuer alone proves no internal guest.
    return [outside, own] if facts.both_identities else [outside]
