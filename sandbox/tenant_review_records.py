"""What an access review consists of: a definition, its instances, their stages, and the items decided on."""

from dataclasses import dataclass, field
from datetime import date, datetime

from sandbox.tenant_directory import Json
from sandbox.tenant_review_scopes import Resource, Scope

NOBODY: Json = {"id": "00000000-0000-0000-0000-000000000000", "displayName": "", "userPrincipalName": ""}
NOT_STARTED, IN_PROGRESS, COMPLETED = "NotStarted", "InProgress", "Completed"
INITIALIZING, STARTING, COMPLETING = "Initializing", "Starting", "Completing"
AUTO_REVIEWING, AUTO_REVIEWED = "AutoReviewing", "AutoReviewed"
APPLYING, APPLIED = "Applying", "Applied"
CHOICES = ("Approve", "Deny", "NotReviewed", "DontKnow")
Key = tuple[str, str]
"""The ids of a principal and of a resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody decided at some time; the last answer counts, Graph shows no other."""

    decision: str
    justification: str
    by: str
    at: datetime


@dataclass(slots=True, kw_only=True)
class Item:
    """One person's access to one resource, under review."""

    id: str
    principal: Json
    resource: Resource
    recommendation: str
    decision: str = "NotReviewed"
    justification: str = ""
    reviewed_by: Json = field(default_factory=lambda: dict(NOBODY))
    reviewed_at: datetime | None = None
    apply_result: str = "New"
    applied_at: datetime | None = None
    history: list[Answer] = field(default_factory=list)

    @property
    def key(self) -> Key:
        """The ids of the person and the resource."""
        return self.principal["id"], self.resource.id


@dataclass(slots=True, kw_only=True)
class Stage:
    """One of up to three rounds of asking within an instance, one after the other."""

    id: str
    body: Json
    starts_at: datetime
    ends_at: datetime
    status: str = NOT_STARTED
    items: dict[Key, Item] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Instance:
    """One round of a review over one or more resources; it keeps the settings it began with."""

    id: str
    review_id: str
    body: Json
    scope: Scope
    resources: tuple[Resource, ...]
    starts_at: datetime
    begins_at: datetime
    ends_at: datetime
    status: str = NOT_STARTED
    ahead: list[str] = field(default_factory=list)
    """The states still to come by themselves."""
    items: dict[Key, Item] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)
    owners: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Who owned each resource when the round began; nobody else becomes its reviewer later."""
    contacted: dict[str, datetime] = field(default_factory=dict)
    errors: list[Json] = field(default_factory=list)
    frozen: bool = False
    """Whether blocked accounts wait for their deletion, and nobody may look."""

    @property
    def stage(self) -> Stage | None:
        """The stage in progress, if there are stages."""
        return next((stage for stage in self.stages if stage.status == IN_PROGRESS), None)

    @property
    def asking(self) -> Json:
        """Who is asked: the part of the body with reviewers and fallback reviewers that counts now."""
        if not self.stages:
            return self.body
        return (self.stage or self.stages[0 if self.status == NOT_STARTED else -1]).body


@dataclass(slots=True, kw_only=True)
class Review:
    """A definition and its instances, oldest first."""

    id: str
    body: Json
    scope: Scope
    created_at: datetime
    modified_at: datetime
    created_by: Json
    first_day: date
    next_round_at: datetime | None = None
    instances: list[Instance] = field(default_factory=list)

    @property
    def status(self) -> str:
        """The state word: that of an instance in progress, else that of the newest."""
        states = [instance.status for instance in self.instances]
        if not states:
            return INITIALIZING
        return IN_PROGRESS if IN_PROGRESS in states else states[-1]

    @property
    def newest(self) -> Instance | None:
        """The newest instance."""
        return self.instances[-1] if self.instances else None

    @property
    def instance_id(self) -> str:
        """The id of the newest instance; empty before there is one."""
        return self.newest.id if self.newest else ""

    @property
    def items(self) -> dict[str, Item]:
        """The items of the newest instance by the id of the person."""
        return {
            principal: item for (principal, _), item in (self.newest.items if self.newest else {}).items()
        }

    @property
    def contacted(self) -> dict[str, datetime]:
        """Who was asked in the newest instance, and since when."""
        return self.newest.contacted if self.newest else {}
