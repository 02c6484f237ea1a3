"""The one door to the environment: every app setting, read once, all problems named together."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import urlsplit

from reviews.errors import BadSettings

GRAPH = "https://graph.microsoft.com"


class Role(StrEnum):
    """Which half of the app this process is."""

    WEB = "web"
    WORKER = "worker"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Setting:
    """What an app setting means and where it may be set: ``app``, ``platform`` or ``loopback``."""

    meaning: str
    where: str = "app"


SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "APP_ROLE": Setting(
            "web: sponsors' pages, no Graph rights. worker: Graph rights, no pages. all: laptop."
        ),
        "GRAPH_ENDPOINT": Setting(f"Root of Microsoft Graph; default {GRAPH}.", "loopback"),
        "GRAPH_TOKEN": Setting("Bearer for a Graph on loopback.", "loopback"),
        "STATE": Setting("Storage connection string, for Azurite.", "loopback"),
        "STATE__tableServiceUri": Setting("Table endpoint of the data account."),
        "STATE__queueServiceUri": Setting("Queue endpoint of the data account."),
        "STATE__blobServiceUri": Setting("Blob endpoint of the data account."),
        "STATE__credential": Setting("managedidentity: how the Functions host signs in to the queues."),
        "STATE__clientId": Setting("Client id of the identity that the host and the ledger use."),
        "AZURE_CLIENT_ID": Setting("Client id of the managed identity that signs in to Graph."),
        "POLICY_SOURCE": Setting(
            "The policy: a file, or blob:<container>/<name>; default the packaged file."
        ),
        "PUBLIC_URL": Setting("Where sponsors reach the answer page; mailed links begin with it."),
        "TENANT_ID": Setting("The only tenant whose people may open the answer page."),
        "SIGN_IN_CLIENT_ID": Setting("App registration that sponsors sign in to; their tokens must name it."),
        "WEBSITE_AUTH_ENABLED": Setting(
            "Set by App Service Authentication; without it no page is served.", "platform"
        ),
        "SANDBOX_NOW": Setting(
            "The moment the clock shows (ISO 8601), against a Graph on loopback only.", "loopback"
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateAt:
    """Where the ledger lies: a connection string on loopback, or three endpoints with an identity."""

    connection_string: str | None = None
    table_uri: str | None = None
    queue_uri: str | None = None
    blob_uri: str | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings as understood. ``state`` is None where no storage is named (``admin plan`` needs none)."""

    role: Role
    graph_endpoint: str
    graph_token: str | None
    state: StateAt | None
    identity: str | None
    policy_source: str | None
    public_url: str
    tenant_id: str
    sign_in_client_id: str
    auth_enabled: bool
    sandbox_now: datetime | None


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the environment (or the mapping given).

    Raises:
        BadSettings: every setting that is missing or wrong, each with its remedy.

    """
    values = {
        name: value.strip()
        for name, value in (os.environ if environment is None else environment).items()
        if name in SETTINGS and value.strip()
    }
    problems: list[str] = []
    role = _role(values, problems)
    endpoint, token = _graph(values, problems)
    state = _state(values, problems)
    now = _now(values, endpoint, problems)
    public_url = values.get("PUBLIC_URL", "").rstrip("/")
    if public_url and not _web_address(public_url):
        problems.append("PUBLIC_URL: write https://<app host>; http is for loopback only")
    if problems:
        raise BadSettings(problems)
    return Settings(
        role=role,
        graph_endpoint=endpoint,
        graph_token=token,
        state=state,
        identity=values.get("AZURE_CLIENT_ID"),
        policy_source=values.get("POLICY_SOURCE"),
        public_url=public_url,
        tenant_id=values.get("TENANT_ID", ""),
        sign_in_client_id=values.get("SIGN_IN_CLIENT_ID", ""),
        auth_enabled=values.get("WEBSITE_AUTH_ENABLED", "").lower() == "true",
        sandbox_now=now,
    )


def read_role(environment: Mapping[str, str] | None = None) -> Role:
    """Read the role alone: it decides which triggers are registered, before anything else is needed.

    Raises:
        BadSettings: APP_ROLE is no role.

    """
    problems: list[str] = []
    role = _role(os.environ if environment is None else environment, problems)
    if problems:
        raise BadSettings(problems)
    return role


def is_loopback(url: str) -> bool:
    """Say whether a URL names this machine by a loopback address (or localhost)."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _role(values: Mapping[str, str], problems: list[str]) -> Role:
    try:
        return Role(values.get("APP_ROLE", Role.ALL))
    except ValueError:
        problems.append(f"APP_ROLE: write one of {', '.join(Role)}, not {values['APP_ROLE']!r}")
        return Role.ALL


def _graph(values: Mapping[str, str], problems: list[str]) -> tuple[str, str | None]:
    endpoint = values.get("GRAPH_ENDPOINT", GRAPH).rstrip("/")
    token = values.get("GRAPH_TOKEN")
    local = is_loopback(endpoint)
    if not _web_address(endpoint):
        problems.append("GRAPH_ENDPOINT: write https://<host>; http is for loopback only")
    elif local and token is None:
        problems.append(
            "GRAPH_TOKEN: a Graph on loopback needs it; the machine's identity is never sent there"
        )
    if token is not None and not local:
        problems.append(
            "GRAPH_TOKEN: only for a Graph on loopback; remove it, the identity signs in by itself"
        )
    return endpoint, token


def _state(values: Mapping[str, str], problems: list[str]) -> StateAt | None:
    connection = values.get("STATE")
    names = ("STATE__tableServiceUri", "STATE__queueServiceUri", "STATE__blobServiceUri")
    given = [name for name in names if name in values]
    if connection is not None:
        if given:
            problems.append(f"STATE: remove it or {', '.join(given)}; one way to storage is enough")
        if not _loopback_connection(connection):
            problems.append(
                "STATE: a connection string is for storage on loopback; elsewhere set " + ", ".join(names)
            )
        return StateAt(connection_string=connection)
    if not given:
        return None
    problems.extend(
        f"{name}: set it as well, for example https://<account>..." for name in names if name not in given
    )
    problems.extend(f"{name}: write https://<account>..." for name in given if not _web_address(values[name]))
    return StateAt(
        table_uri=values.get(names[0]),
        queue_uri=values.get(names[1]),
        blob_uri=values.get(names[2]),
        client_id=values.get("STATE__clientId"),
    )


def _loopback_connection(connection: str) -> bool:
    parts = dict(part.split("=", 1) for part in connection.split(";") if "=" in part)
    endpoints = [parts.get(f"{kind}Endpoint", "") for kind in ("Table", "Queue", "Blob")]
    return all(is_loopback(endpoint) for endpoint in endpoints)


def _now(values: Mapping[str, str], endpoint: str, problems: list[str]) -> datetime | None:
    text = values.get("SANDBOX_NOW")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        problems.append(f"SANDBOX_NOW: write a moment such as 2026-11-20T02:00:00Z, not {text!r}")
        return None
    if moment.tzinfo is None:
        problems.append(f"SANDBOX_NOW: add the offset, for example {text}Z")
        return None
    if not is_loopback(endpoint):
        problems.append("SANDBOX_NOW: only with a GRAPH_ENDPOINT on loopback; a real tenant has real time")
    return moment


def _web_address(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url)))
