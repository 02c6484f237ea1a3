"""Keeping the policies of access packages sound: looked at nightly, mended one by one, undone on call."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reviews import packages as rules
from reviews.errors import Ambiguous, Conflict, Forbidden, Gone, NotSupported, Transient
from reviews.evidence import canonical, digest, parse
from reviews.jobs.covering import Covering
from reviews.jobs.telling import operators_digest
from reviews.messages import MendPackage, SendMail
from reviews.model import PackagePolicy, Reason
from reviews.policy import ChangeMode, Mode, Policy
from reviews.ports import Archive, Clock, Ledger, Packages, Policies, PolicyChange, Queue
from reviews.records import Run, RunStep

log = logging.getLogger("gatehouse.mending")

JOB = "packages"
CONTAINER = "changes"
"""Where documents are kept as they were before a change; written once, never changed."""
LEASE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One policy that guests can reach, what is wrong with it, and what would mend its review."""

    package: PackagePolicy
    findings: tuple[Reason, ...]
    mending: rules.Mending | Reason | None

    @property
    def can_be_mended(self) -> bool:
        """Say whether another review of the policy settles something."""
        return isinstance(self.mending, rules.Mending)


@dataclass(frozen=True, slots=True, kw_only=True)
class MendingPackages:
    """Everything the mending needs."""

    clock: Clock
    packages: Packages
    ledger: Ledger
    queue: Queue
    archive: Archive
    policies: Policies
    new_owner: Callable[[], str]
    covering: Covering | None = None
    """Opens reviews of groups in the same run; None leaves groups alone."""

    async def run(self, slot: datetime) -> Run | None:
        """Look at every policy for a slot, and hand over those to be mended; None when that is done already.

        Without the licence or the permission for entitlement management there is nothing to look at, and the
        run says why.
        """
        run = await self.ledger.begin_run(
            JOB, slot, owner=self.new_owner(), now=self.clock.now(), lease=LEASE
        )
        if run is None:
            return None
        policy = await self.policies.current()
        try:
            looked = await look_over(self.packages, policy, self.clock.now())
        except Forbidden as refusal:
            summary: dict[str, int | str] = {"refused": refusal.needs or "no-permission"}
        except NotSupported:
            summary = {"refused": "not-supported"}
        else:
            summary = await self._handed_over(looked, policy)
        summary |= await self.covering.hand_over(policy) if self.covering else {}
        now = self.clock.now()
        left = await self.covering.settle(policy) if self.covering else 0
        if left:
            summary |= {"not_carried_out": left}
            for mail in operators_digest(run.id, policy, now, alert="denials-not-applied"):
                await self.ledger.owe(mail)
                await self.queue.put(SendMail(home=mail.home, mail_id=mail.id))
        run = await self.ledger.save_run(
            replace(run, step=RunStep.FINISHED, finished_at=now, leased_until=now, summary=summary)
        )
        log.info(
            "package policies looked at", extra={"event": "packages.finished", "run_id": run.id, **summary}
        )
        return run

    async def _handed_over(self, looked: Sequence[Looked], policy: Policy) -> dict[str, int | str]:
        mendable = [one for one in looked if one.can_be_mended]
        if may_write(policy):
            for one in mendable:
                await self.queue.put(MendPackage(policy_id=one.package.id))
        return {
            "policies": len(looked),
            "faulty": sum(bool(one.findings) for one in looked),
            "mendable": len(mendable),
        }

    async def mend(self, policy_id: str, *, by: str | None = None) -> PolicyChange | None:
        """Mend the review of one policy; None when nothing is wrong with it that a review settles.

        ``by`` names the operator who asked; without one the policy in force must allow it. Safe to repeat: a
        policy that is sound is left alone.

        Raises:
            Conflict: somebody changed the policy at this very moment.
            Ambiguous, Transient: the change is not to be seen yet; look again before anything is written.

        """
        change = None
        if by or may_write(await self.policies.current()):
            change = await self.proposed(policy_id)
        if change is None:
            log.info("package policy left alone", extra={"event": "package.left-alone", "policy": policy_id})
            return None
        await self.carry_out(change, by=by or "gatehouse")
        return change

    async def proposed(self, policy_id: str) -> PolicyChange | None:
        """Return the change that would mend a policy's review, written nowhere; None when nothing would."""
        package = await self.packages.policy(policy_id)
        if package is None:
            return None
        policy = await self.policies.current()
        mending = rules.mend(package, policy, self.clock.now())
        if not isinstance(mending, rules.Mending):
            return None
        return await self.packages.draft(package, mending.review, policy.cost_guard)

    async def carry_out(self, change: PolicyChange, *, by: str) -> None:
        """Keep a proposed change for undo, then write it. Raises as ``mend`` does."""
        await self.archive.put(CONTAINER, change_name(change), canonical(change))
        await self._written(change)
        facts = {"event": "package.mended", "policy": change.policy_id, "by": by}
        log.warning("review of an access package changed", extra=facts)

    async def undo(self, policy_id: str, *, by: str) -> PolicyChange:
        """Write a policy back as it was before the change that made it what it is now.

        Raises:
            Gone: no kept change led to the policy as it is now: somebody has changed it since.

        """
        present = await self.packages.document(policy_id)
        for name in await self.archive.names(CONTAINER, f"package-{policy_id}-"):
            kept = await self.archive.get(CONTAINER, name)
            change = None if kept is None else parse(PolicyChange, kept)
            if present is not None and change is not None and await self.packages.stands(change):
                back = PolicyChange(policy_id=policy_id, before=present, after=change.before)
                await self.archive.put(CONTAINER, change_name(back), canonical(back))
                await self._written(back)
                facts = {"event": "package.restored", "policy": policy_id, "by": by}
                log.warning("review of an access package restored", extra=facts)
                return back
        raise Gone(f"policy {policy_id}: no change of ours led to what it is now, so nothing is undone")

    async def _written(self, change: PolicyChange) -> None:
        try:
            await self.packages.write(change)
        except Ambiguous:
            if not await self.packages.stands(change):
                raise
        except Conflict:
            log.warning(
                "package policy changed meanwhile",
                extra={"event": "package.changed-meanwhile", "policy": change.policy_id},
            )
            raise
        if not await self.packages.stands(change):
            raise Transient(f"the change of policy {change.policy_id} is not to be seen yet")


async def look_over(packages: Packages, policy: Policy, now: datetime) -> tuple[Looked, ...]:
    """Read every policy that guests can reach, with what is wrong with it, by package and name."""
    found = [
        Looked(
            package=one, findings=rules.lint(one, policy, now.date()), mending=rules.mend(one, policy, now)
        )
        for one in await packages.policies()
        if one.is_open_to_guests
    ]
    return tuple(sorted(found, key=lambda one: (one.package.package_name, one.package.name, one.package.id)))


def may_write(policy: Policy) -> bool:
    """Say whether policies are written without being asked to one by one."""
    return policy.packages.change_mode is ChangeMode.APPLY and policy.mode is not Mode.REPORT


def change_name(change: PolicyChange) -> str:
    """Name the blob of a change, by what it changes: the same change is kept once."""
    return f"package-{change.policy_id}-{digest(change.before + change.after)[:32]}.json"


def differences(change: PolicyChange) -> tuple[tuple[str, str, str], ...]:
    """Return what a change changes: path, before and after, as JSON text."""
    return tuple(_differences(json.loads(change.before), json.loads(change.after), ""))


def _differences(before: object, after: object, path: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            inner = f"{path}.{name}" if path else name
            yield from _differences(before.get(name), after.get(name), inner)
    elif before != after:
        yield path, json.dumps(before), json.dumps(after)
