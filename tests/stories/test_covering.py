"""An operator sees which groups no review covers, opens one, and sees it covered."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from adapters.clock import HandClock
from admin.cli import app
from sandbox.graph_api import create_app, serve
from sandbox.stories import a_population
from sandbox.tenant import DEFAULT_GRANTED, Tenant
from sandbox.tenant_licence import Licence
from sandbox.world import SENDER, environment, policy_text
from tests.stories.telling import moment


def the_line(folder: Path, **dials: object) -> Iterator[tuple[Tenant, dict[str, str]]]:
    people = a_population(60)
    tenant = Tenant(people, HandClock(moment(0, 3)), mailboxes=[SENDER], throttle=False, **dials)  # type: ignore[arg-type]
    policy = folder / "policy.yaml"
    changes = {"reviewers": {"fallback": [str(people.member(0)["id"])]}}
    policy.write_text(policy_text(changes, people), encoding="utf-8")
    with serve(create_app(tenant)) as graph:
        address = "http://127.0.0.1:7071"
        yield tenant, environment(graph, None, policy, moment(0, 3), people.tenant_id, address)


def run(settings: dict[str, str], *words: str) -> Result:
    return CliRunner().invoke(app, ["reviews", *words], env=settings)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[tuple[Tenant, dict[str, str]]]:
    yield from the_line(tmp_path, licence=Licence.GOVERNANCE)


def test_the_coverage_is_one_object_and_nothing_is_changed(line: tuple[Tenant, dict[str, str]]) -> None:
    tenant, settings = line
    result = run(settings, "--json")

    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    counts = told["counts"]
    assert counts["groups"] == len(told["groups"]) > 5
    assert counts["covered"] == 0
    assert counts["proposed"] == sum(one["proposed"] is not None for one in told["groups"]) > 5
    assert (told["policies"], told["not_understood"]) == ([], [])
    assert counts["flagged"] == len(told["guests"]) == counts["in_none"] > 0
    assert {call.operation for call in tenant.calls if not call.operation.startswith("GET ")} == {
        "POST /$batch"
    }


def test_the_coverage_is_a_list_for_people(line: tuple[Tenant, dict[str, str]]) -> None:
    _, settings = line
    result = run(settings)

    assert result.exit_code == 0, result.output
    assert "in no review; proposed: every 3 months for 14 days by" in result.stdout
    assert "a review cannot take anybody out: dynamic" in result.stdout
    assert "nothing was changed" in result.stdout


def test_what_is_to_be_opened_needs_storage(line: tuple[Tenant, dict[str, str]]) -> None:
    _, settings = line
    result = run(settings, "apply", "--yes")

    assert result.exit_code == 2
    assert "STATE__" in result.output


def test_without_entitlement_management_the_rest_is_told(tmp_path: Path) -> None:
    granted = [one for one in DEFAULT_GRANTED if not one.startswith("EntitlementManagement")]
    for _, settings in the_line(tmp_path, granted=granted):
        result = run(settings, "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["policies"] is None
        assert "access packages are not open to us" in run(settings).stdout
