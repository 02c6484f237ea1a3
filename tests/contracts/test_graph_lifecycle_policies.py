"""Guest lifecycle policies over Graph: present, absent and refused are three answers."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from adapters.graph.lifecycle_policies import GraphLifecyclePolicies
from adapters.graph.operations import LIST_LIFECYCLE_POLICIES
from reviews.errors import Transient
from reviews.model import LifecyclePolicy, LifecycleRule, Unreadable
from sandbox.package_stories import a_guest_lifecycle_policy
from sandbox.stories import STARTS_AT
from sandbox.tenant import DEFAULT_GRANTED, Fault
from sandbox.tenant_licence import Licence
from tests.contracts.graph_plugs import plugged_in

MADE_AT = STARTS_AT - timedelta(days=300)
RIVAL = a_guest_lifecycle_policy(since=MADE_AT, silent_days=125, sponsors=2, grace=5)
RULE = "#microsoft.graph.identityGovernance.{}"
PRESENT: dict[str, Any] = {"guest_lifecycle_policies": [RIVAL], "licence": Licence.GOVERNANCE}


async def read(**dials: Any) -> tuple[LifecyclePolicy, ...] | Unreadable:
    async with plugged_in(**dials) as plugs:
        return await GraphLifecyclePolicies(plugs.client).in_force()


async def of(**changes: Any) -> LifecyclePolicy:
    found = await read(**{**PRESENT, "guest_lifecycle_policies": [RIVAL | changes]})
    assert not isinstance(found, Unreadable)
    [policy] = found
    return policy


async def test_a_policy_is_read_as_graphs_pages_describe_it() -> None:
    assert await of() == LifecyclePolicy(
        name="Silent guests",
        action="disableThenDelete",
        since=MADE_AT,
        rules=(
            LifecycleRule(kind="inactivityRule", limit=125, grace=timedelta(days=5)),
            LifecycleRule(kind="sponsorPresenceRule", limit=2, grace=timedelta(days=5)),
        ),
        deletes_after=timedelta(days=30),
    )


async def test_a_tenant_without_the_feature_has_none() -> None:
    assert await read() == ()
    assert await read(licence=Licence.GOVERNANCE, guest_lifecycle_policies=[]) == ()


async def test_an_older_graph_that_knows_no_such_path_says_the_same() -> None:
    async with plugged_in() as plugs:
        plugs.break_down(Fault(when="before", status=400, code="BadRequest"), on=LIST_LIFECYCLE_POLICIES.name)
        assert await GraphLifecyclePolicies(plugs.client).in_force() == ()


@pytest.mark.parametrize(
    "dials",
    [
        {"granted": DEFAULT_GRANTED - {"LifecyclePolicies-Guests.Read.All"}},
        {"licence": Licence.P2},
    ],
)
async def test_what_is_refused_is_unreadable_and_not_absent(dials: dict[str, Any]) -> None:
    assert await read(**{**PRESENT, **dials}) == Unreadable(why="no-permission")


async def test_a_failure_of_the_moment_is_not_an_answer() -> None:
    async with plugged_in(**PRESENT) as plugs:
        plugs.break_down(*[Fault(when="before")] * 9, on=LIST_LIFECYCLE_POLICIES.name)
        with pytest.raises(Transient):
            await GraphLifecyclePolicies(plugs.client).in_force()


async def test_what_cannot_be_understood_is_unreadable() -> None:
    async with plugged_in(**PRESENT) as plugs:

        def spoil(_request: httpx.Request, answer: dict[str, Any]) -> dict[str, Any]:
            return {"value": [{**one, "gracePeriodInDays": "a week"} for one in answer["value"]]}

        plugs.wire.change = spoil
        found = await GraphLifecyclePolicies(plugs.client).in_force()
    assert found == Unreadable(why="not-understood")


async def test_what_is_switched_off_or_about_agents_is_left_out() -> None:
    agents = RIVAL | {"@odata.type": RULE.format("agentIdentityLifecyclePolicy")}
    off = a_guest_lifecycle_policy(since=MADE_AT, enabled=False)
    assert await read(**{**PRESENT, "guest_lifecycle_policies": [agents, off]}) == ()
    rules = [{**rule, "isEnabled": False} for rule in RIVAL["rules"]]
    assert (await of(rules=rules)).rules == ()


async def test_a_rule_may_have_a_grace_of_its_own() -> None:
    rule = {"@odata.type": RULE.format("invitationRedemptionRule"), "isEnabled": True}
    strict = {**rule, "gracePeriodInDays": 0, "invitationRedemptionThresholdInDays": 14}
    assert (await of(rules=[strict])).rules == (LifecycleRule(kind="invitationRedemptionRule", limit=14),)


@pytest.mark.parametrize(
    ("action", "deletes_after"),
    [("deleteOnly", timedelta()), ("disableOnly", None), ("disableThenDelete", None)],
)
async def test_what_each_action_does_to_the_account(action: str, deletes_after: timedelta | None) -> None:
    policy = await of(enforcementAction={"@odata.type": RULE.format(f"{action}EnforcementAction")})
    assert (policy.action, policy.deletes_after) == (action, deletes_after)


async def test_what_a_policy_does_not_show_is_not_made_up() -> None:
    bare = dict.fromkeys(("rules", "createdDateTime", "lastModifiedDateTime", "enforcementAction"))
    policy = await of(**bare)
    assert (policy.since, policy.action) == (None, "unknown")
    assert [rule.kind for rule in policy.rules] == ["not-shown"]
