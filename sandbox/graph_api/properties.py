"""Which properties the sandbox knows of each type, and which permission opens them."""

import json
from functools import cache
from pathlib import Path

from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json

DERIVED = Path(__file__).parent / "derived.json"

USER = "microsoft.graph.user"
GROUP = "microsoft.graph.group"
SERVICE_PRINCIPAL = "microsoft.graph.servicePrincipal"
APPLICATION = "microsoft.graph.application"
UNIT = "microsoft.graph.administrativeUnit"
DIRECTORY_ROLE = "microsoft.graph.directoryRole"

USER_DEFAULT = (
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
)
"""What Graph returns of a user without ``$select``."""

USER_SIMULATED = frozenset(USER_DEFAULT) | {
    "accountEnabled",
    "city",
    "companyName",
    "country",
    "createdDateTime",
    "creationType",
    "deletedDateTime",
    "department",
    "employeeType",
    "externalUserState",
    "externalUserStateChangeDateTime",
    "identities",
    "isManagementRestricted",
    "mailNickname",
    "onPremisesSyncEnabled",
    "otherMails",
    "signInActivity",
    "usageLocation",
    "userType",
}
USER_BASIC = frozenset({"displayName", "givenName", "surname", "mail", "userPrincipalName", "id"})
"""What User.ReadBasic.All shows."""

USER_WRITABLE = USER_SIMULATED - {
    "createdDateTime",
    "creationType",
    "deletedDateTime",
    "externalUserState",
    "externalUserStateChangeDateTime",
    "id",
    "identities",
    "isManagementRestricted",
    "onPremisesSyncEnabled",
    "signInActivity",
}
USER_COLLECTIONS = frozenset({"businessPhones", "identities", "otherMails"})

GROUP_DEFAULT = (
    "id",
    "deletedDateTime",
    "createdDateTime",
    "description",
    "displayName",
    "expirationDateTime",
    "groupTypes",
    "isAssignableToRole",
    "mail",
    "mailEnabled",
    "mailNickname",
    "membershipRule",
    "membershipRuleProcessingState",
    "onPremisesSyncEnabled",
    "proxyAddresses",
    "renewedDateTime",
    "resourceProvisioningOptions",
    "securityEnabled",
    "visibility",
)
GROUP_SIMULATED = frozenset(GROUP_DEFAULT) | {"assignedLabels", "isManagementRestricted"}
"""Labels and restricted management are shown only when selected."""
GROUP_COLLECTIONS = frozenset(
    {"assignedLabels", "groupTypes", "proxyAddresses", "resourceProvisioningOptions"}
)

_FULL_READ = {
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "User.ReadWrite.CrossCloud",
}
_SPONSOR_READ = {"User.Read.All", "User.ReadWrite.All"}


@cache
def derived() -> Json:
    """Return the facts copied from Microsoft's metadata (``sandbox/graph_api/deriving.py`` writes them)."""
    content: Json = json.loads(DERIVED.read_text(encoding="utf-8"))
    return content


@cache
def known(kind: str) -> frozenset[str]:
    """Return every property name that Graph's type has."""
    return frozenset(derived()["properties"][kind])


def reads_all_of_users(tenant: Tenant) -> bool:
    """Say whether the app may read more of a user than the basic properties."""
    return bool(_FULL_READ & tenant.granted)


def reads_groups(tenant: Tenant) -> bool:
    """Say whether the app sees more of a group than its id."""
    return any(one.startswith(("Group.", "GroupMember.", "Directory.Read")) for one in tenant.granted)


def reads_sponsors(tenant: Tenant) -> bool:
    """Say whether the app sees more of a sponsor than its id."""
    return bool(_SPONSOR_READ & tenant.granted)
