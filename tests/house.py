"""The repository as the house rules see it: its files, its sources, and what each source imports."""

import ast
import fnmatch
import functools
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRODUCTION = ("function_app", "reviews", "reviews.jobs", "notifications", "adapters", "admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One Python file. ``room`` is its top-level package; ``reviews.jobs`` is a room of its own."""

    path: str
    tree: ast.Module

    @property
    def module(self) -> str:
        """Return the dotted name under which others import this file."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def room(self) -> str:
        """Return the room this file stands in."""
        return room_of(self.module)

    @property
    def in_production(self) -> bool:
        """Say whether this file is deployed."""
        return self.room in PRODUCTION

    def imports(self) -> Iterator[tuple[int, str]]:
        """Yield (line, dotted name) of every import, also of those inside functions.

        ``from a import b`` yields ``a.b``: whether b is a module or a name in a is for the reader to tell.
        """
        package = self.module if self.path.endswith("__init__.py") else self.module.rpartition(".")[0]
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
                origin = ".".join([*above, *([node.module] if node.module else [])])
                yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)

    def aliases(self) -> dict[str, str]:
        """Map each imported name to the dotted name it stands for."""
        known: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    known[alias.asname or alias.name.split(".")[0]] = (
                        alias.name if alias.asname else alias.name.split(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        return known

    def named(self) -> Iterator[tuple[int, str]]:
        """Yield (line, dotted name) of every imported thing the code names, through any alias."""
        known = self.aliases()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name | ast.Attribute):
                name = dotted(node, known)
                if name is not None:
                    yield node.lineno, name


def dotted(node: ast.expr, aliases: Mapping[str, str]) -> str | None:
    """Return the dotted name of an expression such as ``dt.now``, aliases resolved; None for others."""
    if isinstance(node, ast.Name):
        return aliases.get(node.id)
    if isinstance(node, ast.Attribute):
        before = dotted(node.value, aliases)
        return None if before is None else f"{before}.{node.attr}"
    return None


def room_of(module: str) -> str:
    """Return the room a dotted name belongs to."""
    return "reviews.jobs" if f"{module}.".startswith("reviews.jobs.") else module.split(".", maxsplit=1)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """All files by path, and the Python ones parsed."""

    files: Mapping[str, bytes]
    sources: tuple[Source, ...]

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> "House":
        """Make a house of the files given, for example of one bad snippet."""
        python = [path for path in sorted(files) if path.endswith(".py")]
        return cls(
            files=files, sources=tuple(Source(path=path, tree=ast.parse(files[path])) for path in python)
        )

    @property
    def production(self) -> tuple[Source, ...]:
        """Return the sources that are deployed."""
        return tuple(source for source in self.sources if source.in_production)

    def text(self, path: str) -> str:
        """Return a file as text, with a mark where it is not text."""
        return self.files[path].decode("utf-8", "replace")


Rule = Callable[[House], list[str]]
"""What is wrong with a house, each as ``path:line: complaint``; an empty list when nothing is."""


@functools.cache
def the_house() -> House:
    """Read the repository as it stands, without what .gitignore names."""
    ignored = [".git"]
    for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip().removesuffix("/")
        if pattern and not pattern.startswith("#"):
            assert "/" not in pattern, f"tests/house.py reads plain names in .gitignore only, not {pattern}"
            ignored.append(pattern)

    def keeps(name: str) -> bool:
        return not any(fnmatch.fnmatchcase(name, pattern) for pattern in ignored)

    files: dict[str, bytes] = {}
    for folder, below, names in os.walk(ROOT):
        below[:] = [name for name in below if keeps(name)]
        for name in filter(keeps, names):
            path = Path(folder, name)
            files[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    return House.of(files)
