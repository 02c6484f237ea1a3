"""Makes up a guest from its number alone: everything about guest 17 follows from the seed and 17.

One keyed hash per guest gives all the chance it needs, so nothing is remembered between two guests.
"""

import hashlib
import math
import struct
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sandbox.people_guests import (
    CREATION_KNOWN_SINCE,
    DAY,
    SIGN_INS_SINCE,
    SUCCESS_SINCE,
    GuestFacts,
    GuestKind,
    Home,
    SignIns,
    record,
)
from sandbox.people_ids import Ids
from sandbox.people_names import HOSTILE, PAIRS, Name, name_of
from sandbox.people_partners import partner_of
from sandbox.people_silence import silence_days

_DRAWS: Final = struct.Struct("<16I").unpack
FULL: Final = float(1 << 32)
"""A draw is a whole number below this."""

# Shares of the kinds, cumulative; the rest are ordinary external guests.
_KINDS: Final = (
    (0.06, GuestKind.PENDING),
    (0.12, GuestKind.NEVER_SEEN),
    (0.13, GuestKind.ATTEMPTS_ONLY),
    (0.14, GuestKind.INTERNAL),
    (0.15, GuestKind.SYNCED),
)
_NEVER_IN: Final = frozenset({GuestKind.PENDING, GuestKind.NEVER_SEEN})
BLOCKED_SHARE: Final = 0.02
PRIVILEGED_SHARE: Final = 0.003
CONVERTED_SHARE: Final = 0.004
_OLDEST: Final = 3700 * DAY
_DEPARTMENTS: Final = ("Finance", "IT", "Legal", "Marketing", "Onderzoek", "Procurement", "Engineering", "HR")


class Fate(NamedTuple):
    """What decides when a guest signs in; ``silent_days`` since the last success, None if there was none."""

    kind: GuestKind
    silent_days: float | None
    luck: float
    blocked: bool


class Life(NamedTuple):
    """The moments of one account in seconds since 1970; None where there is none."""

    created: float
    redeemed: float | None
    sign_ins: SignIns | None


def key_of(seed: int, purpose: str) -> bytes:
    """Return the hash key of one kind of chance in the tenant of a seed."""
    return hashlib.blake2b(f"{purpose} of {seed}".encode(), digest_size=32).digest()


def draws(key: bytes, n: int) -> tuple[int, ...]:
    """Return sixteen whole numbers below 2**32 that n alone decides."""
    return _DRAWS(hashlib.blake2b(b"%d" % n, digest_size=64, key=key).digest())


def _kind(draw: int) -> GuestKind:
    share = draw / FULL
    for upto, kind in _KINDS:
        if share < upto:
            return kind
    return GuestKind.EXTERNAL


def _spread(draw: int, mean: float) -> float:
    """Return a positive length of time, mostly short, sometimes long."""
    return -mean * math.log((draw + 1) / FULL)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestMaker:
    """Makes the guests of one tenant; ``end`` is the last moment of its history in seconds since 1970."""

    seed: int
    end: int
    domain: str
    hostile_share: float
    ids: Ids
    _key: bytes = field(init=False, repr=False, compare=False)
    _first_name: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_key", key_of(self.seed, "guests"))
        object.__setattr__(self, "_first_name", draws(self._key, -1)[0] % PAIRS)

    def fate(self, n: int) -> Fate:
        """Return what decides the sign-ins of guest n, without making the rest of it."""
        drawn = draws(self._key, n)
        kind = _kind(drawn[0])
        silent = None
        if kind not in _NEVER_IN and kind is not GuestKind.ATTEMPTS_ONLY:
            silent = silence_days(drawn[1] / FULL)
        return Fate(kind, silent, (drawn[15] + 1) / FULL, drawn[10] / FULL < BLOCKED_SHARE)

    def came(self, n: int) -> float:
        """Return when guest n was invited or accepted, whichever is later, in seconds since 1970."""
        drawn = draws(self._key, n)
        life = self._life(_kind(drawn[0]), drawn)
        return life.created if life.redeemed is None else max(life.created, life.redeemed)

    def guest(self, n: int) -> dict[str, Any]:
        """Make the full record of guest n."""
        drawn = draws(self._key, n)
        kind = _kind(drawn[0])
        name, culture = name_of(n, self._first_name)
        partner = partner_of(drawn[2])
        life = self._life(kind, drawn)
        converted = kind is GuestKind.EXTERNAL and drawn[13] / FULL < CONVERTED_SHARE
        created = None if life.created < CREATION_KNOWN_SINCE and drawn[9] & 3 == 0 else life.created
        facts = GuestFacts(
            object_id=self.ids.of("guest", n),
            name=name,
            shown_as=self._shown(name, drawn[14]),
            address_domain=partner.domain,
            host_domain=self.domain,
            kind=GuestKind.CONVERTED if converted else kind,
            home=partner.home,
            enabled=drawn[10] / FULL >= BLOCKED_SHARE,
            created=created,
            redeemed=life.redeemed,
            creation_type=None if converted else _creation_type(kind, drawn[11]),
            sign_ins=life.sign_ins,
            company=partner.company if drawn[11] & 1 else None,
            department=_DEPARTMENTS[drawn[12] & 7] if drawn[12] >> 29 == 0 else None,
            language=culture.language if drawn[12] & 8 else None,
            country=culture.country if drawn[12] & 48 == 0 else None,
            both_identities=partner.home is Home.ENTRA and drawn[9] >> 4 & 3 == 0,
        )
        return record(facts)

    def _shown(self, name: Name, draw: int) -> str:
        if draw / FULL >= self.hostile_share:
            return name.shown
        return HOSTILE[draw % len(HOSTILE)]

    def _life(self, kind: GuestKind, drawn: tuple[int, ...]) -> Life:
        if kind in _NEVER_IN:
            return self._never_in(kind, drawn)
        if kind is GuestKind.ATTEMPTS_ONLY:
            created = self.end - 20 * DAY - min(_spread(drawn[3], 300 * DAY), _OLDEST)
            earliest = max(created, SUCCESS_SINCE)
            attempt = earliest + drawn[4] / FULL * max(self.end - earliest, 0)
            return Life(created, created + DAY, SignIns(attempt, None, None))
        silent = silence_days(drawn[1] / FULL) * DAY
        success = self.end - silent
        # A third of the silent ones came once, on the day they accepted.
        once = silent > 14 * DAY and drawn[3] % 3 == 0
        stay = 0.0 if once else min(_spread(drawn[3], 700 * DAY), _OLDEST - silent)
        redeemed = success - stay
        created = redeemed - min(_spread(drawn[4], 2 * DAY), 30 * DAY)
        if success < SIGN_INS_SINCE:
            return Life(created, redeemed, None)
        return Life(created, redeemed, self._sign_ins(success, redeemed, drawn))

    def _never_in(self, kind: GuestKind, drawn: tuple[int, ...]) -> Life:
        recent = drawn[3] % 100 < 35
        age = drawn[4] / FULL * DAY * (30 if recent else 1300)
        created = self.end - age
        if kind is GuestKind.PENDING:
            return Life(created, None, None)
        return Life(created, created + min(age, _spread(drawn[5], 3 * DAY)), None)

    def _sign_ins(self, success: float, redeemed: float, drawn: tuple[int, ...]) -> SignIns:
        stay = success - redeemed
        other = success - min(drawn[5] / FULL * 20 * DAY, stay)
        if drawn[6] & 1:
            silent_kind = None if drawn[6] & 6 == 0 else other
            # Some tried again since and failed: their last attempt is later than their last success.
            failed = drawn[7] / FULL < 0.12
            last = success + drawn[8] / FULL * (self.end - success) if failed else success
            return SignIns(last, silent_kind, success)
        return SignIns(other, success, success)


def _creation_type(kind: GuestKind, draw: int) -> str | None:
    if kind is GuestKind.SYNCED:
        return None
    if kind is GuestKind.INTERNAL:
        return "LocalAccount" if draw & 2 else None
    share = draw / FULL
    if kind is not GuestKind.PENDING and share < 0.04:
        return "SelfServiceSignUp" if share < 0.03 else "EmailVerified"
    return "Invitation"
