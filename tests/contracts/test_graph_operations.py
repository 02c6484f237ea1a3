"""What we ask of Graph, and with which permissions, is what Microsoft's own tables allow."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from adapters.graph.operations import ALL, BATCH, CREATE_DRAFT, SEND_DRAFT, Operation
from sandbox.schema_check import NOT_IN_THE_METADATA
from tests.contracts.graph_plugs import plugged_in, read_all
from tests.contracts.graph_room import SCHEMA_DIR, a_room
from tests.graph_door import undeclared
from tests.house import the_house

PERMISSIONS = SCHEMA_DIR / "graph-permissions.json"
DOCS = (Path(__file__).resolve().parents[2] / "docs" / "permissions.md").read_text(encoding="utf-8")


def table() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(PERMISSIONS.read_text(encoding="utf-8"))
    return content


@pytest.mark.skipif(not PERMISSIONS.exists(), reason="Microsoft's permission table is not at hand")
@pytest.mark.parametrize("operation", [one for one in ALL if one is not BATCH], ids=lambda one: one.name)
def test_every_permission_we_name_is_one_that_allows_the_call(operation: Operation) -> None:
    if operation.name in NOT_IN_THE_METADATA:
        pytest.skip("Microsoft's table is older than the call")
    row = table()[operation.name]
    if row.get("not_listed") and "application" not in row:
        pytest.skip("Microsoft lists no permission for this call")
    allowed = {*row["application"]["least"], *row["application"]["other"]}
    if "Mail.Read" in allowed:
        allowed.add("Mail.ReadWrite")  # it includes Mail.Read; the table lists only the lesser one
    extra = {"AuditLog.Read.All", "User.Read.All"}  # signInActivity; reading back who was switched
    assert set(operation.needs) & allowed
    assert set(operation.needs) <= allowed | extra


@pytest.mark.parametrize("permission", sorted({need for one in ALL for need in one.needs}))
def test_every_permission_we_name_is_explained_in_the_docs(permission: str) -> None:
    assert re.search(rf"\b{re.escape(permission)}\b", DOCS)


def test_mail_is_asked_for_by_the_two_permissions_exchange_grants_for_one_mailbox() -> None:
    assert CREATE_DRAFT.needs == ("Mail.ReadWrite",)
    assert SEND_DRAFT.needs == ("Mail.Send",)


@pytest.mark.skipif(not SCHEMA_DIR.exists(), reason="Microsoft's metadata is not at hand")
async def test_what_is_sent_is_known_to_the_schema_by_the_names_we_use() -> None:
    async with plugged_in() as plugs:
        await read_all(plugs.directory.census())
        await plugs.reviews.create_group(plugs.a_batch("ada"))
        names = {name for name, _side in plugs.seen}
    assert {"GET /users", "GET /users/$count", "POST /groups"} < names
    assert names <= {one.name for one in ALL}


def test_operations_are_declared_in_one_place() -> None:
    elsewhere = [
        f"{source.path}:{node.lineno}"
        for source in the_house().production
        if source.path != "adapters/graph/operations.py"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Operation"
    ]
    assert elsewhere == []


async def test_a_request_that_is_not_declared_does_not_go_unseen() -> None:
    async with a_room(checked=False) as room:
        await room.get("/users")
        assert not undeclared(room.tenant)
        await room.graph.get("/devices")
        assert len(undeclared(room.tenant)) == 1
