"""Makes up the groups of the sandbox tenant: offices that vouch, wide groups, and the project teams."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sandbox.people_access import AppRole
from sandbox.people_apps import APPS
from sandbox.people_groups import ELSEWHERE, GroupFacts, GroupKind, Label, group_record
from sandbox.people_guests import DAY
from sandbox.people_ids import Ids
from sandbox.people_making import FULL, draws, key_of
from sandbox.people_members import MemberMaker
from sandbox.people_names import spell
from sandbox.people_teams import TeamMaker

OFFICES: Final = (
    "Vendor office",
    "Partner desk",
    "Research alliance",
    "Legal intake",
    "Supplier portal owners",
    "Old steering committee",
    "Project Delta",
    "Project Kompas",
    "Tender 2026",
    "Audit room",
    "Joint design board",
    "Company café",
)
"""The oldest groups."""
SPONSOR_GROUPS: Final = 6
"""The first of them vouch for guests; the fifth has no mail address, the sixth no members."""
_HUGE, _BY_RULE, _NO_MAIL, _EMPTY = 2, 3, 4, 5
"""What is unusual about some of them; the huge one holds the group of all colleagues."""


class Wide(NamedTuple):
    """A group of the whole company. One guest in ``every`` is in it, counted from ``first``; 0: none."""

    name: str
    kind: GroupKind
    every: int = 0
    first: int = 0
    label: Label | None = None
    rule: str | None = None
    app: AppRole | None = None


WIDE: Final = (
    Wide("All colleagues", GroupKind.DYNAMIC, rule='(user.userType -eq "Member")'),
    Wide("All guests", GroupKind.DYNAMIC, 1, rule='(user.userType -eq "Guest")'),
    Wide("SAP suppliers", GroupKind.SYNCED, 17, 3, app=AppRole(1, "Display")),
    Wide("VPN partners", GroupKind.SYNCED, 23, 7),
    Wide("Suppliers", GroupKind.MAIL_SECURITY, 29, 11),
    Wide("Partner news", GroupKind.DISTRIBUTION, 13, 5),
    Wide("Helpdesk operators", GroupKind.ROLE_ASSIGNABLE),
    Wide("Board papers", GroupKind.RESTRICTED, 211, 17, Label.HIGHLY_CONFIDENTIAL),
    Wide("Merger room", GroupKind.RESTRICTED, 307, 29, Label.HIGHLY_CONFIDENTIAL),
    Wide("Partner access", GroupKind.SECURITY, 37, 9, app=AppRole(0, "Reader")),
    Wide("External access", GroupKind.SECURITY, app=AppRole(6, None)),
)
_COLLEAGUES, _OPERATORS, _PARTNERS, _OUTERMOST = 0, 6, 9, 10
FIRST_WIDE: Final = len(OFFICES)
FIRST_TEAM: Final = FIRST_WIDE + len(WIDE)
OPERATORS: Final = FIRST_WIDE + _OPERATORS
"""The group that can hold roles, and holds one."""
PARTNER_ACCESS: Final = FIRST_WIDE + _PARTNERS
"""It holds the security teams, and stands itself in the next."""
EXTERNAL_ACCESS: Final = FIRST_WIDE + _OUTERMOST


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdGroups:
    """The groups of one tenant by number: what each is, who is in it, and which groups somebody is in.

    ``is_operator`` says of a guest whether they are in the group that holds a directory role.
    """

    seed: int
    end: int
    domain: str
    ids: Ids
    members: MemberMaker
    is_operator: Callable[[int], bool]
    _key: bytes = field(init=False, repr=False, compare=False)
    _teams: TeamMaker = field(init=False, repr=False, compare=False)
    _offices: dict[int, tuple[str, ...]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        teams = TeamMaker(
            seed=self.seed, guest_count=self.members.guest_count, member_count=self.members.member_count
        )
        object.__setattr__(self, "_key", key_of(self.seed, "members"))
        object.__setattr__(self, "_teams", teams)

    @property
    def count(self) -> int:
        """How many groups there are."""
        return FIRST_TEAM + self._teams.count

    # --- what a group is --------------------------------------------------------------------------

    def record(self, n: int) -> dict[str, Any]:
        """Write group n as Graph shows it, without the people in it."""
        age = draws(self._key, -2 - n)[0] / FULL if n < FIRST_TEAM else self._teams.age(n - FIRST_TEAM)
        name, kind, label, rule = self._facts(n)
        nickname = spell(name.replace(" ", "-"))
        return group_record(
            GroupFacts(
                object_id=self.ids.of("group", n),
                name=name,
                kind=kind,
                domain=self.domain,
                created=self.end - 30 * DAY - age * 1500 * DAY,
                label=label,
                rule=rule,
                nickname=nickname if n < FIRST_TEAM else f"{nickname}-{n}",
            )
        )

    def _facts(self, n: int) -> tuple[str, GroupKind, Label | None, str | None]:
        if n >= FIRST_TEAM:
            t = n - FIRST_TEAM
            return self._teams.name(t), self._teams.kind(t), self._teams.label(t), None
        if n >= FIRST_WIDE:
            wide = WIDE[n - FIRST_WIDE]
            return wide.name, wide.kind, wide.label, wide.rule
        if n == _BY_RULE:
            return OFFICES[n], GroupKind.DYNAMIC, None, '(user.department -eq "Legal")'
        kind = GroupKind.SECURITY if n == _NO_MAIL else GroupKind.MICROSOFT_365
        return OFFICES[n], kind, None, None

    def called(self, nickname: str) -> int | None:
        """Return the group with that mailNickname, None when there is none."""
        tail = nickname.rpartition("-")[2]
        candidates = [*range(FIRST_TEAM), *([int(tail)] if tail.isdecimal() else [])]
        wanted = nickname.lower()
        return next((n for n in candidates if n < self.count and self._nickname(n) == wanted), None)

    def _nickname(self, n: int) -> str:
        return str(self.record(n)["mailNickname"]).lower()

    def app(self, n: int) -> AppRole | None:
        """Return the app that being in group n opens."""
        if n >= FIRST_TEAM:
            return self._teams.app(n - FIRST_TEAM)
        return WIDE[n - FIRST_WIDE].app if n >= FIRST_WIDE else None

    # --- who is in it -----------------------------------------------------------------------------

    def people(self, n: int) -> tuple[str, ...]:
        """Return the ids of the direct members of group n."""
        if n < FIRST_WIDE:
            return self._in_office(n)
        if n == EXTERNAL_ACCESS:
            return (self.ids.of("group", PARTNER_ACCESS),)
        if n >= FIRST_TEAM:
            colleagues = iter(self._teams.colleagues(n - FIRST_TEAM))
            guests = self._teams.guests(n - FIRST_TEAM)
        else:
            colleagues, guests = self._company(n), self._wide_guests(n)
        inside: tuple[str, ...] = ()
        if n == PARTNER_ACCESS:
            inside = tuple(self.ids.of("group", g) for g in range(FIRST_TEAM, self.count) if self._nested(g))
        return (*inside, *self._here(colleagues), *(self.ids.of("guest", g) for g in guests))

    def _here(self, members: Iterable[int]) -> Iterator[str]:
        return (self.ids.of("member", m) for m in members if self.members.standing(m) != "deleted")

    def owners(self, n: int) -> tuple[str, ...]:
        """Return the ids of the owners of group n; deleted colleagues own nothing any more."""
        if n < FIRST_WIDE:
            first = next((one for one in self._in_office(n) if self._is_member(one)), None)
            return () if first is None else (first,)
        if n < FIRST_TEAM:
            elsewhere = WIDE[n - FIRST_WIDE].kind in ELSEWHERE
            return () if elsewhere else tuple(self._here([n % self.members.member_count]))
        t = n - FIRST_TEAM
        how, colleagues = self._teams.owned_by(t), self._teams.colleagues(t)
        if how == "a guest":
            return tuple(self.ids.of("guest", g) for g in list(self._teams.guests(t))[:1])
        if how == "an app":
            return (self.ids.of("app", t % len(APPS)),)
        if how == "leavers":
            colleagues = tuple(m for m in colleagues if self.members.standing(m) == "departed")
        return tuple(self._here(colleagues))[:2] if how != "nobody" else ()

    def restricted(self, n: int) -> bool:
        """Say whether group n is under restricted management."""
        return FIRST_WIDE <= n < FIRST_TEAM and WIDE[n - FIRST_WIDE].kind is GroupKind.RESTRICTED

    def of_guest(self, n: int) -> Iterator[int]:
        """Yield the groups guest n is in directly."""
        yield from self._offices_of(self.ids.of("guest", n))
        yield from (g for g in range(FIRST_WIDE, FIRST_TEAM) if self._guest_in(g, n))
        yield from (FIRST_TEAM + t for t in self._teams.of_guest(n))

    def of_member(self, m: int) -> Iterator[int]:
        """Yield the groups member m is in directly."""
        yield from self._offices_of(self.ids.of("member", m))
        yield FIRST_WIDE + _COLLEAGUES
        yield from (FIRST_TEAM + t for t in self._teams.of_member(m))

    def of_group(self, n: int) -> Iterator[int]:
        """Yield the groups that hold group n."""
        if n == FIRST_WIDE + _COLLEAGUES:
            yield _HUGE
        if self._nested(n):
            yield PARTNER_ACCESS
        if n == PARTNER_ACCESS:
            yield EXTERNAL_ACCESS

    def _nested(self, n: int) -> bool:
        return n >= FIRST_TEAM and self._teams.kind(n - FIRST_TEAM) is GroupKind.SECURITY

    def _is_member(self, object_id: str) -> bool:
        found = self.ids.find(object_id)
        return found is not None and found[0] == "member"

    def _in_office(self, n: int) -> tuple[str, ...]:
        if n not in self._offices:
            self._offices[n] = () if n == _EMPTY else self._office(n)
        return self._offices[n]

    def _office(self, n: int) -> tuple[str, ...]:
        drawn, here = draws(self._key, -2 - n), self.members
        people = list(self._here(sorted({draw % here.member_count for draw in drawn[1 : 3 + n % 4]})))
        if n == _HUGE:
            people.append(self.ids.of("group", FIRST_WIDE + _COLLEAGUES))
        if n >= SPONSOR_GROUPS:
            guests = sorted({draw % here.guest_count for draw in drawn[4:]})
            people += [self.ids.of("guest", g) for g in guests]
        return tuple(people)

    def _offices_of(self, object_id: str) -> Iterator[int]:
        return (n for n in range(FIRST_WIDE) if object_id in self._in_office(n))

    def _company(self, n: int) -> Iterator[int]:
        if n == FIRST_WIDE + _COLLEAGUES:
            return iter(range(self.members.member_count))
        return iter(())

    def _wide_guests(self, n: int) -> Iterator[int]:
        if n == OPERATORS:
            return filter(self.is_operator, range(self.members.guest_count))
        every, first = WIDE[n - FIRST_WIDE].every, WIDE[n - FIRST_WIDE].first
        return iter(range(first, self.members.guest_count, every)) if every else iter(())

    def _guest_in(self, n: int, guest: int) -> bool:
        if n == OPERATORS:
            return self.is_operator(guest)
        every, first = WIDE[n - FIRST_WIDE].every, WIDE[n - FIRST_WIDE].first
        return bool(every) and guest >= first and (guest - first) % every == 0
