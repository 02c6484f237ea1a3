"""What the demo says on the terminal: a bar that moves, a table of the nights, and where to look."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sandbox.demo import Ended, play
from sandbox.demo_record import COLUMNS, Record
from sandbox.stories import Story

WIDTH_OF_A_FILE: Final = 140
"""Columns where nobody said how wide the paper is."""


def show(story: Story, folder: Path) -> int:
    """Play a story, telling what happens; return the exit code: 0 only when all of it really happened."""
    out = Console(highlight=False, soft_wrap=True)
    if not out.is_terminal:
        out = Console(highlight=False, soft_wrap=True, width=WIDTH_OF_A_FILE)
    out.print(f"[bold]{story.says}[/]")
    out.print("Graph, storage and the Functions host run on loopback; the clock is moved by hand.\n")
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.total:.0f} days"),
        TimeElapsedColumn(),
        console=out,
        disable=not out.is_terminal,
    )
    with bar:
        task = bar.add_task("", total=story.lasts.days)

        def on_day(day: datetime) -> None:
            bar.update(task, advance=1, description=f"{day:%d %b %Y}")

        ended = asyncio.run(play(story, folder, tell=bar.console.print, on_day=on_day))
    out.print(nights_table(ended.record))
    _conclude(out, ended, folder)
    return 1 if ended.troubles else 0


def nights_table(record: Record) -> Table:
    """Return the table of the nights, with the sum of each column below."""
    table = Table(box=None, header_style="bold", show_footer=True, pad_edge=False)
    table.add_column("night to", "sum", no_wrap=True)
    table.add_column("read", justify="right")
    for name in COLUMNS:
        table.add_column(name, str(record.totals.get(name, 0)), justify="right")
    table.add_column("held", justify="right")
    table.add_column("mails", str(len(record.mails)), justify="right")
    for night in record.nights:
        counts = [str(night.counts.get(name) or "·") for name in COLUMNS]
        held = str(len(night.plan.held) or "·")
        table.add_row(f"{night.morning:%a %d %b}", str(night.plan.guests), *counts, held, str(night.mails))
    return table


def _conclude(out: Console, ended: Ended, folder: Path) -> None:
    report = ended.record.report
    out.print(f"\n{report.rows} rows, {report.events} events and {report.blobs} blobs of the record checked.")
    if ended.troubles:
        out.print("[red]It did not all go well:[/]")
        for trouble in ended.troubles:
            out.print(f"  {trouble}", markup=False)
    else:
        out.print("[green]All of it happened, nothing is parked, and the record holds.[/]")
    out.print("Where to look:")
    for file, says in (
        ("index.html", "the quarter on one page"),
        ("mails/index.html", "every mail"),
        ("plans", "what each night meant to do"),
        ("evidence", "seals, some guests' records, the verification"),
    ):
        out.print(f"  {folder / file}  [dim]{says}[/]")
