"""``admin night``, ``track``, ``undo``, ``approve``: starting and taking back by hand."""

from rich.console import Console

from adapters.runtime import House
from reviews import schedule
from reviews.errors import Gone
from reviews.guardrails import FREED_BY_APPROVAL
from reviews.jobs.night import carry_out
from reviews.model import GuestId, RunId

out = Console(highlight=False)

OPERATOR = "operator"


async def night(house: House) -> None:
    """Run the newest due night and hand its work to the queues."""
    policy = await house.policies.current()
    slot = schedule.latest_slot(policy.schedules.night, house.clock.now())
    run = await house.night.run(slot)
    if run is None:
        out.print(f"the night of {slot:%Y-%m-%d %H:%M} UTC is over, or somebody else is working on it")
        return
    counts = ", ".join(f"{name} {value}" for name, value in run.summary.items())
    out.print(f"{run.id}: {counts}; mode {policy.mode}")


async def track(house: House) -> None:
    """Follow open reviews at this very moment, whether or not tracking is due."""
    run = await house.track.run(house.clock.now().replace(second=0, microsecond=0))
    if run is None:
        out.print("tracking ran in this very minute already")
        return
    out.print(f"{run.id}: " + ", ".join(f"{name} {value}" for name, value in run.summary.items()))


async def undo_guest(house: House, guest_id: GuestId) -> None:
    """Bring one guest back."""
    case = await house.undoing.guest(guest_id, by=OPERATOR)
    taken = await house.backfilling.take_back(guest_id, by=OPERATOR)
    undone = [*(["restored"] if case else []), *(["the sponsor we wrote is taken away"] if taken else [])]
    out.print(f"guest {guest_id}: " + (", ".join(undone) or "nothing to undo"))


async def undo_run(house: House, run_id: RunId) -> None:
    """Bring everybody back whom a run touched."""
    cases = await house.undoing.run(run_id, by=OPERATOR)
    taken = await house.backfilling.take_back_run(run_id, by=OPERATOR)
    out.print(f"run {run_id}: {len(cases)} guests restored, {len(taken)} sponsors taken away")


async def approve(house: House, plan_hash: str) -> None:
    """Approve a stored plan and hand over what it held back for approval.

    Raises:
        Gone: no recent night drew a plan of that hash.

    """
    for run in await house.ledger.recent_runs("night", 30):
        if run.plan_hash is not None and run.plan_hash.startswith(plan_hash) and len(plan_hash) >= 16:
            break
    else:
        raise Gone(f"no plan {plan_hash} among the last 30 nights; give at least 16 characters of its hash")
    plan = await house.archive.plan(run.id)
    if plan is None or run.plan_hash is None:
        raise Gone(f"the plan of {run.id} is not in the archive")
    await house.ledger.approve(run.plan_hash, by=OPERATOR, at=house.clock.now())
    waiting = [held.action for held in plan.held if held.held_by in FREED_BY_APPROVAL]
    for action in waiting:
        await house.queue.put(carry_out(action, run))
    out.print(f"plan {run.plan_hash[:16]} approved: {len(waiting)} actions handed over")
