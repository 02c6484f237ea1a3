"""What became of everything, without ids that were drawn and instants: two histories can be compared."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from reviews.evidence import canonical, verify_chain
from reviews.model import Batch, BatchId, GuestId
from reviews.ports import Ledger
from sandbox.tenant import Tenant

MOMENTS = frozenset(
    {"opened_at", "asked_at", "notice_at", "blocked_at", "deleted_at", "closed_at", "rests_until"}
)


async def outcome(tenant: Tenant, ledger: Ledger) -> dict[str, Any]:
    """Gather cases, events, batches, mails, runs and all that the tenant shows.

    Raises AssertionError for a chain of events that is not whole.
    """
    batches, alone = await _batches(tenant, ledger)
    guests = [
        GuestId(tenant.population.guest(number)["id"]) for number in range(tenant.population.guest_count)
    ]
    told = {
        "cases": {guest: _case(await ledger.case(guest)) for guest in guests},
        "events": {guest: await _events(ledger, guest) for guest in guests},
        "live": sorted(case.guest_id for case in await ledger.live_cases()),
        "batches": sorted(
            [one.reviewer_id, one.run_id, one.step.value, sorted(one.guests), one.group_id is not None]
            for one in batches
        ),
        "live batches": len(await ledger.live_batches()),
        "owed": await ledger.owed_mails(),
        "nights": [
            [run.id, run.step.value, dict(run.summary)] for run in await ledger.recent_runs("night", 50)
        ],
        "tenant": tenant.snapshot(),
    }
    return _named(told, batches, alone)


async def _batches(tenant: Tenant, ledger: Ledger) -> tuple[list[Batch], Mapping[BatchId, GuestId]]:
    """Find all batches, and what the guests are called that are reviewed alone, by their own markers."""
    names = {
        str(review.body["displayName"]).rpartition("[gatehouse ")[2].strip("]")
        for review in tenant.definitions()
    }
    live = {name: await ledger.cards(name) for name in await ledger.live_batches()}
    alone = {card.alone.id: card.guest_id for cards in live.values() for card in cards if card.alone}
    found = [await ledger.batch(BatchId(name)) for name in {*live, *names} - alone.keys()]
    assert None not in found, "a definition belongs to no batch of the record"
    return [one for one in found if one is not None], alone


def _case(case: Any) -> Any:
    if case is None:
        return None
    plain = json.loads(canonical(case))
    answer = plain["answer"]
    return {
        **{name: value for name, value in plain.items() if name not in MOMENTS},
        **{name: plain[name] is not None for name in MOMENTS if name in plain},
        "answer": answer and _said(answer),
        "answers": [_said(one) for one in plain["answers"]],
        "mirrored": plain["mirrored"] is not None and plain["mirrored"] == (answer or {}).get("id"),
    }


def _said(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in ("choice", "by", "source")}


async def _events(ledger: Ledger, guest: GuestId) -> list[Any]:
    events = await ledger.events(guest)
    assert verify_chain(guest, events) == ()
    return [
        [event.seq, event.kind, event.actor, event.case.step.value, _facts(event.facts)] for event in events
    ]


def _facts(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in facts.items() if name not in {"answer", "internet_message_id"}}


def _named(told: dict[str, Any], batches: list[Batch], alone: Mapping[BatchId, GuestId]) -> dict[str, Any]:
    """Call every batch by its reviewer and run, wherever its id stands; a review alone by its guest."""
    text = json.dumps(told, sort_keys=True, default=str)
    for batch in batches:
        text = text.replace(batch.id, f"batch of {batch.reviewer_id} in {batch.run_id}")
        text = text.replace(batch.id[:8], f"b-{batch.reviewer_id[:8]}")
    for marker, guest in alone.items():
        text = text.replace(marker, f"alone {guest}")
    named: dict[str, Any] = json.loads(text)
    # A mail lists what waits for its reader when it leaves: how much that is depends on which of the reader's
    # own answers were weighed before, and a retry may change that order.
    named["tenant"]["mail"] = sorted(
        [*mail[:-1], re.sub(r"^\d+ guests? (was|were|needs?)", "guests were", mail[-1])]
        for mail in named["tenant"]["mail"]
    )
    named["owed"] = sorted(named["owed"])
    for part in ("groups", "reviews"):
        named["tenant"][part] = sorted(named["tenant"][part])
    return named


def differences(told: Any, wanted: Any, where: str = "") -> list[str]:
    """List where two outcomes differ, each as ``path: this, not that``; empty when they are equal."""
    if isinstance(told, dict) and isinstance(wanted, dict):
        names = sorted(told.keys() | wanted.keys())
        return [
            found
            for name in names
            for found in differences(told.get(name), wanted.get(name), f"{where}/{name}")
        ]
    if isinstance(told, list) and isinstance(wanted, list):
        more = [
            f"{where}: more {one}" for one in told if one not in wanted or told.count(one) > wanted.count(one)
        ]
        less = [
            f"{where}: less {one}" for one in wanted if one not in told or wanted.count(one) > told.count(one)
        ]
        return more + less or ([] if told == wanted else [f"{where}: another order"])
    return [] if told == wanted else [f"{where}: {told}, not {wanted}"]


def steps(told: Mapping[str, Any]) -> Counter[str]:
    """Count the guests of an outcome by the step of their case."""
    return Counter(case["step"] for case in told["cases"].values() if case)
