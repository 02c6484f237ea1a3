"""``python -m sandbox``: play the demo, or keep a tenant running for clicking."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from sandbox.stories import SCRIPT, Story, a_population, a_quiet_quarter

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A Microsoft Entra tenant to play with, on this machine only.",
)


def story_of(guests: int | None, days: int | None) -> Story:
    """Return the demo's story, or a smaller or shorter one of the same people and parts."""
    story = a_quiet_quarter()
    if guests is not None and guests != story.population.guest_count:
        says = story.says.replace("2,000 guests", f"{guests} guests")
        story = replace(story, population=a_population(guests), says=says, script=SCRIPT)
    return story if days is None else replace(story, lasts=timedelta(days=days))


@app.command()
def demo(
    guests: Annotated[int | None, typer.Option(min=50, help="Default: 2,000.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Default: 91, a quarter of a year.")] = None,
    out: Annotated[Path, typer.Option(help="Made anew each time.")] = Path("out"),
) -> None:
    """Play a quarter of a year; leave every mail, every plan and the evidence in a folder."""
    from sandbox.demo_telling import show

    raise typer.Exit(show(story_of(guests, days), out))


@app.command()
def serve(
    guests: Annotated[int, typer.Option(min=50, help="How many guests the tenant has.")] = 200,
    state: Annotated[Path, typer.Option(help="Where record and policy lie; made anew each time.")] = Path(
        ".state"
    ),
    graph_port: Annotated[int, typer.Option(help="Where Graph answers; 0 takes a free port.")] = 7080,
    pages_port: Annotated[int, typer.Option(help="Where the answer pages are.")] = 7071,
    inbox_port: Annotated[int, typer.Option(help="Where the inboxes are.")] = 7090,
) -> None:
    """Keep a tenant running for clicking: inboxes, answer pages, a clock to move, the operator's line."""
    from sandbox.serving import Ports, keep_open

    ports = Ports(graph=graph_port, pages=pages_port, inboxes=inbox_port)
    keep_open(a_population(guests), state, ports)


if __name__ == "__main__":
    app()
