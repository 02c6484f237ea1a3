"""``admin packages``: what is wrong with package policies, the change that mends one, and the way back."""

import json
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from adapters.runtime import House
from admin.as_json import tell
from notifications.names import clean
from notifications.words import Words
from reviews.jobs.elsewhere import Followed, follow
from reviews.jobs.mending import Looked, differences, look_over
from reviews.metering import forecast
from reviews.model import Reason
from reviews.ports import Packages, PolicyChange

out = Console(highlight=False, soft_wrap=True)
WHO = "operator"


async def show(house: House, *, as_json: bool) -> None:
    """Print every policy that guests can reach, with what is wrong with it. Changes nothing."""
    looked = await look_over(house.packages, await house.policies.current(), house.clock.now())
    rounds = await follow(house.access_reviews)
    if as_json:
        tell(as_object(looked, rounds))
    else:
        _print(looked, rounds)


def as_object(looked: tuple[Looked, ...], rounds: tuple[Followed, ...]) -> dict[str, Any]:
    """Return what was found as the documented JSON object."""
    return {
        "policies": [_policy(one) for one in looked],
        "faulty": sum(bool(one.findings) for one in looked),
        "mendable": sum(one.can_be_mended for one in looked),
        "rounds": [_round(one) for one in rounds],
    }


async def apply(house: House, policy_id: str, *, unasked: bool) -> None:
    """Show the change that mends one policy's review and, once confirmed, write it. Raises typer.Abort."""
    change = await house.mending.proposed(policy_id)
    if change is None:
        out.print("nothing to mend: no review would settle anything, or there is no such policy")
        return
    _print_change(change)
    out.print(await cost(house.packages, change))
    if not unasked:
        typer.confirm("Write this policy?", abort=True)
    await house.mending.carry_out(change, by=WHO)
    out.print(f"written; python -m admin packages undo {policy_id} brings the policy back as it was")


async def undo(house: House, policy_id: str) -> None:
    """Write a policy back as it was before our last change to it."""
    _print_change(await house.mending.undo(policy_id, by=WHO))
    out.print("written back as it was")


def _policy(one: Looked) -> dict[str, Any]:
    package = one.package
    return {
        "id": package.id,
        "name": package.name,
        "package": package.package_name,
        "audience": package.audience.value,
        "reviewed": package.review is not None,
        "findings": [_reason(finding) for finding in one.findings],
        "bills": list(package.bills),
        "mendable": one.can_be_mended,
        "not_mendable_because": _reason(one.mending) if isinstance(one.mending, Reason) else None,
    }


def _round(one: Followed) -> dict[str, Any]:
    return {
        "policy": one.round.resource_id,
        "review": one.round.definition_id,
        "name": one.round.name,
        "ends_at": one.round.ends_at.isoformat() if one.round.ends_at else None,
        "places": one.places,
        "decided": one.decided,
        "reviewers_contacted": one.contacted,
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "params": dict(reason.params)}


def _print(looked: tuple[Looked, ...], rounds: tuple[Followed, ...]) -> None:
    words = Words("en", "UTC")
    for one in looked:
        named = escape(f"{clean(one.package.package_name)}: {clean(one.package.name)}")
        out.print(f"[bold]{named}[/]  {one.package.id}{'  can be mended' if one.can_be_mended else ''}")
        for finding in (*one.findings, *([one.mending] if isinstance(one.mending, Reason) else [])):
            out.print(f"  [yellow]-[/] {escape(words.reason(finding))}")
        if one.package.bills:
            out.print(f"  [yellow]-[/] bills the guests it acts on: {', '.join(one.package.bills)}")
    _print_rounds(rounds)
    counts = as_object(looked, rounds)
    out.print(
        f"{len(looked)} policies that guests can reach, {counts['faulty']} faulty, "
        f"{counts['mendable']} of them mended by another review"
    )


def _print_rounds(rounds: tuple[Followed, ...]) -> None:
    for one in rounds:
        ends = f"{one.round.ends_at:%Y-%m-%d}" if one.round.ends_at else "no day"
        out.print(
            f"{escape(clean(one.round.name))}: open until {ends}, {one.decided} of {one.places} decided, "
            f"{one.contacted} reviewers written to"
        )


async def cost(packages: Packages, change: PolicyChange) -> str:
    """Say what a change would add to the bill of a month."""
    added = forecast(json.loads(change.after), guests=0, before=json.loads(change.before)).features
    if not added:
        return "bills nobody more than now"
    guests = len(await packages.holders(change.policy_id))
    return f"guests billed a month more: {guests} ({', '.join(sorted(added))})"


def _print_change(change: PolicyChange) -> None:
    for path, before, after in differences(change):
        out.print(escape(f"{path}: {before} -> {after}"))
