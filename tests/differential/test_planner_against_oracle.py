"""Two independent readings of the same rules and the same bytes agree about every guest of 10,000 tenants."""

import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from adapters.clock import HandClock
from adapters.graph.census import GraphCensus
from adapters.graph.client import GraphClient
from adapters.graph.partners import GraphPartners
from reviews.jobs.night import round_name, survey_directory
from reviews.planning import Known, Survey
from reviews.policy import Policy
from reviews.ports import Directory
from reviews.records import Act
from tests.differential import oracle
from tests.differential.tenants import RawTenant, tenants

TENANTS = 10_000
PLANTED = 1_500
"""Among so many tenants a planted fault must show."""
HELD_BY = {
    "cap-asks",
    "fields-lost",
    "guests-shrunk",
    "no-reviewer",
    "quiet-day",
    "reviewer-full",
    "sponsors-not-read",
    "sponsors-unreadable",
    "too-many-set-aside",
    "too-many-unseen",
}
Findings = set[tuple[str, str, str]]


class Shelf:
    """A Graph that is a row of pages; it answers what a census asks."""

    def __init__(self, tenant: RawTenant) -> None:
        self.clock = HandClock(tenant.now)
        self.urls = SimpleNamespace(
            users=SimpleNamespace(count="count"),
            policies=SimpleNamespace(cross_tenant_access_policy=SimpleNamespace(partners="partners")),
        )
        self.sign_ins = None
        self._pages = tenant.pages()
        self._count = len(tenant.users)

    async def read(self, _operation: object, url: object, **_options: Any) -> bytes:
        return str(self._count).encode() if url == "count" else self._pages[0]

    async def follow(self, _operation: object, link: str, **_options: Any) -> bytes:
        return self._pages[int(link.rpartition("-")[2])]

    async def rows(self, _operation: object, _url: object, **_options: Any) -> AsyncIterator[bytes]:
        no_partners: tuple[bytes, ...] = ()
        for row in no_partners:
            yield row

    def census(self) -> GraphCensus:
        client = cast("GraphClient", self)
        return GraphCensus(client, GraphPartners(client))


async def planned(tenant: RawTenant, policy: Policy | None = None) -> Findings:
    """Have the house read the bytes, look at every guest and draw up its plan."""
    survey = Survey(
        policy=policy or Policy.model_validate(tenant.policy),
        now=tenant.now,
        round_name=round_name(tenant.now),
        known=Known(),
    )
    plan = await survey_directory(cast("Directory", Shelf(tenant)), survey, previous=tenant.before)
    assert all(action.kind is Act.ASK for action in (*plan.actions, *(one.action for one in plan.held)))
    asks = {("ask", action.guest_id, action.reviewers[0]) for action in plan.actions}
    return asks | {("held", held.action.guest_id, held.held_by) for held in plan.held}


def expected(tenant: RawTenant) -> Findings:
    return set(oracle.opinion(tenant.users, tenant.policy, tenant.now, tenant.before))


async def smallest(tenant: RawTenant) -> RawTenant:
    """Leave out guest after guest as long as the two still disagree."""
    for user in list(tenant.users):
        less = replace(tenant, users=[one for one in tenant.users if one is not user])
        if less.users and await planned(less) != expected(less):
            tenant = less
    return tenant


async def told(tenant: RawTenant) -> str:
    small = await smallest(tenant)
    ours, theirs = await planned(small), expected(small)
    record = {"now": str(small.now), "before": small.before, "policy": small.policy, "users": small.users}
    only = f"only the planner: {sorted(ours - theirs)}\nonly the oracle: {sorted(theirs - ours)}"
    return f"seed {tenant.seed}\n{only}\n{json.dumps(record, indent=1)[:6_000]}"


def test_the_oracle_is_naive_and_stands_alone() -> None:
    text = Path(oracle.__file__).read_text(encoding="utf-8")
    assert sum(1 for line in text.splitlines() if line.strip()) <= 80
    imported = {
        line.split()[1].partition(".")[0] for line in text.splitlines() if line.startswith(("import", "from"))
    }
    assert imported <= sys.stdlib_module_names


@pytest.mark.slow
async def test_planner_and_oracle_agree_about_every_guest_of_ten_thousand_tenants() -> None:
    guests = 0
    seen: Counter[str] = Counter()
    for tenant in tenants(TENANTS):
        ours = await planned(tenant)
        if ours != expected(tenant):
            pytest.fail(await told(tenant))
        guests += len(tenant.users)
        seen.update("ask" if sort == "ask" else by for sort, _, by in ours)
    asks = seen.pop("ask")
    print(f"\n{TENANTS} tenants, {guests} guests, {asks} asks, {seen.total()} held: 0 differences")
    print(", ".join(f"{count} {by}" for by, count in seen.most_common()))
    assert set(seen) == HELD_BY, "the tenants do not reach every rule"
    assert min(asks, *seen.values()) >= 100


# --- that it can fail --------------------------------------------------------------------------------


def _longer(part: str, name: str) -> Callable[[RawTenant], RawTenant]:
    """Give the planner a limit that is a second too long."""

    def plant(tenant: RawTenant) -> RawTenant:
        policy = deepcopy(tenant.policy)
        days = policy[part][name][1:-1]
        policy[part][name] = f"P{days}DT1S"
        return replace(tenant, policy=policy)

    return plant


def _policy(change: Callable[[dict[str, Any]], None]) -> Callable[[RawTenant], RawTenant]:
    def plant(tenant: RawTenant) -> RawTenant:
        policy = deepcopy(tenant.policy)
        change(policy)
        return replace(tenant, policy=policy)

    return plant


def _users(change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> Callable[[RawTenant], RawTenant]:
    def plant(tenant: RawTenant) -> RawTenant:
        return replace(tenant, users=[{**user, **change(user)} for user in tenant.users])

    return plant


def _attempt_as_success(user: dict[str, Any]) -> dict[str, Any]:
    signs = user.get("signInActivity")
    if not signs or signs.get("lastSuccessfulSignInDateTime"):
        return {}
    return {"signInActivity": {**signs, "lastSuccessfulSignInDateTime": signs.get("lastSignInDateTime")}}


def _names_alone(user: dict[str, Any]) -> dict[str, Any]:
    named = [one for one in user.get("sponsors") or [] if one.get("displayName")]
    return {"sponsors": named} if isinstance(user.get("sponsors"), list) else {}


def _year_one_as_date(user: dict[str, Any]) -> dict[str, Any]:
    created = user.get("createdDateTime") or ""
    return {"createdDateTime": "0002-01-01T00:00:00Z"} if created.startswith("0001") else {}


def _a_day_less(policy: dict[str, Any]) -> None:
    for one in policy["exemptions"]:
        one["until"] = str(date.fromisoformat(one["until"]) - timedelta(days=1))


FAULTS: dict[str, Callable[[RawTenant], RawTenant]] = {
    "inactive_after a second too long": _longer("thresholds", "inactive_after"),
    "never_signed_in_after a second too long": _longer("thresholds", "never_signed_in_after"),
    "pending_after a second too long": _longer("thresholds", "pending_after"),
    "attempts_only_after a second too long": _longer("thresholds", "attempts_only_after"),
    "min_account_age a second too long": _longer("scope", "min_account_age"),
    "unknown sponsors taken for none": _users(lambda user: {"sponsors": user.get("sponsors", [])}),
    "sponsors known by id alone left out": _users(_names_alone),
    "attempts taken for successes": _users(_attempt_as_success),
    "the year 1 taken for a date": _users(_year_one_as_date),
    "switched-off accounts taken for switched on": _users(lambda _: {"accountEnabled": True}),
    "every invitation taken for accepted": _users(lambda _: {"externalUserState": "Accepted"}),
    "home domains forgotten": _policy(lambda policy: policy["tenant"].update(home_domains=[])),
    "the tenant's zone forgotten": _policy(lambda policy: policy["tenant"].update(zone="UTC")),
    "exemptions a day short": _policy(_a_day_less),
    "fallback reviewers in reverse": _policy(lambda policy: policy["reviewers"]["fallback"].reverse()),
    "one question too many": _policy(
        lambda policy: policy["caps"].update(asks_per_run=policy["caps"]["asks_per_run"] + 1)
    ),
    "one item too many for a reviewer": _policy(
        lambda policy: policy["reviewers"].update(max_open_items=policy["reviewers"]["max_open_items"] + 1)
    ),
    "a breaker that never trips": _policy(lambda policy: policy["breakers"].update(unread_sign_ins=1.0)),
    "the last guest lost": lambda tenant: replace(tenant, users=tenant.users[:-1]),
}


async def differs(sample: Iterable[RawTenant], plant: Callable[[RawTenant], RawTenant]) -> bool:
    for tenant in sample:
        if await planned(plant(tenant)) != expected(tenant):
            return True
    return False


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_planted_fault_is_found(fault: str) -> None:
    assert await differs(tenants(PLANTED), FAULTS[fault])
