"""One action on one guest: look again, object or act, prove the effect, write it down."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from reviews import coexistence, remediation, second_look
from reviews.errors import Forbidden, Gone, Transient
from reviews.exposure import exposure_of, no_step_by_itself
from reviews.jobs.rivals import Rivals
from reviews.jobs.telling import manual_task, notice_id, to_reviewer
from reviews.messages import CarryOut, SendMail
from reviews.model import Case, Exposure, Guest, Outcome, Reason, Step, Unreadable
from reviews.policy import Mode, Policy
from reviews.ports import Clock, Connections, Directory, Ledger, Policies, Queue
from reviews.reasons import because
from reviews.records import Act, MailKind, Move, OwedMail

log = logging.getLogger("gatehouse.carrying_out")


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryingOut:
    """Everything the carrying out of an action needs."""

    clock: Clock
    directory: Directory
    connections: Connections
    rivals: Rivals
    ledger: Ledger
    queue: Queue
    policies: Policies

    async def carry_out(self, message: CarryOut) -> Case | None:
        """Carry one action out, once; return the case as it is then, or None when nothing was left to do.

        Raises:
            Transient: the effect is not to be seen yet, or the directory is busy; safe to repeat.

        """
        case = await self.ledger.case(message.guest_id)
        if case is None or case.id != message.case_id or case.step is Step.CLOSED:
            log.info("settled already", extra={"event": "action.settled-before", "case": message.case_id})
            return None
        policy = await self.policies.current()
        if not await self._may(message, policy):
            return await self._object(case, message, because("mode-forbids"))
        if message.kind is Act.CLOSE:
            return await self._close(case, message, policy)
        if case.step not in remediation.STARTS_FROM[message.kind]:
            return None
        return await self._act(case, message, policy)

    async def _may(self, message: CarryOut, policy: Policy) -> bool:
        if policy.mode is Mode.ENFORCE or message.kind is Act.CLOSE:
            return policy.mode is not Mode.REPORT
        run = await self.ledger.run(message.run_id)
        approved = run is not None and run.plan_hash is not None and await self.ledger.approved(run.plan_hash)
        return policy.mode is Mode.PROPOSE and approved

    async def _act(self, case: Case, message: CarryOut, policy: Policy) -> Case | None:
        guest = await self.directory.guest(message.guest_id)
        if guest is None:
            return await self._missing(case, message, policy)
        objection = remediation.objection(message.kind, case, guest, policy, self.clock.now())
        if objection is not None and objection.code in remediation.BY_HAND:
            return await self._by_hand(case, objection, message, policy)
        if objection is not None:
            return await self._object(case, message, objection)
        try:
            return (
                await self._by_the_log(case, guest, message, policy)
                or await self._by_reach(case, guest, message, policy)
                or await self._acted(case, guest, message, policy)
            )
        except Gone:
            return await self._missing(case, message, policy)
        except Forbidden as refusal:
            why = because("directory-refuses", needs=refusal.needs or "")
            return await self._by_hand(case, why, message, policy)

    async def _by_the_log(self, case: Case, guest: Guest, message: CarryOut, policy: Policy) -> Case | None:
        """Ask the sign-in log before harm: end the case by what it shows, or object; None to go on."""
        now = self.clock.now()
        logged = await self.directory.logged_sign_in(guest.id, now - second_look.LOG_REACHES)
        ending = second_look.ending(case, guest, logged, policy, now)
        if ending is not None:
            return await self._end(case, ending, message)
        objection = second_look.objection(case, logged)
        return None if objection is None else await self._object(case, message, objection)

    async def _by_reach(self, case: Case, guest: Guest, message: CarryOut, policy: Policy) -> Case | None:
        """Look afresh at what the guest reaches: a privileged one goes to a person; None to go on."""
        tied = (await self.connections.ties([guest.id]))[guest.id]
        exposure = tied if isinstance(tied, Unreadable) else exposure_of(tied, policy)
        objection = no_step_by_itself(exposure)
        if objection is None:
            return await self._by_rivals(case, guest, exposure, message, policy)
        if objection.code not in remediation.BY_HAND:
            return await self._object(case, message, objection)
        facts: dict[str, str | int | None] = {"because": objection.code}
        return await self._move(remediation.manual(case), "needs-a-person", message, facts)

    async def _by_rivals(
        self, case: Case, guest: Guest, exposure: Exposure | Unreadable, message: CarryOut, policy: Policy
    ) -> Case | None:
        """Wait while somebody else, whom the policy names, is about to act on the guest; None to go on."""
        wanted = coexistence.before_whom(policy)
        seen = await self.rivals.look(wanted)
        failed = seen.failed.intersection(wanted)
        if failed:
            unread = because("others-not-read", what=", ".join(sorted(failed)))
            return await self._object(case, message, unread, told=True)
        deeds = coexistence.who_acts(guest, exposure, seen.about(guest.id))
        deed = coexistence.steps_in(deeds, policy, self.clock.now())
        if deed is None:
            return None
        return await self._object(case, message, coexistence.why_we_wait(deed), told=True)

    async def _acted(self, case: Case, guest: Guest, message: CarryOut, policy: Policy) -> Case:
        if message.kind is Act.NOTICE:
            return await self._notice(case, guest, message, policy)
        if message.kind is Act.BLOCK:
            return await self._block(case, message, policy)
        await self.directory.soft_delete(message.guest_id)
        return await self._missing(case, message, policy)

    async def _notice(self, case: Case, guest: Guest, message: CarryOut, policy: Policy) -> Case:
        if guest.mail is None:
            return await self._by_hand(case, because("guest-without-mail"), message, policy)
        mail = OwedMail(
            home=f"guest:{guest.id}",
            id=notice_id(case),
            kind=MailKind.GUEST_NOTICE,
            to=guest.mail,
            language=guest.language or policy.tenant.language,
            owed_at=self.clock.now(),
            facts={"case": case.id, "batch": case.batch_id},
        )
        if await self.ledger.owed_mail(mail.home, mail.id) is None:
            owed = replace(case, version=case.version + 1)
            case = await self._move(owed, "notice-owed", message, {"mail": mail.id}, owes=(mail,))
        await self.queue.put(SendMail(home=mail.home, mail_id=mail.id))
        return case

    async def _by_hand(self, case: Case, why: Reason, message: CarryOut, policy: Policy) -> Case:
        """Hand the case to a person, and tell the operators what is to be done."""
        owes = manual_task(case, why, policy, self.clock.now())
        facts: dict[str, str | int | None] = {**why.params, "because": why.code}
        case = await self._move(remediation.manual(case), "needs-a-person", message, facts, owes=owes)
        for mail in owes:
            await self.queue.put(SendMail(home=mail.home, mail_id=mail.id))
        return case

    async def _block(self, case: Case, message: CarryOut, policy: Policy) -> Case:
        if case.step is Step.NOTICED:
            await self.directory.set_enabled(message.guest_id, enabled=False)
            case = await self._move(remediation.blocked(case, self.clock.now()), "blocked", message)
        again = await self.directory.guest(message.guest_id, sign_ins=False)
        if again is None:
            raise Gone(f"guest {message.guest_id} left the directory")
        if again.enabled and remediation.never_held(case, self.clock.now()):
            return await self._by_hand(case, because("block-does-not-hold"), message, policy)
        if again.enabled:
            await self.directory.set_enabled(message.guest_id, enabled=False)
            raise Transient(f"block of guest {message.guest_id} is not to be seen yet")
        return await self._move(remediation.quarantined(case), "block-verified", message)

    async def _missing(self, case: Case, message: CarryOut, policy: Policy) -> Case:
        now = self.clock.now()
        if not await self.directory.is_deleted(message.guest_id):
            if await self.directory.guest(message.guest_id, sign_ins=False) is not None:
                raise Transient(f"delete of guest {message.guest_id} is not to be seen yet")
            return await self._move(remediation.closed(case, now, Outcome.VANISHED), "closed", message)
        if case.step is not Step.QUARANTINED or message.kind is not Act.DELETE:
            facts = {"because": "deleted-by-others"}
            return await self._move(remediation.closed(case, now, Outcome.VANISHED), "closed", message, facts)
        batch = await self.ledger.batch(case.batch_id)
        owes = to_reviewer(MailKind.REMOVAL_DONE, case, batch.reviewer if batch else None, policy, now)
        case = await self._move(remediation.deleted(case, now), "delete-verified", message, owes=owes)
        for mail in owes:
            await self.queue.put(SendMail(home=mail.home, mail_id=mail.id))
        return case

    async def _close(self, case: Case, message: CarryOut, policy: Policy) -> Case | None:
        guest = await self.directory.guest(message.guest_id)
        now = self.clock.now()
        due = remediation.next_act(case, policy, now)
        if guest is None and due is Act.DELETE and await self.directory.is_deleted(message.guest_id):
            # Our own delete, done and cut off before it was written down.
            return await self._missing(case, replace(message, kind=Act.DELETE), policy)
        ending = remediation.ending(case, guest, policy, now)
        if ending is None:
            return await self._object(case, message, because("no-longer-so"))
        return await self._end(case, ending, message)

    async def _end(self, case: Case, ending: remediation.Ending, message: CarryOut) -> Case:
        outcome, reason, rests_until = ending
        if remediation.switches_on(case, outcome):
            await self.directory.set_enabled(message.guest_id, enabled=True)
        after = remediation.closed(case, self.clock.now(), outcome, rests_until=rests_until)
        facts: dict[str, str | int | None] = {**reason.params, "because": reason.code}
        return await self._move(after, "closed", message, facts)

    async def _object(self, case: Case, message: CarryOut, reason: Reason, *, told: bool = False) -> Case:
        """Write an objection down, once: the same one on the next night says nothing new.

        ``told``: its words are kept with it, which must then be the same every night.
        """
        log.info("action not carried out", extra={"event": "action.objected", "because": reason.code})
        newest = (await self.ledger.events(case.guest_id))[-1:]
        facts = {**(reason.params if told else {}), "act": message.kind.value, "because": reason.code}
        if newest and newest[0].kind == "objection" and dict(newest[0].facts) == facts:
            return case
        return await self._move(replace(case, version=case.version + 1), "objection", message, facts)

    async def _move(
        self,
        case: Case,
        kind: str,
        message: CarryOut,
        facts: Mapping[str, str | int | None] | None = None,
        owes: tuple[OwedMail, ...] = (),
    ) -> Case:
        case = await self.ledger.move(
            Move(
                case=case,
                kind=kind,
                actor="gatehouse",
                at=self.clock.now(),
                run_id=message.run_id,
                facts=facts,
                owes=owes,
            )
        )
        log.info(
            "action settled", extra={"event": f"action.{kind}", "case": case.id, "step": case.step.value}
        )
        return case
