"""What sort of account a guest is, and what may be done to that sort."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from reviews.model import Guest, Kind, Redemption
from reviews.records import HARMFUL, Act

ALLOWED: Mapping[Kind, frozenset[Act]] = MappingProxyType(
    {
        Kind.EXTERNAL_GUEST: HARMFUL | {Act.ASK, Act.CLOSE},
        Kind.PENDING_GUEST: HARMFUL | {Act.ASK, Act.CLOSE},
        Kind.INTERNAL_GUEST: frozenset({Act.ASK, Act.CLOSE}),
        Kind.SYNCED_GUEST: frozenset({Act.ASK, Act.CLOSE}),
        Kind.EXTERNAL_MEMBER: frozenset(),
        Kind.MEMBER: frozenset(),
    }
)
"""What may be done to each kind. Blocking a synced account in the cloud would not hold, and an internal
guest signs in with the organisation's own password: people may be asked about both, and act by hand."""


def classify(guest: Guest, home_domains: Collection[str]) -> Kind:
    """Tell what sort of account this is, from ``userType``, UPN, redemption and identities.

    Graph tells no account kind; Conditional Access tells internal from external guests by the same
    evidence. ``home_domains`` are the tenant's verified domains, in lower case. When nothing speaks for an
    external identity the account counts as internal, to which less may be done.
    """
    external = _is_external(guest, home_domains)
    if guest.user_type != "Guest":
        return Kind.EXTERNAL_MEMBER if external else Kind.MEMBER
    if guest.synced:
        return Kind.SYNCED_GUEST
    if not external:
        return Kind.INTERNAL_GUEST
    return Kind.PENDING_GUEST if guest.redemption is Redemption.PENDING else Kind.EXTERNAL_GUEST


def _is_external(guest: Guest, home_domains: Collection[str]) -> bool:
    if "#EXT#" in guest.user_principal_name or guest.redemption is Redemption.ACCEPTED:
        return True
    # Invited to become external, but until the invitation is accepted the home password still works.
    if home_domains and any(identity.issuer.lower() in home_domains for identity in guest.identities):
        return False
    # An open invitation is no evidence: somebody inside may have been invited. Nor is an own UPN as identity.
    return any(identity.sign_in_type != "userPrincipalName" for identity in guest.identities)
