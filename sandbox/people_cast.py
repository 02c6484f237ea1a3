"""A small tenant whose people are written by hand, for situations in which every single guest matters."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeVar

from sandbox.people import DOMAIN, TENANT_ID
from sandbox.people_guests import GuestFacts, GuestKind, Home, SignIns, record
from sandbox.people_ids import Ids, PersonKind
from sandbox.people_members import MemberFacts, Standing, group_record, member_record
from sandbox.people_names import Name, spell

_CAST_SEED: Final = 50
_Spec = TypeVar("_Spec")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestSpec:
    """One guest in a few words; only what is unusual need be named.

    ``silent_for`` is the time since the last success, None if there was none; ``attempted_ago`` the time
    since a later attempt that failed; ``aged`` the time since the invitation; ``sponsors`` are names in the
    cast; ``returns_after`` says how long after the story starts the guest signs in again.
    """

    name: str
    shown_as: str | None = None
    silent_for: timedelta | None = None
    attempted_ago: timedelta | None = None
    aged: timedelta = timedelta(days=400)
    sponsors: tuple[str, ...] = ()
    kind: GuestKind = GuestKind.EXTERNAL
    home: Home = Home.ENTRA
    address_domain: str = "fabrikam.example"
    company: str | None = "Fabrikam"
    language: str | None = None
    blocked: bool = False
    privileged: bool = False
    returns_after: timedelta | None = None

    def __post_init__(self) -> None:
        if self.kind in {GuestKind.PENDING, GuestKind.NEVER_SEEN} and (self.silent_for or self.attempted_ago):
            raise ValueError(f"{self.name} cannot be {self.kind.value} and have signed in")
        if self.silent_for is not None and self.silent_for > self.aged:
            raise ValueError(f"{self.name} cannot have been silent for longer than the account exists")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSpec:
    """One colleague in a few words."""

    name: str
    shown_as: str | None = None
    standing: Standing = "here"
    language: str | None = "en-GB"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSpec:
    """One group in a few words; ``members`` are names in the cast."""

    name: str
    members: tuple[str, ...] = ()
    mailbox: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The people of a tenant from specs, behind the same interface as ``Population``.

    Names are unique over guests, members and groups; ``id_of`` turns one into an id that never changes while
    the order of the specs does not.

    Raises:
        ValueError: a name occurs twice, a sponsor or group member is not in the cast, or ``as_of`` is naive.

    """

    guests: tuple[GuestSpec, ...]
    members: tuple[MemberSpec, ...]
    group_specs: tuple[GroupSpec, ...] = ()
    as_of: datetime
    tenant_id: str = TENANT_ID
    domain: str = DOMAIN
    _ids: Ids = field(init=False, repr=False, compare=False)
    _places: dict[str, tuple[PersonKind, int]] = field(init=False, repr=False, compare=False)

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
        named = [name for guest in self.guests for name in guest.sponsors]
        named += [name for group in self.group_specs for name in group.members]
        if missing := sorted(set(named) - places.keys()):
            raise ValueError(f"not in the cast: {', '.join(missing)}")
        object.__setattr__(self, "_places", places)

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
        redeemed = None if spec.kind is GuestKind.PENDING else min(created + 7200, end)
        creation = "Invitation"
        if spec.kind is GuestKind.INTERNAL:
            creation = "LocalAccount"
        return record(
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
                creation_type=None if spec.kind is GuestKind.SYNCED else creation,
                sign_ins=_sign_ins(spec, end),
                company=spec.company,
                department=None,
                language=spec.language,
                country=None,
                both_identities=n % 2 == 1 and spec.home is Home.ENTRA,
            )
        )

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
        counts = {"guest": len(self.guests), "member": len(self.members), "group": len(self.group_specs)}
        return found if found[1] < counts[found[0]] else None

    def groups(self) -> list[dict[str, Any]]:
        """Return every group as a Graph group with one more key, ``members``: a list of ids."""
        created = self.as_of.timestamp() - timedelta(days=500).total_seconds()
        return [
            group_record(
                object_id=self._ids.of("group", n),
                name=spec.name,
                domain=self.domain,
                mailbox=spec.mailbox,
                created=created,
                members=[self.id_of(name) for name in spec.members],
            )
            for n, spec in enumerate(self.group_specs)
        ]

    def privileged(self, object_id: str) -> bool:
        """Say whether the account is a guest with a directory role."""
        found = self.find(object_id)
        return found is not None and found[0] == "guest" and self.guests[found[1]].privileged

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
