"""From Graph's rows to what ties a guest to the tenant: pure, and strict about what a judgement rests on.

A row that cannot be understood makes its whole sort unreadable for that guest: half a list looks like a small
one. Types of objects we know nothing of are passed over.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec

from reviews.model import Unreadable
from reviews.model.ties import AppRole, DirectoryRole, Group, HeldPackage, LabelMark, Owned

T = TypeVar("T")

NOT_UNDERSTOOD = Unreadable(why="not-understood")
NAMELESS = Unreadable(why="no-permission")
"""Objects that come with their id only: the permission to read their type is missing."""

GROUP_FIELDS = (
    "id,displayName,mailNickname,groupTypes,mailEnabled,onPremisesSyncEnabled,isAssignableToRole,isManagementRestricted,"
    "assignedLabels,resourceProvisioningOptions"
)

_GROUP = "#microsoft.graph.group"
_APPS = frozenset({"#microsoft.graph.application", "#microsoft.graph.servicePrincipal"})
_COHORT = re.compile(r"gatehouse-[0-9a-f]{32}")
"""The mailNickname of ``adapters.graph.cohort_groups``."""
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _Label(msgspec.Struct, rename="camel", gc=False):
    label_id: str | None = None
    display_name: str | None = None


class _Object(msgspec.Struct, rename="camel", gc=False):
    id: _Id
    kind: str = msgspec.field(default="", name="@odata.type")
    display_name: str | None = None
    mail_nickname: str | None = None
    group_types: list[str] = []
    mail_enabled: bool | None = None
    on_premises_sync_enabled: bool | None = None
    is_assignable_to_role: bool | None = None
    is_management_restricted: bool | None = None
    assigned_labels: list[_Label] = []
    resource_provisioning_options: list[str] = []


class _AppRole(msgspec.Struct, rename="camel", gc=False):
    resource_id: _Id
    principal_type: str
    resource_display_name: str | None = None
    principal_display_name: str | None = None


class _Expiration(msgspec.Struct, rename="camel", gc=False):
    end_date_time: _Moment | None = None


class _Schedule(msgspec.Struct, gc=False):
    expiration: _Expiration | None = None


class _Package(msgspec.Struct, rename="camel", gc=False):
    id: _Id
    display_name: str | None = None


class _Target(msgspec.Struct, rename="camel", gc=False):
    subject_lifecycle: str | None = None


class _Held(msgspec.Struct, rename="camel", gc=False):
    access_package: _Package
    schedule: _Schedule | None = None
    target: _Target | None = None


class Holding(msgspec.Struct, rename="camel", gc=False):
    """Who holds, or may activate, which role, and where."""

    principal_id: _Id
    role_definition_id: _Id
    directory_scope_id: str | None = None

    def role(self, names: dict[str, str], *, eligible: bool, through: str | None) -> DirectoryRole:
        """Return the role as one of its holder's ties."""
        return DirectoryRole(
            id=self.role_definition_id,
            name=names.get(self.role_definition_id, self.role_definition_id),
            scope=self.directory_scope_id or "/",
            eligible=eligible,
            through=through,
        )


def read_all(rows: Iterable[msgspec.Raw], kind: type[T]) -> list[T] | Unreadable:
    """Decode rows; unreadable as a whole when one is not what it should be."""
    try:
        return [msgspec.json.decode(row, type=kind) for row in rows]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return NOT_UNDERSTOOD


def groups_of(rows: Sequence[msgspec.Raw], known: dict[str, Group]) -> tuple[Group, ...] | Unreadable:
    """Read the groups among the objects somebody is in; each group is kept once, in ``known``."""
    objects = read_all(rows, _Object)
    if isinstance(objects, Unreadable):
        return objects
    found = [one for one in objects if one.kind == _GROUP]
    if any(one.display_name is None for one in found):
        return NAMELESS
    return tuple(known.setdefault(one.id, _group(one)) for one in found if not _is_cohort(one))


def read_groups(rows: Sequence[msgspec.Raw]) -> tuple[Group, ...] | Unreadable:
    """Read a list of groups and nothing else, without our cohort groups."""
    objects = read_all(rows, _Object)
    if isinstance(objects, Unreadable):
        return objects
    if any(one.display_name is None for one in objects):
        return NAMELESS
    return tuple(_group(one) for one in objects if not _is_cohort(one))


def ids_of(rows: Sequence[msgspec.Raw]) -> frozenset[str] | Unreadable:
    """Read the ids of objects."""
    objects = read_all(rows, _Object)
    return objects if isinstance(objects, Unreadable) else frozenset(one.id for one in objects)


def names_of(rows: Sequence[msgspec.Raw]) -> dict[str, str]:
    """Read what objects are called, by id; those without a name are left out."""
    objects = read_all(rows, _Object)
    known = () if isinstance(objects, Unreadable) else objects
    return {one.id: one.display_name for one in known if one.display_name}


def owned_of(rows: Sequence[msgspec.Raw]) -> tuple[Owned, ...] | Unreadable:
    """Read the apps and groups somebody owns."""
    objects = read_all(rows, _Object)
    if isinstance(objects, Unreadable):
        return objects
    return tuple(
        Owned(id=one.id, name=one.display_name or one.id, is_app=one.kind in _APPS)
        for one in objects
        if one.kind == _GROUP or one.kind in _APPS
    )


def apps_of(rows: Sequence[msgspec.Raw]) -> tuple[AppRole, ...] | Unreadable:
    """Read the apps somebody may use; several roles in one app by the same way are one."""
    assigned = read_all(rows, _AppRole)
    if isinstance(assigned, Unreadable):
        return assigned
    found = [
        AppRole(
            app_id=one.resource_id,
            name=one.resource_display_name or one.resource_id,
            through=None if one.principal_type == "User" else one.principal_display_name or "?",
        )
        for one in assigned
    ]
    return tuple(dict.fromkeys(found))


def packages_of(rows: Sequence[msgspec.Raw]) -> tuple[HeldPackage, ...] | Unreadable:
    """Read the access packages somebody holds."""
    held = read_all(rows, _Held)
    return held if isinstance(held, Unreadable) else tuple(_held(one) for one in held)


def _held(one: _Held) -> HeldPackage:
    expiration = None if one.schedule is None else one.schedule.expiration
    ends = None if expiration is None else expiration.end_date_time
    package = one.access_package
    return HeldPackage(
        id=package.id,
        name=package.display_name or package.id,
        expires_at=None if ends is None else ends.astimezone(UTC),
        is_governed=one.target is not None and one.target.subject_lifecycle == "governed",
    )


def _group(one: _Object) -> Group:
    marks = [LabelMark(id=label.label_id, name=label.display_name) for label in _labelled(one)]
    return Group(
        id=one.id,
        name=one.display_name or "",
        is_team="Team" in one.resource_provisioning_options,
        is_unified="Unified" in one.group_types,
        is_dynamic="DynamicMembership" in one.group_types,
        is_synced=one.on_premises_sync_enabled is True,
        is_mail_enabled=one.mail_enabled is True,
        is_restricted=one.is_management_restricted is True,
        is_role_assignable=one.is_assignable_to_role is True,
        labels=tuple(marks),
    )


def _is_cohort(one: _Object) -> bool:
    """Say whether this is a group of ours, made to ask about its members: it gives them nothing."""
    ours = _COHORT.fullmatch(one.mail_nickname or "") is not None
    return ours and not (
        one.is_assignable_to_role or one.resource_provisioning_options or one.assigned_labels
    )


def _labelled(one: _Object) -> list[Any]:
    return [label for label in one.assigned_labels if label.label_id]
