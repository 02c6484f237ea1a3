"""Every operation the sandbox answers, gathered from its areas. The rest is not simulated."""

import re
from functools import cache

from sandbox.graph_api import routes_directory, routes_mail, routes_reviews, routes_tenant
from sandbox.graph_api.route import Route

BATCH = "POST /$batch"
ROUTES = (*routes_directory.ROUTES, *routes_reviews.ROUTES, *routes_mail.ROUTES, *routes_tenant.ROUTES)

_ALIASES = {"/directory/deletedItems/microsoft.graph.user": "/directory/deletedItems/graph.user"}

_FUNCTIONS = frozenset({"/users/delta", "/groups/delta"})
"""Paths that look like an object's, and are not."""


@cache
def _patterns() -> dict[tuple[str, int], list[tuple[re.Pattern[str], tuple[str, ...], Route]]]:
    """Return the routes by method and number of path segments, literal segments before parameters."""
    table: dict[tuple[str, int], list[tuple[re.Pattern[str], tuple[str, ...], Route]]] = {}
    for route in ROUTES:
        names = tuple(re.findall(r"\{([^}]+)\}", route.template))
        parts = re.split(r"\{[^}]+\}", route.template)
        pattern = re.compile("([^/()]+)".join(re.escape(part) for part in parts))
        table.setdefault((route.method, route.template.count("/")), []).append((pattern, names, route))
    for rows in table.values():
        rows.sort(key=lambda row: len(row[1]))
    return table


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the operation behind a request and its path parameters, or None."""
    path = _ALIASES.get(path, path)
    if path in _FUNCTIONS:
        return None
    for pattern, names, route in _patterns().get((method, path.count("/")), ()):
        match = pattern.fullmatch(path)
        if match is not None:
            return route, dict(zip(names, match.groups(), strict=True))
    return None


def operation_name(method: str, path: str) -> str:
    """Return the metadata's name of an operation; method and path as they are when it is not simulated."""
    found = find_route(method, path)
    return found[0].name if found is not None else f"{method} {path}"
