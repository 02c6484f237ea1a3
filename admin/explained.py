"""How ``admin guest`` tells what it gathered: as text for people, or as one JSON object for machines."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from adapters.runtime import House
from admin.as_json import tell
from admin.explaining import Explanation, Judged, Recorded, explain
from notifications.names import clean
from notifications.words import Words
from reviews.errors import Malformed
from reviews.evidence import canonical
from reviews.exposure import BLIND_SPOTS
from reviews.model import Case, Exposure, GuestId, Path, Person, Reason, SignIns, SponsorGroup, Unreadable
from reviews.records import Arrival, Event
from reviews.risk import POINTS

out = Console(highlight=False, soft_wrap=True)
WORDS = Words("en", "UTC")
NEVER = "never"


async def show(house: House, guest_id: GuestId, *, as_json: bool) -> None:
    """Explain one guest: all that is known, thought, asked, answered and done, and what comes next."""
    told = await explain(house, guest_id)
    if as_json:
        tell(as_object(told))
        return
    if told.judged is None:
        out.print(f"[bold]{guest_id}[/] is not in the directory")
    else:
        _tell_account(told.judged)
        _tell_people(told.judged)
        _tell_reach(told.judged)
        _tell_others(told.judged)
        _tell_opinion(told.judged)
    _tell_record(told.recorded)
    if told.judged is not None:
        _tell_next(told.judged)


# --- for machines ----------------------------------------------------------------------------------


def as_object(told: Explanation) -> dict[str, Any]:
    """Return the explanation as the documented JSON object."""
    record = told.recorded
    return {
        "guest_id": told.guest_id,
        "policy": told.policy.fingerprint(),
        "directory": None if told.judged is None else _plain(told.judged.guest),
        "judged": None if told.judged is None else _judged_object(told.judged),
        "arrival": _plain(record.arrival),
        "case": _plain(record.case),
        "batch": _plain(record.batch),
        "card": _plain(record.card),
        "mails": [_plain(mail) for mail in record.mails],
        "events": [_plain(event) for event in record.events],
        "chain": {"holds": not record.faults, "faults": list(record.faults)},
    }


def _judged_object(judged: Judged) -> dict[str, Any]:
    question, action = judged.question, judged.question.action
    return {
        "kind": action.sight.kind.value if action.sight else None,
        "verdict": _plain(judged.verdict),
        "reviewers": list(question.ladder.reviewers),
        "asked_as": question.ladder.asked_as,
        "rungs": [_plain(rung) for rung in question.ladder.rungs],
        "exposure": _plain(judged.exposure),
        "blind_spots": list(BLIND_SPOTS),
        "before": _plain(judged.before),
        "others": {
            "deeds": [{**_plain(deed), "near": deed in judged.near} for deed in judged.deeds],
            "waits_for": _plain(judged.waits_for),
            "unread": list(judged.unread),
        },
        "risk": question.danger.risk,
        "privileged": question.danger.is_privileged,
        "points": [{**_plain(one), "points": POINTS[one.code]} for one in question.danger.facts],
        "suggestion": action.recommendation,
        "reasons": [_plain(reason) for reason in action.reasons],
        "changed": [_plain(one) for one in action.sight.changed] if action.sight else [],
        "next": {
            "actions": [_plain(one) for one in judged.plan.actions],
            "held": [_plain(one) for one in judged.plan.held],
            "left_alone": _left_alone(judged),
            "rests_until": judged.rests_until.isoformat() if judged.rests_until else None,
            "by_hand": _plain(judged.objection),
        },
    }


def _plain(record: Any) -> Any:
    return None if record is None else json.loads(canonical(record))


def _left_alone(judged: Judged) -> str | None:
    codes = (code for code in judged.plan.counts if code.startswith("left-alone."))
    return next((code.removeprefix("left-alone.") for code in codes), None)


# --- for people ------------------------------------------------------------------------------------


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


def _tell_account(judged: Judged) -> None:
    guest, verdict = judged.guest, judged.verdict
    signing = "sign-in allowed" if guest.enabled else "sign-in blocked"
    sight = judged.question.action.sight
    out.print(f"[bold]{_safe(guest.display_name)}[/]  {guest.id}  {sight.kind if sight else ''}, {signing}")
    out.print(f"  mail {_safe(guest.mail or 'none')}  company {_safe(guest.company or 'none')}")
    redeemed = f"{guest.redemption or 'no invitation'}, {_day(guest.redemption_changed_at)}"
    out.print(f"  created {_day(guest.created_at)}  invitation {redeemed}")
    if isinstance(guest.sign_ins, SignIns):
        seen = guest.sign_ins
        out.print(
            f"  signed in {_day(seen.successful_at)}, attempts {_day(seen.interactive_at)} in person and"
            f" {_day(seen.non_interactive_at)} by an app"
        )
    else:
        out.print(f"  sign-ins could not be read: {guest.sign_ins.why}")
    _tell_before(judged.before)
    out.print(f"  {verdict.activity} (confidence {verdict.confidence}): {WORDS.reason(verdict.because)}")


def _tell_before(case: Case | None) -> None:
    if case is not None:
        said = f", {case.answer.by} answered {case.answer.choice}" if case.answer else ""
        out.print(f"  invited again: {case.guest_id} was deleted on {_day(case.deleted_at)}{said}")


def _tell_people(judged: Judged) -> None:
    guest, ladder = judged.guest, judged.question.ladder
    out.print("[bold]who answers[/]")
    if isinstance(guest.sponsors, Unreadable):
        out.print(f"  sponsors could not be read: {guest.sponsors.why}")
    else:
        for sponsor in guest.sponsors:
            named = _safe(sponsor.name) if isinstance(sponsor, Person | SponsorGroup) else "unreadable"
            out.print(f"  sponsor {named}  {sponsor.id}")
    for rung in ladder.rungs:
        out.print(f"  {WORDS.reason(rung)}")
    out.print(f"  would be asked: {', '.join(ladder.reviewers) or 'nobody'} ({ladder.asked_as or '-'})")


def _tell_reach(judged: Judged) -> None:
    out.print("[bold]what it reaches[/]")
    if isinstance(judged.exposure, Unreadable):
        out.print(f"  could not be read: {judged.exposure.why}")
        return
    out.print(_paths(judged.exposure) if judged.exposure.paths else "  nothing that could be seen")
    if judged.exposure.unread:
        out.print(f"  could not be read: {', '.join(judged.exposure.unread)}")
    if judged.exposure.strange_labels:
        out.print(f"  labels the policy does not declare: {', '.join(judged.exposure.strange_labels)}")
    out.print(f"  nobody can see: {', '.join(BLIND_SPOTS)}")


def _paths(exposure: Exposure) -> Table:
    table = Table("tier", "what", "name", "by", "stays because", "label, end", box=None, header_style="bold")
    for path in exposure.paths:
        what = f"{path.thing}, eligible" if path.eligible else path.thing.value
        ways = " > ".join(_safe(one) for one in path.through) or "itself"
        table.add_row(path.tier, what, _safe(path.name), ways, path.obstacle or "", ", ".join(_extras(path)))
    return table


def _extras(path: Path) -> Iterator[str]:
    if path.label:
        yield _safe(path.label)
    if path.expires_at:
        yield f"until {_day(path.expires_at)}"


def _tell_others(judged: Judged) -> None:
    out.print("[bold]who else would act[/]")
    for deed in judged.deeds:
        day = "on a day nobody can tell" if deed.on is None else f"on {_day(deed.on)}"
        deletes = "" if deed.deletes_on is None else f", deletes on {_day(deed.deletes_on)}"
        near = "near" if deed in judged.near else "not near"
        waits = ", and we wait" if deed == judged.waits_for else ""
        out.print(f"  {deed.rival} {_safe(deed.what)} {day}{deletes}: {near}{waits}")
    if not judged.deeds:
        out.print("  nobody that could be seen")
    if judged.unread:
        out.print(f"  could not be read: {', '.join(judged.unread)}")


def _tell_opinion(judged: Judged) -> None:
    question = judged.question
    danger, action = question.danger, question.action
    privileged = ", privileged" if danger.is_privileged else ""
    out.print(f"[bold]risk[/] {danger.risk or 'unknown'} ({danger.points} points{privileged})")
    for fact in danger.facts:
        out.print(f"  {POINTS[fact.code]:>3}  {WORDS.reason(fact)}")
    out.print(f"[bold]suggestion[/] {action.recommendation}")
    _tell_reasons(action.reasons)
    if action.sight and action.sight.changed:
        out.print("[bold]new since the last answer[/]")
        _tell_reasons(action.sight.changed)


def _tell_reasons(reasons: Iterable[Reason]) -> None:
    for reason in reasons:
        out.print(f"  {WORDS.reason(reason)}", markup=False)


def _tell_record(record: Recorded) -> None:
    case = record.case
    _tell_arrival(record.arrival)
    if case is None:
        out.print("never asked about")
    else:
        ended = f", ended {case.outcome}" if case.outcome else ""
        out.print(f"[bold]case[/] {case.id}: [bold]{case.step}[/]{ended}")
        out.print(f"  reviewer {case.reviewer}, deadline {_day(case.deadline)}, batch {case.batch_id}")
        if case.answer is not None:
            answer = case.answer
            out.print(f"  answered {answer.choice} by {answer.by} on {answer.at:%Y-%m-%d %H:%M} UTC")
        if record.batch is not None:
            alone = None if record.card is None else record.card.alone
            group, definition = (alone or record.batch).group_id, (alone or record.batch).definition_id
            out.print(f"  batch {record.batch.step}, group {group or '-'}, definition {definition or '-'}")
    for mail in record.mails:
        out.print(f"  mail {mail.kind} {mail.step}, owed {_day(mail.owed_at)}, sent {_day(mail.sent_at)}")
    table = Table("at (UTC)", "what", "by", "run", "why", box=None, header_style="bold")
    for event in record.events:
        why = because(event, WORDS) or str(event.facts.get("choice") or "")
        table.add_row(f"{event.at:%Y-%m-%d %H:%M}", event.kind, event.actor, event.run_id or "", escape(why))
    out.print(table)
    holds = "[green]the record holds[/]"
    out.print(holds if not record.faults else f"[red]the record does not hold: {', '.join(record.faults)}[/]")


def _tell_arrival(arrival: Arrival | None) -> None:
    if arrival is None:
        out.print("invited by: not on record")
        return
    by = arrival.by or _safe(arrival.app or "not on record")
    out.print(f"invited by {by} on {_day(arrival.invited_at)}, accepted {_day(arrival.redeemed_at)}")


def _tell_next(judged: Judged) -> None:
    out.print("[bold]next night[/], this guest alone, caps of the tenant aside")
    for action in judged.plan.actions:
        out.print(f"  would {action.kind}: {action.because}")
    for held in judged.plan.held:
        out.print(f"  would {held.action.kind}, but is held: {held.held_by}")
        wait = judged.question.objection
        if wait is not None and wait.code == held.held_by:
            out.print(f"    {WORDS.reason(wait)}", markup=False)
    if judged.objection is not None:
        out.print(f"  not by itself: {WORDS.reason(judged.objection)}")
    left_alone = _left_alone(judged)
    if left_alone or not (judged.plan.actions or judged.plan.held):
        until = f" until {_day(judged.rests_until)}" if judged.rests_until else ""
        out.print(f"  nothing is asked: {left_alone or 'not due'}{until}")


def _safe(text: str) -> str:
    return escape(clean(text))


def _day(moment: datetime | None) -> str:
    return NEVER if moment is None else f"{moment:%Y-%m-%d}"
