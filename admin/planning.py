"""``admin plan``: tonight's plan as a table for people or one JSON object for machines."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.table import Table

from adapters.release import release
from adapters.runtime import House
from admin.as_json import tell
from notifications.words import Words
from reviews import planning, schedule
from reviews.evidence import canonical
from reviews.jobs.night import previous_guests, round_name, survey_directory, what_is_known
from reviews.jobs.past import read_past
from reviews.model import Reason
from reviews.records import Action, Plan

out = Console(highlight=False)


async def show(house: House, *, as_json: bool) -> None:
    """Draw the plan and print it; nothing is stored, asked or changed."""
    plan = await drawn(house)
    if as_json:
        tell(as_object(plan))
    else:
        _print(plan, (await house.policies.current()).mode.value)


async def drawn(house: House) -> Plan:
    """Draw the plan of tonight; nothing is stored, asked or changed."""
    policy = await house.policies.current()
    now = house.clock.now()
    known = planning.Known(cases={}, resting={})
    before = None
    if house.settings.state is not None:
        known = replace(
            await what_is_known(house.ledger, now, policy),
            past=await read_past(house.archive, house.ledger),
            release=release(),
        )
        before = await previous_guests(house.ledger)
    slot = schedule.latest_slot(policy.schedules.night, now)
    closer = house.looking_closer
    known = replace(known, role_holders=await closer.role_holders(), terms=await closer.terms())
    survey = planning.Survey(policy=policy, now=now, round_name=round_name(slot), known=known)
    return await survey_directory(house.directory, survey, previous=before, look_closer=closer.look)


def as_object(plan: Plan) -> dict[str, Any]:
    """Return the plan as the documented JSON object."""
    return {
        "taken_at": plan.taken_at.isoformat(),
        "guests": plan.guests,
        "receipt": json.loads(canonical(plan.receipt)),
        "policy_hash": plan.policy_hash,
        "plan_hash": plan.plan_hash,
        "actions": [_action(action) for action in plan.actions],
        "held": [{**_action(held.action), "held_by": held.held_by} for held in plan.held],
        "alerts": [_reason(reason) for reason in plan.alerts],
        "findings": [_reason(reason) for reason in plan.findings],
        "privileged": list(plan.privileged),
        "counts": dict(plan.counts),
        "tier": None if plan.tier is None else plan.tier.value,
    }


def _action(action: Action) -> dict[str, Any]:
    return {
        "key": action.key,
        "kind": action.kind.value,
        "guest_id": action.guest_id,
        "reviewers": list(action.reviewers),
        "reasons": [_reason(reason) for reason in action.reasons],
        "because": action.because,
        "vehicle": None if action.vehicle is None else action.vehicle.value,
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "params": dict(reason.params)}


def _print(plan: Plan, mode: str) -> None:
    words = Words("en", "UTC")
    out.print(f"[bold]{plan.guests}[/] guests read in {plan.receipt.pages} pages; mode [bold]{mode}[/]")
    if plan.tier is not None:
        out.print(words.say(f"tier.{plan.tier}"))
    for alert in plan.alerts:
        out.print(f"[red]![/] {words.reason(alert)}")
    for finding in plan.findings:
        out.print(f"[yellow]-[/] {words.reason(finding)}")
    for guest in plan.privileged:
        out.print(f"[red]privileged[/] {guest}")
    table = Table("would be done", "why", "guests", box=None, header_style="bold")
    for (kind, because), count in sorted(Counter((a.kind.value, a.because) for a in plan.actions).items()):
        table.add_row(kind, because, str(count))
    held = Counter((h.action.kind.value, h.held_by) for h in plan.held)
    for (kind, by), count in sorted(held.items()):
        table.add_row(f"[dim]{kind}, held[/]", f"[dim]{by}[/]", str(count))
    out.print(table)
    vehicles = Counter(action.vehicle.value for action in plan.actions if action.vehicle is not None)
    if vehicles:
        out.print("put natively: " + ", ".join(f"{name} {count}" for name, count in sorted(vehicles.items())))
    out.print(f"plan {plan.plan_hash[:16]}  policy {plan.policy_hash[:12]}  (nothing was changed)")
