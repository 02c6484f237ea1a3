"""``admin quality``: how well questions are answered, per department and per reviewer, as rates."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from adapters.runtime import House
from admin.as_json import tell
from notifications.names import clean
from reviews.model import Case, PersonId
from reviews.quality import Quality, per_department, per_reviewer
from reviews.records import Event

out = Console(highlight=False)

RATES: Final = ("answered", "usual time", "all kept", "flipped")
"""The columns of rates, as docs/sponsors.md names and defines them."""
_THE_BEGINNING: Final = date(2000, 1, 1)


async def show(house: House, *, as_json: bool) -> None:
    """Print the rates from everything on record. People are told by their ids only."""
    histories = await _histories(house)
    found = {
        "departments": per_department(histories, await _departments(house, histories)),
        "reviewers": per_reviewer(histories),
    }
    if as_json:
        rows = {name: [_as_object(one) for one in measured] for name, measured in found.items()}
        tell(rows)
        return
    if not histories:
        out.print("nobody was asked yet")
        return
    for name, measured in found.items():
        _print(name, measured)


async def _histories(house: House) -> Sequence[Sequence[Event]]:
    guests = await house.ledger.touched(_THE_BEGINNING)
    return [await house.ledger.events(guest) for guest in guests]


async def _departments(house: House, histories: Sequence[Sequence[Event]]) -> Mapping[PersonId, str]:
    """Return the department of each reviewer as it was when they were asked last."""
    last: dict[PersonId, Case] = {}
    for event in sorted((one for events in histories for one in events), key=lambda one: one.at):
        last[event.case.reviewer] = event.case
    batches = [await house.ledger.batch(case.batch_id) for case in last.values()]
    people = [batch.reviewer for batch in batches if batch is not None and batch.reviewer is not None]
    return {person.id: person.department for person in people if person.department}


def _print(name: str, measured: Sequence[Quality]) -> None:
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0), pad_edge=False)
    # Ids are there to be copied: with so little between the columns, they stay whole on 80 characters.
    table.add_column(name, no_wrap=True)
    for column in ("asked", *RATES):
        table.add_column(column)
    for one in measured:
        rates = (one.answer_rate, one.usual_time, one.all_keep_rate, one.flip_rate)
        table.add_row(escape(clean(one.of)), str(one.asked), *map(_told, rates))
    out.print(table)


def _told(rate: float | timedelta | None) -> str:
    if rate is None:
        return "-"
    return f"{rate / timedelta(days=1):.1f} days" if isinstance(rate, timedelta) else f"{100 * rate:.0f} %"


def _as_object(one: Quality) -> dict[str, Any]:
    hours = None if one.usual_time is None else round(one.usual_time / timedelta(hours=1), 1)
    return {
        "of": one.of,
        "asked": one.asked,
        "answered_rate": one.answer_rate,
        "usual_hours": hours,
        "all_keep_rate": one.all_keep_rate,
        "flip_rate": one.flip_rate,
    }
