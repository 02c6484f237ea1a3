"""The people of the sandbox tenant: any number of guests and colleagues, made up on demand from a seed.

Nobody is remembered: asking for guest 999,999 costs as much as asking for guest 0, and asking twice gives the
same answer.
"""

import math
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final, Protocol

from sandbox.people_access import UNITS, Access
from sandbox.people_apps import APPS
from sandbox.people_crowd_access import CrowdAccess
from sandbox.people_crowd_groups import SPONSOR_GROUPS
from sandbox.people_guests import GuestKind
from sandbox.people_ids import Ids, PersonKind
from sandbox.people_making import FULL, Fate, GuestMaker, draws, key_of
from sandbox.people_members import MemberMaker
from sandbox.people_silence import days_until_return

TENANT_ID: Final = "0c0ffee0-7e4a-4d1e-9a7e-c0117050beef"
DOMAIN: Final = "contoso.example"

# Who vouches for a guest, as shares of all guests. Guests made by sharing a file have nobody, nor have those
# older than the feature: nearly a third of all, and more once the deleted sponsors are dropped.
_NOBODY: Final = 0.30
_A_GROUP: Final = 0.33
_A_GUEST: Final = 0.34
_SEVERAL: Final = 0.42

_ACTIVE_WITHIN_DAYS: Final = 14.0
_LATECOMER_DAYS: Final = 60.0
THINGS: Final = {"app": len(APPS), "registration": len(APPS), "unit": len(UNITS)}
"""How many there are of what every tenant has."""

_WEEKDAY_RATES: Final = (0.65, 0.35, 0.15, 0.06)
_MEAN_DAYS_BEFORE_LEAVING: Final = 900.0


class People(Protocol):
    """What a sandbox tenant asks of the people in it; ``Population`` and ``Cast`` both answer."""

    @property
    def tenant_id(self) -> str:
        """The GUID of the tenant."""

    @property
    def domain(self) -> str:
        """The domain of the tenant's own mail addresses."""

    @property
    def as_of(self) -> datetime:
        """The moment the tenant's history ends (aware UTC): no date in any record is later."""

    @property
    def guest_count(self) -> int:
        """How many guests there are."""

    @property
    def member_count(self) -> int:
        """How many members there are, departed and deleted ones included."""

    def guest(self, n: int) -> dict[str, Any]:
        """Return the full Graph user of guest n; IndexError outside 0 <= n < guest_count."""

    def member(self, n: int) -> dict[str, Any]:
        """Return the full Graph user of member n, also a deleted one; IndexError outside the count."""

    def member_deleted(self, n: int) -> bool:
        """Say whether member n was soft-deleted before the history ended."""

    def sponsors(self, object_id: str) -> tuple[str, ...]:
        """Return who vouches for a guest, without deleted ones; () for anyone but a guest.

        Raises:
            KeyError: nobody in the tenant has that id.

        """

    def find(self, object_id: str) -> tuple[PersonKind, int] | None:
        """Return kind and index of an id, None when it is not of this tenant."""

    @property
    def group_count(self) -> int:
        """How many groups there are."""

    def group(self, n: int) -> dict[str, Any]:
        """Return group n as Graph shows it, without its people; IndexError outside the count."""

    def group_members(self, n: int) -> tuple[str, ...]:
        """Return the ids of the direct members of group n."""

    def group_owners(self, n: int) -> tuple[str, ...]:
        """Return the ids of the owners of group n."""

    def group_called(self, nickname: str) -> int | None:
        """Return the group with that mailNickname, None when there is none."""

    @property
    def access(self) -> Access:
        """What everybody reaches, and through whom they came."""

    def privileged(self, object_id: str) -> bool:
        """Say whether the account holds a directory role that shields it from an app's changes."""

    def returns_on(self, n: int, day: date) -> bool:
        """Say whether guest n signs in on that day; False up to the day the history ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """A tenant's people from a seed: every answer the same each time, and as quick as any other.

    ``as_of`` is the aware UTC moment its history ends. ``hostile_share`` (0 to 1) of the guests carry a
    display name that tries to break a mail or a page.

    Raises:
        ValueError: no guests, no members, or a naive ``as_of``.

    """

    seed: int
    guest_count: int
    member_count: int
    as_of: datetime
    tenant_id: str = TENANT_ID
    domain: str = DOMAIN
    hostile_share: float = 0.0
    _ids: Ids = field(init=False, repr=False, compare=False)
    _guests: GuestMaker = field(init=False, repr=False, compare=False)
    _members: MemberMaker = field(init=False, repr=False, compare=False)
    _sponsoring: bytes = field(init=False, repr=False, compare=False)
    _days: bytes = field(init=False, repr=False, compare=False)
    _access: CrowdAccess = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.guest_count < 1 or self.member_count < 1:
            raise ValueError("a population needs at least one guest and one member")
        if self.as_of.tzinfo is None:
            raise ValueError("as_of must be an aware moment, for example 2026-09-01T00:00:00+00:00")
        end = int(self.as_of.timestamp())
        ids = Ids(seed=self.seed)
        guests = GuestMaker(
            seed=self.seed, end=end, domain=self.domain, hostile_share=self.hostile_share, ids=ids
        )
        members = MemberMaker(
            seed=self.seed,
            end=end,
            domain=self.domain,
            guest_count=self.guest_count,
            member_count=self.member_count,
            ids=ids,
        )
        object.__setattr__(self, "_ids", ids)
        object.__setattr__(self, "_guests", guests)
        object.__setattr__(self, "_members", members)
        for name in ("sponsoring", "days"):
            object.__setattr__(self, f"_{name}", key_of(self.seed, name))
        access = CrowdAccess(
            seed=self.seed,
            ids=ids,
            guests=guests,
            members=members,
            sponsors=self.sponsors,
            vouching=self._vouching,
        )
        object.__setattr__(self, "_access", access)

    def guest(self, n: int) -> dict[str, Any]:
        """Return the full Graph user of guest n; a fresh dict each time."""
        _within(n, self.guest_count, "guest")
        return self._guests.guest(n)

    def member(self, n: int) -> dict[str, Any]:
        """Return the full Graph user of member n; a fresh dict each time."""
        _within(n, self.member_count, "member")
        return self._members.member(n)

    def member_deleted(self, n: int) -> bool:
        """Say whether member n was soft-deleted before the history ended."""
        _within(n, self.member_count, "member")
        return self._members.standing(n) == "deleted"

    def find(self, object_id: str) -> tuple[PersonKind, int] | None:
        """Return kind and index of an id by arithmetic, None when it is not of this tenant."""
        found = self._ids.find(object_id)
        if found is None:
            return None
        counts = {"guest": self.guest_count, "member": self.member_count, **THINGS}
        if found[0] == "group":
            return found if found[1] < self.group_count else None
        return found if found[1] < counts[found[0]] else None

    @property
    def group_count(self) -> int:
        """How many groups there are: more guests, more teams."""
        return self._access.groups.count

    def group(self, n: int) -> dict[str, Any]:
        """Return group n as Graph shows it, without its people; a fresh dict each time."""
        _within(n, self.group_count, "group")
        return self._access.groups.record(n)

    def group_members(self, n: int) -> tuple[str, ...]:
        """Return the ids of the direct members of group n."""
        _within(n, self.group_count, "group")
        return self._access.groups.people(n)

    def group_owners(self, n: int) -> tuple[str, ...]:
        """Return the ids of the owners of group n."""
        _within(n, self.group_count, "group")
        return self._access.groups.owners(n)

    def group_called(self, nickname: str) -> int | None:
        """Return the group with that mailNickname, None when there is none."""
        return self._access.groups.called(nickname)

    @property
    def access(self) -> CrowdAccess:
        """What everybody reaches, and through whom they came."""
        return self._access

    def privileged(self, object_id: str) -> bool:
        """Say whether the account holds a directory role: a few guests and members do."""
        return self.find(object_id) is not None and self._access.shielded(object_id)

    def sponsors(self, object_id: str) -> tuple[str, ...]:
        """Return who vouches for a guest, in a stable order; Graph drops deleted sponsors, so do we."""
        found = self.find(object_id)
        if found is None:
            raise KeyError(object_id)
        kind, n = found
        if kind != "guest":
            return ()
        drawn = draws(self._sponsoring, n)
        share = drawn[0] / FULL
        if share < _NOBODY:
            return ()
        if share < _A_GROUP:
            return (self._ids.of("group", drawn[1] % SPONSOR_GROUPS),)
        if share < _A_GUEST:
            other = drawn[1] % self.guest_count
            return () if other == n else (self._ids.of("guest", other),)
        count = 1 if share >= _SEVERAL else 2 + (drawn[2] & 1)
        chosen = dict.fromkeys(self._vouching(draw) for draw in drawn[3 : 3 + count])
        return tuple(self._ids.of("member", m) for m in chosen if self._members.standing(m) != "deleted")

    def returns_on(self, n: int, day: date) -> bool:
        """Say whether guest n signs in on that day; False up to the day the history ends.

        Who came lately keeps coming now and then, until they leave for good. A silence ends as silences do
        (``sandbox.people_silence``). Blocked guests never come.
        """
        _within(n, self.guest_count, "guest")
        ahead = (day - self.as_of.astimezone(UTC).date()).days
        fate = self._guests.fate(n)
        if ahead < 1 or fate.blocked:
            return False
        first = _first_return(fate)
        if first is None or ahead < first:
            return False
        if ahead == first and first > 1:
            return True
        chances = draws(self._days, n)
        leaves = first + int(-_MEAN_DAYS_BEFORE_LEAVING * math.log((chances[0] + 1) / FULL))
        rate = _WEEKDAY_RATES[chances[1] & 3] * (1.0 if day.weekday() < 5 else 0.15)
        return ahead < leaves and draws(self._days, -1 - (n << 20 | ahead))[0] / FULL < rate

    def _vouching(self, draw: int) -> int:
        """Pick a member for a draw: the lower the index, the more guests; member 0 has far the most."""
        return int(self.member_count * (draw / FULL) ** 2)


def _within(n: int, count: int, what: str) -> None:
    if not 0 <= n < count:
        raise IndexError(f"{what} {n} of {count}")


def _first_return(fate: Fate) -> int | None:
    """Return in how many days a guest may be seen again: 1 for who never stopped coming, None for never."""
    if fate.kind is GuestKind.PENDING or fate.kind is GuestKind.NEVER_SEEN or fate.silent_days is None:
        silent = _LATECOMER_DAYS
    elif fate.silent_days < _ACTIVE_WITHIN_DAYS:
        return 1
    else:
        silent = fate.silent_days
    days = days_until_return(silent, fate.luck)
    return None if days is None else 1 + int(days)
