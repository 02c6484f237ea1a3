"""What happens to an instance of an access review by itself, from its beginning to its end.

NotStarted -> Starting -> InProgress -> Completing -> (AutoReviewing -> AutoReviewed) -> Completed, or
-> Applying -> Applied where decisions are applied by themselves. Source: Microsoft Graph,
accessReviewInstance; Entra docs, "Create an access review".
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sandbox.tenant_agenda import Agenda, Due
from sandbox.tenant_directory import Json
from sandbox.tenant_licence import Cause, Meter
from sandbox.tenant_reach import Reach
from sandbox.tenant_review_access import DONE, VANISHED, Access, signed_in_since
from sandbox.tenant_review_people import Reviewers
from sandbox.tenant_review_records import (
    APPLIED,
    APPLYING,
    AUTO_REVIEWED,
    AUTO_REVIEWING,
    CHOICES,
    COMPLETED,
    COMPLETING,
    IN_PROGRESS,
    NOT_STARTED,
    STARTING,
    Instance,
    Item,
    Stage,
)

FROZEN_FOR = timedelta(days=30)
"""How long blocked accounts wait for their deletion."""
_LOOK_BACK = timedelta(days=30)
_DAYS = re.compile(r"P(\d+)D")


class Life:
    """Moves instances on. ``passing`` is how long each state lasts that an instance only passes through."""

    def __init__(
        self, reach: Reach, access: Access, agenda: Agenda, meter: Meter, ids: Callable[[], str]
    ) -> None:
        self.directory = reach.directory
        self.access = access
        self.agenda = agenda
        self.meter = meter
        self.audits = meter.audits
        self.people = Reviewers(reach)
        self.passing = timedelta()
        self._ids = ids

    # --- beginning --------------------------------------------------------------------------------

    def begin(self, instance: Instance, at: datetime) -> None:
        """Begin an instance whose moment has come."""
        if instance.status == NOT_STARTED and instance.begins_at == at:
            instance.ahead = [STARTING, IN_PROGRESS]
            self.go_on(instance, at)

    def go_on(self, instance: Instance, at: datetime) -> None:
        """Enter the states ahead, one after the other, staying in each for as long as it takes."""
        while instance.ahead:
            instance.status = instance.ahead.pop(0)
            if instance.status in _ON_ENTERING:
                _ON_ENTERING[instance.status](self, instance, at)
            if instance.ahead and (self.passing or instance.frozen):
                wait = FROZEN_FOR if instance.frozen else self.passing
                self.agenda.put(at + wait, Due.GO_ON, instance.id)
                return

    def take_snapshot(self, instance: Instance, at: datetime) -> None:
        """Put everybody who has access now under review, and note who is asked."""
        for resource in instance.resources:
            instance.owners[resource.id] = self.people.owners(resource.id, at)
            for record in self.access.people(resource, instance.scope, at):
                shown = {
                    "@odata.type": "#microsoft.graph.userIdentity",
                    "id": record["id"],
                    "displayName": record.get("displayName"),
                    "userPrincipalName": record.get("userPrincipalName"),
                }
                advice = recommend(record, instance.body["settings"], at)
                item = Item(id=self._ids(), principal=shown, resource=resource, recommendation=advice)
                instance.items[item.key] = item
                self._bill(instance, record, at)
        self.agenda.put(instance.ends_at, Due.END, instance.id)
        if instance.stages:
            self._begin_stage(instance, instance.stages[0], instance.items)
        self.contact(instance, at)
        if instance.body["settings"].get("reminderNotificationsEnabled"):
            self.agenda.put(at + (instance.ends_at - at) / 2, Due.REMIND, instance.id)

    def _bill(self, instance: Instance, record: Json, at: datetime) -> None:
        if record.get("userType") == "Guest":
            for cause in billed_by(instance.body, inactive=instance.scope.inactive_for is not None):
                self.meter.bill(record["id"], cause, at)

    def contact(self, instance: Instance, at: datetime) -> None:
        """Note everybody who is asked and was not before. An item that nobody can decide is an error."""
        found: set[str] = set()
        instance.errors = []
        items = instance.stage.items if instance.stage is not None else instance.items
        for item in items.values():
            people = self.people.of(instance, item, at)
            found |= people
            if not people and not instance.errors:
                message = "There is no reviewer, and no fallback reviewer, for at least one item."
                instance.errors.append({"code": "NoReviewers", "message": message})
        new = sorted(p for p in found - instance.contacted.keys() if self.people.reachable(p, at))
        instance.contacted.update(dict.fromkeys(new, at))

    # --- stages -----------------------------------------------------------------------------------

    def _begin_stage(self, instance: Instance, stage: Stage, items: dict[tuple[str, str], Item]) -> None:
        stage.status, stage.items = IN_PROGRESS, dict(items)
        self.agenda.put(stage.ends_at, Due.STAGE_END, instance.id)

    def stage_due(self, instance: Instance, at: datetime) -> None:
        """End a stage whose time is up."""
        if instance.status == IN_PROGRESS and instance.stage is not None and instance.stage.ends_at == at:
            self.end_stage(instance, instance.stage, at)

    def end_stage(self, instance: Instance, stage: Stage, at: datetime) -> None:
        """End the stage in progress; what its settings name moves on, to be decided on again."""
        stage.status, stage.ends_at = COMPLETED, at
        rest = instance.stages[instance.stages.index(stage) + 1 :]
        if not rest:
            return
        moving = stage.body.get("decisionsThatWillMoveToNextStage") or CHOICES
        onward = {key: item for key, item in stage.items.items() if item.decision in moving}
        for key, item in onward.items():
            advice = item.recommendation
            fresh = Item(
                id=self._ids(), principal=item.principal, resource=item.resource, recommendation=advice
            )
            instance.items[key] = onward[key] = fresh
        start = at
        for later in rest:
            later.starts_at, later.ends_at = start, start + timedelta(days=later.body["durationInDays"])
            start = later.ends_at
        if start != instance.ends_at:
            instance.ends_at = start
            self.agenda.put(start, Due.END, instance.id)
        self._begin_stage(instance, rest[0], onward)
        self.contact(instance, at)

    # --- the end ----------------------------------------------------------------------------------

    def end(self, instance: Instance, at: datetime) -> None:
        """End an instance whose time is up."""
        if instance.status != IN_PROGRESS or instance.ends_at != at:
            return
        settings = instance.body["settings"]
        instance.ahead = [COMPLETING]
        if settings.get("defaultDecisionEnabled"):
            instance.ahead += [AUTO_REVIEWING, AUTO_REVIEWED]
        instance.ahead += [APPLYING, APPLIED] if settings.get("autoApplyDecisionsEnabled") else [COMPLETED]
        self._close_stages(instance)
        self.go_on(instance, at)

    def stop(self, instance: Instance, at: datetime, *, applies: bool) -> None:
        """End a running instance early; with ``applies`` its decisions are carried out, asked for or not."""
        instance.ends_at = at
        self._close_stages(instance)
        applies = applies or bool(instance.body["settings"].get("autoApplyDecisionsEnabled"))
        instance.status = COMPLETED
        if applies:
            self.apply(instance, at)
            if instance.frozen:
                instance.status, instance.ahead = APPLYING, [APPLIED]
                self.agenda.put(at + FROZEN_FOR, Due.GO_ON, instance.id)

    def apply_later(self, instance: Instance, at: datetime) -> None:
        """Carry out the decisions of an instance that is over."""
        instance.ahead = [APPLYING, APPLIED]
        self.go_on(instance, at)

    def _close_stages(self, instance: Instance) -> None:
        for stage in instance.stages:
            stage.status = COMPLETED

    def decide_by_default(self, instance: Instance, _at: datetime) -> None:
        """Decide what nobody decided, as the settings say."""
        default = instance.body["settings"].get("defaultDecision") or "None"
        for item in instance.items.values():
            wanted = item.recommendation if default == "Recommendation" else default
            if item.decision == "NotReviewed" and wanted in CHOICES:
                item.decision = wanted

    def apply(self, instance: Instance, at: datetime) -> None:
        """Carry out what was decided and is not carried out yet; a failure is tried again."""
        blocks = instance.body["settings"].get("applyActions") or []
        deletes = any(str(a.get("@odata.type")).endswith("disableAndDeleteUserApplyAction") for a in blocks)
        for (principal_id, _), item in instance.items.items():
            if item.decision not in ("Approve", "Deny") or item.apply_result in (DONE, VANISHED):
                continue
            item.applied_at = at
            if item.decision == "Approve":
                item.apply_result = VANISHED if self.access.vanished(item.resource, principal_id) else DONE
            elif deletes and principal_id not in self.directory.deleted:
                self.directory.change(principal_id, {"accountEnabled": False})
                self.audits.by_service("Disable account", principal_id, at)
                item.apply_result, instance.frozen = DONE, True
            else:
                item.apply_result = self.access.take(item.resource, principal_id, at)

    def delete_the_blocked(self, instance: Instance, at: datetime) -> None:
        """Delete the accounts that were blocked when the decisions were applied."""
        if not instance.frozen:
            return
        instance.frozen = False
        for (principal_id, _), item in instance.items.items():
            if item.decision == "Deny" and principal_id not in self.directory.deleted:
                self.directory.deleted[principal_id] = at
                self.audits.by_service("Delete user", principal_id, at)


_ON_ENTERING: Mapping[str, Callable[[Life, Instance, datetime], None]] = {
    IN_PROGRESS: Life.take_snapshot,
    AUTO_REVIEWING: Life.decide_by_default,
    APPLYING: Life.apply,
    APPLIED: Life.delete_the_blocked,
}


def recommend(record: Json, settings: Json, at: datetime) -> str:
    """Return Entra's suggestion: Deny for who was silent in the look-back time (default 30 days)."""
    if not settings.get("recommendationsEnabled"):
        return "NoInfoAvailable"
    insights = settings.get("recommendationInsightSettings") or []
    named = [one.get("recommendationLookBackDuration") for one in insights]
    match = _DAYS.fullmatch(next(filter(None, named), settings.get("recommendationLookBackDuration") or ""))
    look_back = timedelta(days=int(match[1])) if match else _LOOK_BACK
    return "Approve" if signed_in_since(record, at - look_back) else "Deny"


def billed_by(body: Json, *, inactive: bool) -> list[Cause]:
    """Return what in a definition bills the guests it reviews."""
    causes = [Cause.INACTIVE_REVIEW] if inactive else []
    insights = list(body["settings"].get("recommendationInsightSettings") or [])
    for stage in body.get("stageSettings") or []:
        insights += stage.get("recommendationInsightSettings") or []
    if any("groupPeerOutlier" in str(one.get("@odata.type")) for one in insights):
        causes.append(Cause.AFFILIATION)
    return causes
