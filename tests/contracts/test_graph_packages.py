"""Entitlement management over Graph: policies understood, mended whole, and never written over somebody's."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from adapters.clock import HandClock
from adapters.graph.packages import GraphPackages
from admin.packaging import cost
from reviews import packages as rules
from reviews.errors import Ambiguous, Conflict, Forbidden, Gone
from reviews.evidence import canonical, parse
from reviews.jobs.mending import MendingPackages, change_name, differences, look_over
from reviews.model import Audience, PackageLifecycle, PackagePolicy
from reviews.policy import CostGuard, Mode, Packages, Policy, Reviewers
from reviews.ports import PolicyChange
from sandbox.memory import MemoryLedger, MemoryQueue
from sandbox.memory_archive import MemoryArchive
from sandbox.package_estate import an_estate
from sandbox.package_stories import PolicyFault, a_package, a_policy, an_internal_policy, holds
from sandbox.stories import a_population
from sandbox.tenant import Fault, Tenant
from sandbox.tenant_licence import Licence
from tests.contracts.graph_plugs import Plugs, plugged_in

PUT = "PUT /identityGovernance/entitlementManagement/assignmentPolicies/{accessPackageAssignmentPolicy-id}"
NOBODY = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Written:
    """The policy of Gatehouse as a file would give it."""

    policy: Policy

    async def current(self) -> Policy:
        return self.policy


@dataclass(slots=True)
class Desk:
    """A tenant with its packages, and the job that keeps them."""

    plugs: Plugs
    packages: GraphPackages
    archive: MemoryArchive
    queue: MemoryQueue
    rules: Policy

    @property
    def job(self) -> MendingPackages:
        return MendingPackages(
            clock=self.plugs.clock,
            packages=self.packages,
            ledger=MemoryLedger(),
            queue=self.queue,
            archive=self.archive,
            policies=Written(self.rules),
            new_owner=lambda: "owner",
        )

    def a_policy(self, *faults: PolicyFault) -> str:
        return a_policy(self.plugs.tenant, a_package(self.plugs.tenant, "Portal"), faults).id

    def shown(self, policy_id: str) -> dict[str, Any]:
        """The policy as the tenant keeps it, without its dates."""
        record = self.plugs.tenant.packages.policies[policy_id].record
        return {name: value for name, value in record.items() if "DateTime" not in name}

    async def read(self, policy_id: str) -> PackagePolicy:
        found = await self.packages.policy(policy_id)
        assert found is not None
        return found


def rules_of(plugs: Plugs, **changes: Any) -> Policy:
    reviewers = Reviewers(fallback=(plugs.person_id("fay"),))
    return Policy(mode=Mode.ENFORCE, reviewers=reviewers, packages=Packages(**changes))


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with plugged_in(licence=Licence.GOVERNANCE) as plugs:
        yield Desk(
            plugs=plugs,
            packages=GraphPackages(plugs.client),
            archive=MemoryArchive(),
            queue=MemoryQueue(),
            rules=rules_of(plugs, change_mode="apply"),
        )


# --- reading ---------------------------------------------------------------------------------------

FOUND = {
    PolicyFault.NO_END_NO_REVIEW: {"package-never-ends"},
    PolicyFault.LONG_WITHOUT_REVIEW: {"package-lasts-long"},
    PolicyFault.NO_APPROVAL: {"package-unapproved"},
    PolicyFault.ANYONE: {"package-for-anyone"},
    PolicyFault.NO_FALLBACK: {"package-no-fallback"},
    PolicyFault.REMOVES_WITHOUT_FALLBACK: {"package-removes-no-fallback"},
    PolicyFault.NO_RECOMMENDATIONS: {"package-no-suggestions"},
    PolicyFault.SELF_REVIEW: {"package-self-review"},
}


@pytest.mark.parametrize("fault", list(PolicyFault), ids=lambda one: one.name)
async def test_every_fault_is_found_and_what_a_review_can_mend_is_mended(
    desk: Desk, fault: PolicyFault
) -> None:
    policy_id = desk.a_policy(fault)
    today = desk.plugs.clock.now().date()
    before = desk.shown(policy_id)
    codes = {one.code for one in rules.lint(await desk.read(policy_id), desk.rules, today)}
    assert codes == FOUND[fault]

    change = await desk.job.mend(policy_id)

    left = {one.code for one in rules.lint(await desk.read(policy_id), desk.rules, today)}
    assert left == FOUND[fault] - rules.MENDABLE
    after = desk.shown(policy_id)
    assert (change is not None) == bool(FOUND[fault] & rules.MENDABLE)
    assert {**before, "reviewSettings": None} == {**after, "reviewSettings": None}
    if change is not None:
        assert all(path.startswith("reviewSettings") for path, _, _ in differences(change))


def by_sponsors(desk: Desk, policy_id: str) -> dict[str, Any]:
    """Have requests under a policy approved by sponsors, which bills; return its document."""
    record = desk.plugs.tenant.packages.policies[policy_id].record
    sponsors = [{"@odata.type": "#microsoft.graph.targetUserSponsors"}]
    record["requestApprovalSettings"]["stages"][0]["primaryApprovers"] = sponsors
    return dict(record)


async def test_what_bills_already_is_told_and_does_not_keep_a_review_from_being_mended(desk: Desk) -> None:
    policy_id = desk.a_policy(PolicyFault.NO_RECOMMENDATIONS)
    assert (await desk.read(policy_id)).bills == ()
    by_sponsors(desk, policy_id)
    assert (await desk.read(policy_id)).bills == ("sponsor-approval",)
    change = await desk.job.mend(policy_id)
    assert change is not None
    assert await cost(desk.packages, change) == "bills nobody more than now"


async def test_a_change_that_bills_says_how_many_guests(desk: Desk) -> None:
    policy_id = desk.a_policy()
    before = await desk.packages.document(policy_id)
    holds(desk.plugs.tenant, desk.plugs.guest_id("ada"), desk.plugs.tenant.packages.policies[policy_id])
    by_sponsors(desk, policy_id)
    after = await desk.packages.document(policy_id)
    assert before is not None
    assert after is not None
    change = PolicyChange(policy_id=policy_id, before=before, after=after)
    assert await cost(desk.packages, change) == "guests billed a month more: 1 (sponsor-approval)"


async def test_an_estate_is_read_with_exactly_its_faults() -> None:
    population = a_population(100)
    tenant_clock = HandClock(population.as_of)
    tenant = Tenant(population, tenant_clock)
    async with plugged_in(population=population) as plugs:
        estate = an_estate(plugs.tenant, guests=40)
        packages = GraphPackages(plugs.client)
        policy = Policy(reviewers=Reviewers(fallback=(str(tenant.population.member(0)["id"]),)))
        read = await packages.policies()
        assert len(read) == 30
        faulty = {one.id for one in read if rules.lint(one, policy, plugs.clock.now().date())}
        assert faulty == set(estate.faults)
        assert sum(one.audience is Audience.INSIDE for one in read) == 3


async def test_who_holds_a_package_is_found_from_both_sides(desk: Desk) -> None:
    policy_id = desk.a_policy()
    ada = desk.plugs.guest_id("ada")
    held = desk.plugs.tenant.packages.policies[policy_id]
    holds(desk.plugs.tenant, ada, held, ends_in=timedelta(days=9))
    assert await desk.packages.holders(policy_id) == (ada,)
    [holding] = await desk.packages.held_by(ada)
    assert (holding.policy_id, holding.package_name, holding.is_governed) == (policy_id, "Portal", True)
    assert holding.ends_at is not None
    assert await desk.packages.lifecycle() == PackageLifecycle(blocks=True, deletes_after=timedelta(days=30))


async def test_colleagues_packages_are_nobodys_business(desk: Desk) -> None:
    package = a_package(desk.plugs.tenant, "Canteen")
    inside = an_internal_policy(desk.plugs.tenant, package).id
    assert rules.lint(await desk.read(inside), desk.rules, desk.plugs.clock.now().date()) == ()
    assert await look_over(desk.packages, desk.rules, desk.plugs.clock.now()) == ()
    assert await desk.job.mend(inside) is None
    assert desk.plugs.asked(PUT) == 0


# --- writing ---------------------------------------------------------------------------------------


async def test_a_mended_policy_opens_its_review_and_undo_brings_every_letter_back(desk: Desk) -> None:
    policy_id = desk.a_policy(PolicyFault.NO_END_NO_REVIEW)
    before = desk.shown(policy_id)
    change = await desk.job.mend(policy_id)
    assert change is not None
    kept = await desk.archive.get("changes", change_name(change))
    assert kept is not None
    assert parse(PolicyChange, kept) == change
    assert [review.body["displayName"] for review in desk.plugs.tenant.definitions()]
    settings = desk.shown(policy_id)["reviewSettings"]
    assert settings["schedule"]["expiration"]["duration"] == "P14D"
    assert settings["schedule"]["recurrence"]["pattern"]["interval"] == 3

    await desk.job.undo(policy_id, by="operator")
    assert desk.shown(policy_id) == before
    await desk.job.undo(policy_id, by="operator")
    assert desk.shown(policy_id)["reviewSettings"] == settings


async def test_nothing_is_undone_once_somebody_has_changed_the_policy_since(desk: Desk) -> None:
    policy_id = desk.a_policy(PolicyFault.NO_RECOMMENDATIONS)
    await desk.job.mend(policy_id)
    desk.plugs.tenant.packages.policies[policy_id].record["description"] = "changed by hand"
    with pytest.raises(Gone, match="nothing is undone"):
        await desk.job.undo(policy_id, by="operator")
    assert desk.shown(policy_id)["reviewSettings"]["isRecommendationEnabled"]


async def test_a_policy_that_somebody_changes_meanwhile_is_not_written(desk: Desk) -> None:
    policy_id = desk.a_policy(PolicyFault.NO_FALLBACK)
    package = await desk.read(policy_id)
    mending = rules.mend(package, desk.rules, desk.plugs.clock.now())
    assert isinstance(mending, rules.Mending)
    change = await desk.packages.draft(package, mending.review, CostGuard())
    desk.plugs.tenant.packages.policies[policy_id].record["description"] = "changed by hand"
    with pytest.raises(Conflict):
        await desk.packages.write(change)
    desk.plugs.tenant.packages.policies[policy_id].record["reviewSettings"]["isSelfReview"] = True
    with pytest.raises(Conflict):
        await desk.packages.draft(package, mending.review, CostGuard())
    assert desk.plugs.asked(PUT) == 0
    assert await desk.packages.policy(NOBODY) is None
    with pytest.raises(Gone):
        await desk.packages.write(PolicyChange(policy_id=NOBODY, before=b"{}", after=b"{}"))


async def test_proposing_writes_nothing_and_an_operators_word_does(desk: Desk) -> None:
    policy_id = desk.a_policy(PolicyFault.SELF_REVIEW)
    desk.rules = rules_of(desk.plugs, change_mode="propose")
    run = await desk.job.run(desk.plugs.clock.now())
    assert run is not None
    assert run.summary == {"policies": 1, "faulty": 1, "mendable": 1}
    assert desk.queue.messages == ()
    assert await desk.job.mend(policy_id) is None
    assert desk.plugs.asked(PUT) == 0
    assert await desk.job.mend(policy_id, by="operator") is not None
    assert desk.plugs.asked(PUT) == 1


async def test_mode_report_writes_nothing_whatever_the_change_mode(desk: Desk) -> None:
    desk.a_policy(PolicyFault.SELF_REVIEW)
    desk.rules = desk.rules.model_copy(update={"mode": Mode.REPORT})
    await desk.job.run(desk.plugs.clock.now())
    assert desk.queue.messages == ()


FAULTS = {
    "503 before its effect": Fault(when="before"),
    "504 after its effect": Fault(when="after", status=504, code="gatewayTimeout"),
    "no answer after its effect": Fault(when="after", status=None),
    "no answer before its effect": Fault(when="before", status=None),
    "429 with a time to wait": Fault(
        when="before", status=429, code="TooManyRequests", retry_after=timedelta(seconds=7)
    ),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_whatever_happens_to_the_write_it_takes_effect_once(desk: Desk, name: str) -> None:
    policy_id = desk.a_policy(PolicyFault.NO_END_NO_REVIEW)
    modified: list[str] = []
    desk.plugs.break_down(FAULTS[name], on=PUT)
    for _ in range(3):
        try:
            await desk.job.mend(policy_id)
        except Ambiguous:
            # The host makes the message visible again later.
            await desk.plugs.wait(minutes=5)
            continue
        modified.append(desk.plugs.tenant.packages.policies[policy_id].record["modifiedDateTime"])
    assert len(set(modified)) == 1
    assert not rules.MENDABLE & {
        one.code for one in rules.lint(await desk.read(policy_id), desk.rules, desk.plugs.clock.now().date())
    }
    assert len(desk.plugs.tenant.definitions()) == 1


async def test_without_the_licence_or_the_right_the_run_says_so() -> None:
    for dials in ({"licence": Licence.P1}, {"granted": ["User.Read.All"]}):
        async with plugged_in(**dials) as plugs:
            packages = GraphPackages(plugs.client)
            desk = Desk(plugs, packages, MemoryArchive(), MemoryQueue(), rules_of(plugs))
            run = await desk.job.run(plugs.clock.now())
            assert run is not None
            assert set(run.summary) == {"refused"}
            with pytest.raises(Forbidden):
                await packages.policies()


async def test_what_is_written_back_is_what_was_read_durations_as_their_own_strings(desk: Desk) -> None:
    policy_id = desk.a_policy()
    kept = await desk.packages.document(policy_id)
    assert kept is not None
    document = json.loads(kept)
    assert document["expiration"]["duration"] == "P180D"
    assert canonical(document) == kept
    assert not {"id", "createdDateTime", "modifiedDateTime", "catalog"} & document.keys()
