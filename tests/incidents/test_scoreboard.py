"""docs/incidents.md is the scoreboard: each story has its row, and each row its story."""

import ast
from pathlib import Path

import pytest

from tests.incidents.pack import INCIDENTS, told
from tests.pages import page, section, table

HERE = Path(__file__).parent
PAGE = "docs/incidents.md"


def _stories() -> set[str]:
    found = set()
    for file in HERE.glob("test_*.py"):
        if file.name != Path(__file__).name:
            tree = ast.parse(file.read_text(encoding="utf-8"))
            found |= {node.name for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)}
    return {name.removeprefix("test_") for name in found if name.startswith("test_")}


def _link(cell: str) -> tuple[str, str]:
    name, _, target = cell.strip("[)").partition("](")
    return name, target


def test_every_incident_has_its_story_and_every_story_its_incident() -> None:
    assert _stories() == set(INCIDENTS)


def test_the_scoreboard_is_what_the_stories_tell() -> None:
    rows = table(section(page(PAGE), "The scoreboard"))
    for row in rows:
        print(f"{row['incident']}\n    theirs: {row['the published rule']}\n    ours:   {row['Gatehouse']}")

    shown = [
        (row["incident"], *_link(row["from"]), row["the published rule"], row["Gatehouse"]) for row in rows
    ]
    assert shown == [
        (one.story.replace("_", " "), one.source, one.link, one.theirs, one.ours)
        for one in INCIDENTS.values()
    ]


def test_a_verdict_that_changed_would_be_noticed() -> None:
    row = next(iter(INCIDENTS.values()))
    with pytest.raises(AssertionError):
        told(row.story, theirs=row.theirs, ours=f"{row.ours} and more")
