"""Access reviews of the sandbox tenant: definitions, the rounds they come in, and the people who decide.

The items of a round are a snapshot taken when it begins. What happens to a round by itself, from NotStarted
to its end, is in ``sandbox.tenant_review_life``.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from sandbox.tenant_agenda import Agenda, Due
from sandbox.tenant_directory import Json
from sandbox.tenant_recurrence import round_after, round_at
from sandbox.tenant_review_life import Life
from sandbox.tenant_review_records import (
    NOBODY,
    NOT_STARTED,
    Answer,
    Instance,
    Item,
    Review,
    Stage,
)
from sandbox.tenant_review_scopes import Resource, Scope


class Reviews:
    """All reviews of the tenant; rounds begin ``delay`` after the start they were given."""

    def __init__(self, life: Life, agenda: Agenda, ids: Callable[[], str]) -> None:
        self.life = life
        self.agenda = agenda
        self._ids = ids
        self.delay = timedelta(minutes=10)
        self.all: dict[str, Review] = {}
        self.instances: dict[str, Instance] = {}

    # --- definitions ------------------------------------------------------------------------------

    def open(self, body: Json, scope: Scope, *, by: Json, now: datetime, first_day: date) -> Review:
        """Keep a new definition; a series that should have begun earlier waits for its next round.

        A review of every group finds the groups when its round begins; any other shows its first instance at
        once.
        """
        review = Review(
            id=self._ids(),
            body=body,
            scope=scope,
            created_at=now,
            modified_at=now,
            created_by=by,
            first_day=first_day,
        )
        self.all[review.id] = review
        self._expect_first(review, now)
        return review

    def replace(self, review: Review, body: Json, scope: Scope, now: datetime) -> None:
        """Put another body in a definition's place: it counts for rounds that have not begun."""
        review.body, review.scope, review.modified_at = body, scope, now
        review.first_day = _first_day(body) or review.first_day
        waiting = [one for one in review.instances if one.status == NOT_STARTED]
        begun = len(review.instances) > len(waiting)
        for instance in waiting:
            self._drop(review, instance)
        if begun:
            for old in waiting:
                self._new_instance(review, scope.resources or old.resources, old.starts_at, old.id)
            self._expect_next(review, now)
        elif waiting:
            self._expect_first(review, min(now, waiting[0].starts_at), waiting[0].id)
        else:
            self._expect_first(review, now)

    def end_series(self, review: Review) -> None:
        """Let no further round begin; a definition that has no instance left goes."""
        review.next_round_at = None
        for instance in [one for one in review.instances if one.status == NOT_STARTED]:
            self._drop(review, instance)
        if not review.instances:
            self.remove(review)

    def remove(self, review: Review) -> None:
        """Forget a definition and its instances."""
        for instance in list(review.instances):
            self._drop(review, instance)
        del self.all[review.id]

    def _drop(self, review: Review, instance: Instance) -> None:
        review.instances.remove(instance)
        del self.instances[instance.id]

    # --- rounds -----------------------------------------------------------------------------------

    def _expect_first(self, review: Review, now: datetime, instance_id: str | None = None) -> None:
        recurrence = review.body["settings"].get("recurrence")
        begun_before = bool((recurrence or {}).get("pattern")) and review.first_day < now.date()
        n = round_after(recurrence, review.first_day, now) if begun_before else 0
        first = None if n is None else round_at(recurrence, review.first_day, n)
        if first is None:
            return
        starts_at = max(now, first)
        if review.scope.enumerates:
            self._expect(review, starts_at + self.delay)
        else:
            self._new_instance(review, review.scope.resources, starts_at, instance_id)
            self._expect_next(review, starts_at)

    def _expect_next(self, review: Review, now: datetime) -> None:
        review.next_round_at = None
        recurrence = review.body["settings"].get("recurrence")
        n = round_after(recurrence, review.first_day, now)
        at = None if n is None else round_at(recurrence, review.first_day, n)
        if at is not None:
            self._expect(review, at + self.delay if review.scope.enumerates else at)

    def _expect(self, review: Review, at: datetime) -> None:
        review.next_round_at = at
        self.agenda.put(at, Due.ROUND, review.id)

    def come_round(self, review_id: str, at: datetime) -> None:
        """Open the instances of a round whose moment has come."""
        review = self.all.get(review_id)
        if review is None or review.next_round_at != at:
            return
        if review.scope.enumerates:
            for group in self.life.access.groups_with_guests(at):
                self._new_instance(review, (group,), at - self.delay)
        else:
            self._new_instance(review, review.scope.resources, at)
        self._expect_next(review, at)

    def _new_instance(
        self,
        review: Review,
        resources: tuple[Resource, ...],
        starts_at: datetime,
        instance_id: str | None = None,
    ) -> None:
        instance = Instance(
            id=instance_id or self._ids(),
            review_id=review.id,
            body=review.body,
            scope=review.scope,
            resources=resources,
            starts_at=starts_at,
            begins_at=starts_at + self.delay,
            ends_at=starts_at + timedelta(days=max(1, days_of(review.body))),
        )
        start = starts_at
        for part in review.body.get("stageSettings") or []:
            end = start + timedelta(days=part["durationInDays"])
            instance.stages.append(Stage(id=self._ids(), body=part, starts_at=start, ends_at=end))
            start = end
        review.instances.append(instance)
        self.instances[instance.id] = instance
        self.agenda.put(instance.begins_at, Due.BEGIN, instance.id)

    # --- deciding ---------------------------------------------------------------------------------

    def record(self, items: list[Item], decision: str, justification: str, by: Json, now: datetime) -> None:
        """Write one decision on some items; the last one counts."""
        for item in items:
            item.decision, item.justification = decision, justification
            undone = decision == "NotReviewed"
            item.reviewed_by = dict(NOBODY) if undone else by
            item.reviewed_at = None if undone else now
            answer = Answer(decision=decision, justification=justification, by=by["id"], at=now)
            item.history.append(answer)

    def reviewers(self, instance: Instance, item: Item, now: datetime) -> set[str]:
        """Return who may decide on an item now."""
        return self.life.people.of(instance, item, now)

    def reset(self, instance: Instance, now: datetime) -> None:
        """Take every decision of a running instance back."""
        items = instance.stage.items if instance.stage is not None else instance.items
        self.record(list(items.values()), "NotReviewed", "", dict(NOBODY), now)

    def ask_others(self, instance: Instance, reviewers: list[Json], fallbacks: list[Json]) -> None:
        """Put other reviewers in place of those of a running instance."""
        stage = instance.stage
        changed = {**instance.asking, "reviewers": reviewers, "fallbackReviewers": fallbacks}
        if stage is not None:
            stage.body = changed
        else:
            instance.body = changed

    def snapshot(self) -> list[tuple[object, ...]]:
        """Return the outcome without volatile ids and instants; groups go by their nicknames."""
        return sorted(
            (
                str(review.body.get("displayName")),
                instance.status,
                str([self._nickname(resource) for resource in instance.resources]),
                sorted(
                    (k, i.decision, i.justification, i.apply_result) for (k, _), i in instance.items.items()
                ),
            )
            for review in self.all.values()
            for instance in review.instances
        )

    def _nickname(self, resource: Resource) -> str | None:
        group = self.life.directory.groups.read(resource.id)
        return None if group is None else group.record.get("mailNickname")


def days_of(body: Json) -> int:
    """Return how many days a round lasts; the stages, where there are any, decide that."""
    stages = body.get("stageSettings") or []
    return sum(one["durationInDays"] for one in stages) or body["settings"].get("instanceDurationInDays") or 1


def _first_day(body: Json) -> date | None:
    start = ((body["settings"].get("recurrence") or {}).get("range") or {}).get("startDate")
    return date.fromisoformat(start) if start else None
