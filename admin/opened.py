"""The house as the command line uses it: built from the settings, closed for certain, errors told plainly."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import typer
from rich.console import Console

from adapters.runtime import House
from adapters.settings import read_settings
from reviews.errors import BadSettings, CensusIncomplete, Forbidden, GatehouseError

T = TypeVar("T")

told = Console(stderr=True, highlight=False, soft_wrap=True)


def with_house(work: Callable[[House], Awaitable[T]], *, needs_state: bool = True) -> T:
    """Build the house, do the work, close the house; return what the work returned.

    What goes wrong is told with its remedy and ends the command: 2 for settings and policy, 3 for a missing
    permission or licence, 4 for a directory that could not be read to its end, 1 for everything else.
    """
    try:
        return asyncio.run(_worked(work, needs_state=needs_state))
    except BadSettings as error:
        for problem in error.problems:
            told.print(f"[red]![/] {problem}", markup=True)
        raise typer.Exit(2) from error
    except Forbidden as error:
        told.print(f"[red]![/] {error}")
        raise typer.Exit(3) from error
    except CensusIncomplete as error:
        told.print(f"[red]![/] the directory was not read to its end, so nothing is concluded: {error}")
        raise typer.Exit(4) from error
    except GatehouseError as error:
        told.print(f"[red]![/] {error}")
        raise typer.Exit(1) from error


async def _worked(work: Callable[[House], Awaitable[T]], *, needs_state: bool) -> T:
    settings = read_settings()
    if needs_state and settings.state is None:
        raise BadSettings(
            ["STATE__tableServiceUri, STATE__queueServiceUri, STATE__blobServiceUri: name the data account"]
        )
    async with House(settings) as house:
        return await work(house)
