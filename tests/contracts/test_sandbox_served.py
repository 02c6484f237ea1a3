"""The sandbox served on loopback: real connections, real disconnects, and it stops for certain."""

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from adapters.clock import HandClock
from sandbox.graph_api import create_app, serve
from sandbox.stories import a_handful
from sandbox.tenant import Fault, Tenant

HEADERS = {"Authorization": "Bearer sandbox"}


def a_tenant() -> Tenant:
    population = a_handful().population
    return Tenant(population, HandClock(population.as_of))


def test_pages_are_followed_over_a_real_connection_until_it_is_closed() -> None:
    with serve(create_app(a_tenant())) as base, httpx.Client(headers=HEADERS) as graph:
        assert urlsplit(base).hostname == "127.0.0.1"
        link, rows = f"{base}/v1.0/users?$filter=userType eq 'Guest'&$select=id&$top=5", 0
        while link:
            answer = graph.get(link)
            page = answer.json()
            rows, link = rows + len(page["value"]), page.get("@odata.nextLink", "")
        assert rows == 12
        assert answer.headers.get_list("date") == ["Tue, 01 Sep 2026 00:00:00 GMT"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(base)


@pytest.mark.parametrize(("when", "changed"), [("before", 0), ("after", 1)])
def test_a_dropped_connection_is_dropped(when: str, changed: int) -> None:
    tenant = a_tenant()
    guest = tenant.population.guest(0)["id"]
    fault = Fault(when="before" if when == "before" else "after", status=None)
    with serve(create_app(tenant)) as base, httpx.Client(headers=HEADERS) as graph:
        tenant.faults = lambda operation, _: fault if operation.startswith("PATCH") else None
        with pytest.raises(httpx.RemoteProtocolError):
            graph.patch(f"{base}/v1.0/users/{guest}", json={"accountEnabled": False})
        assert graph.get(f"{base}/v1.0/users/{guest}").status_code == 200
    assert len(tenant.snapshot()["changed"]) == changed


def test_a_taken_port_is_said_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"), serve(create_app(a_tenant()), taken.getsockname()[1]):
            pytest.fail("served on a port that was taken")
