"""Tells who could be written down as sponsor of whom, from the plan of the newest night."""

from rich.console import Console

from adapters.runtime import House
from admin.as_json import tell
from notifications.words import Words
from reviews.records import Act, Action

out = Console(highlight=False)


async def show(house: House, *, as_json: bool) -> None:
    """Print every guest somebody answered for who is not its sponsor: whom, since when, and what holds it."""
    proposals = await _proposals(house)
    if as_json:
        rows = [
            {
                "guest_id": action.guest_id,
                "person_id": action.reviewers[0],
                "answered_on": action.reasons[0].params["on"],
                "held_by": held_by,
            }
            for action, held_by in proposals
        ]
        tell({"proposals": rows})
        return
    words = Words("en", "UTC")
    for action, held_by in proposals:
        why = words.held(held_by) if held_by else "handed over to be written"
        on = action.reasons[0].params["on"]
        # Ids are there to be copied: no line is cut to the width of a screen.
        out.print(f"guest {action.guest_id}  person {action.reviewers[0]}  {on}  {why}", soft_wrap=True)
    if not proposals:
        out.print("nobody answered for a guest without being its sponsor")


async def _proposals(house: House) -> list[tuple[Action, str | None]]:
    """Read the plan of the newest night that drew one."""
    for run in await house.ledger.recent_runs("night", 10):
        plan = await house.archive.plan(run.id)
        if plan is not None:
            wanted = [
                *((action, None) for action in plan.actions),
                *((one.action, one.held_by) for one in plan.held),
            ]
            return [(action, by) for action, by in wanted if action.kind is Act.ADD_SPONSOR]
    return []
