"""Random tenants as Graph would send them: every odd combination, dates on both sides of every boundary."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

SUCCESSES_SINCE = datetime(2023, 12, 1, tzinfo=UTC)
PAGE = 15
"""Rows of a page, so that most tenants have more than one."""
_BARRIERS = ("age", "inactive_after", "never_signed_in_after", "pending_after", "attempts_only_after")
_MOST_KINDS = ["external-guest", "pending-guest", "personal-guest"]
_MEMBER = {"accountEnabled": True, "userType": "Member", "mail": "sponsor@contoso.example"}
_HEALTHS: tuple[dict[str, Any], ...] = (
    _MEMBER,
    _MEMBER,
    _MEMBER,
    _MEMBER,
    _MEMBER,
    _MEMBER | {"accountEnabled": False},
    _MEMBER | {"accountEnabled": False, "mail": None},
    _MEMBER | {"userType": "Guest"},
    _MEMBER | {"mail": None},
    _MEMBER | {"mail": ""},
    _MEMBER | {"accountEnabled": None},
    _MEMBER | {"userType": None},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTenant:
    """A tenant in Graph's words, a policy in the words of its file, and the night they meet in."""

    seed: int
    users: list[dict[str, Any]]
    policy: dict[str, Any]
    now: datetime
    before: int | None
    """How many guests last night had."""

    def pages(self) -> list[bytes]:
        """Return the bytes Graph would send, page by page."""
        cuts = range(0, max(len(self.users), 1), PAGE)
        pages: list[dict[str, Any]] = [{"value": self.users[cut : cut + PAGE]} for cut in cuts]
        for number, page in enumerate(pages[:-1], start=1):
            page["@odata.nextLink"] = f"page-{number}"
        return [json.dumps(page).encode() for page in pages]


def tenants(count: int, first: int = 0) -> Iterator[RawTenant]:
    """Yield so many tenants, each the same for its seed."""
    return (tenant(seed) for seed in range(first, first + count))


def tenant(seed: int) -> RawTenant:
    """Return the tenant of a seed."""
    draw = Random(seed)
    now = datetime(2026, 11, 16, tzinfo=UTC) + timedelta(
        days=draw.randrange(14),
        seconds=draw.choice([0, 5_400, 82_799, 82_800, 86_399, draw.randrange(86_400)]),
    )
    policy = _policy(draw, now)
    users = _Users(draw, now, policy).some(min(draw.randint(1, 40), draw.randint(1, 40)))
    policy["exemptions"] = _exemptions(draw, now, policy["tenant"]["zone"], users)
    if draw.random() < 0.2:
        policy["reviewers"]["fallback"].insert(0, users[0]["id"])
    before = draw.choice([None, None, 0, len(users), len(users) + 1, int(len(users) * 1.25), 60])
    return RawTenant(seed=seed, users=users, policy=policy, now=now, before=before)


def _policy(draw: Random, now: datetime) -> dict[str, Any]:
    days = (0, 1, 14, 30, 30, 60, 90, 180, 400)
    fallback = [_guid(9_100 + number) for number in range(draw.choice([0, 1, 1, 2, 3]))]
    today = now.date()
    return {
        "mode": draw.choice(["report", "propose", "enforce"]),
        "tenant": {
            "home_domains": draw.choice([[], ["contoso.example"], ["Contoso.example", "home.example"]]),
            "zone": draw.choice(["UTC", "Europe/Amsterdam", "America/New_York", "Pacific/Apia"]),
        },
        "quiet": {
            "weekends": draw.random() < 0.3,
            "days": [str(today + timedelta(days=draw.choice([-1, 0, 1])))] if draw.random() < 0.1 else [],
        },
        "scope": {
            "kinds": draw.choice(
                [
                    _MOST_KINDS,
                    _MOST_KINDS,
                    ["internal-guest", "synced-guest", *_MOST_KINDS],
                    ["external-guest", "pending-guest"],
                ]
            ),
            "min_account_age": f"P{draw.choice(days[:6])}D",
        },
        "thresholds": {name: f"P{draw.choice(days)}D" for name in _BARRIERS[1:]},
        "reviewers": {"fallback": fallback, "max_open_items": draw.choice([1, 2, 3, 40, 40])},
        "caps": {"asks_per_run": draw.choice([0, 1, 3, 8, 500, 500, 500])},
        "breakers": {
            "unread_sign_ins": draw.choice([0.0, 0.3, 0.5, 1.0, 1.0]),
            "shrunk_by": draw.choice([0.0, 0.2, 0.2, 1.0]),
            "set_aside": draw.choice([0.02, 0.25, 1.0]),
        },
    }


def _exemptions(draw: Random, now: datetime, zone: str, users: list[dict[str, Any]]) -> list[dict[str, str]]:
    today = now.astimezone(ZoneInfo(zone)).date()
    chosen = draw.sample(users, draw.randint(0, min(3, len(users))))
    return [
        {
            "guest": draw.choice([user["id"], user["id"].upper()]),
            "reason": "on the board",
            "until": str(today + timedelta(days=draw.choice([-1, 0, 1]))),
        }
        for user in chosen
    ]


class _Users:
    """Makes the users of one tenant."""

    def __init__(self, draw: Random, now: datetime, policy: dict[str, Any]) -> None:
        self._draw = draw
        self._now = now
        barriers = [*policy["thresholds"].values(), policy["scope"]["min_account_age"]]
        days = [int(text[1:-1]) for text in barriers]
        # Sign-ins may show a day late, and dates may lie a day ahead.
        self._barriers = [timedelta(days=n) for n in (*days, *(n + 1 for n in days[:1]), -1)]
        self._odd = draw.choice([0.0, 0.0, 0.0, 0.02, 0.1, 0.5])
        """How many records are beyond understanding."""
        self._calm = draw.choice([0.0, 0.5, 0.9])
        """How many facts are the ordinary ones."""
        self._sponsors_come = draw.random() > 0.02
        named = draw.random() > 0.03
        self._sponsors = [self._sponsor(9_000 + number, named=named) for number in range(draw.randint(1, 8))]
        self._lost = (
            draw.choice(["createdDateTime", "externalUserState", "mail"]) if draw.random() < 0.02 else ""
        )
        """What Graph returns for nobody, for want of a permission."""

    def some(self, count: int) -> list[dict[str, Any]]:
        return [self._user(number) for number in range(1, count + 1)]

    def _user(self, number: int) -> dict[str, Any]:
        pick, calm = self._draw.choice, self._calm
        user_id = str(UUID(int=self._draw.getrandbits(128)))
        outside = self._draw.random() < max(calm, 0.6)
        user: dict[str, Any] = {
            "id": user_id,
            "displayName": f"Guest {number}",
            "mail": pick([f"guest{number}@partner.example", None]),
            "userPrincipalName": f"g{number}_partner.example#EXT#@contoso.example"
            if outside
            else f"g{number}@contoso.example",
            "userType": self._or("Guest", ["Guest", "Guest", "Member", "guest", "Consultant", ""]),
            "accountEnabled": self._or(True, [True, True, False]),
            "createdDateTime": self._moment(400),
            "creationType": pick([None, "Invitation", "LocalAccount", "SelfServiceSignUp", "EmailVerified"]),
            "externalUserState": self._or("Accepted", ["Accepted", "PendingAcceptance", None]),
            "externalUserStateChangeDateTime": self._moment(399),
            "identities": self._identities(),
            "onPremisesSyncEnabled": self._or(None, [None, None, False, True]),
            "signInActivity": self._sign_ins(),
            "sponsors": self._sponsors_of(user_id),
        }
        if user["signInActivity"] == "absent":
            del user["signInActivity"]
        if user["sponsors"] == "absent":
            del user["sponsors"]
        if self._lost:
            user[self._lost] = None
        if self._draw.random() < self._odd:
            self._spoil(user)
        return user

    def _or(self, ordinary: Any, others: list[Any]) -> Any:
        return ordinary if self._draw.random() < self._calm else self._draw.choice(others)

    def _spoil(self, user: dict[str, Any]) -> None:
        """Make a record that nobody can understand."""
        spoilt = [
            ("accountEnabled", None),
            ("accountEnabled", "yes"),
            ("displayName", None),
            ("displayName", "n" * 20_000),
            ("displayName", 7),
            ("userType", None),
            ("externalUserState", "Revoked"),
            ("sponsors", None),
        ]
        name, value = self._draw.choice(spoilt)
        user[name] = value
        if self._draw.random() < 0.3:
            del user[self._draw.choice(["createdDateTime", "externalUserState", "userPrincipalName"])]

    def _identities(self) -> list[dict[str, Any]]:
        own = {
            "signInType": "userPrincipalName",
            "issuer": self._draw.choice(["contoso.example", "CONTOSO.example"]),
        }
        outside = [
            {"signInType": "federated", "issuer": "ExternalAzureAD"},
            {"signInType": "federated", "issuer": "google.com"},
            {"signInType": "federated", "issuer": "mail"},
            {"signInType": "federated", "issuer": "home.example"},
            {"signInType": "emailAddress", "issuer": "mail"},
            {"signInType": "userPrincipalName", "issuer": "elsewhere.example"},
        ]
        one = self._draw.choice(outside)
        return self._draw.choice([[own], [one], [own, one], [one, own], []])

    def _sign_ins(self) -> Any:
        if self._draw.random() < 0.25:
            return self._draw.choice(["absent", "absent", None, {}])
        names = ("lastSignInDateTime", "lastNonInteractiveSignInDateTime", "lastSuccessfulSignInDateTime")
        signs = {name: self._moment(200) for name in names}
        if self._draw.random() < 0.4:
            signs["lastSuccessfulSignInDateTime"] = self._draw.choice([None, "0001-01-01T00:00:00Z"])
        for name in names:
            if self._draw.random() < 0.15:
                del signs[name]
        return signs

    def _moment(self, ordinary: int) -> str | None:
        """Return a moment as Graph writes it, often a second from a boundary, or one of its nothings."""
        draw = self._draw
        luck = draw.random()
        second = timedelta(seconds=draw.choice([-1, 0, 1]))
        if luck < 0.06:
            return draw.choice([None, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.0000000Z"])
        if luck < 0.35:
            at = self._now - draw.choice(self._barriers) + second
        elif luck < 0.40:
            at = SUCCESSES_SINCE + second
        elif luck < 0.43:
            at = self._now + timedelta(hours=draw.choice([1, 9_000]))
        else:
            at = (
                self._now
                - timedelta(days=draw.choice([ordinary, ordinary + 1, draw.randrange(3_000)]))
                + second
            )
        if luck > 0.97:
            return at.astimezone(ZoneInfo("Asia/Kolkata")).isoformat()
        return f"{at:%Y-%m-%dT%H:%M:%S}{draw.choice(['', '', '.0000000', '.5'])}Z"

    # --- sponsors -----------------------------------------------------------------------------------

    def _sponsor(self, number: int, *, named: bool) -> dict[str, Any]:
        luck = self._draw.random() if named else 0.0
        sponsor_id = _guid(number)
        if luck < 0.05:
            return {"@odata.type": "#microsoft.graph.user", "id": sponsor_id}
        if luck < 0.15:
            group = {"@odata.type": "#microsoft.graph.group", "id": sponsor_id}
            return self._draw.choice(
                [group, {**group, "displayName": "Vendor office", "mail": "vendors@contoso.example"}]
            )
        health = self._draw.choice(_HEALTHS)
        return {"@odata.type": "#microsoft.graph.user", "id": sponsor_id, "displayName": "Sara", **health}

    def _sponsors_of(self, user_id: str) -> Any:
        if not self._sponsors_come or self._draw.random() < 0.03:
            return "absent"
        itself = {"@odata.type": "#microsoft.graph.user", "id": user_id, "displayName": "Guest", **_MEMBER}
        pool = [*self._sponsors, itself] if self._draw.random() < 0.1 else self._sponsors
        return self._draw.sample(pool, min(len(pool), self._draw.choice([0, 0, 1, 1, 1, 2, 3, 5])))


def _guid(number: int) -> str:
    return str(UUID(int=number))
