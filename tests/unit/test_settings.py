"""The settings: read once, every problem named together with its remedy."""

from datetime import UTC, datetime

import pytest

from adapters.settings import GRAPH, SETTINGS, Role, is_loopback, read_role, read_settings
from reviews.errors import BadSettings

LOCAL = {"GRAPH_ENDPOINT": "http://127.0.0.1:7080", "GRAPH_TOKEN": "sandbox"}
AZURITE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=a2V5;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
    "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1"
)
CLOUD = {
    "STATE__tableServiceUri": "https://data.table.core.windows.net",
    "STATE__queueServiceUri": "https://data.queue.core.windows.net",
    "STATE__blobServiceUri": "https://data.blob.core.windows.net",
}


def problems(**values: str) -> str:
    with pytest.raises(BadSettings) as caught:
        read_settings(values)
    return "\n".join(caught.value.problems)


def test_nothing_set_means_the_real_graph_no_storage_and_real_time() -> None:
    settings = read_settings({})

    assert settings.graph_endpoint == GRAPH
    assert settings.graph_token is None
    assert settings.state is None
    assert settings.sandbox_now is None
    assert settings.role is Role.ALL
    assert settings.auth_enabled is False


def test_a_deployment_is_understood() -> None:
    settings = read_settings(
        {
            **CLOUD,
            "APP_ROLE": "worker",
            "STATE__clientId": "11111111-1111-1111-1111-111111111111",
            "AZURE_CLIENT_ID": "11111111-1111-1111-1111-111111111111",
            "PUBLIC_URL": "https://guests.contoso.example/",
            "WEBSITE_AUTH_ENABLED": "True",
        }
    )

    assert settings.state is not None
    assert settings.state.table_uri == CLOUD["STATE__tableServiceUri"]
    assert settings.public_url == "https://guests.contoso.example"
    assert settings.auth_enabled is True
    assert settings.role is Role.WORKER


def test_a_sandbox_is_understood() -> None:
    settings = read_settings({**LOCAL, "STATE": AZURITE, "SANDBOX_NOW": "2026-11-20T02:00:00Z"})

    assert settings.graph_token == "sandbox"
    assert settings.sandbox_now == datetime(2026, 11, 20, 2, tzinfo=UTC)
    assert settings.state is not None
    assert settings.state.connection_string == AZURITE


def test_all_problems_are_named_at_once_each_with_its_name() -> None:
    found = problems(
        APP_ROLE="king",
        GRAPH_ENDPOINT="http://graph.contoso.example",
        GRAPH_TOKEN="secret",
        STATE="AccountName=real;TableEndpoint=https://data.table.core.windows.net",
        SANDBOX_NOW="yesterday",
        PUBLIC_URL="ftp://x",
    )

    for name in ("APP_ROLE", "GRAPH_ENDPOINT", "GRAPH_TOKEN", "STATE", "SANDBOX_NOW", "PUBLIC_URL"):
        assert f"{name}:" in found
    assert "secret" not in found


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"GRAPH_ENDPOINT": "http://127.0.0.1:7080"}, "GRAPH_TOKEN"),
        ({"GRAPH_TOKEN": "sandbox"}, "GRAPH_TOKEN"),
        ({"SANDBOX_NOW": "2026-11-20T02:00:00Z"}, "SANDBOX_NOW"),
        ({**LOCAL, "SANDBOX_NOW": "2026-11-20T02:00:00"}, "SANDBOX_NOW"),
        ({"STATE__tableServiceUri": "https://data.table.core.windows.net"}, "STATE__queueServiceUri"),
        ({**CLOUD, "STATE__blobServiceUri": "http://data.blob.core.windows.net"}, "STATE__blobServiceUri"),
        ({**CLOUD, "STATE": AZURITE}, "STATE"),
        ({"STATE": "UseDevelopmentStorage"}, "STATE"),
        ({"PUBLIC_URL": "http://guests.contoso.example"}, "PUBLIC_URL"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_name(values: dict[str, str], named: str) -> None:
    assert f"{named}:" in problems(**values)


def test_blank_settings_count_as_not_set_and_strangers_are_ignored() -> None:
    assert read_settings({"GRAPH_TOKEN": "  ", "PATH": "/bin"}) == read_settings({})


def test_the_role_can_be_read_alone() -> None:
    assert read_role({"APP_ROLE": "web", "STATE": "nonsense"}) is Role.WEB
    with pytest.raises(BadSettings, match="APP_ROLE"):
        read_role({"APP_ROLE": "king"})


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.8.8.8", True),
        ("http://[::1]:7", True),
        ("http://localhost/x", True),
        ("http://127.0.0.1.evil.example", False),
        ("http://10.0.0.1", False),
        ("nonsense", False),
    ],
)
def test_loopback_is_told_from_everything_else(url: str, *, local: bool) -> None:
    assert is_loopback(url) is local


def test_every_setting_says_what_it_means() -> None:
    assert all(len(setting.meaning) > 10 for setting in SETTINGS.values())
    assert {setting.where for setting in SETTINGS.values()} == {"app", "platform", "loopback"}
