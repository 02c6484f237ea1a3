"""What a review is about: which people, and their access to what. Reads the queries that say so.

Source: Microsoft Graph, access review scopes (concepts/accessreviews-scope-concept).
"""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from sandbox.tenant_directory import Json
from sandbox.tenant_outsiders import length_of

Kind = Literal["group", "app", "policy"]
LONGEST_INACTIVITY = timedelta(days=730)

_GRAPH = "microsoft.graph."
_ID = r"[0-9a-fA-F-]{36}"
_MEMBERS = r"(?P<how>transitiveMembers|members)(?:/microsoft\.graph\.user)?/?(?:\?(?P<options>.*))?"
_GROUP = re.compile(rf"(?:/v1\.0)?/groups/(?P<group>{_ID})/{_MEMBERS}")
_OF_EACH_GROUP = re.compile(rf"\./{_MEMBERS}")
_UNIFIED = re.compile(
    r"(?:/v1\.0)?/groups\?(?:\$count=true&)?"
    r"\$filter=\(?groupTypes/any\((?P<each>\w+):(?P=each)[ +]eq[ +]'Unified'\)\)?(?:&\$count=true)?"
)
_EVERYBODY = re.compile(r"(?:/v1\.0)?/users/?(?:\?(?P<options>.*))?")
_RESOURCE = re.compile(
    rf"(?:/v1\.0)?/(?P<kind>groups|servicePrincipals)/(?P<id>{_ID})(?:/(?:transitiveM|m)embers/?)?"
)
_GUESTS = frozenset({"$filter=(userType eq 'Guest')", "$filter=userType eq 'Guest'"})


class BadScope(ValueError):
    """A scope that Graph would refuse; the text says why."""


class UnplayedScope(ValueError):
    """A scope that Graph knows and the sandbox does not; the text names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What somebody has access to: a group, an app, or a package under a policy (``id`` is the policy's)."""

    kind: Kind
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The people and what they have access to.

    ``resources`` empty means every Microsoft 365 group that has such people, an instance for each.
    ``inactive_for`` leaves out who signed in since, and whoever is younger than that.
    """

    resources: tuple[Resource, ...]
    guests_only: bool
    nested: bool = True
    inactive_for: timedelta | None = None

    @property
    def enumerates(self) -> bool:
        """Whether the groups are found anew in every round."""
        return not self.resources


def read_scope(body: Json) -> Scope:
    """Understand a definition's scopes.

    Raises:
        BadScope, UnplayedScope: it cannot be understood, or not be played.

    """
    scope = body.get("scope") or {}
    if body.get("instanceEnumerationScope") is not None:
        return _every_group(body["instanceEnumerationScope"], scope)
    match _type_of(scope):
        case "accessReviewQueryScope":
            return _of_group(scope)
        case "principalResourceMembershipsScope":
            return _memberships(scope)
        case "accessReviewInactiveUsersQueryScope":
            return replace(_of_group(scope), inactive_for=_inactivity(scope))
        case kind:
            raise UnplayedScope(f"a review scope of type {kind}")


def _type_of(scope: Json) -> str:
    kind = str(scope.get("@odata.type") or "accessReviewQueryScope")
    return kind.removeprefix("#").removeprefix(_GRAPH)


def _of_group(scope: Json) -> Scope:
    match = _GROUP.fullmatch(scope.get("query") or "")
    if match is None:
        raise BadScope("The scope's query is not one of a group's members.")
    resource = Resource(kind="group", id=match["group"].lower())
    guests = _only_guests(match["options"])
    return Scope(resources=(resource,), guests_only=guests, nested=match["how"] == "transitiveMembers")


def _every_group(enumeration: Json, scope: Json) -> Scope:
    if _UNIFIED.fullmatch(enumeration.get("query") or "") is None:
        raise BadScope("The instanceEnumerationScope must ask for every Microsoft 365 group.")
    match = _OF_EACH_GROUP.fullmatch(scope.get("query") or "")
    if match is None:
        raise BadScope("With an instanceEnumerationScope the scope's query begins with './members'.")
    inactive = _inactivity(scope) if _type_of(scope) == "accessReviewInactiveUsersQueryScope" else None
    return Scope(
        resources=(),
        guests_only=_only_guests(match["options"]),
        nested=match["how"] == "transitiveMembers",
        inactive_for=inactive,
    )


def _memberships(scope: Json) -> Scope:
    principals, resources = scope.get("principalScopes") or [], scope.get("resourceScopes") or []
    if len(principals) != 1 or not resources:
        raise BadScope("One principal scope and at least one resource scope are needed.")
    people = _EVERYBODY.fullmatch(principals[0].get("query") or "")
    if people is None:
        raise BadScope("The principal scope's query must ask for users.")
    found = []
    for one in resources:
        match = _RESOURCE.fullmatch(one.get("query") or "")
        if match is None:
            raise BadScope("The resource scope's query is of no resource.")
        kind: Kind = "group" if match["kind"] == "groups" else "app"
        found.append(Resource(kind=kind, id=match["id"].lower()))
    inactive = _type_of(principals[0]) == "accessReviewInactiveUsersQueryScope"
    return Scope(
        resources=tuple(found),
        guests_only=_only_guests(people["options"]),
        inactive_for=_inactivity(principals[0]) if inactive else None,
    )


def _only_guests(options: str | None) -> bool:
    wanted = "&".join(part for part in (options or "").split("&") if part and part != "$count=true")
    if wanted and wanted not in _GUESTS:
        raise BadScope("The query's filter is not one on guests.")
    return bool(wanted)


def _inactivity(scope: Json) -> timedelta:
    try:
        length = length_of(scope.get("inactiveDuration") or "")
    except ValueError as error:
        raise BadScope("Invalid value specified for property 'inactiveDuration'.") from error
    if length > LONGEST_INACTIVITY:
        raise BadScope("The inactiveDuration can be 730 days at most.")
    return length
