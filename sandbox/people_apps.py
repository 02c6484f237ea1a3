"""The apps people of the sandbox work with, the roles those apps know, and the directory's own roles."""

import hashlib
import uuid
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sandbox.people_ids import Ids

DEFAULT_ACCESS: Final = "00000000-0000-0000-0000-000000000000"
"""The role of who is assigned to an app that knows no roles (Graph docs, appRoleAssignment)."""


class App(NamedTuple):
    """An app people are assigned to; ``roles`` are empty where there is only one way to use it."""

    name: str
    roles: tuple[str, ...] = ()


APPS: Final = (
    App("Supplier portal", ("Reader", "Buyer", "Approver")),
    App("SAP", ("Display", "Purchasing", "Finance")),
    App("ServiceNow", ("Requester", "Agent")),
    App("Jira", ("User", "Project admin")),
    App("Contract archive", ("Reader", "Editor")),
    App("Lab notebook", ("Reader", "Researcher")),
    App("Building access"),
    App("Travel desk"),
    App("Design library"),
    App("Training centre"),
)
"""The apps of every sandbox tenant, by number."""

ROLES: Final = MappingProxyType(
    {
        "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
        "Global Reader": "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
        "User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1",
        "Helpdesk Administrator": "729827e3-9c14-49f7-bb1b-9608f156bbb8",
        "Application Administrator": "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
        "Guest Inviter": "95e79109-95c0-4d8e-aee3-d01accf2d47b",
        "Directory Readers": "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
        "Security Reader": "5d6b6bb7-de71-4623-b4af-96380a352509",
        "Teams Administrator": "69091246-20e8-4a56-aa4d-066075b2a7a8",
        "SharePoint Administrator": "f28a1f50-f6e7-4571-818b-6a12f2af6b6c",
    }
)
"""Built-in roles and their template ids (Entra docs, built-in roles)."""


def _guid(text: str) -> str:
    return str(uuid.UUID(bytes=hashlib.blake2b(text.encode(), digest_size=16).digest(), version=4))


def app_role_id(app: App, role: str | None) -> str:
    """Return the id of a role of an app; KeyError when the app does not know it."""
    if role is None and not app.roles:
        return DEFAULT_ACCESS
    if role not in app.roles:
        raise KeyError(f"{app.name} knows no role {role}")
    return _guid(f"{role} of {app.name}")


def app_named(name: str) -> int:
    """Return the number of the app of that name; KeyError when there is none."""
    for n, app in enumerate(APPS):
        if app.name == name:
            return n
    raise KeyError(name)


def service_principal(ids: Ids, n: int) -> dict[str, Any]:
    """Write app n as the service principal people are assigned to."""
    app = APPS[n]
    return {
        "id": ids.of("app", n),
        "displayName": app.name,
        "appDisplayName": app.name,
        "appId": _guid(f"appId of {app.name}"),
        "accountEnabled": True,
        "appRoleAssignmentRequired": bool(app.roles),
        "servicePrincipalType": "Application",
        "servicePrincipalNames": [_guid(f"appId of {app.name}")],
        "signInAudience": "AzureADMyOrg",
        "tags": ["WindowsAzureActiveDirectoryIntegratedApp"],
        "appRoles": [
            {
                "id": app_role_id(app, role),
                "displayName": role,
                "description": f"{role} of {app.name}",
                "value": role.replace(" ", ""),
                "isEnabled": True,
                "origin": "Application",
                "allowedMemberTypes": ["User"],
            }
            for role in app.roles
        ],
    }


def registration(ids: Ids, n: int) -> dict[str, Any]:
    """Write app n as the application object its makers own."""
    app = APPS[n]
    return {
        "id": ids.of("registration", n),
        "displayName": app.name,
        "appId": _guid(f"appId of {app.name}"),
        "signInAudience": "AzureADMyOrg",
        "identifierUris": [],
        "tags": [],
    }
