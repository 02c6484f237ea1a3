"""The documentation as the tests read it: tables, links and headings of the Markdown pages."""

import re
from collections.abc import Iterator, Mapping

from tests.house import ROOT, the_house

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def page(path: str) -> str:
    """Return the text of a page."""
    return (ROOT / path).read_text(encoding="utf-8")


def pages() -> tuple[str, ...]:
    """Return the paths of all Markdown pages."""
    return tuple(path for path in sorted(the_house().files) if path.endswith(".md"))


def section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its rank.

    Raises:
        LookupError: there is no such heading.

    """
    found = list(HEADING.finditer(text))
    for number, here in enumerate(found):
        if here.group(2) == heading:
            rank = len(here.group(1))
            ends = (one.start() for one in found[number + 1 :] if len(one.group(1)) <= rank)
            return text[here.end() : next(ends, len(text))]
    raise LookupError(f"there is no heading {heading!r}")


def table(text: str) -> list[Mapping[str, str]]:
    """Return the rows of the first table of a text, by column; backticks around a whole cell are dropped.

    Raises:
        LookupError: there is no table.

    """
    for rows in tables(text):
        return rows
    raise LookupError("there is no table")


def tables(text: str) -> Iterator[list[Mapping[str, str]]]:
    """Yield every table of a text, as rows by column."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("|"):
            head = cells(line)
            next(lines)
            yield [dict(zip(head, cells(row), strict=True)) for row in _rows(lines)]


def cells(line: str) -> list[str]:
    """Split a line of a table; ``\\|`` is a bar inside a cell."""
    return [
        cell.strip().replace("\\|", "|").strip("`") for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])
    ]


def links(path: str) -> Iterator[str]:
    """Yield what a page links to, outside of code."""
    for found in LINK.finditer(FENCE.sub("", page(path))):
        yield found.group(1) or found.group(2)


def anchors(path: str) -> set[str]:
    """Return the anchors GitHub gives the headings of a page."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for _, heading in HEADING.findall(FENCE.sub("", page(path)))
    }


def _rows(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith("|"):
            return
        yield line
