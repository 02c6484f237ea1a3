"""Guest lifecycle policies over Graph: a preview that the SDK does not know, so raw JSON (graph-facts.md K).

Shapes are those of Graph's own pages of v1.0: what is named there otherwise is not understood, never guessed.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec

from adapters.graph.client import GraphClient, decoded
from adapters.graph.operations import LIST_LIFECYCLE_POLICIES
from reviews.errors import Forbidden, Gone, Malformed, NotSupported
from reviews.model import LifecyclePolicy, LifecycleRule, Unreadable

_GUESTS = "guestLifecyclePolicy"


class _Action(msgspec.Struct, rename="camel", gc=False):
    kind: str = msgspec.field(default="", name="@odata.type")
    deletion_grace_period_in_days: int | None = None


class _Rule(msgspec.Struct, rename="camel", gc=False):
    kind: str = msgspec.field(default="", name="@odata.type")
    is_enabled: bool = True
    grace_period_in_days: int | None = None
    last_activity_threshold_in_days: int | None = None
    invitation_redemption_threshold_in_days: int | None = None
    attestation_interval_in_days: int | None = None
    minimum_sponsor_count: int | None = None

    @property
    def limit(self) -> int | None:
        numbers = (
            self.last_activity_threshold_in_days,
            self.invitation_redemption_threshold_in_days,
            self.attestation_interval_in_days,
            self.minimum_sponsor_count,
        )
        return next((number for number in numbers if number is not None), None)


class _Policy(msgspec.Struct, rename="camel", gc=False):
    kind: str = msgspec.field(default="", name="@odata.type")
    display_name: str | None = None
    is_enabled: bool = False
    created_date_time: datetime | None = None
    last_modified_date_time: datetime | None = None
    grace_period_in_days: int | None = None
    enforcement_action: _Action | None = None
    rules: list[_Rule] | None = None


class GraphLifecyclePolicies:
    """``reviews.ports.LifecyclePolicies`` over Graph."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    async def in_force(self) -> tuple[LifecyclePolicy, ...] | Unreadable:
        """Read the policies for guests that are switched on.

        None where the tenant has no such feature: Graph then knows no such path, and says 404 or 400.
        """
        try:
            found = [policy async for policy in self._policies()]
        except Forbidden:
            return Unreadable(why="no-permission")
        except (Gone, NotSupported):
            return ()
        except Malformed:
            return Unreadable(why="not-understood")
        ours = (one for one in found if one.kind.endswith(_GUESTS) and one.is_enabled)
        return tuple(_read(one) for one in ours)

    async def _policies(self) -> AsyncIterator[_Policy]:
        workflows = self._client.urls.identity_governance.lifecycle_workflows
        builder = workflows.with_url(self._client.link(LIST_LIFECYCLE_POLICIES.path))
        async for row in self._client.rows(LIST_LIFECYCLE_POLICIES, builder):
            yield decoded(LIST_LIFECYCLE_POLICIES, row, _Policy)


def _read(policy: _Policy) -> LifecyclePolicy:
    action = policy.enforcement_action or _Action()
    word = _short(action.kind).removesuffix("EnforcementAction") or "unknown"
    moments = [one for one in (policy.created_date_time, policy.last_modified_date_time) if one is not None]
    return LifecyclePolicy(
        name=policy.display_name or "",
        action=word,
        since=max(moments).astimezone(UTC) if moments else None,
        rules=_rules(policy),
        deletes_after=_deletes_after(word, action),
    )


def _rules(policy: _Policy) -> tuple[LifecycleRule, ...]:
    """Return the rules in force; where none are shown, one that nobody knows: a policy without is none."""
    if policy.rules is None:
        return (LifecycleRule(kind="not-shown"),)
    return tuple(
        LifecycleRule(
            kind=_short(rule.kind),
            limit=rule.limit,
            grace=_days(
                policy.grace_period_in_days
                if rule.grace_period_in_days is None
                else rule.grace_period_in_days
            ),
        )
        for rule in policy.rules
        if rule.is_enabled
    )


def _deletes_after(word: str, action: _Action) -> timedelta | None:
    if word == "disableThenDelete" and action.deletion_grace_period_in_days is not None:
        return _days(action.deletion_grace_period_in_days)
    return timedelta() if word == "deleteOnly" else None


def _days(count: int | None) -> timedelta:
    return timedelta(days=count or 0)


def _short(kind: str) -> str:
    return kind.rpartition(".")[2]
