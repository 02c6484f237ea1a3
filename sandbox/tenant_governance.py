"""The governance of the sandbox tenant: entitlement management and access reviews, on one agenda.

They meet here: a policy opens reviews, a review's decisions end assignments, and what falls due happens in
the order of its moments, whoever owns it.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from sandbox.tenant_agenda import Agenda, Due
from sandbox.tenant_directory import Json
from sandbox.tenant_licence import Meter
from sandbox.tenant_logs import AuditLog
from sandbox.tenant_outsiders import Outsiders
from sandbox.tenant_package_records import Policy
from sandbox.tenant_package_reviews import OPENED_BY, definition_of, first_day_of, is_reviewed, scope_of
from sandbox.tenant_packages import Packages
from sandbox.tenant_reach import Reach
from sandbox.tenant_review_access import Access
from sandbox.tenant_review_life import Life
from sandbox.tenant_review_records import IN_PROGRESS, Instance
from sandbox.tenant_reviews import Reviews
from sandbox.tenant_unknowns import Unknowns

Notify = Callable[[Iterable[str], str, Json, datetime], None]
"""Sends Entra's own mail: to whom (ids), its subject, the definition it is about, when."""


class Governance:
    """Packages, reviews, the meter, and the native rivals that this tenant has switched on.

    ``lifecycle_policies`` are guest lifecycle policies as Graph shows them; None is a tenant that has no such
    feature, as most.
    """

    def __init__(
        self,
        reach: Reach,
        audits: AuditLog,
        ids: Callable[[], str],
        notify: Notify,
        unknowns: Unknowns,
        lifecycle_policies: Iterable[Json] | None,
    ) -> None:
        directory = reach.directory
        self.unknowns = unknowns
        self.lifecycle_policies = None if lifecycle_policies is None else list(lifecycle_policies)
        self.meter = Meter(audits)
        self.agenda = Agenda()
        self.outsiders = Outsiders(directory, self.agenda, audits)
        self.packages = Packages(directory, self.agenda, self.outsiders, self.meter, ids)
        access = Access(reach, self.packages)
        self.reviews = Reviews(Life(reach, access, self.agenda, self.meter, ids), self.agenda, ids)
        self._notify = notify

    def settle(self, now: datetime) -> None:
        """Let everything happen that fell due by ``now``."""
        for at, what, key in self.agenda.take(now):
            match what:
                case Due.WORK:
                    self.packages.work(key)
                case Due.DELIVER:
                    self.packages.deliver(key, at)
                case Due.EXPIRE:
                    self.packages.expire(key, at)
                case Due.LEAVE:
                    self.outsiders.delete(key, at)
                case Due.ROUND:
                    self.reviews.come_round(key, at)
                case _:
                    instance = self.reviews.instances.get(key)
                    if instance is not None:
                        self._move_on(instance, what, at)

    def _move_on(self, instance: Instance, what: Due, at: datetime) -> None:
        life, asked = self.reviews.life, set(instance.contacted)
        match what:
            case Due.BEGIN:
                life.begin(instance, at)
            case Due.GO_ON:
                life.go_on(instance, at)
            case Due.STAGE_END:
                life.stage_due(instance, at)
            case Due.END:
                life.end(instance, at)
            case Due.REMIND if instance.status == IN_PROGRESS:
                self.write(instance, instance.contacted, "Reminder: a review waits for your decision", at)
        self.tell_new(instance, asked, at)

    def tell_new(self, instance: Instance, asked: set[str], at: datetime) -> None:
        """Let Entra write to who is asked now and was not among ``asked``, where it writes at all."""
        if instance.body["settings"].get("mailNotificationsEnabled"):
            new = [person for person in instance.contacted if person not in asked]
            self.write(instance, new, "A review waits for your decision", at)

    def write(self, instance: Instance, people: Iterable[str], subject: str, at: datetime) -> None:
        """Send Entra's own mail about an instance."""
        self._notify(people, subject, instance.body, at)

    # --- policies and the reviews they open -------------------------------------------------------

    def add_policy(self, package_id: str, body: Json, now: datetime) -> Policy:
        """Keep a new policy of a package."""
        policy = self.packages.add_policy(package_id, body, now)
        self._review(policy, now)
        return policy

    def replace_policy(self, policy: Policy, body: Json, now: datetime) -> None:
        """Put another document in a policy's place; rounds that have not begun follow it."""
        self.packages.replace_policy(policy, body, now)
        self._review(policy, now)

    def remove_policy(self, policy: Policy) -> None:
        """Forget a policy; its review ends with the round that runs."""
        del self.packages.policies[policy.id]
        review = self.reviews.all.get(policy.definition_id or "")
        if review is not None:
            self.reviews.end_series(review)

    def _review(self, policy: Policy, now: datetime) -> None:
        """Open, change or end the review that a policy asks for."""
        review = self.reviews.all.get(policy.definition_id or "")
        if not is_reviewed(policy):
            policy.definition_id = None
            if review is not None:
                self.reviews.end_series(review)
            return
        body = definition_of(policy, self.packages.packages[policy.package_id])
        scope, first_day = scope_of(policy), first_day_of(policy)
        if review is None:
            review = self.reviews.open(body, scope, by=dict(OPENED_BY), now=now, first_day=first_day)
            policy.definition_id = review.id
        elif review.body != body or review.first_day != first_day:
            review.first_day = first_day
            self.reviews.replace(review, body, scope, now)
