"""A story on fifty guests in which, on one night, everything falls due at once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from adapters.clock import HandClock
from reviews.evidence import digest
from reviews.messages import WeighAnswers
from reviews.model import Answer, Batch, Choice, GuestId, Source, Step, Submission
from reviews.ports import Ledger, Queue
from sandbox.people_cast import Cast
from sandbox.stories import STARTS_AT, fifty_guests
from sandbox.tenant import Tenant
from sandbox.world import SENDER, policy_text

POLICY = {
    "name": "everything at once",
    "reviews": {"duration": "P5D"},
    "actions": {"grace": "PT20H", "quarantine": "PT20H"},
    "caps": {"harmful_per_run": 50, "harmful_share": 1.0},
}


def _schedules(hour: int) -> dict[str, dict[str, str]]:
    """Harvest, night and seal together, the tracking after them; it comes once more by day."""
    lines = dict.fromkeys(("harvest", "packages", "night", "seal"), f"0 {hour} * * *")
    lines["track"] = f"45 {hour},11 * * *"
    return {job: {"cron": line, "zone": "UTC"} for job, line in lines.items()}


def cast_of_fifty() -> Cast:
    """Return the fifty guests and their sponsors."""
    population = fifty_guests().population
    assert isinstance(population, Cast)
    return population


def a_tenant(clock: HandClock) -> Tenant:
    """Make the tenant. Its throttle is off, so that reading leaves no trace and equal states are equal."""
    return Tenant(cast_of_fifty(), clock, mailboxes=[SENDER], throttle=False)


def write_policy(folder: Path, hour: int) -> Path:
    """Write the story's policy into a folder, with the night at that hour (UTC); return the file."""
    population = cast_of_fifty()
    file = folder / f"policy-{hour}.yaml"
    changes = {
        **POLICY,
        "schedules": _schedules(hour),
        "reviewers": {"fallback": [population.id_of("fay")]},
    }
    file.write_text(policy_text(changes, population), encoding="utf-8")
    return file


def day(number: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of the story; day 0 is the first."""
    return STARTS_AT + timedelta(days=number, hours=hour, minutes=minute)


async def open_batches(ledger: Ledger) -> tuple[Batch, ...]:
    """Return the open batches, by reviewer: an order that no drawn id has a part in."""
    found = [await ledger.batch(one) for one in await ledger.live_batches()]
    return tuple(
        sorted((one for one in found if one), key=lambda batch: (batch.reviewer_id, batch.opened_at))
    )


async def answer_page(ledger: Ledger, queue: Queue, now: datetime, wave: int) -> int:
    """Let every reviewer send the page: of the guests of a ``wave`` some stay, most go, one is not theirs."""
    said = 0
    for number, batch in enumerate(await open_batches(ledger)):
        chosen = [guest for place, guest in enumerate(sorted(batch.guests)) if place % 5 == wave]
        for place, guest in enumerate(chosen):
            choice = Choice.REMOVE if (wave, place) != (0, 1) else Choice.KEEP
            if (wave, place, number) == (0, 0, 0):
                choice = Choice.NOT_MINE
            said += await ledger.append_answer(_submission(batch, guest, choice, now))
        if chosen:
            await queue.put(WeighAnswers(batch_id=batch.id))
    return said


def _submission(batch: Batch, guest: GuestId, choice: Choice, now: datetime) -> Submission:
    answer = Answer(
        id=digest(f"{guest}|{choice}|{now}".encode())[:32],
        choice=choice,
        by=batch.reviewer_id,
        at=now,
        source=Source.PAGE,
        justification="Still at work with us." if choice is Choice.KEEP else "",
    )
    return Submission(batch_id=batch.id, guest_id=guest, version=1, answer=answer)


async def answer_natively(tenant: Tenant, ledger: Ledger) -> int:
    """Let every reviewer decide on one guest in My Access: by turns that it goes, or stays."""
    said = 0
    for number, batch in enumerate(await open_batches(ledger)):
        cases = [await ledger.case(guest) for guest in sorted(batch.guests)]
        waiting = [case.guest_id for case in cases if case and case.step is Step.ASKED]
        if waiting and batch.definition_id and batch.instance_id:
            word = "Approve" if number % 2 else "Deny"
            tenant.decide(
                batch.definition_id, batch.instance_id, waiting[0], word, "said natively", batch.reviewer_id
            )
            said += 1
    return said


async def guests_at(ledger: Ledger, step: Step) -> Sequence[GuestId]:
    """Return the guests whose case is at a step."""
    return [case.guest_id for case in await ledger.live_cases() if case.step is step]
