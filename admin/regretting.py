"""``admin regret``: how many guests, silent for so long, came back within a year after all."""

import json

from rich.console import Console
from rich.table import Table

from adapters.runtime import House
from admin.as_json import tell
from notifications.words import Words
from reviews import regret
from reviews.evidence import canonical
from reviews.jobs.past import read_past

out = Console(highlight=False)


async def show(house: House, *, as_json: bool) -> None:
    """Print what the nights have counted, or that there is nothing to print yet."""
    night = (await read_past(house.archive, house.ledger)).night
    if as_json:
        found = None if night is None else json.loads(canonical(night.regret))
        tell({"regret": found})
        return
    if night is None:
        out.print("no night is remembered yet: nothing is counted")
        return
    threshold = (await house.policies.current()).thresholds.inactive_after.days
    reason = regret.told(night.regret, night.on, threshold)
    out.print(Words("en", "UTC").reason(reason))
    if reason.code == "regret-too-early":
        return
    table = Table("silent for more than", "times", "came back within a year", box=None, header_style="bold")
    for tally in night.regret.tallies:
        share = f" ({100 * tally.returned / tally.flagged:.0f} %)" if tally.flagged else ""
        table.add_row(f"{tally.days} days", str(tally.flagged), f"{tally.returned}{share}")
    out.print(table)
