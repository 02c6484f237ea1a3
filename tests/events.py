"""The log events of the code, read from the sources: every dictionary with the key ``event``."""

import ast
from collections.abc import Iterator, Sequence

from tests.house import Source

Function = ast.FunctionDef | ast.AsyncFunctionDef


def events(sources: Sequence[Source]) -> set[str]:
    """Return every event. ``f"action.{kind}"`` reads ``action.<kind>``; an unreadable one ``?path:line``."""
    return {event for source in sources for event in _events(source)}


def _events(source: Source) -> Iterator[str]:
    for value, function in _values(source.tree, None):
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value
        elif isinstance(value, ast.JoinedStr):
            yield "".join(_part(part) for part in value.values)
        else:
            yield from _handed_in(source, value, function) or [f"?{source.path}:{value.lineno}"]


def _values(node: ast.AST, function: Function | None) -> Iterator[tuple[ast.expr, Function | None]]:
    if isinstance(node, Function):
        function = node
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "event":
                yield value, function
    for child in ast.iter_child_nodes(node):
        yield from _values(child, function)


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    return f"<{ast.unparse(part.value).rpartition('.')[2]}>"


def _handed_in(source: Source, value: ast.expr, function: Function | None) -> list[str]:
    """Return what callers in the same module hand in for the parameter that names the event."""
    if function is None or not isinstance(value, ast.Name):
        return []
    names = [argument.arg for argument in function.args.args if argument.arg != "self"]
    if value.id not in names:
        return []
    said = []
    for call in ast.walk(source.tree):
        if isinstance(call, ast.Call) and _called(call) == function.name:
            given = call.args[names.index(value.id)] if len(call.args) > names.index(value.id) else None
            if not (isinstance(given, ast.Constant) and isinstance(given.value, str)):
                return []
            said.append(given.value)
    return said


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
