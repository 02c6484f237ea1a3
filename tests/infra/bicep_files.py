"""Reads our Bicep files into plain values, so that tests can ask questions of them.

It knows only the plain part of the language that ``infra/`` keeps to, and says so loudly when it meets more.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"

# The grammar of tree-sitter-bicep 1.1 does not know this statement; blanks take its place before parsing.
EXTENSION = re.compile(rb"^extension (\w+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Expression:
    """A value that only a deployment can compute, kept as it is written."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A resource or a module: its symbol, its type or path, and what is inside."""

    symbol: str
    of: str
    existing: bool
    looped: bool
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One parsed file."""

    path: Path
    source: str
    root: Node
    extensions: tuple[str, ...]

    def _declared(self, kind: str) -> Iterator[Node]:
        return (node for node in walk(self.root) if node.type == kind)

    @property
    def params(self) -> dict[str, bool]:
        """Name of each parameter, and whether it has a default."""
        return {
            text(node.named_children[0]): any(child.type == "=" for child in node.children)
            for node in self._declared("parameter_declaration")
        }

    @property
    def variables(self) -> dict[str, Any]:
        return {
            text(node.named_children[0]): value(node.named_children[-1])
            for node in self._declared("variable_declaration")
        }

    @property
    def outputs(self) -> frozenset[str]:
        return frozenset(text(node.named_children[0]) for node in self._declared("output_declaration"))

    @property
    def resources(self) -> tuple[Declaration, ...]:
        return tuple(_declaration(node) for node in self._declared("resource_declaration"))

    @property
    def modules(self) -> tuple[Declaration, ...]:
        return tuple(_declaration(node) for node in self._declared("module_declaration"))

    def resource(self, symbol: str) -> Declaration:
        """Return the one resource declared under ``symbol``."""
        (found,) = [resource for resource in self.resources if resource.symbol == symbol]
        return found


def walk(node: Node) -> Iterator[Node]:
    """Yield ``node`` and everything below it, in the order of the text."""
    yield node
    for child in node.children:
        yield from walk(child)


def text(node: Node) -> str:
    """Return the source of ``node``."""
    return (node.text or b"").decode()


def complaints(root: Node) -> list[str]:
    """Return line and text of everything the grammar did not understand."""
    return [
        f"line {node.start_point.row + 1}: {text(node)[:60]!r}"
        for node in walk(root)
        if node.type == "ERROR" or node.is_missing
    ]


def parse(source: bytes, path: Path = INFRA / "main.bicep") -> Template:
    """Parse ``source``; errors are left in the tree for ``complaints``."""
    extensions = tuple(name.decode() for name in EXTENSION.findall(source))
    blanked = EXTENSION.sub(lambda found: b" " * len(found.group()), source)
    root = Parser(Language(tree_sitter_bicep.language())).parse(blanked).root_node
    return Template(path=path, source=blanked.decode(), root=root, extensions=extensions)


@cache
def read(name: str) -> Template:
    """Parse one file of ``infra/``, by its path below it."""
    path = INFRA / name
    return parse(path.read_bytes(), path)


def all_names() -> list[str]:
    """Name every Bicep file of the repository, by its path below ``infra/``."""
    return sorted(str(path.relative_to(INFRA)) for path in INFRA.rglob("*.bicep"))


def value(node: Node) -> Any:
    """Return strings, numbers, booleans, arrays and objects as themselves, and the rest as Expression."""
    if node.type == "string" and not any(child.type == "interpolation" for child in node.named_children):
        return "".join(text(child) for child in node.named_children)
    if node.type == "object":
        members = [child for child in node.named_children if child.type == "object_property"]
        return {str(_key(member.named_children[0])): value(member.named_children[-1]) for member in members}
    if node.type == "array":
        return [value(child) for child in node.named_children if child.type != "comment"]
    if node.type == "boolean":
        return text(node) == "true"
    if node.type == "number":
        return int(text(node))
    return Expression(text(node))


def _key(node: Node) -> str:
    return str(value(node)) if node.type == "string" and "${" not in text(node) else text(node)


def _declaration(node: Node) -> Declaration:
    symbol, of = node.named_children[0], node.named_children[1]
    body = node.named_children[-1]
    looped = body.type == "for_statement"
    while body.type in {"for_statement", "if_statement"}:
        body = body.named_children[-1]
    return Declaration(
        symbol=text(symbol),
        of=str(value(of)),
        existing=any(child.type == "existing" or text(child) == "existing" for child in node.children),
        looped=looped,
        body=value(body),
    )
