"""Access reviews of the sandbox tenant: their life from NotStarted to Completed, and who may decide.

A one-off review of the guests of one group, as docs describe it: the items are a snapshot taken when
the review starts; a denial is applied when the review is stopped, or at its end when it applies by itself.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.tenant_directory import Directory, Json, graph_time

NOBODY: Json = {"id": "00000000-0000-0000-0000-000000000000", "displayName": "", "userPrincipalName": ""}
NOT_STARTED, IN_PROGRESS, COMPLETED = "NotStarted", "InProgress", "Completed"
CHOICES = ("Approve", "Deny", "NotReviewed", "DontKnow")

_LOOK_BACK = timedelta(days=30)
_GROUP_SCOPE = re.compile(
    r"^(?:/v1\.0)?/groups/(?P<group>[0-9a-fA-F-]{36})/(?:transitiveMembers|members)"
    r"(?:/microsoft\.graph\.user)?/?(?:\?(?P<query>.*))?$"
)
_REVIEWER_QUERY = re.compile(
    r"^(?:/v1\.0)?/(?P<kind>users|groups)/(?P<id>[0-9a-fA-F-]{36})(?:/(?P<of>transitiveMembers|members|owners)/?)?$"
)
_DURATION = re.compile(r"^P(\d+)D$")


@dataclass(slots=True, kw_only=True)
class Item:
    """One guest under review."""

    id: str
    principal: Json
    recommendation: str
    decision: str = "NotReviewed"
    justification: str = ""
    reviewed_by: Json = field(default_factory=lambda: dict(NOBODY))
    reviewed_at: datetime | None = None
    apply_result: str = "New"
    applied_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Review:
    """A definition with its only instance."""

    id: str
    instance_id: str
    body: Json
    group_id: str
    guests_only: bool
    created_at: datetime
    starts_at: datetime
    begins_at: datetime
    ends_at: datetime
    begun: bool = False
    over: bool = False
    items: dict[str, Item] = field(default_factory=dict)
    contacted: dict[str, datetime] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """The state word of definition and instance."""
        if self.over:
            return COMPLETED
        return IN_PROGRESS if self.begun else NOT_STARTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a scope query reviews: the members of a group, guests only or all."""

    group_id: str
    guests_only: bool


def read_scope(query: str) -> Scope | None:
    """Understand a scope query of the plain group form; None for any other."""
    match = _GROUP_SCOPE.match(query)
    if match is None:
        return None
    wanted = (match["query"] or "").replace("$count=true&", "").replace("&$count=true", "")
    if wanted not in ("", "$filter=(userType eq 'Guest')", "$filter=userType eq 'Guest'"):
        return None
    return Scope(group_id=match["group"].lower(), guests_only=bool(wanted))


def read_reviewer(query: str) -> tuple[str, str, str | None] | None:
    """Understand a reviewer query: (users or groups, id, which people of the group); None for any other."""
    match = _REVIEWER_QUERY.match(query)
    if match is None or (match["kind"] == "groups") != (match["of"] is not None):
        return None
    return match["kind"], match["id"].lower(), match["of"]


class Reviews:
    """All reviews of the tenant."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.all: dict[str, Review] = {}
        self._unfinished: dict[str, Review] = {}

    def open(
        self,
        body: Json,
        scope: Scope,
        *,
        ids: Callable[[], str],
        now: datetime,
        starts_at: datetime,
        delay: timedelta,
    ) -> Review:
        """Keep a new definition; its instance begins ``delay`` after the start it was given."""
        lasts = timedelta(days=max(1, body["settings"].get("instanceDurationInDays") or 1))
        review = Review(
            id=ids(),
            instance_id=ids(),
            body=body,
            group_id=scope.group_id,
            guests_only=scope.guests_only,
            created_at=now,
            starts_at=starts_at,
            begins_at=starts_at + delay,
            ends_at=starts_at + lasts,
        )
        self.all[review.id] = self._unfinished[review.id] = review
        return review

    def remove(self, review: Review) -> None:
        """Forget a definition and its instance."""
        del self.all[review.id]
        self._unfinished.pop(review.id, None)

    def settle(self, now: datetime, ids: Callable[[], str]) -> Iterator[tuple[Review, str]]:
        """Let every review reach the state it has at ``now``; yield what began and what ended."""
        for review in list(self._unfinished.values()):
            if not review.begun and not review.over and now >= review.begins_at:
                self._begin(review, ids)
                yield review, IN_PROGRESS
            if review.begun and not review.over and now >= review.ends_at:
                self._finish(review, review.ends_at)
                yield review, COMPLETED
            if review.over:
                del self._unfinished[review.id]

    def stop(self, review: Review, now: datetime) -> None:
        """End a running review early. Its decisions are applied, whatever autoApplyDecisionsEnabled says."""
        review.over, review.ends_at = True, now
        self._apply(review, now)

    def record(self, items: list[Item], decision: str, justification: str, by: Json, now: datetime) -> None:
        """Write one decision on some items."""
        for item in items:
            item.decision, item.justification = decision, justification
            undone = decision == "NotReviewed"
            item.reviewed_by = dict(NOBODY) if undone else by
            item.reviewed_at = None if undone else now

    def reviewers(self, review: Review, principal_id: str, now: datetime) -> set[str]:
        """Return who may decide on a principal: the reviewers, or the fallback where there are none."""
        named = review.body.get("reviewers") or []
        if not named:
            return {principal_id}
        return self._people(named, now) or self._people(review.body.get("fallbackReviewers") or [], now)

    def _people(self, scopes: list[Json], now: datetime) -> set[str]:
        found: set[str] = set()
        for scope in scopes:
            kind, object_id, of = read_reviewer(scope["query"]) or ("", "", None)
            if kind == "users" and self.directory.user(object_id, now) is not None:
                found.add(object_id)
            elif kind == "groups" and of == "owners" and object_id in self.directory.groups:
                owners = self.directory.groups[object_id].owners
                found |= {o for o in owners if self.directory.user(o, now) is not None}
            elif kind == "groups":
                found |= {record["id"] for record in self.directory.transitive_users(object_id, now)}
        return found

    def _begin(self, review: Review, ids: Callable[[], str]) -> None:
        review.begun = True
        began = review.begins_at
        for record in self.directory.transitive_users(review.group_id, began):
            if review.guests_only and record.get("userType") != "Guest":
                continue
            shown = {
                "@odata.type": "#microsoft.graph.userIdentity",
                "id": record["id"],
                "displayName": record.get("displayName"),
                "userPrincipalName": record.get("userPrincipalName"),
            }
            advice = recommend(record, review.body["settings"], began)
            review.items[record["id"]] = Item(id=ids(), principal=shown, recommendation=advice)
        for principal_id in review.items:
            for person in sorted(self.reviewers(review, principal_id, began)):
                review.contacted.setdefault(person, began)

    def _finish(self, review: Review, at: datetime) -> None:
        review.over = True
        settings = review.body["settings"]
        if settings.get("defaultDecisionEnabled"):
            for item in review.items.values():
                if item.decision == "NotReviewed":
                    default = settings.get("defaultDecision") or "None"
                    wanted = item.recommendation if default == "Recommendation" else default
                    item.decision = wanted if wanted in CHOICES else item.decision
        if settings.get("autoApplyDecisionsEnabled"):
            self._apply(review, at)

    def _apply(self, review: Review, at: datetime) -> None:
        """Carry out the decisions: a denial takes a direct member out of the group, but no nested one."""
        group = self.directory.groups.get(review.group_id)
        for principal_id, item in review.items.items():
            if item.decision not in ("Approve", "Deny"):
                continue
            item.applied_at = at
            if group is None or principal_id in self.directory.deleted:
                item.apply_result = "AppliedSuccessfullyButObjectNotFound"
            elif item.decision == "Deny" and principal_id not in group.members:
                item.apply_result = "ApplyNotSupported"
            else:
                item.apply_result = "AppliedSuccessfully"
                if item.decision == "Deny":
                    del group.members[principal_id]


def recommend(record: Json, settings: Json, at: datetime) -> str:
    """Return Entra's suggestion: Deny for who was silent in the look-back time (default 30 days)."""
    if not settings.get("recommendationsEnabled"):
        return "NoInfoAvailable"
    match = _DURATION.match(settings.get("recommendationLookBackDuration") or "")
    look_back = timedelta(days=int(match[1])) if match else _LOOK_BACK
    activity: dict[str, Any] = record.get("signInActivity") or {}
    since = graph_time(at - look_back)
    seen = [activity.get("lastSignInDateTime"), activity.get("lastNonInteractiveSignInDateTime")]
    return "Approve" if any(when is not None and when >= since for when in seen) else "Deny"
