"""The part of OData's $filter that Graph documents for our resources: read it, refuse the rest, apply it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.graph_api.exchange import Request, bad_request, unsupported
from sandbox.tenant_directory import Json

Predicate = Callable[[Json], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')"
    r"|(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))"
    r"|(?P<number>-?\d+)"
    r"|(?P<name>[A-Za-z_$@][\w.$/-]*)"
    r"|(?P<mark>[(),:]))"
)
_COMPARISONS = frozenset({"eq", "ne", "ge", "le", "gt", "lt", "in"})
_FUNCTIONS = frozenset({"startswith", "endswith", "contains"})
_VALUES_AT_MOST = 15
ENTRY = "$it"
"""How a collection of plain values calls each of them."""
_ADVANCED_OPERATORS = frozenset({"ne", "not", "endswith"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One test of one property: ``operator`` is eq, in, startswith ...; ``value`` is a literal, or some."""

    property: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """Tests joined by ``and`` or ``or``."""

    word: str
    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """A denied test."""

    part: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """``collection/any(x: ...)``: inside, properties stand without the variable, a plain entry as ``$it``."""

    property: str
    part: "Node"


Node = Comparison | Both | Not | AnyOf


class _Reader:
    """Reads a filter from left to right."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        position = 0
        text = text.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                message = f"Syntax error at position {position} in '$filter'."
                raise bad_request(message)
            self.tokens.append((match.lastgroup, match[match.lastgroup]))
            position = match.end()
        self.at = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self, expected: str | None = None) -> str:
        _, text = self.peek()
        if expected is not None and text != expected:
            message = f"Syntax error in '$filter': expected '{expected}', found '{text}'."
            raise bad_request(message)
        self.at += 1
        return text

    def whole(self) -> Node:
        node = self.joined("or", lambda: self.joined("and", self.single))
        if self.peek()[0] != "end":
            message = f"Syntax error in '$filter' near '{self.peek()[1]}'."
            raise bad_request(message)
        return node

    def joined(self, word: str, read: Callable[[], Node]) -> Node:
        parts = [read()]
        while self.peek() == ("name", word):
            self.take()
            parts.append(read())
        return parts[0] if len(parts) == 1 else Both(word=word, parts=tuple(parts))

    def single(self) -> Node:
        kind, text = self.peek()
        if text == "(" and kind == "mark":
            self.take()
            node = self.joined("or", lambda: self.joined("and", self.single))
            self.take(")")
            return node
        if kind != "name":
            message = f"Syntax error in '$filter' near '{text}'."
            raise bad_request(message)
        self.take()
        if text == "not":
            return Not(part=self.single())
        if text.lower() in _FUNCTIONS:
            return self.function(text.lower())
        if text.lower().endswith("/any"):
            return self.any(text[: -len("/any")])
        operator = self.take()
        if operator not in _COMPARISONS:
            message = f"Syntax error in '$filter': '{operator}' is no operator."
            raise bad_request(message)
        return Comparison(
            property=text, operator=operator, value=self.values() if operator == "in" else self.literal()
        )

    def function(self, name: str) -> Node:
        self.take("(")
        prop = self.take()
        self.take(",")
        value = self.literal()
        self.take(")")
        return Comparison(property=prop, operator=name, value=value)

    def any(self, collection: str) -> Node:
        self.take("(")
        variable = self.take()
        self.take(":")
        node = self.joined("and", self.single)
        self.take(")")
        return AnyOf(property=collection, part=_without_variable(node, variable))

    def values(self) -> tuple[Any, ...]:
        self.take("(")
        found = [self.literal()]
        while self.peek() == ("mark", ","):
            self.take()
            found.append(self.literal())
        self.take(")")
        return tuple(found)

    def literal(self) -> Any:
        kind, text = self.peek()
        self.take()
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if kind == "moment":
            return datetime.fromisoformat(text)
        if kind == "number":
            return int(text)
        words = {"true": True, "false": False, "null": None}
        if kind != "name" or text not in words:
            message = f"Syntax error in '$filter': '{text}' is no value."
            raise bad_request(message)
        return words[text]


def _without_variable(node: Node, variable: str) -> Node:
    if isinstance(node, Both):
        return Both(word=node.word, parts=tuple(_without_variable(part, variable) for part in node.parts))
    if isinstance(node, Comparison) and node.property == variable:
        return Comparison(property=ENTRY, operator=node.operator, value=node.value)
    if isinstance(node, Comparison) and node.property.startswith(f"{variable}/"):
        name = node.property.removeprefix(f"{variable}/")
        return Comparison(property=name, operator=node.operator, value=node.value)
    message = "Syntax error in '$filter': unexpected expression inside any()."
    raise bad_request(message)


def read_filter(text: str) -> Node:
    """Read a ``$filter``; refuse what is not OData with 400."""
    return _Reader(text).whole()


def comparisons(node: Node) -> list[Comparison]:
    """Return every test in a filter, those inside ``any`` under ``collection/property``."""
    if isinstance(node, Comparison):
        return [node]
    if isinstance(node, Not):
        return comparisons(node.part)
    if isinstance(node, AnyOf):
        inner = comparisons(node.part)
        return [
            Comparison(property=f"{node.property}/{c.property}", operator=c.operator, value=c.value)
            for c in inner
        ]
    return [c for part in node.parts for c in comparisons(part)]


def needs_advanced(node: Node) -> bool:
    """Say whether a directory filter works only with ConsistencyLevel: eventual and $count=true."""
    if isinstance(node, Not):
        return True
    if isinstance(node, Both):
        return any(needs_advanced(part) for part in node.parts)
    return isinstance(node, Comparison) and node.operator in _ADVANCED_OPERATORS


def check_filter(node: Node, rules: Mapping[str, frozenset[str]], request: Request) -> None:
    """Refuse properties and operators that are not documented for the resource, and unasked advanced queries.

    ``rules``: property -> the operators of a default query; advanced ones add ``ne``, ``not``, ``endswith``.
    """
    for test in comparisons(node):
        allowed = rules.get(test.property)
        if allowed is None:
            message = f"Property '{test.property}' cannot be filtered by."
            raise unsupported(message)
        if test.operator not in allowed | _ADVANCED_OPERATORS:
            message = f"Operator '{test.operator}' is not supported for property '{test.property}'."
            raise unsupported(message)
        if test.operator == "in" and len(test.value) > _VALUES_AT_MOST:
            message = f"'in' takes {_VALUES_AT_MOST} values at most."
            raise unsupported(message)
        _check_type(test)
    if needs_advanced(node) and not request.advanced:
        message = "This filter needs the header ConsistencyLevel: eventual and $count=true."
        raise unsupported(message)


def _check_type(test: Comparison) -> None:
    name = test.property.rpartition("/")[2]
    values = test.value if isinstance(test.value, tuple) else (test.value,)
    for value in values:
        if test.operator in _FUNCTIONS and not isinstance(value, str):
            message = f"'{test.operator}' takes a string."
            raise bad_request(message)
        timed = name.endswith("DateTime")
        if value is not None and timed != isinstance(value, datetime):
            message = f"Property '{test.property}' is compared with a value of another type."
            raise bad_request(message)
        if name.endswith("Enabled") and not isinstance(value, bool):
            message = f"Property '{test.property}' is compared with a value that is no Boolean."
            raise bad_request(message)


def predicate(node: Node) -> Predicate:
    """Turn a checked filter into a function over records."""
    if isinstance(node, Not):
        inner = predicate(node.part)
        return lambda record: not inner(record)
    if isinstance(node, AnyOf):
        test, name = predicate(node.part), node.property
        return lambda record: any(
            test(entry if isinstance(entry, dict) else {ENTRY: entry}) for entry in record.get(name) or ()
        )
    if isinstance(node, Both):
        parts = [predicate(part) for part in node.parts]
        if node.word == "and":
            return lambda record: all(part(record) for part in parts)
        return lambda record: any(part(record) for part in parts)
    return _comparison(node)


def _comparison(test: Comparison) -> Predicate:
    path = test.property.split("/")
    compare = _OPERATORS[test.operator]
    value = tuple(map(_plain, test.value)) if isinstance(test.value, tuple) else _plain(test.value)
    if len(path) == 1:
        name = path[0]
        return lambda record: compare(_plain(record.get(name)), value)
    return lambda record: compare(_plain(_deep(record, path)), value)


def _deep(record: Json, path: list[str]) -> Any:
    found: Any = record
    for name in path:
        if not name.startswith("microsoft.graph."):
            found = (found or {}).get(name)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dt%H:%M:%Sz")
    return value.lower() if isinstance(value, str) else value


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda found, value: found == value,
    "ne": lambda found, value: found != value,
    "ge": lambda found, value: found is not None and found >= value,
    "le": lambda found, value: found is not None and found <= value,
    "gt": lambda found, value: found is not None and found > value,
    "lt": lambda found, value: found is not None and found < value,
    "in": lambda found, value: found in value,
    "startswith": lambda found, value: found is not None and found.startswith(value),
    "endswith": lambda found, value: found is not None and found.endswith(value),
    "contains": lambda found, value: found is not None and value in found,
}
