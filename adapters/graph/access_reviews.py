"""Native access reviews in Entra: one per batch, over its cohort group, answered by its reviewer.

Only plain group reviews with named reviewers are made: nothing applied by itself, no feature that is billed
per guest, and native mail only where guests answer first (graph-facts.md C2, C6).
"""

import logging
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from adapters.graph import native_rounds
from adapters.graph.client import REPLICATION, GraphClient, decoded
from adapters.graph.cohort_groups import CohortGroups
from adapters.graph.operations import (
    CREATE_DEFINITION,
    FIND_DEFINITIONS,
    LIST_CONTACTED,
    LIST_DECISIONS,
    LIST_INSTANCES,
    LIST_STAGE_DECISIONS,
    LIST_STAGES,
    READ_DEFINITION,
    RECORD_DECISION,
    RECORD_STAGE_DECISION,
)
from notifications.words import in_every_language
from reviews.errors import Gone, Malformed, NotSupported
from reviews.metering import guarded
from reviews.model import (
    Answer,
    Batch,
    BatchId,
    Choice,
    Covers,
    Definition,
    GuestId,
    NativeItem,
    NativeRound,
    PersonId,
)
from reviews.native import Native, state_of
from reviews.policy import CostGuard
from reviews.ports import Attested, NativeDecision, NativeReview

log = logging.getLogger(__name__)

DEFINITIONS = "/identityGovernance/accessReviews/definitions"
NOBODY = "00000000-0000-0000-0000-000000000000"
SCOPE_QUERY = "scope/microsoft.graph.accessReviewQueryScope/query"
PAGE_SIZE = 100
_STAGES = 2
LONGEST_WORDS = 500
"""Characters of a reviewer's own words that are written to the native review; all are kept in the ledger."""

TO_GRAPH = {
    Choice.KEEP: "Approve",
    Choice.REMOVE: "Deny",
    Choice.DONT_KNOW: "DontKnow",
    Choice.NOT_MINE: "DontKnow",
}
FROM_GRAPH = {"Approve": Choice.KEEP, "Deny": Choice.REMOVE, "DontKnow": Choice.DONT_KNOW}


class _Definition(msgspec.Struct, rename="camel", gc=False):
    id: str
    display_name: str | None = None
    status: str | None = None
    created_date_time: datetime | None = None


class _Instance(msgspec.Struct, gc=False):
    id: str
    status: str | None = None


class _Stage(msgspec.Struct, rename="camel", gc=False):
    id: str
    status: str | None = None
    start_date_time: datetime | None = None

    @property
    def is_over(self) -> bool:
        return state_of(self.status or "") is Native.OVER


class _Somebody(msgspec.Struct, rename="camel", gc=False):
    id: str | None = None
    user_principal_name: str | None = None


class _Contacted(msgspec.Struct, gc=False):
    id: str


class _Resource(msgspec.Struct, rename="camel", gc=False):
    id: str | None = None
    display_name: str | None = None
    access_package_display_name: str | None = None


class _Decision(msgspec.Struct, rename="camel", gc=False):
    id: str
    decision: str | None = None
    justification: str | None = None
    principal: _Somebody | None = None
    resource: _Resource | None = None
    reviewed_by: _Somebody | None = None
    reviewed_date_time: datetime | None = None
    apply_result: str | None = None


# --- bodies ----------------------------------------------------------------------------------------


def marker(batch_id: BatchId) -> str:
    """Return what a definition's displayName ends with: the marker it is found by."""
    return f"[gatehouse {batch_id}]"


def new_definition(batch: Batch, fallback: Sequence[PersonId], guard: CostGuard) -> dict[str, Any]:
    """Return the body that makes a batch's review. Raises Malformed without a group, or if the guard does."""
    if batch.group_id is None:
        raise Malformed(f"batch {batch.id}: no group to review")
    days = max(1, math.ceil((batch.deadline - batch.opened_at) / timedelta(days=1)))
    members = f"/groups/{batch.group_id}/transitiveMembers/microsoft.graph.user"
    body: dict[str, Any] = {
        "displayName": f"Guests to review {batch.opened_at:%Y-%m-%d} {marker(batch.id)}",
        "descriptionForAdmins": f"Made by Gatehouse for batch {batch.id}. Answers are taken over from here.",
        "descriptionForReviewers": in_every_language("native.description"),
        "scope": {
            "@odata.type": "#microsoft.graph.accessReviewQueryScope",
            "query": f"{members}/?$filter=(userType eq 'Guest')",
            "queryType": "MicrosoftGraph",
        },
        "reviewers": [_reviewer(batch.reviewer_id)],
        "fallbackReviewers": [_reviewer(person) for person in fallback if person != batch.reviewer_id],
        "settings": _settings(days),
    }
    if batch.attests_until is not None:
        _in_stages(body, batch.attests_until - batch.opened_at, days)
    return guarded(body, guard, guests=len(batch.guests))


def _in_stages(body: dict[str, Any], first: timedelta, days: int) -> None:
    """Let the guests answer about themselves first; whatever they say, the reviewer decides after them.

    Entra has one switch for its mail: guests learn of their question by it, so reviewers get it as well.
    """
    theirs = max(1, math.ceil(first / timedelta(days=1)))
    people = {name: body.pop(name) for name in ("reviewers", "fallbackReviewers")}
    body["reviewers"] = []
    body["settings"]["mailNotificationsEnabled"] = True
    body["stageSettings"] = [
        {
            "stageId": "guests",
            "durationInDays": theirs,
            "recommendationsEnabled": False,
            "decisionsThatWillMoveToNextStage": ["NotReviewed", "Approve", "Deny", "DontKnow"],
            "reviewers": [],
        },
        {
            "stageId": "reviewer",
            "dependsOn": ["guests"],
            "durationInDays": max(1, days - theirs),
            "recommendationsEnabled": False,
            **people,
        },
    ]


def _settings(days: int) -> dict[str, object]:
    return {
        "mailNotificationsEnabled": False,
        "reminderNotificationsEnabled": False,
        "justificationRequiredOnApproval": False,
        "defaultDecisionEnabled": False,
        "defaultDecision": "None",
        "instanceDurationInDays": days,
        "autoApplyDecisionsEnabled": False,
        "recommendationsEnabled": False,
    }


def _reviewer(person_id: PersonId) -> dict[str, str]:
    return {"query": f"/users/{person_id}", "queryType": "MicrosoftGraph"}


def decision_body(answer: Answer, *, guest_id: str, resource_id: str) -> dict[str, str]:
    """Return the body that records one answer.

    Raises:
        Malformed: guest or resource is missing. Graph would then decide on every guest of the review
            (graph-facts.md C4), so such a body is never built.

    """
    if not guest_id or not resource_id:
        raise Malformed("a decision must name both its guest and what it is about")
    said = answer.justification.strip()[:LONGEST_WORDS].replace("[gatehouse", "(gatehouse")
    at = f"{answer.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    told = f"Answered by {answer.by} on {at} ({answer.source.value})."
    return {
        "decision": TO_GRAPH[answer.choice],
        "justification": " ".join(filter(None, (said, told, f"[gatehouse {answer.id}]"))),
        "principalId": guest_id,
        "resourceId": resource_id,
    }


# --- the port --------------------------------------------------------------------------------------


class GraphAccessReviews:
    """``reviews.ports.AccessReviews`` over Graph."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client
        self._groups = CohortGroups(client)
        self._made: set[str] = set()

    @property
    def _definitions(self) -> object:
        return self._client.urls.identity_governance.access_reviews.definitions

    async def find_group(self, batch_id: BatchId) -> str | None:
        """Find the cohort group of a batch by its marker."""
        return await self._groups.find(batch_id)

    async def create_group(self, batch: Batch) -> str:
        """Make the cohort group of a batch with its guests as members; return its id. Raises Ambiguous."""
        return await self._groups.create(batch)

    async def missing_members(self, group_id: str, guests: Sequence[GuestId]) -> tuple[GuestId, ...]:
        """Return those of ``guests`` the group does not hold (yet)."""
        return await self._groups.missing(group_id, guests)

    async def add_members(self, group_id: str, guests: Sequence[GuestId]) -> None:
        """Add guests to the group; one that left the directory meanwhile stays missing."""
        await self._groups.add(group_id, guests)

    async def remove_group(self, group_id: str) -> None:
        """Delete a cohort group; a group that is gone counts as removed."""
        await self._groups.remove(group_id)

    async def find_definition(self, batch_id: BatchId) -> str | None:
        """Find the definition of a batch: among those over its group, the oldest with its marker.

        Graph filters definitions by their scope only, not by name (A:accessreviewset-list-definitions).
        """
        group_id = await self._groups.find(batch_id)
        if group_id is None:
            return None
        wanted = f"contains({SCOPE_QUERY}, '{group_id}')"
        rows = self._client.rows(FIND_DEFINITIONS, self._definitions, filter=wanted, top=PAGE_SIZE)
        found = [decoded(FIND_DEFINITIONS, row, _Definition) async for row in rows]
        ours = [one for one in found if (one.display_name or "").endswith(marker(batch_id))]
        return min(ours, key=_by_age).id if ours else None

    async def create_definition(self, batch: Batch, fallback: Sequence[PersonId], guard: CostGuard) -> str:
        """Make the review of a batch's group by its reviewer; return its id. Raises as the port says.

        It starts at once. The group may have been made a moment ago: Graph is given time to know it.
        """
        body = new_definition(batch, fallback, guard)
        content = await self._client.write(CREATE_DEFINITION, DEFINITIONS, body, patience=REPLICATION)
        definition_id = decoded(CREATE_DEFINITION, content, _Definition).id
        self._made.add(definition_id)
        return definition_id

    async def review(self, definition_id: str) -> NativeReview | None:
        """Read a definition and its instance; None when somebody deleted it."""
        one = self._client.urls.identity_governance.access_reviews.definitions
        one = one.by_access_review_schedule_definition_id(definition_id)
        patience = REPLICATION if definition_id in self._made else ()
        try:
            content = await self._client.read(READ_DEFINITION, one, patience=patience)
            rows = [row async for row in self._client.rows(LIST_INSTANCES, one.instances, patience=patience)]
        except Gone:
            return None
        definition = decoded(READ_DEFINITION, content, _Definition)
        instances = [decoded(LIST_INSTANCES, row, _Instance) for row in rows]
        instance = instances[0] if instances else None
        status = (instance.status if instance else None) or definition.status or "unknown"
        return NativeReview(
            definition_id=definition_id, instance_id=instance.id if instance else None, status=status
        )

    async def decisions(self, definition_id: str, instance_id: str) -> tuple[NativeDecision, ...]:
        """Read all decision items of an instance. Raises Gone when the review was deleted."""
        one = self._client.urls.identity_governance.access_reviews.definitions
        one = one.by_access_review_schedule_definition_id(definition_id)
        items = one.instances.by_access_review_instance_id(instance_id).decisions
        rows = self._client.rows(LIST_DECISIONS, items, top=PAGE_SIZE)
        return tuple([_native(decoded(LIST_DECISIONS, row, _Decision)) async for row in rows])

    async def record(self, batch: Batch, guest_id: GuestId, answer: Answer) -> None:
        """Write an answer to the native review, naming both guest and group; see ``reviews.ports``."""
        if batch.definition_id is None or batch.instance_id is None or batch.group_id is None:
            raise NotSupported(f"batch {batch.id}: its review has no instance yet")
        if batch.attests_until is not None and batch.stage_id is None:
            raise NotSupported(f"batch {batch.id}: it is not known in which stage its reviewer is asked")
        body = decision_body(answer, guest_id=guest_id, resource_id=batch.group_id)
        await self._recorded(batch.definition_id, batch.instance_id, body, stage_id=batch.stage_id)

    async def attested(self, definition_id: str) -> Attested | None:
        """Read what guests said of themselves, page by page; None for a review gone or without stages."""
        review = await self.review(definition_id)
        if review is None or review.instance_id is None:
            return None
        try:
            return await self._first_stage(definition_id, review.instance_id)
        except Gone:
            return None

    async def _first_stage(self, definition_id: str, instance_id: str) -> Attested | None:
        one = self._client.urls.identity_governance.access_reviews.definitions
        one = one.by_access_review_schedule_definition_id(definition_id)
        stages = one.instances.by_access_review_instance_id(instance_id).stages
        rows = self._client.rows(LIST_STAGES, stages)
        found = [decoded(LIST_STAGES, row, _Stage) async for row in rows]
        if len(found) < _STAGES:
            return None
        first, last = (sorted(found, key=_by_start)[number] for number in (0, -1))
        items = stages.by_access_review_stage_id(first.id).decisions
        answers = self._client.rows(LIST_STAGE_DECISIONS, items, top=PAGE_SIZE)
        said = [_native(decoded(LIST_STAGE_DECISIONS, row, _Decision)) async for row in answers]
        return Attested(
            is_over=first.is_over,
            stage_id=last.id,
            said={
                one.guest_id: one for one in said if str(one.by) == one.guest_id and one.choice is not None
            },
        )

    async def definitions(self) -> tuple[Definition, ...]:
        """Read every definition but those over our cohort groups."""
        return await native_rounds.definitions(self._client)

    async def rounds(self, *covers: Covers, since: datetime | None = None) -> tuple[NativeRound, ...]:
        """Read running rounds about some sorts of things; with ``since`` recent and coming ones, too."""
        return tuple([one async for one in native_rounds.rounds(self._client, covers, since)])

    async def contacted(self, definition_id: str, instance_id: str) -> tuple[PersonId, ...]:
        """Read who was written to about a round by the service itself. Raises Gone."""
        one = self._client.urls.identity_governance.access_reviews.definitions
        one = one.by_access_review_schedule_definition_id(definition_id)
        people = one.instances.by_access_review_instance_id(instance_id).contacted_reviewers
        rows = self._client.rows(LIST_CONTACTED, people, top=PAGE_SIZE)
        return tuple([PersonId(decoded(LIST_CONTACTED, row, _Contacted).id.lower()) async for row in rows])

    async def record_elsewhere(self, item: NativeItem, guest_id: GuestId, answer: Answer) -> None:
        """Write an answer at a guest's place in a review that others opened."""
        body = decision_body(answer, guest_id=guest_id, resource_id=item.resource_id)
        await self._recorded(item.definition_id, item.instance_id, body)

    async def _recorded(
        self, definition_id: str, instance_id: str, body: dict[str, str], *, stage_id: str | None = None
    ) -> None:
        path = f"{DEFINITIONS}/{definition_id}/instances/{instance_id}"
        if stage_id is None:
            await self._client.write(RECORD_DECISION, f"{path}/batchRecordDecisions", body)
        else:
            path = f"{path}/stages/{stage_id}/batchRecordDecisions"
            await self._client.write(RECORD_STAGE_DECISION, path, body)


def _by_start(stage: _Stage) -> str:
    return stage.start_date_time.isoformat() if stage.start_date_time else ""


def _by_age(definition: _Definition) -> tuple[bool, str, str]:
    made_at = definition.created_date_time
    return made_at is None, made_at.isoformat() if made_at else "", definition.id


def _native(row: _Decision) -> NativeDecision:
    if row.principal is None or not row.principal.id:
        raise Malformed(f"decision {row.id}: it names no principal")
    by = row.reviewed_by.id if row.reviewed_by else None
    at = row.reviewed_date_time
    resource = row.resource or _Resource()
    return NativeDecision(
        guest_id=GuestId(row.principal.id),
        choice=FROM_GRAPH.get(row.decision or ""),
        decision=row.decision or "",
        by=PersonId(by) if by and by != NOBODY else None,
        at=at.astimezone(UTC) if at and at.tzinfo and at.year > 1 else None,
        justification=row.justification or "",
        by_person=bool(row.reviewed_by and row.reviewed_by.user_principal_name),
        applied=row.apply_result or "",
        resource_id=resource.id,
        resource_name=resource.access_package_display_name or resource.display_name,
    )
