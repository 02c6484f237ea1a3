"""The role that people reach has no way into Microsoft Graph: no right, no client, not even the library."""

import ast
import inspect
import json
import subprocess
import sys
from typing import Final

import pytest

from adapters.plugs import Plugs
from adapters.settings import Role, read_settings
from adapters.web import make_web
from reviews.errors import BadSettings
from tests.house import ROOT
from tests.unit.test_settings import AZURITE, LOCAL

OF_THE_WEB: Final = {"answer_page", "undo_page", "health"}
OF_GRAPH: Final = ("adapters.graph", "msgraph", "kiota_", "microsoft_kiota", "azure.identity")
LOOK: Final = """
import json, sys
import function_app
from adapters.runtime import runtime

runtime().web
names = [function.get_function_name() for function in function_app.app.get_functions()]
print(json.dumps({"functions": names, "modules": sorted(sys.modules)}))
"""
PLUGS_OF_GRAPH: Final = (
    "graph",
    "directory",
    "partners",
    "connections",
    "tenant_facts",
    "access_reviews",
    "packages",
    "lifecycle_policies",
    "mailer",
)


def test_a_web_process_serves_its_pages_without_having_loaded_a_way_to_graph() -> None:
    settings = {"APP_ROLE": "web", "STATE": AZURITE, "WEBSITE_AUTH_ENABLED": "true"}
    done = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=ROOT, env=settings, capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)
    assert set(told["functions"]) == OF_THE_WEB
    assert "adapters.web" in told["modules"]
    assert [name for name in told["modules"] if name.startswith(OF_GRAPH)] == []


@pytest.mark.parametrize("plug", PLUGS_OF_GRAPH)
def test_a_web_process_is_refused_every_plug_into_graph(plug: str) -> None:
    house = Plugs(read_settings({**LOCAL, "APP_ROLE": "web"}))
    with pytest.raises(BadSettings, match="web has no rights in Graph"):
        getattr(house, plug)
    assert "graph" not in vars(house)


def test_every_plug_into_graph_is_among_those_refused() -> None:
    """A plug whose code speaks of the Graph client, or of a plug that does, reaches Graph."""
    plugs = {
        node.name: {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
        for node in ast.walk(ast.parse(inspect.getsource(Plugs)))
        if isinstance(node, ast.FunctionDef) and node.decorator_list
    }
    assert {name for name, used in plugs.items() if "graph" in used} | {"graph"} == set(PLUGS_OF_GRAPH)


def test_the_other_roles_have_their_client() -> None:
    for role in (Role.WORKER, Role.ALL):
        assert Plugs(read_settings({**LOCAL, "APP_ROLE": role})).graph is not None


def test_the_pages_are_made_of_record_queue_clock_policy_and_proof_alone() -> None:
    given = set(inspect.signature(make_web).parameters)
    assert given == {
        *("ledger", "queue", "clock", "policies", "second_proof"),
        *("tenant_id", "auth_enabled", "public_url"),
    }
