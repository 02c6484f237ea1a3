"""The access that reviews are about - groups, apps, packages - who has it, and what comes of ending it."""

from datetime import datetime

from sandbox.tenant_directory import Json
from sandbox.tenant_package_records import HELD, Assignment
from sandbox.tenant_packages import Packages
from sandbox.tenant_reach import Reach
from sandbox.tenant_review_scopes import Resource, Scope

DONE, VANISHED = "AppliedSuccessfully", "AppliedSuccessfullyButObjectNotFound"
UNSUPPORTED, UNKNOWN_FAILURE = "ApplyNotSupported", "AppliedWithUnknownFailure"


class Access:
    """Reads and ends the access of people to groups, apps and packages.

    Denials about who is in ``stubborn`` (ids of people) fail for no known reason until they are taken out.
    """

    def __init__(self, reach: Reach, packages: Packages) -> None:
        self.reach = reach
        self.directory = reach.directory
        self.packages = packages
        self.stubborn: set[str] = set()

    def groups_with_guests(self, at: datetime) -> list[Resource]:
        """Return the Microsoft 365 groups that have guests; dynamic and role-assignable ones are left out."""
        found = []
        for _, group in self.directory.groups.scan(0):
            kinds = group.record.get("groupTypes") or ()
            shielded = "DynamicMembership" in kinds or group.record.get("isAssignableToRole")
            if "Unified" not in kinds or shielded:
                continue
            users = (self.directory.user(m, at) for m in self.directory.members(group))
            if any(u is not None and u.get("userType") == "Guest" for u in users):
                found.append(Resource(kind="group", id=group.record["id"]))
        return found

    def people(self, resource: Resource, scope: Scope, at: datetime) -> list[Json]:
        """Return the accounts with access, as a review of that scope takes them when it begins."""
        return [one for one in self._holders(resource, scope, at) if _wanted(one, scope, at)]

    def _holders(self, resource: Resource, scope: Scope, at: datetime) -> list[Json]:
        if resource.kind == "policy":
            held = [a for a in self._assignments(resource) if a.state in HELD]
            found = (self.directory.user(a.target_id, at) for a in held)
            return [one for one in found if one is not None]
        if resource.kind == "app":
            scan = self.directory.scan(0, guests_only=scope.guests_only)
            return [one for _, one in scan if self._opens(resource, one["id"], at)]
        if scope.nested:
            return self.directory.transitive_users(resource.id, at)
        group = self.directory.groups.read(resource.id)
        members = self.directory.members(group) if group is not None else []
        found = (self.directory.user(m, at) for m in members)
        return [one for one in found if one is not None]

    def _opens(self, resource: Resource, principal_id: str, at: datetime) -> bool:
        """Say whether a person is assigned to an app, by themselves or through a group."""
        app = self._app(resource)
        ways = (principal_id, *self.reach.all_groups_of(principal_id, at))
        return any(role.app == app for way in ways for role in self.reach.app_roles(way))

    def _app(self, resource: Resource) -> int | None:
        found = self.directory.population.find(resource.id)
        return found[1] if found is not None and found[0] == "app" else None

    def exists(self, resource: Resource, now: datetime) -> bool:
        """Say whether there is such a resource, to be seen by now."""
        if resource.kind == "app":
            return self._app(resource) is not None
        return self.directory.group(resource.id, now) is not None

    def _assignments(self, resource: Resource) -> list[Assignment]:
        return [a for a in self.packages.assignments.values() if a.policy_id == resource.id]

    def take(self, resource: Resource, principal_id: str, at: datetime) -> str:
        """Take the access away; return what Graph says became of that."""
        if principal_id in self.stubborn:
            return UNKNOWN_FAILURE
        if self.vanished(resource, principal_id):
            return VANISHED
        if resource.kind == "policy":
            return self._take_package(resource, principal_id, at)
        if resource.kind == "app":
            return self._take_app(resource, principal_id)
        group = self.directory.groups[resource.id]  # one that may be changed
        if _out_of_reach(group.record) or (
            principal_id not in group.members and self._is_inside(resource.id, principal_id, at)
        ):
            return UNSUPPORTED
        group.members.pop(principal_id, None)
        return DONE

    def vanished(self, resource: Resource, principal_id: str) -> bool:
        """Say whether the person or the resource is gone."""
        if resource.kind == "group" and resource.id not in self.directory.groups:
            return True
        return principal_id in self.directory.deleted or self.directory.account(principal_id) is None

    def _is_inside(self, group_id: str, principal_id: str, at: datetime) -> bool:
        return any(one["id"] == principal_id for one in self.directory.transitive_users(group_id, at))

    def _take_app(self, resource: Resource, principal_id: str) -> str:
        app, held = self._app(resource), self.reach.app_roles(principal_id)
        left = {role.app: role.role for role in held if role.app != app}
        if len(left) == len(held):  # it comes through a group, or is gone
            return UNSUPPORTED
        self.reach.give_apps(principal_id, left)
        return DONE

    def _take_package(self, resource: Resource, principal_id: str, at: datetime) -> str:
        if principal_id in self.packages.undeliverable:
            return UNKNOWN_FAILURE
        held = [a for a in self._assignments(resource) if a.target_id == principal_id and a.state in HELD]
        for assignment in held:
            self.packages.take_away(assignment, at)
        return DONE if held else VANISHED


def _out_of_reach(group: Json) -> bool:
    """Say whether a membership cannot be ended from here: dynamic, synced, or kept by Exchange."""
    kinds = group.get("groupTypes") or ()
    kept_by_exchange = group.get("mailEnabled") and "Unified" not in kinds
    return bool("DynamicMembership" in kinds or group.get("onPremisesSyncEnabled") or kept_by_exchange)


def _wanted(record: Json, scope: Scope, at: datetime) -> bool:
    if scope.guests_only and record.get("userType") != "Guest":
        return False
    if scope.inactive_for is None:
        return True
    since = at - scope.inactive_for
    created = record.get("createdDateTime")
    young = created is not None and datetime.fromisoformat(created) > since
    return not young and not signed_in_since(record, since)


def signed_in_since(record: Json, since: datetime) -> bool:
    """Say whether an account signed in after a moment, interactively or not, with success or without."""
    activity = record.get("signInActivity") or {}
    seen = (activity.get("lastSignInDateTime"), activity.get("lastNonInteractiveSignInDateTime"))
    return any(when is not None and datetime.fromisoformat(when) >= since for when in seen)
