"""Writing down who answered for a guest, as its sponsor: once, seen to hold, and with a way back."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from reviews import backfill, remediation
from reviews.errors import Forbidden, Transient
from reviews.messages import CarryOut
from reviews.model import Case, GuestId, PersonId, Reason, RunId
from reviews.policy import Mode, Policy
from reviews.ports import Clock, Directory, Ledger, Policies
from reviews.reasons import because
from reviews.records import Move
from reviews.sponsors import fit

log = logging.getLogger("gatehouse.backfilling")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfilling:
    """Everything the back-fill of sponsors needs."""

    clock: Clock
    directory: Directory
    ledger: Ledger
    policies: Policies

    async def add(self, message: CarryOut) -> Case | None:
        """Write one confirmed person to a guest's sponsors; None when nothing was left or allowed to do.

        Raises:
            Transient: the new sponsor is not to be seen yet; safe to repeat.

        """
        case = await self.ledger.case(message.guest_id)
        person = None if case is None or case.id != message.case_id else backfill.confirmed(case)
        if case is None or person is None or case.sponsor_added is not None:
            log.info("settled already", extra={"event": "action.settled-before", "case": message.case_id})
            return None
        why_not = await self._objection(case, person, await self.policies.current())
        if why_not is not None:
            _tell(why_not)
            return None
        try:
            await self._write(message.guest_id, person)
        except Forbidden as refusal:
            _tell(because("directory-refuses", needs=refusal.needs or "a permission"))
            return None
        after = replace(case, version=case.version + 1, sponsor_added=person)
        return await self._move(after, "sponsor-added", "gatehouse", {"person": person}, message)

    async def take_back(self, guest_id: GuestId, *, by: str) -> Case | None:
        """Take away a sponsor that was written here; None when there is none to take. Safe to repeat."""
        case = await self.ledger.case(guest_id)
        person = None if case is None else case.sponsor_added
        if case is None or person is None or not await self._is_sponsor(guest_id, person):
            return None
        await self.directory.remove_sponsor(guest_id, person)
        if await self._is_sponsor(guest_id, person):
            raise Transient(f"sponsor of guest {guest_id} is still to be seen; undo again in a minute")
        after = replace(case, version=case.version + 1)
        return await self._move(after, "sponsor-removed", by, {"person": person})

    async def take_back_run(self, run_id: RunId, *, by: str) -> tuple[Case, ...]:
        """Take away every sponsor that a run wrote."""
        run = await self.ledger.run(run_id)
        taken: list[Case] = []
        for guest_id in await self.ledger.touched(run.slot.date()) if run is not None else ():
            events = await self.ledger.events(guest_id)
            if any(event.kind == "sponsor-added" and event.run_id == run_id for event in events):
                case = await self.take_back(guest_id, by=by)
                taken += [] if case is None else [case]
        return tuple(taken)

    async def _objection(self, case: Case, person: PersonId, policy: Policy) -> Reason | None:
        """Look again at guest and person, as they are now."""
        if policy.mode is Mode.REPORT:
            return because("mode-forbids")
        guest = await self.directory.guest(case.guest_id, sign_ins=False)
        left_alone = remediation.no_question(guest, policy, self.clock.now())
        if guest is None or left_alone is not None:
            return left_alone
        if backfill.is_written(guest, case, person):
            # Our own write, cut off before it was written down, or somebody else's: either way it is there.
            return None
        return backfill.objection(guest, person, policy) or fit(
            await self.directory.person(person), (guest.id,), policy.reviewers
        )

    async def _write(self, guest_id: GuestId, person: PersonId) -> None:
        if not await self._is_sponsor(guest_id, person):
            await self.directory.add_sponsor(guest_id, person)
        if not await self._is_sponsor(guest_id, person):
            raise Transient(f"new sponsor of guest {guest_id} is not to be seen yet")

    async def _is_sponsor(self, guest_id: GuestId, person: PersonId) -> bool:
        guest = await self.directory.guest(guest_id, sign_ins=False)
        return guest is not None and backfill.is_sponsor(guest, person)

    async def _move(
        self, case: Case, kind: str, by: str, facts: Mapping[str, str], message: CarryOut | None = None
    ) -> Case:
        run_id = None if message is None else message.run_id
        move = Move(case=case, kind=kind, actor=by, at=self.clock.now(), run_id=run_id, facts=facts)
        log.info("sponsor written", extra={"event": f"action.{kind}", "case": case.id})
        return await self.ledger.move(move)


def _tell(reason: Reason) -> None:
    log.info("sponsor not written", extra={"event": "action.objected", "because": reason.code})
