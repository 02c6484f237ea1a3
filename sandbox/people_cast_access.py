"""What a cast of characters reaches, read from their specs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sandbox.people_access import AppRole, HeldRole, Inviter
from sandbox.people_apps import APPS, ROLES, app_named, app_role_id
from sandbox.people_groups import GroupKind
from sandbox.people_ids import Ids, PersonKind
from sandbox.people_specs import GroupSpec, GuestSpec, MemberSpec

_SHIELDING = "User Administrator"
"""What a guest holds of whom a story only says that they are privileged."""
_RESTRICTED_UNIT = 1

Spec = GuestSpec | MemberSpec | GroupSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class CastAccess:
    """Answers ``Access`` for a cast; ``came`` gives the moment a guest was invited or accepted."""

    guests: tuple[GuestSpec, ...]
    members: tuple[MemberSpec, ...]
    groups: tuple[GroupSpec, ...]
    ids: Ids
    places: Mapping[str, tuple[PersonKind, int]]
    came: Callable[[int], float]

    def _spec(self, object_id: str) -> Spec | None:
        kind, n = self.ids.find(object_id) or ("nobody", 0)
        everybody: Mapping[str, tuple[Spec, ...]] = {
            "guest": self.guests,
            "member": self.members,
            "group": self.groups,
        }
        specs = everybody.get(kind, ())
        return specs[n] if n < len(specs) else None

    def _id(self, name: str) -> str:
        return self.ids.of(*self.places[name])

    # --- who is in a group ------------------------------------------------------------------------

    def people(self, n: int) -> tuple[str, ...]:
        """Return the ids of the direct members of group n."""
        named = (*self.groups[n].members, *(g.name for g in self.guests if self.groups[n].name in g.reaches))
        return tuple(dict.fromkeys(self._id(name) for name in named))

    def owners(self, n: int) -> tuple[str, ...]:
        """Return the ids of the owners of group n, without deleted colleagues."""
        gone = {member.name for member in self.members if member.standing == "deleted"}
        named = (*self.groups[n].owners, *(g.name for g in self.guests if self.groups[n].name in g.owner_of))
        return tuple(dict.fromkeys(self._id(name) for name in named if name not in gone))

    def groups_of(self, object_id: str) -> tuple[str, ...]:
        """Return the ids of the groups a person or group stands in directly."""
        return tuple(self.ids.of("group", n) for n in range(len(self.groups)) if object_id in self.people(n))

    def owned_by(self, object_id: str) -> tuple[str, ...]:
        """Return the ids of the groups and app registrations a person owns."""
        owned = [self.ids.of("group", n) for n in range(len(self.groups)) if object_id in self.owners(n)]
        spec = self._spec(object_id)
        if isinstance(spec, GuestSpec):
            apps = {app.name for app in APPS}
            owned += [self.ids.of("registration", app_named(name)) for name in spec.owner_of if name in apps]
        return tuple(owned)

    def manager(self, object_id: str) -> str | None:
        """Return the id of a person's manager, deleted or not."""
        spec = self._spec(object_id)
        return self._id(spec.manager) if isinstance(spec, GuestSpec | MemberSpec) and spec.manager else None

    def units(self, object_id: str) -> tuple[int, ...]:
        """Return the administrative units a person or group stands in."""
        spec = self._spec(object_id)
        restricted = isinstance(spec, GuestSpec) and spec.restricted
        restricted |= isinstance(spec, GroupSpec) and spec.kind is GroupKind.RESTRICTED
        return (_RESTRICTED_UNIT,) if restricted else ()

    # --- apps and roles ---------------------------------------------------------------------------

    def app_roles(self, object_id: str) -> tuple[AppRole, ...]:
        """Return what a person or group is assigned to by itself."""
        spec = self._spec(object_id)
        return tuple(map(app_role, spec.apps)) if isinstance(spec, GuestSpec | GroupSpec) else ()

    def roles(self, object_id: str) -> tuple[HeldRole, ...]:
        """Return the directory roles given to a person or group itself."""
        spec = self._spec(object_id)
        if isinstance(spec, GroupSpec):
            return tuple(HeldRole(role) for role in spec.roles)
        if not isinstance(spec, GuestSpec):
            return ()
        held = spec.roles or ((_SHIELDING,) if spec.privileged else ())
        return (*map(HeldRole, held), *(HeldRole(role, eligible=True) for role in spec.eligible))

    def role_holders(self) -> tuple[str, ...]:
        """Return the ids of everybody, groups too, who holds or may activate a directory role."""
        everybody = [self.ids.of("group", n) for n in range(len(self.groups))]
        everybody += [self.ids.of("guest", n) for n in range(len(self.guests))]
        return tuple(one for one in everybody if self.roles(one))

    def shielded(self, object_id: str) -> bool:
        """Say whether a guest holds a directory role now, by themselves or through a group that can."""
        spec = self._spec(object_id)
        if not isinstance(spec, GuestSpec):
            return False
        return bool(spec.roles) or spec.privileged or any(self._admitting(object_id))

    def _admitting(self, object_id: str) -> Iterator[int]:
        for n, group in enumerate(self.groups):
            if group.kind is GroupKind.ROLE_ASSIGNABLE and object_id in (*self.people(n), *self.owners(n)):
                yield n

    # --- invitations ------------------------------------------------------------------------------

    def inviter(self, n: int) -> Inviter | None:
        """Return who invited guest n: as the spec says, else the first colleague among the sponsors."""
        spec = self.guests[n]
        named = spec.invited_by or next((s for s in spec.sponsors if self.places[s][0] == "member"), None)
        if named is None:
            return None
        return Inviter(self._id(named)) if named in self.places else Inviter(None, named)

    def newcomers(self, since: float) -> tuple[int, ...]:
        """Return the guests who were invited or accepted since a moment (seconds since 1970)."""
        return tuple(n for n in range(len(self.guests)) if self.came(n) >= since)


def app_role(text: str) -> AppRole:
    """Read ``SAP`` (its first role) or ``SAP: Finance``; KeyError for what no app knows."""
    name, _, role = (part.strip() for part in text.partition(":"))
    n = app_named(name)
    wanted = role or next(iter(APPS[n].roles), None)
    app_role_id(APPS[n], wanted)
    return AppRole(n, wanted)


def strangers(
    guests: tuple[GuestSpec, ...],
    members: tuple[MemberSpec, ...],
    groups: tuple[GroupSpec, ...],
    places: Mapping[str, tuple[PersonKind, int]],
) -> tuple[str, ...]:
    """Return every name in the specs that stands for nobody and nothing, sorted."""
    apps = {app.name for app in APPS}
    people: tuple[GuestSpec | MemberSpec, ...] = (*guests, *members)
    giving: tuple[GuestSpec | GroupSpec, ...] = (*guests, *groups)
    named = {one.manager for one in people if one.manager is not None}
    named |= {name for guest in guests for name in (*guest.sponsors, *guest.reaches)}
    named |= {name for guest in guests for name in guest.owner_of if name not in apps}
    named |= {name for group in groups for name in (*group.members, *group.owners)}
    roles = {role for guest in guests for role in guest.eligible}
    roles |= {role for one in giving for role in one.roles}
    unknown = (named - places.keys()) | (roles - ROLES.keys())
    unknown |= {text for one in giving for text in one.apps if not _is_app_role(text)}
    return tuple(sorted(unknown))


def _is_app_role(text: str) -> bool:
    try:
        app_role(text)
    except KeyError:
        return False
    return True
