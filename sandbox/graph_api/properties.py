"""Which properties the sandbox knows of each type, and which permission opens them."""

import json
from functools import cache
from pathlib import Path

from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json

DERIVED = Path(__file__).parent / "derived.json"

USER = "microsoft.graph.user"
GROUP = "microsoft.graph.group"

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
    "groupTypes",
    "isAssignableToRole",
    "mail",
    "mailEnabled",
    "mailNickname",
    "onPremisesSyncEnabled",
    "proxyAddresses",
    "securityEnabled",
    "visibility",
)
GROUP_SIMULATED = frozenset(GROUP_DEFAULT)
GROUP_COLLECTIONS = frozenset({"groupTypes", "proxyAddresses"})

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


def reads_sponsors(tenant: Tenant) -> bool:
    """Say whether the app sees more of a sponsor than its id."""
    return bool(_SPONSOR_READ & tenant.granted)
