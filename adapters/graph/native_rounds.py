"""Running rounds of access reviews that others opened: found by their scope (graph-facts.md C3, D5)."""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from adapters.graph.client import GraphClient, decoded
from adapters.graph.operations import FIND_DEFINITIONS, LIST_INSTANCES
from reviews.errors import Gone
from reviews.model import Covers, NativeRound

PAGE_SIZE = 100
OUR_MARKER = re.compile(r"\[gatehouse [0-9a-f]{32}\]$")
_ID = r"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
_PACKAGE = re.compile(rf"accessPackageId eq '{_ID}'")
_POLICY = re.compile(rf"assignmentPolicyId eq '{_ID}'")
_GROUP = re.compile(rf"/groups/{_ID}/")
_EVERY_GROUP = re.compile(r"^\.?/(?:v1\.0/|beta/)?groups\b")


class _Definition(msgspec.Struct, rename="camel", gc=False):
    id: str
    display_name: str | None = None
    scope: dict[str, Any] | None = None


class _Instance(msgspec.Struct, rename="camel", gc=False):
    id: str
    status: str | None = None
    start_date_time: datetime | None = None
    end_date_time: datetime | None = None
    scope: dict[str, Any] | None = None


async def running_rounds(client: GraphClient, covers: Covers) -> AsyncIterator[NativeRound]:
    """Yield every running round about one sort of thing that is not ours; of a deleted one, none."""
    definitions = client.urls.identity_governance.access_reviews.definitions
    rows = client.rows(FIND_DEFINITIONS, definitions, top=PAGE_SIZE)
    found = [decoded(FIND_DEFINITIONS, row, _Definition) async for row in rows]
    for definition in found:
        if OUR_MARKER.search(definition.display_name or "") or covered(definition.scope)[0] is not covers:
            continue
        one = definitions.by_access_review_schedule_definition_id(definition.id)
        try:
            instances = [row async for row in client.rows(LIST_INSTANCES, one.instances)]
        except Gone:
            continue
        for row in instances:
            round_ = _round(definition, decoded(LIST_INSTANCES, row, _Instance))
            if round_.is_running:
                yield round_


def _round(definition: _Definition, instance: _Instance) -> NativeRound:
    covers, resource, package = covered(instance.scope or definition.scope)
    return NativeRound(
        definition_id=definition.id,
        instance_id=instance.id,
        name=definition.display_name or "",
        status=instance.status or "unknown",
        covers=covers,
        resource_id=resource,
        package_id=package,
        starts_at=instance.start_date_time,
        ends_at=instance.end_date_time,
    )


def covered(scope: Mapping[str, Any] | None) -> tuple[Covers, str | None, str | None]:
    """Say what a scope is about: a sort of thing, its id (of a package its policy's), the package's id."""
    query = str((scope or {}).get("query") or "")
    policy = _POLICY.search(query)
    if policy is not None:
        package = _PACKAGE.search(query)
        return Covers.PACKAGE, policy[1].lower(), package[1].lower() if package else None
    group = _GROUP.search(query)
    if group is not None:
        return Covers.GROUP, group[1].lower(), None
    return (Covers.EVERY_GROUP if _EVERY_GROUP.search(query) else Covers.OTHER), None, None
