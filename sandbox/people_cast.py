"""A small tenant whose people are written by hand, for situations in which every single guest matters."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeVar

from sandbox.people import DOMAIN, TENANT_ID, THINGS
from sandbox.people_cast_access import CastAccess, strangers
from sandbox.people_groups import GroupFacts, group_record
from sandbox.people_guests import GuestFacts, GuestKind, Home, SignIns, record
from sandbox.people_ids import Ids, PersonKind
from sandbox.people_members import MemberFacts, member_record
from sandbox.people_names import Name, spell
from sandbox.people_specs import GroupSpec, GuestSpec, MemberSpec

__all__ = ["Cast", "GroupSpec", "GuestSpec", "MemberSpec"]

_CAST_SEED: Final = 50
_REDEEMED_AFTER: Final = 7200
"""Seconds from the invitation to its acceptance."""
_Spec = TypeVar("_Spec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The people of a tenant from specs, behind the same interface as ``Population``.

    Names are unique over guests, members and groups; ``id_of`` turns one into an id that never changes while
    the order of the specs does not.

    Raises:
        ValueError: a name occurs twice, somebody or something named is not there, or ``as_of`` is naive.

    """

    guests: tuple[GuestSpec, ...]
    members: tuple[MemberSpec, ...]
    group_specs: tuple[GroupSpec, ...] = ()
    as_of: datetime
    tenant_id: str = TENANT_ID
    domain: str = DOMAIN
    _ids: Ids = field(init=False, repr=False, compare=False)
    _places: dict[str, tuple[PersonKind, int]] = field(init=False, repr=False, compare=False)
    _access: CastAccess = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.as_of.tzinfo is None:
            raise ValueError("as_of must be an aware moment, for example 2026-09-01T00:00:00+00:00")
        object.__setattr__(self, "_ids", Ids(seed=_CAST_SEED))
        places: dict[str, tuple[PersonKind, int]] = {}
        kinds: tuple[tuple[PersonKind, Sequence[GuestSpec | MemberSpec | GroupSpec]], ...] = (
            ("guest", self.guests),
            ("member", self.members),
            ("group", self.group_specs),
        )
        for kind, specs in kinds:
            for n, spec in enumerate(specs):
                if spec.name in places:
                    raise ValueError(f"two in the cast are called {spec.name}")
                places[spec.name] = (kind, n)
        if missing := strangers(self.guests, self.members, self.group_specs, places):
            raise ValueError(f"not in the cast: {', '.join(missing)}")
        object.__setattr__(self, "_places", places)
        access = CastAccess(
            guests=self.guests,
            members=self.members,
            groups=self.group_specs,
            ids=self._ids,
            places=places,
            came=self._came,
        )
        object.__setattr__(self, "_access", access)

    @property
    def guest_count(self) -> int:
        """How many guests there are."""
        return len(self.guests)

    @property
    def member_count(self) -> int:
        """How many members there are, departed and deleted ones included."""
        return len(self.members)

    def id_of(self, name: str) -> str:
        """Return the id of a guest, member or group of the cast; KeyError for a stranger."""
        return self._ids.of(*self._places[name])

    def guest(self, n: int) -> dict[str, Any]:
        """Return the full Graph user of guest n; a fresh dict each time."""
        spec = _pick(self.guests, n, "guest")
        end = self.as_of.timestamp()
        created = end - spec.aged.total_seconds()
        redeemed = None if spec.kind is GuestKind.PENDING else min(created + _REDEEMED_AFTER, end)
        creation = "Invitation"
        if spec.kind is GuestKind.INTERNAL:
            creation = "LocalAccount"
        written = record(
            GuestFacts(
                object_id=self._ids.of("guest", n),
                name=Name(spec.name, spell(spec.name)),
                shown_as=spec.name.title() if spec.shown_as is None else spec.shown_as,
                address_domain=spec.address_domain,
                host_domain=self.domain,
                kind=spec.kind,
                home=spec.home,
                enabled=not spec.blocked,
                created=created,
                redeemed=redeemed,
                creation_type=None if spec.kind in {GuestKind.SYNCED, GuestKind.CONVERTED} else creation,
                sign_ins=_sign_ins(spec, end),
                company=spec.company,
                department=None,
                language=spec.language,
                country=None,
                both_identities=n % 2 == 1 and spec.home is Home.ENTRA,
            )
        )
        return {**written, "isManagementRestricted": True} if spec.restricted else written

    def member(self, n: int) -> dict[str, Any]:
        """Return the full Graph user of member n; a fresh dict each time."""
        spec = _pick(self.members, n, "member")
        end = self.as_of.timestamp()
        gone = spec.standing in {"departed", "deleted"}
        seen = end - timedelta(days=40 if gone else 1).total_seconds()
        shown = spec.name.title() if spec.shown_as is None else spec.shown_as
        return member_record(
            MemberFacts(
                object_id=self._ids.of("member", n),
                name=Name(shown, spell(spec.name)),
                domain=self.domain,
                standing=spec.standing,
                created=end - timedelta(days=900).total_seconds(),
                seen=seen,
                work=("Purchasing", "Buyer"),
                language=spec.language,
                country="NL",
                synced=False,
            )
        )

    def member_deleted(self, n: int) -> bool:
        """Say whether member n was soft-deleted before the story starts."""
        return _pick(self.members, n, "member").standing == "deleted"

    def sponsors(self, object_id: str) -> tuple[str, ...]:
        """Return who vouches for a guest, as written, without the deleted ones; KeyError for a stranger."""
        found = self.find(object_id)
        if found is None:
            raise KeyError(object_id)
        kind, n = found
        if kind != "guest":
            return ()
        places = (self._places[name] for name in self.guests[n].sponsors)
        return tuple(
            self._ids.of(*place)
            for place in places
            if not (place[0] == "member" and self.member_deleted(place[1]))
        )

    def find(self, object_id: str) -> tuple[PersonKind, int] | None:
        """Return kind and index of an id, None when it is not of this cast."""
        found = self._ids.find(object_id)
        if found is None:
            return None
        counts = {
            "guest": len(self.guests),
            "member": len(self.members),
            "group": len(self.group_specs),
            **THINGS,
        }
        return found if found[1] < counts[found[0]] else None

    @property
    def group_count(self) -> int:
        """How many groups there are."""
        return len(self.group_specs)

    def group(self, n: int) -> dict[str, Any]:
        """Return group n as Graph shows it, without its people; a fresh dict each time."""
        spec = _pick(self.group_specs, n, "group")
        return group_record(
            GroupFacts(
                object_id=self._ids.of("group", n),
                name=spec.name,
                kind=spec.kind,
                domain=self.domain,
                created=self.as_of.timestamp() - timedelta(days=500).total_seconds(),
                label=spec.label,
                rule=spec.rule,
            )
        )

    def group_members(self, n: int) -> tuple[str, ...]:
        """Return the ids of the direct members of group n."""
        return self._access.people(n)

    def group_owners(self, n: int) -> tuple[str, ...]:
        """Return the ids of the owners of group n."""
        return self._access.owners(n)

    def group_called(self, nickname: str) -> int | None:
        """Return the group with that mailNickname, None when there is none."""
        called = (n for n in range(self.group_count) if self.group(n)["mailNickname"] == nickname.lower())
        return next(called, None)

    @property
    def access(self) -> CastAccess:
        """What everybody reaches, and through whom they came."""
        return self._access

    def privileged(self, object_id: str) -> bool:
        """Say whether the account is a guest with a directory role."""
        return self._access.shielded(object_id)

    def _came(self, n: int) -> float:
        end, spec = self.as_of.timestamp(), self.guests[n]
        return min(
            end, end - spec.aged.total_seconds() + (0 if spec.kind is GuestKind.PENDING else _REDEEMED_AFTER)
        )

    def returns_on(self, n: int, day: date) -> bool:
        """Say whether guest n signs in on that day.

        Who was silent for less than a week comes every Tuesday; others once, as their spec says.
        """
        spec = _pick(self.guests, n, "guest")
        first_day = self.as_of.astimezone(UTC).date()
        if spec.blocked or day <= first_day:
            return False
        if spec.returns_after is not None:
            return day == (self.as_of.astimezone(UTC) + spec.returns_after).date()
        return spec.silent_for is not None and spec.silent_for < timedelta(days=7) and day.weekday() == 1


def _sign_ins(spec: GuestSpec, end: float) -> SignIns | None:
    success = None if spec.silent_for is None else end - spec.silent_for.total_seconds()
    attempt = None if spec.attempted_ago is None else end - spec.attempted_ago.total_seconds()
    if success is None and attempt is None:
        return None
    return SignIns(success if attempt is None else attempt, None, success)


def _pick(specs: tuple[_Spec, ...], n: int, what: str) -> _Spec:
    if not 0 <= n < len(specs):
        raise IndexError(f"{what} {n} of {len(specs)}")
    return specs[n]
