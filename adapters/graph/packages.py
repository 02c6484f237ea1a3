"""Entitlement management over Graph: policies read and written whole, as raw JSON (graph-facts.md D, J3)."""

import json
from datetime import datetime

import msgspec

from adapters.graph.client import GraphClient, decoded
from adapters.graph.durations import duration_of
from adapters.graph.operations import (
    LIST_PACKAGE_POLICIES,
    LIST_PACKAGES_HELD,
    READ_PACKAGE_POLICY,
    READ_PACKAGE_SETTINGS,
    REPLACE_PACKAGE_POLICY,
)
from adapters.graph.package_documents import Document, read_policy, same_meaning, with_review, writable
from reviews.errors import Conflict, Gone, Malformed
from reviews.evidence import canonical
from reviews.metering import forecast, guarded
from reviews.model import GuestId, Holding, PackageLifecycle, PackagePolicy, PackageReview
from reviews.policy import CostGuard
from reviews.ports import PolicyChange

_POLICIES = "/identityGovernance/entitlementManagement/assignmentPolicies"
_BLOCKS = frozenset({"blockSignIn", "blockSignInAndDelete"})
_EXPANDED = ["accessPackage"]
_OFFERED = "Delivered"
"""Graph's own pages filter by this spelling (A:entitlementmanagement-list-assignments)."""


class _Target(msgspec.Struct, rename="camel", gc=False):
    object_id: str | None = None
    subject_lifecycle: str | None = None


class _Named(msgspec.Struct, rename="camel", gc=False):
    id: str
    display_name: str | None = None


class _Expiration(msgspec.Struct, rename="camel", gc=False):
    end_date_time: datetime | None = None


class _Schedule(msgspec.Struct, gc=False):
    expiration: _Expiration | None = None


class _Assignment(msgspec.Struct, rename="camel", gc=False):
    id: str
    target: _Target | None = None
    schedule: _Schedule | None = None
    access_package: _Named | None = None
    assignment_policy: _Named | None = None


class _Settings(msgspec.Struct, rename="camel", gc=False):
    external_user_lifecycle_action: str | None = None
    duration_until_external_user_deleted_after_blocked: str | None = None


class GraphPackages:
    """``reviews.ports.Packages`` over Graph."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    @property
    def _management(self) -> object:
        return self._client.urls.identity_governance.entitlement_management

    async def policies(self) -> tuple[PackagePolicy, ...]:
        """Read every assignment policy of the tenant."""
        builder = self._client.urls.identity_governance.entitlement_management.assignment_policies
        rows = self._client.rows(LIST_PACKAGE_POLICIES, builder, expand=_EXPANDED)
        return tuple([read_policy(_loaded(row)) async for row in rows])

    async def policy(self, policy_id: str) -> PackagePolicy | None:
        """Read one policy afresh; None when it is gone."""
        found = await self._document(policy_id)
        return None if found is None else read_policy(found)

    async def holders(self, policy_id: str) -> tuple[GuestId, ...]:
        """Read who holds a package under a policy now, guests or not."""
        wanted = f"assignmentPolicy/id eq '{policy_id}' and state eq '{_OFFERED}'"
        rows = await self._assignments(wanted, ["target"])
        return tuple(GuestId(one.target.object_id) for one in rows if one.target and one.target.object_id)

    async def held_by(self, guest_id: GuestId) -> tuple[Holding, ...]:
        """Read which packages a guest holds now, under which policies."""
        wanted = f"target/objectId eq '{guest_id}' and state eq '{_OFFERED}'"
        rows = await self._assignments(wanted, ["target", "accessPackage", "assignmentPolicy"])
        return tuple(_holding(one) for one in rows)

    async def _assignments(self, wanted: str, expand: list[str]) -> list[_Assignment]:
        builder = self._client.urls.identity_governance.entitlement_management.assignments
        rows = self._client.rows(LIST_PACKAGES_HELD, builder, filter=wanted, expand=expand)
        return [decoded(LIST_PACKAGES_HELD, row, _Assignment) async for row in rows]

    async def lifecycle(self) -> PackageLifecycle:
        """Read what happens to guests who lose their last package. Raises Malformed."""
        builder = self._client.urls.identity_governance.entitlement_management.settings
        content = await self._client.read(READ_PACKAGE_SETTINGS, builder)
        settings = decoded(READ_PACKAGE_SETTINGS, content, _Settings)
        action = settings.external_user_lifecycle_action or "none"
        after = settings.duration_until_external_user_deleted_after_blocked
        if action != "blockSignInAndDelete":
            return PackageLifecycle(blocks=action in _BLOCKS)
        try:
            return PackageLifecycle(blocks=True, deletes_after=duration_of(after or ""))
        except ValueError as error:
            raise Malformed(f"{READ_PACKAGE_SETTINGS.name}: a duration that is none") from error

    # --- documents --------------------------------------------------------------------------------

    async def draft(self, package: PackagePolicy, review: PackageReview, guard: CostGuard) -> PolicyChange:
        """Lay a review into the policy's present document. Raises as the port says."""
        found = await self._document(package.id)
        if found is None:
            raise Gone(f"assignment policy {package.id} is gone")
        if read_policy(found) != package:
            raise Conflict(f"assignment policy {package.id} was changed by somebody else")
        after = with_review(found, review)
        bills = forecast(after, guests=0, before=found).features
        guests = len(await self.holders(package.id)) if bills else 0
        guarded(after, guard, guests=guests, before=found)
        return PolicyChange(policy_id=package.id, before=canonical(writable(found)), after=canonical(after))

    async def document(self, policy_id: str) -> bytes | None:
        """Read what can be written of a policy, as it is now; None when it is gone."""
        found = await self._document(policy_id)
        return None if found is None else canonical(writable(found))

    async def write(self, change: PolicyChange) -> None:
        """Write a change, whole, if the policy is still as it was before it. See the port."""
        if (present := await self.document(change.policy_id)) != change.before:
            if present is None:
                raise Gone(f"assignment policy {change.policy_id} is gone")
            raise Conflict(f"assignment policy {change.policy_id} was changed by somebody else")
        path = f"{_POLICIES}/{change.policy_id}"
        await self._client.write(REPLACE_PACKAGE_POLICY, path, json.loads(change.after))

    async def stands(self, change: PolicyChange) -> bool:
        """Say whether the policy is as a change wanted it."""
        present = await self.document(change.policy_id)
        return present is not None and same_meaning(json.loads(present), json.loads(change.after))

    async def _document(self, policy_id: str) -> Document | None:
        builder = self._client.urls.identity_governance.entitlement_management.assignment_policies
        one = builder.by_access_package_assignment_policy_id(policy_id)
        try:
            content = await self._client.read(READ_PACKAGE_POLICY, one, expand=_EXPANDED)
        except Gone:
            return None
        return _loaded(content)


def _loaded(content: bytes | msgspec.Raw) -> Document:
    found = json.loads(bytes(content))
    if not isinstance(found, dict):
        raise Malformed("assignment policy: not an object")
    return found


def _holding(one: _Assignment) -> Holding:
    package = one.access_package or _Named(id="")
    expiration = one.schedule.expiration if one.schedule else None
    return Holding(
        policy_id=one.assignment_policy.id if one.assignment_policy else "",
        package_id=package.id,
        package_name=package.display_name or "",
        is_governed=one.target is not None and one.target.subject_lifecycle == "governed",
        ends_at=expiration.end_date_time if expiration else None,
    )
