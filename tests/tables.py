"""Reads the tables of the documentation, so that what a page says is what a test checks."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
POLICY_PAGE = DOCS / "policy.md"


def table(heading: str, page: Path = POLICY_PAGE) -> list[dict[str, str]]:
    """Return the first table under a heading, row by row, with the code marks taken off."""
    lines = page.read_text(encoding="utf-8").splitlines()
    titles = [line.lstrip("#").strip() if line.startswith("#") else None for line in lines]
    if heading not in titles:
        raise LookupError(f"{page.name} has no heading {heading!r}")
    start = titles.index(heading) + 1
    rows: list[list[str]] = []
    for line in lines[start:]:
        if line.startswith("#"):
            break
        if line.startswith("|"):
            rows.append([cell.strip().replace("`", "") for cell in line.strip("|").split("|")])
        elif rows:
            break
    if len(rows) < 3:
        raise LookupError(f"{page.name} has no table under {heading!r}")
    names = rows[0]
    return [dict(zip(names, row, strict=True)) for row in rows[2:]]


def moment(cell: str, now: datetime) -> datetime | None:
    """Read ``90 d``, ``90 d + 1 s`` (that long ago), a date, or ``-`` for none."""
    if cell == "-":
        return None
    if cell[:4].isdigit() and cell[4:5] == "-":
        return datetime.fromisoformat(cell).replace(tzinfo=UTC)
    sign = 1
    passed = timedelta()
    for word in cell.replace(" d", "d").replace(" s", "s").replace(" h", "h").split():
        if word in "+-":
            sign = 1 if word == "+" else -1
        else:
            unit = {"d": "days", "h": "hours", "s": "seconds"}[word[-1]]
            passed += sign * timedelta(**{unit: int(word[:-1])})
    return now - passed


def codes(cell: str) -> tuple[str, ...]:
    """Read a list of codes; ``-`` is none."""
    return () if cell == "-" else tuple(part.strip() for part in cell.split(","))
