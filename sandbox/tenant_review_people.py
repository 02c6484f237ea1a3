"""Who may decide in a review. Source: Microsoft Graph, concepts/accessreviews-reviewers-concept."""

import re
from datetime import datetime

from sandbox.tenant_directory import Json
from sandbox.tenant_reach import Reach
from sandbox.tenant_review_records import Instance, Item

_NAMED = re.compile(
    r"(?:/v1\.0)?/(?P<kind>users|groups)/(?P<id>[0-9a-fA-F-]{36})(?:/(?P<of>transitiveMembers|members|owners)/?)?"
)
OWNERS, MANAGER = "./owners", "./manager"
SPONSOR_SCOPES = frozenset({"sponsor", "managerOrSponsor"})


def read_reviewer(query: str) -> tuple[str, str, str | None] | None:
    """Understand a reviewer query: (users or groups, id, which people of the group); None for any other."""
    match = _NAMED.fullmatch(query)
    if match is None or (match["kind"] == "groups") != (match["of"] is not None):
        return None
    return match["kind"], match["id"].lower(), match["of"]


class Reviewers:
    """Finds the people behind reviewer scopes."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.directory = reach.directory

    def of(self, instance: Instance, item: Item, now: datetime) -> set[str]:
        """Return who may decide on an item: the reviewers, or the fallback where there are none."""
        named = instance.asking.get("reviewers") or []
        if not named:
            return {item.principal["id"]}
        found = self._people(named, instance, item, now)
        return found or self._people(instance.asking.get("fallbackReviewers") or [], instance, item, now)

    def owners(self, group_id: str, now: datetime) -> tuple[str, ...]:
        """Return the owners of a group who still have an account."""
        group = self.directory.groups.read(group_id)
        return tuple(o for o in group.owners if self._live(o, now)) if group is not None else ()

    def _people(self, scopes: list[Json], instance: Instance, item: Item, now: datetime) -> set[str]:
        return {person for scope in scopes for person in self._behind(scope, instance, item, now)}

    def _behind(self, scope: Json, instance: Instance, item: Item, now: datetime) -> set[str]:
        if scope.get("scopeType") in SPONSOR_SCOPES:
            return self._sponsors(item.principal["id"], now)
        query = scope.get("query") or ""
        if query == OWNERS:
            return {o for o in instance.owners.get(item.resource.id, ()) if self._live(o, now)}
        if query == MANAGER:
            manager = self.reach.manager(item.principal["id"])
            return {manager} if manager is not None and self._live(manager, now) else set()
        kind, object_id, of = read_reviewer(query) or ("", "", None)
        if kind == "users":
            return {object_id} if self._live(object_id, now) else set()
        if of == "owners":
            return set(self.owners(object_id, now))
        return {record["id"] for record in self.directory.transitive_users(object_id, now)}

    def _sponsors(self, principal_id: str, now: datetime) -> set[str]:
        found: set[str] = set()
        for sponsor in self.directory.sponsors(principal_id):
            if sponsor in self.directory.groups:
                found |= {record["id"] for record in self.directory.transitive_users(sponsor, now)}
            elif self._live(sponsor, now):
                found.add(sponsor)
        return found

    def _live(self, object_id: str, now: datetime) -> bool:
        return self.directory.user(object_id, now) is not None

    def reachable(self, person: str, now: datetime) -> bool:
        """Say whether Entra writes to a reviewer: not to a guest who never redeemed the invitation."""
        record = self.directory.user(person, now)
        return record is not None and record.get("externalUserState") != "PendingAcceptance"
