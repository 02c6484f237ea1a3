"""The night: look at every guest, draw the plan, keep it, hand its actions over."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from reviews import planning, schedule
from reviews.errors import CensusIncomplete, Permanent
from reviews.evidence import digest
from reviews.jobs.harvest import gaps
from reviews.jobs.looking_closer import LookingCloser
from reviews.jobs.past import leave_snapshot, read_past
from reviews.jobs.telling import operators_digest
from reviews.messages import CarryOut, Message, OpenBatch, RunJob, SendMail
from reviews.model import Batch, BatchId, BatchStep, Candidate, GuestId, PersonId, Surroundings
from reviews.policy import Backfill, Mode, Policy
from reviews.ports import Archive, Clock, Directory, Ledger, Policies, Queue
from reviews.records import Act, Action, Plan, Run, RunStep

log = logging.getLogger("gatehouse.night")

JOB = "night"
LEASE = timedelta(minutes=15)
"""How long a run belongs to who works on it; renewed while the census is read."""
HAND_OVER_FOR = timedelta(minutes=8)
"""After this long the rest is handed to a new message, well before the host would stop us."""
LookCloser = Callable[[Sequence[Candidate]], Awaitable[Mapping[GuestId, Surroundings]]]
"""Finds out about candidates what their own records do not tell."""
TRIES = 3
"""How often a night that cannot read the directory is tried before it is given up, with an alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """Everything a night needs; built once per process by ``adapters.runtime``."""

    clock: Clock
    directory: Directory
    ledger: Ledger
    queue: Queue
    archive: Archive
    policies: Policies
    looking_closer: LookingCloser
    new_owner: Callable[[], str]
    release: str
    """Names the code of the rules."""

    async def run(self, slot: datetime, start: int = 0) -> Run | None:
        """Run the night of a slot; None when that night is over or somebody else works on it.

        Safe to start again after any cut: a plan that is kept is used, not drawn anew, and every message
        handed over carries keys under which its effect happens once.
        """
        run = await self.ledger.begin_run(
            JOB, slot, owner=self.new_owner(), now=self.clock.now(), lease=LEASE
        )
        if run is None:
            log.info("night is over or under way", extra={"event": "night.skipped", "slot": slot.isoformat()})
            return None
        policy = await self.policies.current()
        try:
            run, plan = await self._planned(run, policy)
        except (CensusIncomplete, Permanent) as error:
            await self._failed(run, policy, error)
            raise
        return await self._hand_over(run, plan, policy, start)

    async def _planned(self, run: Run, policy: Policy) -> tuple[Run, Plan]:
        plan, snapshot = await self.archive.plan(run.id), None
        if plan is None:
            run, plan, snapshot = await self._drawn(run, policy)
        if run.plan_hash is None:
            # Never read anew first: whoever lost the run to another owner must fail here.
            run = await self.ledger.save_run(
                replace(
                    run,
                    step=RunStep.PLANNED,
                    plan_hash=plan.plan_hash,
                    plan_digest=await self.archive.save_plan(run.id, plan),
                    guests=plan.guests,
                    leased_until=self.clock.now() + LEASE,
                )
            )
        if snapshot is not None:
            await leave_snapshot(self.archive, run.id, snapshot)
        return run, plan

    async def _drawn(self, run: Run, policy: Policy) -> tuple[Run, Plan, bytes | None]:
        now = self.clock.now()
        known = replace(
            await what_is_known(self.ledger, now, policy),
            role_holders=await self.looking_closer.role_holders(),
            terms=await self.looking_closer.terms(),
            past=await read_past(self.archive, self.ledger, run.id),
            release=self.release,
        )
        survey = planning.Survey(policy=policy, now=now, round_name=round_name(run.slot), known=known)

        async def renew() -> None:
            nonlocal run
            if run.leased_until - self.clock.now() < LEASE / 2:
                run = await self.ledger.save_run(replace(run, leased_until=self.clock.now() + LEASE))

        before = await previous_guests(self.ledger)
        plan = await survey_directory(
            self.directory,
            survey,
            previous=before,
            after_page=renew,
            look_closer=self.looking_closer.look,
        )
        plan = replace(plan, alerts=(*plan.alerts, *await gaps(self.ledger)))
        return run, plan, survey.snapshot(plan)

    async def _hand_over(self, run: Run, plan: Plan, policy: Policy, start: int) -> Run | None:
        begun = self.clock.now()
        for number, (message, batch) in enumerate(self._work(run, plan, policy)):
            if number < start:
                continue
            if self.clock.now() - begun > HAND_OVER_FOR:
                await self.ledger.save_run(replace(run, leased_until=self.clock.now()))
                await self.queue.put(RunJob(job=JOB, slot=run.slot, start=number))
                return None
            if batch is not None:
                await self.ledger.begin_batch(batch[0], batch[1])
            await self.queue.put(message)
        return await self._finish(run, policy, _summary(plan))

    def _work(
        self, run: Run, plan: Plan, policy: Policy
    ) -> Iterator[tuple[Message, tuple[Batch, tuple[Action, ...]] | None]]:
        if policy.mode is Mode.REPORT:
            return
        asks = sorted(
            (action for action in plan.actions if action.kind is Act.ASK),
            key=lambda action: (action.reviewers[0], action.guest_id),
        )
        for reviewer, group in groupby(asks, key=lambda action: action.reviewers[0]):
            chosen = tuple(group)
            batch = _batch(run, reviewer, tuple(ask.guest_id for ask in chosen), plan.taken_at, policy)
            yield OpenBatch(batch_id=batch.id), (batch, chosen)
        for action in plan.actions:
            if action.kind is not Act.ASK and action.case_id is not None:
                yield carry_out(action, run), None

    async def _finish(self, run: Run, policy: Policy, summary: Mapping[str, int | str]) -> Run:
        now = self.clock.now()
        owes = operators_digest(run.id, policy, now)
        run = await self.ledger.save_run(
            replace(run, step=RunStep.FINISHED, finished_at=now, leased_until=now, summary=summary), owes=owes
        )
        for mail in owes:
            await self.queue.put(SendMail(home=mail.home, mail_id=mail.id))
        log.info("night run", extra={"event": "night.finished", "run_id": run.id, **summary})
        return run

    async def _failed(self, run: Run, policy: Policy, error: Exception) -> None:
        stored = await self.ledger.run(run.id)
        if stored is None or stored.owner != run.owner:
            log.info(
                "night has another owner now",
                extra={"event": "night.skipped", "slot": run.slot.isoformat()},
            )
            return
        run = stored
        tries = int(run.summary.get("tries", 0)) + 1
        summary: dict[str, int | str] = {"tries": tries, "failed": type(error).__name__}
        if tries >= TRIES:
            await self._finish(run, policy, summary)
        else:
            await self.ledger.save_run(replace(run, summary=summary, leased_until=self.clock.now()))


async def survey_directory(
    directory: Directory,
    survey: planning.Survey,
    *,
    previous: int | None,
    after_page: Callable[[], Awaitable[None]] | None = None,
    look_closer: LookCloser | None = None,
) -> Plan:
    """Have a survey look at every guest of the directory, page by page, and draw up its plan.

    ``look_closer`` is then shown the candidates, and what it finds of them goes into the plan.

    Raises:
        CensusIncomplete: the directory was not read to its end.

    """
    census = directory.census()
    async for page in census.pages():
        for guest in page.guests:
            survey.look(guest)
        if after_page is not None:
            await after_page()
    receipt = census.receipt()
    around = await look_closer(survey.candidates()) if look_closer is not None else {}
    return survey.draw_up(receipt, previous_guests=previous, surroundings=around)


async def what_is_known(ledger: Ledger, now: datetime, policy: Policy) -> planning.Known:
    """Gather what the ledger knows of guests: live cases, who is left alone until when, who was kept."""
    wants_sponsors = policy.sponsors.backfill is not Backfill.OFF
    return planning.Known(
        cases={case.guest_id: case for case in await ledger.live_cases()},
        resting=await ledger.resting(now),
        kept=await ledger.vouched(now) if wants_sponsors else {},
    )


async def previous_guests(ledger: Ledger) -> int | None:
    """Return how many guests the newest finished night read; None before the first."""
    for earlier in await ledger.recent_runs(JOB, 10):
        if earlier.step is RunStep.FINISHED and earlier.guests is not None:
            return earlier.guests
    return None


def round_name(slot: datetime) -> str:
    """Return the name of the round a night opens cases in: the date of its slot, UTC."""
    return slot.strftime("%Y-%m-%d")


def carry_out(action: Action, run: Run) -> CarryOut:
    """Return the message that has one action carried out. The action must name its case."""
    if action.case_id is None:
        raise ValueError(f"{action.kind} on a guest without a case")
    return CarryOut(kind=action.kind, guest_id=action.guest_id, case_id=action.case_id, run_id=run.id)


def _batch(
    run: Run, reviewer: PersonId, guests: tuple[GuestId, ...], opened_at: datetime, policy: Policy
) -> Batch:
    name = digest(f"batch|{run.nonce}|{reviewer}".encode())
    first = policy.reviews.guest_attests_first
    return Batch(
        id=BatchId(name[:32]),
        version=1,
        step=BatchStep.INTENDED,
        reviewer_id=reviewer,
        run_id=run.id,
        opened_at=opened_at,
        deadline=schedule.deadline(opened_at, policy.reviews.lasts, policy.tenant.zone),
        attests_until=None if first is None else opened_at + first,
        nonce=digest(f"nonce|{run.nonce}|{reviewer}".encode())[:32],
        guests=guests,
    )


def _summary(plan: Plan) -> dict[str, int | str]:
    done: dict[str, int | str] = {"guests": plan.guests, "held": len(plan.held), "alerts": len(plan.alerts)}
    if plan.tier is not None:
        done["tier"] = plan.tier.value
    for action in plan.actions:
        done[action.kind.value] = int(done.get(action.kind.value, 0)) + 1
    return done
