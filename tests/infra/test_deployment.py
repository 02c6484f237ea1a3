import json
import re
from datetime import timedelta
from typing import Any

import pytest
import yaml

from adapters.graph.refusals import PageExpired
from adapters.id_token import SESSION
from adapters.settings import SETTINGS, read_settings
from reviews.errors import Transient
from tests.infra.bicep_files import ROOT, Declaration, Expression, all_names, read

TABLES = ["guests", "batches", "runs", "indexes"]
QUEUES = ["jobs", "actions", "mail", "answers"]
PLATFORM = {
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "AzureWebJobsStorage__accountName",
    "AzureWebJobsStorage__clientId",
    "AzureWebJobsStorage__credential",
    "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID",
    "WEBSITE_AUTH_AAD_ALLOWED_TENANTS",
}


def of_type(kind: str) -> list[Declaration]:
    return [
        resource
        for name in all_names()
        for resource in read(name).resources
        if resource.of.split("@")[0] == kind and not resource.existing
    ]


def deployed_settings() -> dict[str, dict[str, Any]]:
    variables = read("main.bicep").variables
    return {"web": variables["webSettings"], "worker": variables["workerSettings"]}


def module(symbol: str) -> dict[str, Any]:
    (found,) = [item for item in read("main.bicep").modules if item.symbol == symbol]
    params: dict[str, Any] = found.body["params"]
    return params


def test_the_deployed_settings_are_those_that_the_settings_module_reads() -> None:
    deployed = {name for settings in deployed_settings().values() for name in settings}
    assert deployed == {name for name, setting in SETTINGS.items() if setting.where == "app"}


def test_the_deployed_settings_are_accepted_by_the_settings_module() -> None:
    for role, settings in deployed_settings().items():
        known = {name: text for name, text in settings.items() if isinstance(text, str)}
        uris = {name: "https://account.example/" for name in settings if name.endswith("Uri")}
        understood = read_settings({**known, **uris, "PUBLIC_URL": "https://pages.example"})
        assert understood.role == role
        assert understood.policy_source == known.get("POLICY_SOURCE")


def test_both_roles_get_the_same_settings() -> None:
    settings = deployed_settings()
    assert set(settings["worker"]) == set(settings["web"])


def test_each_role_runs_as_itself() -> None:
    for role, settings in deployed_settings().items():
        assert settings["APP_ROLE"] == role
        own = Expression(f"identities.outputs.{role}ClientId")
        assert settings["AZURE_CLIENT_ID"] == settings["STATE__clientId"] == own
        assert module(role)["identityId"] == Expression(f"identities.outputs.{role}IdentityId")
        assert module(role)["hostAccountName"] == Expression(f"{role}Host.outputs.accountName")
        assert module(role)["settings"] == Expression(f"{role}Settings")


def test_state_is_reached_with_the_identity_and_never_with_a_key() -> None:
    for settings in deployed_settings().values():
        assert settings["STATE__credential"] == "managedidentity"
        assert {name for name in settings if name.startswith("STATE")} == {
            "STATE__blobServiceUri",
            "STATE__clientId",
            "STATE__credential",
            "STATE__queueServiceUri",
            "STATE__tableServiceUri",
        }


def test_the_platform_gets_its_own_settings_and_none_that_flex_forbids() -> None:
    assert set(read("modules/app.bicep").variables["platformSettings"]) == PLATFORM


def test_no_setting_of_ours_is_hidden_by_one_of_the_platform() -> None:
    assert not PLATFORM & set(deployed_settings()["worker"])


@pytest.mark.parametrize(
    "account", of_type("Microsoft.Storage/storageAccounts"), ids=lambda item: item.body["name"].text
)
def test_no_storage_account_takes_a_shared_key_an_anonymous_reader_or_old_tls(account: Declaration) -> None:
    properties = account.body["properties"]
    assert properties["allowSharedKeyAccess"] is False
    assert properties["allowBlobPublicAccess"] is False
    assert properties["allowCrossTenantReplication"] is False
    assert properties["supportsHttpsTrafficOnly"] is True
    assert properties["minimumTlsVersion"] == "TLS1_2"


def test_the_record_lives_apart_from_what_the_hosts_keep() -> None:
    names = [module(symbol)["accountName"].text for symbol in ("state", "webHost", "workerHost")]
    assert len(set(names)) == 3
    assert of_type("Microsoft.Storage/storageAccounts/tableServices/tables") == [
        resource for resource in read("modules/state.bicep").resources if resource.symbol == "tables"
    ]


def test_the_state_has_the_tables_queues_and_containers_of_the_house_plan() -> None:
    state = read("modules/state.bicep")
    assert state.variables["tableNames"] == TABLES
    assert state.variables["queueNames"] == QUEUES
    assert state.variables["containerNames"] == ["policies", "census", "plans", "changes"]
    assert state.resource("evidence").body["name"] == "evidence"


def test_every_queue_has_a_place_for_what_fails() -> None:
    source = read("modules/state.bicep").source
    assert re.search(
        r"resource poisonQueues '[^']+' = \[for queueName in queueNames: \{\n[^}]*'\$\{queueName\}-poison'",
        source,
    )


def test_evidence_can_be_neither_changed_nor_deleted_and_the_account_is_locked() -> None:
    state = read("modules/state.bicep")
    policy = state.resource("evidenceImmutability").body
    assert policy["parent"] == Expression("evidence")
    assert policy["properties"] == {
        "immutabilityPeriodSinceCreationInDays": Expression("evidenceDays"),
        "allowProtectedAppendWrites": False,
    }
    assert state.resource("keep").body["properties"]["level"] == "CanNotDelete"
    assert state.resource("keep").body["scope"] == Expression("account")


def test_both_apps_are_flex_consumption_on_python_3_13_over_https_without_ftp() -> None:
    app = read("modules/app.bicep")
    assert app.resource("plan").body["sku"] == {"name": "FC1", "tier": "FlexConsumption"}
    properties = app.resource("app").body["properties"]
    assert properties["httpsOnly"] is True
    assert properties["functionAppConfig"]["runtime"] == {"name": "python", "version": "3.13"}
    site = properties["siteConfig"]
    assert (site["minTlsVersion"], site["scmMinTlsVersion"], site["ftpsState"]) == ("1.2", "1.2", "Disabled")
    assert app.resource("ftpPassword").body["properties"] == {"allow": False}
    assert app.resource("scmPassword").body["properties"] == {"allow": False}


def test_the_package_and_the_host_use_the_identity() -> None:
    app = read("modules/app.bicep")
    storage = app.resource("app").body["properties"]["functionAppConfig"]["deployment"]["storage"]
    assert storage["authentication"]["type"] == "UserAssignedIdentity"
    assert app.variables["platformSettings"]["AzureWebJobsStorage__credential"] == "managedidentity"


def test_nobody_reaches_either_app_without_signing_in_to_this_tenant() -> None:
    sign_in = read("modules/app.bicep").resource("signIn").body["properties"]
    assert sign_in["platform"]["enabled"] is True
    assert sign_in["globalValidation"]["requireAuthentication"] is True
    assert sign_in["login"]["allowedExternalRedirectUrls"] == []
    assert sign_in["login"]["nonce"]["validateNonce"] is True
    assert module("web")["whenSignedOut"] == "RedirectToLoginPage"
    assert module("worker")["whenSignedOut"] == "Return401"
    registrations = read("modules/registrations.bicep")
    for symbol in ("web", "worker"):
        assert registrations.resource(symbol).body["signInAudience"] == "AzureADMyOrg"


def test_the_second_proof_is_handed_on_and_is_meant_for_the_registration_that_sponsors_sign_in_to() -> None:
    login = read("modules/app.bicep").resource("signIn").body["properties"]["login"]
    assert login["tokenStore"] == {"enabled": True}
    hours = f"{SESSION // timedelta(hours=1):02}:00:00"
    assert login["cookieExpiration"] == {"convention": "FixedTime", "timeToExpiration": hours}
    registration = Expression("registrations.outputs.webClientId")
    assert module("web")["registrationClientId"] == registration
    assert deployed_settings()["web"]["SIGN_IN_CLIENT_ID"] == registration


def test_the_worker_is_closed_until_somebody_may_start_it() -> None:
    assert module("worker")["mainSiteAccess"] == Expression("empty(starterPrincipalIds) ? 'Deny' : 'Allow'")
    assert module("worker")["openPaths"] == []
    principal = read("modules/registrations.bicep").resource("workerPrincipal")
    assert principal.body["appRoleAssignmentRequired"] is True


def test_the_web_identity_signs_instead_of_a_secret() -> None:
    credential = read("modules/registrations.bicep").resource("webCredential").body
    assert credential["subject"] == Expression("webPrincipalId")
    assert credential["audiences"] == ["api://AzureADTokenExchange"]
    provider = read("modules/app.bicep").resource("signIn").body["properties"]["identityProviders"]
    setting = provider["azureActiveDirectory"]["registration"]["clientSecretSettingName"]
    assert setting in PLATFORM


def test_only_the_health_check_is_open_to_everybody() -> None:
    host = ROOT / "host.json"
    if not host.exists():
        pytest.skip("host.json does not exist yet")
    prefix = json.loads(host.read_text()).get("extensions", {}).get("http", {}).get("routePrefix", "api")
    assert module("web")["openPaths"] == [f"/{prefix}/health".replace("//", "/")]


def test_telemetry_takes_no_key() -> None:
    (insights,) = of_type("Microsoft.Insights/components")
    assert insights.body["properties"]["DisableLocalAuth"] is True
    settings = read("modules/app.bicep").variables["platformSettings"]
    assert settings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"].text.endswith("Authorization=AAD'")


def test_a_missing_night_a_failure_and_a_parked_message_each_reach_somebody() -> None:
    alerts = read("modules/alerts.bicep")
    rules = {resource.symbol: resource.body["properties"] for resource in alerts.resources}
    assert set(rules) == {"nightAbsent", "failed", "parked"}
    for rule in rules.values():
        assert rule["enabled"] is True
        assert rule["actions"] == {"actionGroups": [Expression("actionGroupId")]}
    (absent,) = rules["nightAbsent"]["criteria"]["allOf"]
    assert (absent["query"], absent["operator"], absent["threshold"]) == (
        Expression("finishedNights"),
        "LessThan",
        1,
    )
    assert "ago(25h)" in alerts.source
    assert "'night.finished'" in alerts.source


def test_every_alert_counts_so_that_silence_is_a_number() -> None:
    alerts = read("modules/alerts.bicep")
    for name in ("finishedNights", "failures", "parkedMessages"):
        assert re.search(rf"var {name} = '''.*?\| summarize \w+ = count\(\)\n'''", alerts.source, re.DOTALL)
    columns = {
        resource.body["properties"]["criteria"]["allOf"][0]["metricMeasureColumn"]
        for resource in alerts.resources
    }
    assert columns == {"Nights", "Failures", "Parked"}


def test_a_failure_that_is_tried_again_wakes_nobody() -> None:
    assert issubclass(
        PageExpired, Transient
    )  # the adapters' own kind counts as well, so it has to be imported
    kinds = {"Transient", *(kind.__name__ for kind in Transient.__subclasses__())}
    (named,) = re.findall(r"let passing = dynamic\(\[(.*)\]\);", read("modules/alerts.bicep").source)
    assert set(re.findall(r"'Exception: (\w+)'", named)) == kinds


def test_azd_deploys_one_package_to_both_apps() -> None:
    azd = yaml.safe_load((ROOT / "azure.yaml").read_text())
    assert set(azd) == {"name", "metadata", "infra", "services", "hooks"}
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", azd["name"])
    service = {"project": ".", "language": "python", "host": "function", "remoteBuild": True}
    assert azd["services"] == {"web": service, "worker": service}
    assert {module(symbol)["serviceName"] for symbol in ("web", "worker")} == set(azd["services"])
    assert "'azd-service-name': serviceName" in read("modules/app.bicep").source


def test_azd_finds_the_templates_and_the_hook() -> None:
    azd = yaml.safe_load((ROOT / "azure.yaml").read_text())
    assert (ROOT / azd["infra"]["path"] / f"{azd['infra']['module']}.bicep").is_file()
    assert set(azd["hooks"]) == {"postprovision"}
    hook = azd["hooks"]["postprovision"]
    assert hook["shell"] == "pwsh"
    assert (ROOT / hook["run"]).is_file()
    assert "continueOnError" not in hook


def test_no_http_route_begins_where_the_functions_host_keeps_its_own() -> None:
    """The host refuses routes under ``admin``, whatever the prefix, and then loads no function with them."""
    app = ROOT / "function_app.py"
    if not app.exists():
        pytest.skip("function_app.py does not exist yet")
    routes = re.findall(r"route\s*=\s*[\"']/?([^\"']*)", app.read_text())
    assert not [route for route in routes if route.split("/")[0] in {"admin", "runtime"}]
