"""``admin reviews``: which reviews cover groups, package policies and guests, and opening those that lack."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from adapters.runtime import House
from admin import planning
from admin.as_json import tell
from notifications.names import clean
from notifications.words import Words
from reviews.coverage import Coverage, is_alive
from reviews.errors import Forbidden, NotSupported
from reviews.jobs.mending import Looked, look_over
from reviews.model import Covers, Definition, GroupReview, GuestId, NativeRound, Reason, Step
from reviews.packages import MENDABLE
from reviews.ports import NativeDecision
from reviews.records import Act

out = Console(highlight=False, soft_wrap=True)
WHO = "operator"
OURS = "ours"
_ASKED = frozenset({Step.OPENED, Step.ASKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """A guest somebody is to be asked about, and the reviews it is in now."""

    guest_id: GuestId
    reviews: tuple[tuple[str, str], ...]
    """Of each what it is about (``ours`` for one of our own) and its name."""
    held_by: str | None = None
    """Why our own question is not put tonight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything ``admin reviews`` tells."""

    groups: tuple[Coverage, ...]
    strange: tuple[Definition, ...]
    """Reviews whose scope proves nothing."""
    policies: tuple[Looked, ...] | None
    """None where entitlement management is not open to us."""
    flagged: tuple[Flagged, ...]
    left: tuple[tuple[NativeRound, tuple[NativeDecision, ...]], ...] = ()
    """Rounds of our reviews of groups with denials that Entra could not carry out."""


async def show(house: House, *, as_json: bool) -> None:
    """Print the coverage by reviews. Changes nothing."""
    overview = await look(house)
    if as_json:
        tell(as_object(overview))
    else:
        _print(overview)


async def look(house: House) -> Overview:
    """Read groups, policies, flagged guests, and the reviews of all of them."""
    now = house.clock.now()
    definitions = await house.access_reviews.definitions()
    alive = [one for one in definitions if is_alive(one, now.date())]
    try:
        policies = await look_over(house.packages, await house.policies.current(), now)
    except (Forbidden, NotSupported):
        policies = None
    return Overview(
        groups=await house.covering.look_over(),
        strange=tuple(one for one in alive if one.about.covers is Covers.OTHER),
        policies=policies,
        flagged=await _flagged(house),
        left=await house.covering.not_carried_out(),
    )


async def _flagged(house: House) -> tuple[Flagged, ...]:
    """Return whom the next night would ask about, or is asked about, with the reviews they are in now."""
    plan = await planning.drawn(house)
    held = {one.action.guest_id: one.held_by for one in plan.held if one.action.kind is Act.ASK}
    flagged = {one.guest_id for one in plan.actions if one.kind is Act.ASK} | held.keys()
    places = await house.covering.places()
    native = {
        guest: tuple((one.covers.value, one.name) for one in rounds) for guest, rounds in places.items()
    }
    ours = await _ours(house)
    return tuple(
        Flagged(
            guest_id=guest,
            reviews=(*ours.get(guest, ()), *native.get(guest, ())),
            held_by=held.get(guest),
        )
        for guest in sorted(flagged | ours.keys())
    )


async def _ours(house: House) -> Mapping[GuestId, tuple[tuple[str, str], ...]]:
    """Return who is asked about in a review of our own; nobody where a card points to another review."""
    found: dict[GuestId, tuple[tuple[str, str], ...]] = {}
    if house.record is None:
        return found
    asked = {case.guest_id for case in await house.record.live_cases() if case.step in _ASKED}
    for batch_id in await house.record.live_batches():
        for card in await house.record.cards(batch_id):
            if card.guest_id in asked:
                found[card.guest_id] = () if card.items else ((OURS, batch_id),)
    return found


# --- opening ---------------------------------------------------------------------------------------


async def apply(house: House, group_id: str | None, *, unasked: bool) -> None:
    """Open the proposed reviews, each shown and confirmed; with a group's id, that one alone."""
    proposed = [one for one in await house.covering.look_over() if isinstance(one.proposal, GroupReview)]
    chosen = [one for one in proposed if group_id in {None, one.group.group.id}]
    if not chosen:
        out.print("nothing to open: every such group is covered, or nobody can be named to review it")
        return
    for one in chosen:
        _print_group(one)
        if isinstance(one.proposal, GroupReview) and (unasked or typer.confirm("Open this review?")):
            definition_id = await house.covering.open(one.proposal, by=WHO)
            out.print(f"  opened: {definition_id}")


# --- as JSON ---------------------------------------------------------------------------------------


def as_object(overview: Overview) -> dict[str, Any]:
    """Return the overview as the documented JSON object."""
    policies = overview.policies
    return {
        "groups": [_group(one) for one in overview.groups],
        "not_understood": [
            {"review": one.id, "name": one.name, "about": one.about.words} for one in overview.strange
        ],
        "policies": None if policies is None else [_policy(one) for one in policies],
        "guests": [_guest(one) for one in overview.flagged],
        "not_carried_out": [_left(one, row) for one, rows in overview.left for row in rows],
        "counts": counts(overview),
    }


def _left(one: NativeRound, row: NativeDecision) -> dict[str, Any]:
    return {
        "group": one.resource_id,
        "review": one.definition_id,
        "guest": row.guest_id,
        "result": row.applied,
    }


def counts(overview: Overview) -> dict[str, int]:
    """Count what is covered and what is not."""
    places = Counter(min(len(one.reviews), 2) for one in overview.flagged)
    policies = overview.policies or ()
    return {
        "groups": len(overview.groups),
        "covered": sum(bool(one.by) for one in overview.groups),
        "proposed": sum(isinstance(one.proposal, GroupReview) for one in overview.groups),
        "policies": len(policies),
        "unsound": sum(bool(one.findings) for one in policies),
        "flagged": len(overview.flagged),
        "in_none": places[0],
        "in_one": places[1],
        "in_several": places[2],
    }


def _group(one: Coverage) -> dict[str, Any]:
    return {
        "id": one.group.group.id,
        "name": one.group.group.name,
        "guests": one.group.guests,
        "covered_by": [
            {"review": by.id, "name": by.name, "about": by.about.covers.value, "status": by.status}
            for by in one.by
        ],
        "obstacle": None if one.obstacle is None else one.obstacle.value,
        "proposed": _proposal(one.proposal) if isinstance(one.proposal, GroupReview) else None,
        "not_proposed_because": _reason(one.proposal) if isinstance(one.proposal, Reason) else None,
    }


def _proposal(review: GroupReview) -> dict[str, Any]:
    return {
        "reviewers": list(review.reviewers),
        "fallback": list(review.fallback),
        "starts_on": review.starts_on.isoformat(),
        "every_months": review.rhythm.interval,
        "lasts_days": review.lasts.days,
        "removes": review.removes,
    }


def _policy(one: Looked) -> dict[str, Any]:
    return {
        "id": one.package.id,
        "name": one.package.name,
        "package": one.package.package_name,
        "sound": not one.findings,
        "review_sound": not MENDABLE.intersection(finding.code for finding in one.findings),
        "findings": [_reason(finding) for finding in one.findings],
    }


def _guest(one: Flagged) -> dict[str, Any]:
    return {
        "guest": one.guest_id,
        "reviews": [{"about": about, "name": name} for about, name in one.reviews],
        "held_by": one.held_by,
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "params": dict(reason.params)}


# --- for people ------------------------------------------------------------------------------------


def _print(overview: Overview) -> None:
    for group in overview.groups:
        _print_group(group)
    for definition in overview.strange:
        about = escape(clean(definition.about.words))
        out.print(f"[yellow]not understood[/] {escape(clean(definition.name))}: {about}")
    _print_policies(overview.policies)
    for guest in overview.flagged:
        if len(guest.reviews) > 1:
            named = escape(", ".join(f"{about} {clean(name)}" for about, name in guest.reviews))
            out.print(f"[yellow]in several reviews[/] {guest.guest_id}: {named}")
    _print_left(overview)
    told = counts(overview)
    out.print(
        f"{told['covered']} of {told['groups']} groups with guests are covered, "
        f"{told['proposed']} reviews proposed; "
        f"{told['unsound']} of {told['policies']} package policies unsound"
    )
    out.print(
        f"{told['flagged']} guests flagged: {told['in_one']} in one review, {told['in_several']} in several, "
        f"{told['in_none']} in none yet  (nothing was changed)"
    )


def _print_left(overview: Overview) -> None:
    for one, rows in overview.left:
        for row in rows:
            name = escape(clean(row.resource_name or one.name))
            out.print(
                f"[yellow]not carried out[/] {row.guest_id} was denied in {name} ({escape(row.applied)}): "
                f"take the guest out of group {one.resource_id}, or have its owner mend its rule"
            )


def _print_policies(policies: Sequence[Looked] | None) -> None:
    if policies is None:
        out.print("[yellow]-[/] access packages are not open to us: a licence or a permission is missing")
    for one in policies or ():
        if one.findings:
            named = escape(f"{clean(one.package.package_name)}: {clean(one.package.name)}")
            out.print(f"[yellow]unsound[/] {named}: {', '.join(finding.code for finding in one.findings)}")


def _print_group(one: Coverage) -> None:
    out.print(
        f"[bold]{escape(clean(one.group.group.name))}[/]  {one.group.group.id}  guests: {one.group.guests}"
    )
    for line in _lines(one):
        out.print(f"  {line}")


def _lines(one: Coverage) -> Iterator[str]:
    words = Words("en", "UTC")
    for by in one.by:
        yield f"covered by {escape(clean(by.name))} ({by.about.covers.value}, {escape(by.status)})"
    match one.proposal:
        case Reason() as reason:
            yield f"[yellow]in no review[/]; {escape(words.reason(reason))}"
        case GroupReview() as review:
            asked = ", ".join(review.reviewers)
            behind = f", then {', '.join(review.fallback)}" if review.fallback else ""
            yield (
                f"[yellow]in no review[/]; proposed: every {review.rhythm.interval} months for "
                f"{review.lasts.days} days by {asked}{behind}"
            )
            yield "a denial ends the membership" if review.removes else "a denial only tells"
        case None:
            pass
    if one.obstacle is not None:
        yield f"a review cannot take anybody out: {one.obstacle.value}"
