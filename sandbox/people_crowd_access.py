"""What the made-up people reach: groups, apps, directory roles, and through whom they came."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sandbox.people_access import SHAREPOINT, AppRole, HeldRole, Inviter
from sandbox.people_apps import APPS, ROLES
from sandbox.people_crowd_groups import FIRST_TEAM, FIRST_WIDE, OPERATORS, CrowdGroups
from sandbox.people_guests import DAY
from sandbox.people_ids import Ids
from sandbox.people_making import FULL, PRIVILEGED_SHARE, GuestMaker, draws, key_of
from sandbox.people_members import MemberMaker

_WITH_APP: Final = 0.15
_APP_OWNERS: Final = 0.002
_ELIGIBLE: Final = 0.002
_IN_UNIT: Final = 0.03
_INVITED_BY_SHARING: Final = 0.6
_REPORTS: Final = 6
"""How many people report to each manager."""
_ROLES: Final = tuple(ROLES)[1:]
"""Nobody is made Global Administrator by chance."""
_OPERATORS_HOLD: Final = HeldRole("Helpdesk Administrator")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdAccess:
    """Answers ``Access`` for a population; ``sponsors`` and ``vouching`` say who stands behind a guest."""

    seed: int
    ids: Ids
    guests: GuestMaker
    members: MemberMaker
    sponsors: Callable[[str], tuple[str, ...]]
    vouching: Callable[[int], int]
    groups: CrowdGroups = field(init=False, repr=False, compare=False)
    _key: bytes = field(init=False, repr=False, compare=False)
    _privileged: bytes = field(init=False, repr=False, compare=False)
    _came: dict[str, tuple[tuple[float, int], ...]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        groups = CrowdGroups(
            seed=self.seed,
            end=self.guests.end,
            domain=self.guests.domain,
            ids=self.ids,
            members=self.members,
            is_operator=self._operates,
        )
        object.__setattr__(self, "groups", groups)
        object.__setattr__(self, "_key", key_of(self.seed, "access"))
        object.__setattr__(self, "_privileged", key_of(self.seed, "roles"))

    def _place(self, object_id: str) -> tuple[str, int]:
        return self.ids.find(object_id) or ("nobody", 0)

    # --- groups and people ------------------------------------------------------------------------

    def groups_of(self, object_id: str) -> tuple[str, ...]:
        """Return the ids of the groups a person or group stands in directly."""
        kind, n = self._place(object_id)
        asked = {
            "guest": self.groups.of_guest,
            "member": self.groups.of_member,
            "group": self.groups.of_group,
        }
        return tuple(self.ids.of("group", g) for g in asked[kind](n)) if kind in asked else ()

    def owned_by(self, object_id: str) -> tuple[str, ...]:
        """Return the ids of the groups and app registrations a person owns."""
        kind, n = self._place(object_id)
        if kind not in {"guest", "member"}:
            return ()
        near = dict.fromkeys((*self.groups_of(object_id), *self._wide()))
        groups = [g for g in near if object_id in self.groups.owners(self._place(g)[1])]
        drawn = draws(self._key, _number(kind, n))
        if drawn[3] / FULL < _APP_OWNERS:
            groups.append(self.ids.of("registration", drawn[4] % len(APPS)))
        return tuple(groups)

    def _wide(self) -> tuple[str, ...]:
        return tuple(self.ids.of("group", g) for g in range(FIRST_WIDE, FIRST_TEAM))

    def manager(self, object_id: str) -> str | None:
        """Return the id of a member's manager; member 0 has none, and no guest has."""
        kind, n = self._place(object_id)
        return self.ids.of("member", (n - 1) // _REPORTS) if kind == "member" and n else None

    def units(self, object_id: str) -> tuple[int, ...]:
        """Return the administrative units of a person or group: a few guests stand in the open one."""
        kind, n = self._place(object_id)
        if kind == "group":
            return (1,) if self.groups.restricted(n) else ()
        return (0,) if kind == "guest" and draws(self._key, n)[8] / FULL < _IN_UNIT else ()

    # --- apps and roles ---------------------------------------------------------------------------

    def app_roles(self, object_id: str) -> tuple[AppRole, ...]:
        """Return what a person or group is assigned to by itself."""
        kind, n = self._place(object_id)
        if kind == "group":
            opened = self.groups.app(n)
            return () if opened is None else (opened,)
        drawn = draws(self._key, _number(kind, n))
        if kind != "guest" or drawn[0] / FULL >= _WITH_APP:
            return ()
        app = drawn[1] % len(APPS)
        roles = APPS[app].roles
        return (AppRole(app, roles[drawn[2] % len(roles)] if roles else None),)

    def roles(self, object_id: str) -> tuple[HeldRole, ...]:
        """Return the directory roles given to a person or group itself."""
        kind, n = self._place(object_id)
        if kind == "group":
            return (_OPERATORS_HOLD,) if n == OPERATORS else ()
        if kind not in {"guest", "member"}:
            return ()
        drawn = draws(self._key, _number(kind, n))
        held = []
        if self.shielded(object_id) and not (kind == "guest" and self._operates(n)):
            held.append(HeldRole(_ROLES[drawn[5] % len(_ROLES)]))
        if drawn[6] / FULL < _ELIGIBLE:
            held.append(HeldRole(_ROLES[drawn[7] % len(_ROLES)], eligible=True))
        return tuple(held)

    def role_holders(self) -> tuple[str, ...]:
        """Return the ids of everybody with a directory role; the first call looks at every account."""
        people = [self.ids.of("guest", n) for n in range(self.members.guest_count)]
        people += [
            self.ids.of("member", m)
            for m in range(self.members.member_count)
            if self.members.standing(m) != "deleted"
        ]
        return (self.ids.of("group", OPERATORS), *(one for one in people if self.roles(one)))

    def shielded(self, object_id: str) -> bool:
        """Say whether an account holds a directory role now, by itself or through a group."""
        kind, n = self._place(object_id)
        if kind not in {"guest", "member"}:
            return False
        return draws(self._privileged, n)[0 if kind == "guest" else 1] / FULL < PRIVILEGED_SHARE

    def _operates(self, n: int) -> bool:
        drawn = draws(self._privileged, n)
        return drawn[0] / FULL < PRIVILEGED_SHARE and drawn[2] & 3 == 0

    # --- invitations ------------------------------------------------------------------------------

    def inviter(self, n: int) -> Inviter | None:
        """Return who invited guest n: the first person among the sponsors, else an app or a colleague."""
        record = self.guests.guest(n)
        if record["creationType"] != "Invitation":
            return None
        sponsors = [one for one in self.sponsors(record["id"]) if self._place(one)[0] == "member"]
        if sponsors:
            return Inviter(sponsors[0])
        drawn = draws(self._key, n)
        if drawn[9] / FULL < _INVITED_BY_SHARING:
            return Inviter(None, SHAREPOINT)
        return Inviter(self.ids.of("member", self.vouching(drawn[10])))

    def newcomers(self, since: float) -> tuple[int, ...]:
        """Return the guests invited or accepted since a moment, within the last 31 days of the history."""
        if "lately" not in self._came:
            border = self.guests.end - 31 * DAY
            seen = ((self.guests.came(n), n) for n in range(self.members.guest_count))
            self._came["lately"] = tuple((at, n) for at, n in seen if at >= border)
        return tuple(n for at, n in self._came["lately"] if at >= since)


def _number(kind: str, n: int) -> int:
    return n if kind == "guest" else -2 - n
