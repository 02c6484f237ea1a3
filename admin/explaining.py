"""``admin guest``: everything the record and the directory say of one guest."""

import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from adapters.runtime import House
from notifications.names import clean
from notifications.words import Words
from reviews import kinds, ladder, staleness
from reviews.errors import Malformed
from reviews.evidence import canonical, verify_chain
from reviews.model import Case, Circle, Guest, GuestId, Reason, Unreadable
from reviews.policy import Policy
from reviews.records import Event

out = Console(highlight=False)


async def show(house: House, guest_id: GuestId, *, as_json: bool) -> None:
    """Read one guest from directory and ledger and print both, with the reasons in words."""
    policy = await house.policies.current()
    guest = await house.directory.guest(guest_id)
    case = await house.ledger.case(guest_id)
    events = await house.ledger.events(guest_id)
    if as_json:
        sys.stdout.write(json.dumps(_as_object(guest, case, events), ensure_ascii=False, indent=2) + "\n")
        return
    _tell_directory(house, guest_id, guest, policy)
    _tell_case(case)
    _tell_events(events)
    faults = verify_chain(guest_id, events)
    out.print("[green]the record holds[/]" if not faults else f"[red]the record does not hold: {faults}[/]")


def because(event: Event, words: Words) -> str:
    """Return an event's reason in words; the bare code where the record keeps no more; empty when none."""
    code = event.facts.get("because")
    if code is None:
        return ""
    params = {name: value for name, value in event.facts.items() if value is not None and name != "because"}
    try:
        return words.reason(Reason(code=str(code), params=params))
    except Malformed:
        return str(code).replace("-", " ")


def _as_object(guest: Guest | None, case: Case | None, events: tuple[Event, ...]) -> dict[str, Any]:
    return {
        "directory": None if guest is None else json.loads(canonical(guest)),
        "case": None if case is None else json.loads(canonical(case)),
        "events": [json.loads(canonical(event)) for event in events],
    }


def _tell_directory(house: House, guest_id: GuestId, guest: Guest | None, policy: Policy) -> None:
    if guest is None:
        out.print(f"[bold]{guest_id}[/] is not in the directory")
        return
    words = Words("en", "UTC")
    verdict = staleness.judge(guest, policy.thresholds, policy.scope.min_account_age, house.clock.now())
    kind = kinds.classify(guest, policy.tenant.home_domains)
    signing = "sign-in allowed" if guest.enabled else "sign-in blocked"
    out.print(f"[bold]{clean(guest.display_name)}[/]  {guest_id}  {kind}, {signing}")
    out.print(f"  {verdict.activity} (confidence {verdict.confidence}): {words.reason(verdict.because)}")
    if isinstance(guest.sponsors, Unreadable):
        out.print(f"  sponsors could not be read: {guest.sponsors.why}")
        return
    for rung in ladder.who_answers(guest, Circle(), policy.reviewers).rungs:
        out.print(f"  {words.reason(rung)}")


def _tell_case(case: Case | None) -> None:
    if case is None:
        out.print("never asked about")
        return
    ended = f", ended {case.outcome}" if case.outcome else ""
    out.print(f"case {case.id}: [bold]{case.step}[/]{ended}")
    out.print(f"  reviewer {case.reviewer}, deadline {case.deadline:%Y-%m-%d}")
    if case.answer is not None:
        out.print(
            f"  answered {case.answer.choice} by {case.answer.by} on {case.answer.at:%Y-%m-%d %H:%M} UTC"
        )


def _tell_events(events: tuple[Event, ...]) -> None:
    table = Table("at (UTC)", "what", "by", "run", "why", box=None, header_style="bold")
    words = Words("en", "UTC")
    for event in events:
        why = because(event, words) or str(event.facts.get("choice") or "")
        table.add_row(f"{event.at:%Y-%m-%d %H:%M}", event.kind, event.actor, event.run_id or "", why)
    out.print(table)
