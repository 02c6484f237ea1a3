"""Copies the few facts the sandbox needs from Microsoft's metadata.

Run ``python -m sandbox.graph_api.deriving FOLDER`` when the metadata or the routes change.
"""

import json
import sys
from pathlib import Path

from sandbox.graph_api.properties import (
    APPLICATION,
    DERIVED,
    DIRECTORY_ROLE,
    GROUP,
    SERVICE_PRINCIPAL,
    UNIT,
    USER,
)
from sandbox.graph_api.routes import ROUTES
from sandbox.tenant_directory import Json

_KINDS = {
    USER: "microsoft.graph.user!exact",
    GROUP: GROUP,
    "microsoft.graph.message": "microsoft.graph.message!exact",
    **{kind: kind for kind in (SERVICE_PRINCIPAL, APPLICATION, UNIT, DIRECTORY_ROLE)},
    **{
        kind: kind
        for kind in (
            "microsoft.graph.aadUserConversationMember",
            "microsoft.graph.appRoleAssignment",
            "microsoft.graph.crossTenantAccessPolicyConfigurationDefault",
            "microsoft.graph.crossTenantAccessPolicyConfigurationPartner",
            "microsoft.graph.directoryAudit",
            "microsoft.graph.signIn",
            "microsoft.graph.team",
            "microsoft.graph.unifiedRoleAssignment",
            "microsoft.graph.unifiedRoleDefinition",
            "microsoft.graph.unifiedRoleEligibilityScheduleInstance",
        )
    },
}

NOT_LISTED = {
    "POST /groups/{group-id}/members/$ref": ["Group.ReadWrite.All", "GroupMember.ReadWrite.All"],
    "GET /directory/deletedItems/{directoryObject-id}": ["User.Read.All"],
    "DELETE /groups/{group-id}/members/{directoryObject-id}": [
        "User.DeleteRestore.All",
        "User.ReadWrite.All",
    ],
}
"""Operations without a row in permissions.json; their reference pages: group-post-members,
directory-deleteditems-get, group-delete-members (its warning about the missing ``/$ref``)."""


def derive(folder: Path) -> Json:
    """Return the permissions of every simulated operation and the property names of the types."""
    listed = json.loads((folder / "graph-permissions.json").read_text(encoding="utf-8"))
    schema = json.loads((folder / "graph-schema.json").read_text(encoding="utf-8"))
    permissions = {}
    for route in ROUTES:
        row = (listed.get(route.name) or {}).get("application")
        known = NOT_LISTED.get(route.name, [])
        permissions[route.name] = sorted({*row["least"], *row["other"]}) if row else known
    properties = {kind: sorted(schema["$defs"][key]["properties"]) for kind, key in _KINDS.items()}
    return {"permissions": permissions, "properties": properties}


if __name__ == "__main__":
    DERIVED.write_text(
        json.dumps(derive(Path(sys.argv[1])), indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
