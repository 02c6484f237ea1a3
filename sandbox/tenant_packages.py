"""Entitlement management of the sandbox tenant: packages, who holds them, and how they come and go.

A package here is the membership of groups. A request is worked on for a while (``takes``), an assignment ends
on its day, and whoever loses the last one may lose the account (``sandbox.tenant_outsiders``).
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.tenant_agenda import Agenda, Due
from sandbox.tenant_directory import Directory, Json, graph_time
from sandbox.tenant_licence import Cause, Meter
from sandbox.tenant_outsiders import Outsiders
from sandbox.tenant_package_records import (
    DELIVERED,
    DELIVERING,
    EXPIRED,
    FAILED,
    HELD,
    PARTLY,
    Assignment,
    Catalog,
    Order,
    Organization,
    Package,
    Policy,
)
from sandbox.tenant_policy_shape import billed_by, ends_after, whole_policy


class Packages:
    """The catalogs, packages, policies, assignments, requests and connected organisations of a tenant.

    ``takes`` is how long a request is worked on. Who is in ``undeliverable`` (ids of people) gets nothing and
    loses nothing: their requests fail. Who is in ``half_deliverable`` gets a part, and loses nothing.
    """

    def __init__(
        self,
        directory: Directory,
        agenda: Agenda,
        outsiders: Outsiders,
        meter: Meter,
        ids: Callable[[], str],
    ) -> None:
        self.directory = directory
        self.agenda = agenda
        self.outsiders = outsiders
        self.meter = meter
        self._ids = ids
        self.takes = timedelta(minutes=5)
        self.catalogs: dict[str, Catalog] = {}
        self.packages: dict[str, Package] = {}
        self.policies: dict[str, Policy] = {}
        self.assignments: dict[str, Assignment] = {}
        self.orders: dict[str, Order] = {}
        self.organizations: dict[str, Organization] = {}
        self.undeliverable: set[str] = set()
        self.half_deliverable: set[str] = set()

    # --- what there is ----------------------------------------------------------------------------

    def add_catalog(self, name: str, now: datetime) -> Catalog:
        """Keep a new catalog, published and visible from outside."""
        record = {**_dated(now), "displayName": name, "description": name, "catalogType": "userManaged"}
        catalog = Catalog(
            id=self._ids(), record={**record, "state": "published", "isExternallyVisible": True}
        )
        self.catalogs[catalog.id] = catalog
        return catalog

    def add_package(self, name: str, catalog: Catalog, groups: tuple[str, ...], now: datetime) -> Package:
        """Keep a new package that gives the membership of groups (ids)."""
        record = {**_dated(now), "displayName": name, "description": name, "isHidden": False}
        package = Package(id=self._ids(), catalog_id=catalog.id, record=record, groups=groups)
        self.packages[package.id] = package
        return package

    def add_policy(self, package_id: str, body: Json, now: datetime) -> Policy:
        """Keep a new policy; what the body leaves out takes its default."""
        policy = Policy(id=self._ids(), package_id=package_id, record=whole_policy(body, _dated(now)))
        self.policies[policy.id] = policy
        return policy

    def replace_policy(self, policy: Policy, body: Json, now: datetime) -> None:
        """Put another document in a policy's place: what it leaves out is gone."""
        created = {"createdDateTime": policy.record["createdDateTime"], "modifiedDateTime": graph_time(now)}
        policy.record = whole_policy(body, created)

    def add_organization(self, name: str, domain: str, now: datetime) -> Organization:
        """Keep a new connected organisation, known by its domain."""
        source = {
            "@odata.type": "#microsoft.graph.domainIdentitySource",
            "domainName": domain,
            "displayName": name,
        }
        record = {**_dated(now), "displayName": name, "description": name, "state": "configured"}
        organization = Organization(id=self._ids(), record={**record, "identitySources": [source]})
        self.organizations[organization.id] = organization
        return organization

    def subject_id(self, object_id: str) -> str:
        """Return entitlement management's own id of a person, which is not the person's object id."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"subject of {object_id}"))

    def organization_of(self, object_id: str) -> Organization | None:
        """Return the connected organisation a person's address belongs to."""
        address = str((self.directory.account(object_id) or {}).get("mail") or "")
        domain = address.rpartition("@")[2].lower()
        for organization in self.organizations.values():
            if domain in {str(s.get("domainName")).lower() for s in organization.record["identitySources"]}:
                return organization
        return None

    def held_by(self, object_id: str) -> list[Assignment]:
        """Return what a person holds now."""
        return [a for a in self.assignments.values() if a.target_id == object_id and a.state in HELD]

    # --- coming -----------------------------------------------------------------------------------

    def assign(
        self, policy: Policy, target_id: str, at: datetime, *, ends_at: datetime | None = None
    ) -> Assignment:
        """Put a package into somebody's hands at once, ending when the policy says unless told otherwise."""
        assignment = self._begun(policy, target_id, at)
        if ends_at is not None:
            assignment.ends_at = ends_at
        self._give(assignment, DELIVERED)
        return assignment

    def order_add(
        self, policy: Policy, target_id: str, why: str | None, now: datetime, *, kind: str = "adminAdd"
    ) -> Order:
        """Take on a request to give a package; ``userAdd`` is one of the person's own, approved at once."""
        return self._order(kind, self._begun(policy, target_id, now), why, now)

    def order_remove(self, assignment: Assignment, why: str | None, now: datetime) -> Order:
        """Take on a request to take a package away."""
        return self._order("adminRemove", assignment, why, now)

    def open_order(self, assignment_id: str) -> Order | None:
        """Return the request about an assignment that is not finished yet."""
        for order in self.orders.values():
            if order.assignment_id == assignment_id and order.completed_at is None:
                return order
        return None

    def _begun(self, policy: Policy, target_id: str, at: datetime) -> Assignment:
        assignment = Assignment(
            id=self._ids(),
            package_id=policy.package_id,
            policy_id=policy.id,
            target_id=target_id,
            state=DELIVERING,
            starts_at=at,
            ends_at=ends_after(policy.record, at),
        )
        self.assignments[assignment.id] = assignment
        return assignment

    def _order(self, kind: str, assignment: Assignment, why: str | None, now: datetime) -> Order:
        order = Order(
            id=self._ids(), kind=kind, assignment_id=assignment.id, created_at=now, justification=why
        )
        self.orders[order.id] = order
        self.agenda.put(now + self.takes / 2, Due.WORK, order.id)
        self.agenda.put(now + self.takes, Due.DELIVER, order.id)
        return order

    def _give(self, assignment: Assignment, state: str) -> None:
        assignment.state = state
        self.outsiders.spare(assignment.target_id)
        groups = self.packages[assignment.package_id].groups
        for group_id in groups[:1] if state == PARTLY else groups:
            if group_id in self.directory.groups:
                self.directory.groups[group_id].members[assignment.target_id] = None
        if assignment.ends_at is not None:
            self.agenda.put(assignment.ends_at, Due.EXPIRE, assignment.id)

    # --- going, and what happens by itself --------------------------------------------------------

    def take_away(self, assignment: Assignment, at: datetime) -> None:
        """End an assignment: its groups are left where no other package gives them."""
        if assignment.state == EXPIRED:
            return
        assignment.state, assignment.expired_at = EXPIRED, at
        left = self.held_by(assignment.target_id)
        kept = {group for other in left for group in self.packages[other.package_id].groups}
        for group_id in self.packages[assignment.package_id].groups:
            if group_id not in kept and group_id in self.directory.groups:
                self.directory.groups[group_id].members.pop(assignment.target_id, None)
        if not left:
            self.outsiders.lost_everything(assignment.target_id, at)

    def work(self, order_id: str) -> None:
        """Begin with a request."""
        order = self.orders[order_id]
        if order.completed_at is None:
            order.state = DELIVERING

    def deliver(self, order_id: str, at: datetime) -> None:
        """Finish a request: the package is given or taken away, unless that cannot be done."""
        order = self.orders[order_id]
        assignment = self.assignments[order.assignment_id]
        order.completed_at, order.state = at, self._delivery(assignment)
        if order.kind == "adminRemove":
            if order.state == DELIVERED:
                self.take_away(assignment, at)
        elif order.state == FAILED:
            assignment.state = FAILED
        else:
            self._give(assignment, order.state)
            self._bill(order, assignment, at)

    def _delivery(self, assignment: Assignment) -> str:
        if assignment.target_id in self.undeliverable:
            return FAILED
        return PARTLY if assignment.target_id in self.half_deliverable else DELIVERED

    def expire(self, assignment_id: str, at: datetime) -> None:
        """End an assignment whose day has come."""
        assignment = self.assignments[assignment_id]
        if assignment.state in HELD and assignment.ends_at == at:
            self.take_away(assignment, at)

    def _bill(self, order: Order, assignment: Assignment, at: datetime) -> None:
        policy = self.policies.get(assignment.policy_id)
        for cause in billed_by(policy.record) if policy is not None else ():
            if cause is Cause.AUTO_ASSIGNMENT or order.kind == "userAdd":
                self.meter.bill(assignment.target_id, cause, at)

    def snapshot(self) -> Json:
        """Return the outcome without volatile ids and instants."""
        names = {p.id: p.record["displayName"] for p in self.packages.values()}
        return {
            "policies": sorted(
                (names[p.package_id], str(p.record["displayName"]), repr(_undated(p.record)))
                for p in self.policies.values()
            ),
            "assignments": sorted(
                (names[a.package_id], a.target_id, a.state) for a in self.assignments.values()
            ),
            "leaving": sorted(self.outsiders.leaving),
        }


def _dated(now: datetime) -> Json:
    return {"createdDateTime": graph_time(now), "modifiedDateTime": graph_time(now)}


def _undated(record: Json) -> Json:
    return {k: v for k, v in sorted(record.items()) if k not in {"createdDateTime", "modifiedDateTime"}}
