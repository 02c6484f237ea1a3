"""What accounts reach now: what the population says, and what changed since the story began."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sandbox.people_access import UNITS, AppRole, HeldRole
from sandbox.people_apps import APPS, ROLES, app_role_id
from sandbox.tenant_directory import Directory


class Reach:
    """Groups, apps, roles, managers and ownership, read by Graph; a story changes them here."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self._roles: dict[str, tuple[HeldRole, ...]] = {}
        self._apps: dict[str, tuple[AppRole, ...]] = {}
        self._managers: dict[str, str | None] = {}
        self._units: dict[str, tuple[int, ...]] = {}

    # --- reading ----------------------------------------------------------------------------------

    def groups_of(self, object_id: str, now: datetime) -> list[str]:
        """Return the ids of the groups an account or group stands in directly, visible by now."""
        groups = self.directory.groups
        named = [g for g in self.directory.population.access.groups_of(object_id) if g not in groups.changed]
        named += [g for g, group in groups.changed.items() if object_id in group.members]
        return [g for g in named if g in groups and not self.directory.hidden(g, now)]

    def all_groups_of(self, object_id: str, now: datetime) -> list[str]:
        """Return the groups an account stands in directly or through other groups, each once."""
        found: dict[str, None] = {}
        waiting = self.groups_of(object_id, now)
        while waiting:
            group = waiting.pop(0)
            if group not in found:
                found[group] = None
                waiting += self.groups_of(group, now)
        return list(found)

    def owned_by(self, object_id: str, now: datetime) -> list[str]:
        """Return the ids of the groups and app registrations an account owns."""
        groups = self.directory.groups
        named = [o for o in self.directory.population.access.owned_by(object_id) if o not in groups.changed]
        named += [g for g, group in groups.changed.items() if object_id in group.owners]
        return [
            o for o in named if not self.directory.hidden(o, now) and (o in groups or not self._is_group(o))
        ]

    def manager(self, object_id: str) -> str | None:
        """Return the id of an account's manager, deleted or not."""
        if object_id in self._managers:
            return self._managers[object_id]
        return self.directory.population.access.manager(object_id)

    def app_roles(self, object_id: str) -> tuple[AppRole, ...]:
        """Return what an account or group is assigned to by itself."""
        given = self._apps.get(object_id)
        return self.directory.population.access.app_roles(object_id) if given is None else given

    def roles(self, object_id: str) -> tuple[HeldRole, ...]:
        """Return the directory roles given to an account or group itself, active and eligible."""
        given = self._roles.get(object_id)
        return self.directory.population.access.roles(object_id) if given is None else given

    def role_holders(self) -> list[str]:
        """Return the ids of every live account and group with a directory role of its own."""
        named = (*self.directory.population.access.role_holders(), *self._roles)
        return [one for one in dict.fromkeys(named) if self.roles(one) and one not in self.directory.deleted]

    def units(self, object_id: str) -> tuple[int, ...]:
        """Return the numbers of the administrative units an account or group stands in."""
        given = self._units.get(object_id)
        return self.directory.population.access.units(object_id) if given is None else given

    def shielded(self, object_id: str, now: datetime) -> bool:
        """Say whether an account is out of an app's reach, as Graph says of sensitive actions.

        Holders of a directory role are, members and owners of groups that can hold one, and everybody in an
        administrative unit under restricted management.
        """
        if any(not role.eligible for role in self.roles(object_id)):
            return True
        if any(UNITS[n].restricted for n in self.units(object_id)):
            return True
        near = (*self.groups_of(object_id, now), *self.owned_by(object_id, now))
        found = (self.directory.groups.read(one) for one in near)
        return any(group is not None and group.record.get("isAssignableToRole") for group in found)

    def _is_group(self, object_id: str) -> bool:
        found = self.directory.population.find(object_id)
        return found is not None and found[0] == "group"

    # --- what happens in a story ------------------------------------------------------------------

    def join(self, object_id: str, group_id: str) -> None:
        """Put an account or group into a group, whoever may change it."""
        self.directory.groups[group_id].members[object_id] = None

    def leave(self, object_id: str, group_id: str) -> None:
        """Take an account or group out of a group, whoever may change it."""
        del self.directory.groups[group_id].members[object_id]

    def own(self, object_id: str, group_id: str) -> None:
        """Make an account an owner of a group."""
        self.directory.groups[group_id].owners[object_id] = None

    def disown(self, group_id: str) -> None:
        """Leave a group without owners."""
        self.directory.groups[group_id].owners.clear()

    def give_roles(self, object_id: str, roles: Iterable[str] = (), eligible: Iterable[str] = ()) -> None:
        """Say which directory roles an account holds and may activate from now on; KeyError for no role."""
        held = (*map(HeldRole, roles), *(HeldRole(role, eligible=True) for role in eligible))
        for one in held:
            ROLES[one.role]
        self._roles[object_id] = held

    def give_apps(self, object_id: str, roles: Mapping[int, str | None]) -> None:
        """Say which apps, by number, an account is assigned to from now on, and in which role."""
        for app, role in roles.items():
            app_role_id(APPS[app], role)
        self._apps[object_id] = tuple(AppRole(app, role) for app, role in roles.items())

    def set_manager(self, object_id: str, manager: str | None) -> None:
        """Give an account a manager, or take it away."""
        self._managers[object_id] = manager

    def restrict(self, object_id: str) -> None:
        """Put an account into the administrative unit under restricted management."""
        self._units[object_id] = (next(n for n, unit in enumerate(UNITS) if unit.restricted),)
