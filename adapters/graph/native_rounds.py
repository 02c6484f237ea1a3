"""Reviews that others opened, their definitions and rounds, found by their scope (graph-facts.md C3, D5)."""

import re
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any

import msgspec

from adapters.graph.client import GraphClient, decoded
from adapters.graph.operations import FIND_DEFINITIONS, LIST_INSTANCES
from adapters.graph.package_documents import last_day
from adapters.graph.review_scopes import covered
from reviews.errors import Gone
from reviews.model import Covers, Definition, NativeRound, Rhythm
from reviews.native import Native, state_of
from reviews.packages import MONTHLY, WEEKLY

PAGE_SIZE = 100
OUR_MARKER = re.compile(r"\[gatehouse [0-9a-f]{32}\]$")


class _Recurrence(msgspec.Struct, gc=False):
    pattern: dict[str, Any] | None = None
    range: dict[str, Any] | None = None


class _Settings(msgspec.Struct, gc=False):
    recurrence: _Recurrence | None = None


class _Definition(msgspec.Struct, rename="camel", gc=False):
    id: str
    display_name: str | None = None
    status: str | None = None
    scope: dict[str, Any] | None = None
    instance_enumeration_scope: dict[str, Any] | None = None
    settings: _Settings | None = None


class _Instance(msgspec.Struct, rename="camel", gc=False):
    id: str
    status: str | None = None
    start_date_time: datetime | None = None
    end_date_time: datetime | None = None
    scope: dict[str, Any] | None = None


async def definitions(client: GraphClient) -> tuple[Definition, ...]:
    """Read every definition of the tenant but those over our cohort groups."""
    builder = client.urls.identity_governance.access_reviews.definitions
    rows = client.rows(FIND_DEFINITIONS, builder, top=PAGE_SIZE)
    found = [decoded(FIND_DEFINITIONS, row, _Definition) async for row in rows]
    return tuple(_definition(one) for one in found if not OUR_MARKER.search(one.display_name or ""))


async def rounds(
    client: GraphClient, covers: tuple[Covers, ...], since: datetime | None
) -> AsyncIterator[NativeRound]:
    """Yield running rounds about some sorts of things; with ``since`` also recent and coming ones."""
    builder = client.urls.identity_governance.access_reviews.definitions
    for definition in await definitions(client):
        if definition.about.covers not in covers:
            continue
        one = builder.by_access_review_schedule_definition_id(definition.id)
        try:
            rows = [row async for row in client.rows(LIST_INSTANCES, one.instances)]
        except Gone:
            continue
        for row in rows:
            round_ = _round(definition, decoded(LIST_INSTANCES, row, _Instance))
            if round_.is_running or (since and _is_near(since, round_)):
                yield round_


def _is_near(since: datetime, round_: NativeRound) -> bool:
    state = state_of(round_.status)
    is_over_since = state is Native.OVER and round_.ends_at is not None and since < round_.ends_at
    return state is Native.NOT_BEGUN or is_over_since


def _definition(row: _Definition) -> Definition:
    recurs, last = _rhythm(row.settings.recurrence if row.settings else None)
    return Definition(
        id=row.id,
        name=row.display_name or "",
        status=row.status or "unknown",
        about=covered(row.scope, row.instance_enumeration_scope),
        recurs=recurs,
        last_round_on=last,
    )


def _rhythm(recurrence: _Recurrence | None) -> tuple[bool, date | None]:
    """Say whether a series is one we understand, and the last day a round of it may begin."""
    pattern, span = (recurrence.pattern, recurrence.range) if recurrence else (None, None)
    if not pattern or pattern.get("type") not in {WEEKLY, MONTHLY}:
        return False, None
    span = span or {}
    rhythm = Rhythm(unit=str(pattern["type"]), interval=int(pattern.get("interval") or 1))
    try:
        first = date.fromisoformat(str(span.get("startDate"))[:10])
        return True, last_day(span, first, rhythm)
    except ValueError:
        return span.get("type") == "noEnd", None


def _round(definition: Definition, instance: _Instance) -> NativeRound:
    about = covered(instance.scope) if instance.scope else definition.about
    only = about.groups[0] if len(about.groups) == 1 else None
    return NativeRound(
        definition_id=definition.id,
        instance_id=instance.id,
        name=definition.name,
        status=instance.status or "unknown",
        covers=about.covers,
        resource_id=about.policy_id or only,
        package_id=about.package_id,
        starts_at=instance.start_date_time,
        ends_at=instance.end_date_time,
    )
