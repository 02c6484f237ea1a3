import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.infra.bicep_files import INFRA, ROOT, Declaration, Expression, all_names, read

# Microsoft's identifiers of built-in roles: learn.microsoft.com, "Azure built-in roles".
BUILT_IN = {
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": "Storage Queue Data Message Sender",
}
OWN_ROLE = "Gatehouse answer writer"
IDENTITIES = {"webPrincipalId": "web", "workerPrincipalId": "worker", "operatorsGroupId": "operators"}
PLACES = {
    "answers": "queue answers",
    "batches": "table batches",
    "census": "container census",
    "changes": "container changes",
    "data": "data account",
    "evidence": "container evidence",
    "insights": "Application Insights",
    "plans": "container plans",
    "policies": "container policies",
    "webHost": "its own host account",
    "workerHost": "its own host account",
}
EXPECTED = {
    ("web", OWN_ROLE, "table batches"),
    ("web", "Storage Queue Data Message Sender", "queue answers"),
    ("web", "Storage Blob Data Reader", "container policies"),
    ("web", "Storage Blob Data Owner", "its own host account"),
    ("web", "Storage Table Data Contributor", "its own host account"),
    ("web", "Monitoring Metrics Publisher", "Application Insights"),
    ("worker", "Storage Table Data Contributor", "data account"),
    ("worker", "Storage Queue Data Contributor", "data account"),
    ("worker", "Storage Blob Data Reader", "container policies"),
    ("worker", "Storage Blob Data Contributor", "container census"),
    ("worker", "Storage Blob Data Contributor", "container plans"),
    ("worker", "Storage Blob Data Contributor", "container changes"),
    ("worker", "Storage Blob Data Contributor", "container evidence"),
    ("worker", "Storage Blob Data Owner", "its own host account"),
    ("worker", "Storage Table Data Contributor", "its own host account"),
    ("worker", "Monitoring Metrics Publisher", "Application Insights"),
    ("operators", "Storage Table Data Contributor", "data account"),
    ("operators", "Storage Queue Data Contributor", "data account"),
    ("operators", "Storage Blob Data Reader", "data account"),
    ("operators", "Storage Blob Data Contributor", "container policies"),
}
PROFILES = ("observe", "review", "enforce")
PERMISSIONS = (ROOT / "docs" / "permissions.md").read_text()


def role_assignments() -> list[tuple[str, Declaration]]:
    return [
        (name, resource)
        for name in all_names()
        for resource in read(name).resources
        if resource.of.startswith("Microsoft.Authorization/roleAssignments@")
    ]


def role_name(file: str, expression: str) -> str:
    """Follow a role definition expression to the name people know."""
    if expression == "answerWriter.id":
        return OWN_ROLE
    found = re.fullmatch(
        r"subscriptionResourceId\('Microsoft\.Authorization/roleDefinitions', roles\.(\w+)\)", expression
    )
    assert found, f"{file}: a role must be a line of the roles table, not {expression}"
    return BUILT_IN[read(file).variables["roles"][found[1]]]


def granted() -> list[tuple[str, str, str]]:
    rows = []
    for file, resource in role_assignments():
        properties = resource.body["properties"]
        who, place = properties["principalId"].text, resource.body["scope"].text
        host_of_another = place.endswith("Host") and not who.startswith(place.removesuffix("Host"))
        where = "the host account of another app" if host_of_another else PLACES[place]
        rows.append((IDENTITIES[who], role_name(file, properties["roleDefinitionId"].text), where))
    return rows


def table(heading: str) -> list[list[str]]:
    """Return the cells of the table under ``heading``, without its head."""
    section = PERMISSIONS.split(f"## {heading}")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_every_identity_has_exactly_the_azure_roles_it_needs() -> None:
    assert sorted(granted()) == sorted(EXPECTED)


def test_every_role_assignment_sits_in_the_two_access_files() -> None:
    assert {file for file, _ in role_assignments()} == {
        "modules/access.bicep",
        "modules/operator-access.bicep",
    }


def test_every_role_assignment_has_a_name_made_of_place_identity_and_role() -> None:
    for _, resource in role_assignments():
        who = resource.body["properties"]["principalId"].text
        place = resource.body["scope"].text
        assert resource.body["name"].text.startswith(f"guid({place}.id, {who}, ")


def test_the_permissions_page_lists_the_same_azure_roles() -> None:
    listed = {(row[0], row[1].split(" (")[0], row[2].replace("`", "")) for row in table("Azure roles")}
    assert listed == EXPECTED


def test_the_web_role_can_read_and_append_rows_and_nothing_else() -> None:
    (permission,) = read("modules/access.bicep").resource("answerWriter").body["properties"]["permissions"]
    entities = "Microsoft.Storage/storageAccounts/tableServices/tables/entities"
    assert permission == {
        "actions": [],
        "notActions": [],
        "dataActions": [f"{entities}/read", f"{entities}/add/action"],
        "notDataActions": [],
    }


def test_operators_get_nothing_unless_a_group_is_named() -> None:
    source = read("modules/access.bicep").source
    assert "module operators 'operator-access.bicep' = if (!empty(operatorsGroupId)) {" in source
    assert "param operatorsGroupId string = ''" in read("main.bicep").source


FORBIDDEN = {
    "an Owner": r"8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "a Contributor": r"b24988ac-6180-42a0-ab88-20f7382dd24c",
    "a User Access Administrator": r"18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "a listed key": r"\blist(Keys|AccountSas|ServiceSas|Secrets)\b",
    "a connection string with a key": r"AccountKey=|SharedAccessSignature|SharedAccessKey",
    "a password or a secret": r"(?i)passwordCredentials|keyCredentials|client_?secret\b|@secure\(",
    "the deploying person": r"\bdeployer\(",
}


@pytest.mark.parametrize("what", FORBIDDEN)
@pytest.mark.parametrize("name", [*all_names(), "main.bicepparam", "hooks/postprovision.ps1"])
def test_no_file_holds_what_would_widen_access(name: str, what: str) -> None:
    assert re.findall(FORBIDDEN[what], (INFRA / name).read_text()) == []


def graph_grants() -> dict[str, set[str]]:
    grants: dict[str, list[str]] = read("modules/graph-grants.bicep").variables["grants"]
    assert all(len(names) == len(set(names)) for names in grants.values())
    return {profile: set(names) for profile, names in grants.items()}


def listed_graph_permissions() -> dict[str, set[str]]:
    rows = table("Microsoft Graph, application permissions of the worker identity")
    return {
        profile: {row[0].strip("`") for row in rows if row[column] == "yes"}
        for column, profile in enumerate(PROFILES, start=2)
    }


def test_the_permissions_page_lists_the_same_graph_permissions_per_profile() -> None:
    assert graph_grants() == listed_graph_permissions()


def test_reading_profiles_cannot_write() -> None:
    assert not [name for name in graph_grants()["observe"] if not re.search(r"\.Read(Basic)?\.", name)]
    assert not [
        name for name in graph_grants()["review"] if name.startswith("User.") and name != "User.Read.All"
    ]


def test_no_profile_holds_mail_or_more_of_the_directory_than_it_names() -> None:
    everything = set().union(*graph_grants().values())
    too_wide = (
        "Mail.",
        "Directory.ReadWrite",
        "RoleManagement.",
        "AppRoleAssignment.",
        "Application.",
        "User.ReadWrite",
    )
    assert not [name for name in everything if name.startswith(too_wide)]


ONLY_BY_PARAMETER = "User.ReadWrite.All"


def test_nobody_writes_sponsors_unless_a_parameter_says_so() -> None:
    source = read("modules/graph-grants.bicep").source
    assert "param writesSponsors bool = false" in source
    assert f"writesSponsors ? concat(grants[profile], ['{ONLY_BY_PARAMETER}']) : grants[profile]" in source
    assert "param writesSponsors bool = false" in read("main.bicep").source
    assert all(ONLY_BY_PARAMETER not in names for names in graph_grants().values())
    assert f"`{ONLY_BY_PARAMETER}`" in PERMISSIONS


def test_every_graph_permission_has_one_identifier_of_its_own() -> None:
    ids: dict[str, str] = read("modules/graph-grants.bicep").variables["appRoleIds"]
    assert set(ids) == {ONLY_BY_PARAMETER, *set().union(*graph_grants().values())}
    assert len(set(ids.values())) == len(ids)
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value) for value in ids.values())


def test_graph_permissions_go_to_the_worker_alone() -> None:
    principals = {
        (name, resource.body["principalId"])
        for name in all_names()
        for resource in read(name).resources
        if resource.of.startswith("Microsoft.Graph/appRoleAssignedTo@")
    }
    assert principals == {
        ("modules/graph-grants.bicep", Expression("workerPrincipalId")),
        ("modules/registrations.bicep", Expression("starterPrincipalId")),
    }
    starters = read("modules/registrations.bicep").resource("starters")
    assert starters.body["resourceId"] == Expression("workerPrincipal.id")


def test_signing_in_opens_no_data_of_the_sponsor() -> None:
    scope = read("modules/registrations.bicep").resource("webSignIn").body["scope"]
    assert scope == "openid profile email"


def test_mail_is_granted_by_exchange_for_one_mailbox_after_refusing_any_consent() -> None:
    hook = (INFRA / "hooks" / "postprovision.ps1").read_text()
    (roles,) = re.findall(r"^\$MailRoles = @\((.*)\)$", hook, re.MULTILINE)
    assert set(re.findall(r"'([^']+)'", roles)) == {
        row[0].strip("`") for row in table("Mail: one mailbox, by Exchange")
    }
    main = hook.split("function Invoke-Main {")[1]
    steps = ["Assert-NoMailConsent", "Set-ExactRoles $web", "Connect-ExchangeOnline", "Assert-OneMailbox"]
    places = [main.index(step) for step in steps]
    assert places == sorted(places)
    assert "foreach ($principal in @($worker, $web))" in main
    assert hook.count("-CustomResourceScope $scope") == hook.count("New-ManagementRoleAssignment") == 1


def graph_rows() -> dict[str, Any]:
    """Microsoft's permission rows as the sandbox keeps them: operation -> permissions that allow it."""
    found = [
        path for path in (ROOT / "sandbox").rglob("*permissions*.json") if "node_modules" not in path.parts
    ]
    if not found:
        pytest.skip("the sandbox keeps no permission rows yet")
    rows: dict[str, Any] = json.loads(Path(found[0]).read_text())
    return rows


def allowing(row: Any) -> set[str]:
    if isinstance(row, list):
        return set(row)
    inner = row.get("application", row) or {}
    return {*inner.get("least", []), *inner.get("other", [])}


def test_every_operation_is_listed_beside_a_permission_that_allows_it() -> None:
    rows = graph_rows()
    checked = 0
    for permission, operations, *_ in table(
        "Microsoft Graph, application permissions of the worker identity"
    ):
        for operation in re.findall(r"`((?:GET|POST|PATCH|DELETE) /[^`]+)`", operations):
            if operation not in rows or not allowing(rows[operation]):
                continue
            allowed = allowing(rows[operation])
            assert permission.strip("`") in allowed or permission == "`AuditLog.Read.All`", operation
            checked += 1
    assert checked >= 10
