"""What sort of account a guest is, and what may be done to that sort."""

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

from reviews.model import Guest, Kind, Redemption
from reviews.records import HARMFUL, Act

_TALK = frozenset({Act.ASK, Act.ADD_SPONSOR, Act.CLOSE})

ALLOWED: Mapping[Kind, frozenset[Act]] = MappingProxyType(
    {
        Kind.EXTERNAL_GUEST: HARMFUL | _TALK,
        Kind.PENDING_GUEST: HARMFUL | _TALK,
        Kind.PERSONAL_GUEST: HARMFUL | _TALK,
        Kind.INTERNAL_GUEST: _TALK,
        Kind.SYNCED_GUEST: _TALK,
        Kind.TENANT_SYNCED_GUEST: _TALK,
        Kind.BLOCKED_GUEST: HARMFUL | {Act.CLOSE},
        Kind.EXTERNAL_MEMBER: frozenset(),
        Kind.MEMBER: frozenset(),
    }
)
"""What may be done to each kind. Blocking a synced account here would not hold, and an internal guest signs
in with the organisation's own password: people may be asked about both, and act by hand. Nobody is asked
about a blocked guest, but a case that is on its way goes on."""

PERSONAL_ISSUERS = frozenset({"mail", "google.com", "facebook.com", "microsoftaccount", "live.com"})
"""Who vouches for an account that belongs to a person, not to an organisation: a one-time passcode sent by
mail, or a social account. Source: Graph ``objectIdentity``; free text, so it is compared in lower case."""

_DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)+")


def classify(guest: Guest, home_domains: Collection[str]) -> Kind:
    """Tell what sort of account this is now: as ``kind_if_enabled``, or blocked.

    ``home_domains`` are the tenant's verified domains, in lower case.
    """
    kind = kind_if_enabled(guest, home_domains)
    is_guest = kind not in {Kind.MEMBER, Kind.EXTERNAL_MEMBER}
    return Kind.BLOCKED_GUEST if is_guest and not guest.enabled else kind


def kind_if_enabled(guest: Guest, home_domains: Collection[str]) -> Kind:
    """Tell what sort of account this is, from ``userType``, UPN, redemption, identities and its tenant.

    Graph tells no account kind; Conditional Access tells internal from external guests by the same
    evidence. When nothing speaks for an external identity the account counts as internal, to which less may
    be done. This is the kind that the scope of the policy means: our own block must not take a guest out.
    """
    external = _is_external(guest, home_domains)
    if guest.user_type != "Guest":
        return Kind.EXTERNAL_MEMBER if external else Kind.MEMBER
    if guest.synced:
        return Kind.SYNCED_GUEST
    if not external:
        return Kind.INTERNAL_GUEST
    if guest.tenant_synced is True:
        return Kind.TENANT_SYNCED_GUEST
    if guest.redemption is Redemption.PENDING:
        return Kind.PENDING_GUEST
    return Kind.PERSONAL_GUEST if _is_personal(guest) else Kind.EXTERNAL_GUEST


def acts_on(guest: Guest, home_domains: Collection[str]) -> frozenset[Act]:
    """Return what may be done to an account as it stands."""
    return ALLOWED[kind_if_enabled(guest, home_domains)] & ALLOWED[classify(guest, home_domains)]


def home_domain(guest: Guest) -> str | None:
    """Return the domain a guest was invited at, in lower case; None when the account does not tell.

    The principal name keeps it (``ada_partner.example#EXT#@...``); the mail address may have changed since.
    """
    invited, mark, _ = guest.user_principal_name.partition("#EXT#")
    address = invited.rpartition("_")[2] if mark else (guest.mail or "").rpartition("@")[2]
    return address.lower() if _DOMAIN.fullmatch(address) else None


def _is_external(guest: Guest, home_domains: Collection[str]) -> bool:
    if "#EXT#" in guest.user_principal_name or guest.redemption is Redemption.ACCEPTED:
        return True
    # Invited to become external, but until the invitation is accepted the home password still works.
    if home_domains and any(identity.issuer.lower() in home_domains for identity in guest.identities):
        return False
    # An open invitation is no evidence: somebody inside may have been invited. Nor is an own UPN as identity.
    return any(identity.sign_in_type != "userPrincipalName" for identity in guest.identities)


def _is_personal(guest: Guest) -> bool:
    issuers = [one.issuer.lower() for one in guest.identities if one.sign_in_type != "userPrincipalName"]
    return bool(issuers) and all(issuer in PERSONAL_ISSUERS for issuer in issuers)
