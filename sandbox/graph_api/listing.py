"""Collections outside the directory: $filter, $expand and $select over rows, pages by $top and $skip.

A row holds its relationships too, so that a filter can look into them; they are shown only when expanded.
"""

import re
from collections.abc import Callable, Mapping

from sandbox.graph_api.exchange import Answer, Request, bad_request
from sandbox.graph_api.filtering import check_filter, predicate, read_filter
from sandbox.graph_api.options import check_names, offset_page
from sandbox.tenant_directory import Json

PAGE = 100
EQ, CONTAINS = frozenset({"eq"}), frozenset({"contains"})
Rules = Mapping[str, frozenset[str]]
_EXPANSION = re.compile(r"(?P<name>\w+)(?:\(\$select=(?P<select>[\w,\s]+)\))?")
_COMMA = re.compile(r",(?![^(]*\))")


def narrowed(request: Request, rows: list[Json], rules: Rules) -> list[Json]:
    """Apply ``$filter``, as documented for the type, and refuse other filters."""
    text = request.query.get("$filter")
    if text is None:
        return rows
    node = read_filter(text)
    check_filter(node, rules, request)
    return list(filter(predicate(node), rows))


def listed(
    request: Request,
    rows: list[Json],
    kind: str,
    rules: Rules,
    relations: frozenset[str] = frozenset(),
    whole: Callable[[Json], Json] | None = None,
) -> Answer:
    """Answer with one page of a collection.

    Where a whole row is dear, ``rows`` hold what can be filtered by and ``whole`` makes those of the page.
    """
    expanded = _expansions(request, relations)
    rows = narrowed(request, rows, rules)
    page = offset_page(request, rows, default=PAGE, highest=PAGE)
    page = {"@odata.context": f"{request.origin}/v1.0/$metadata#{kind}", "@odata.count": len(rows), **page}
    cut = page["value"] if whole is None else map(whole, page["value"])
    page["value"] = [_cut(request, row, relations, expanded) for row in cut]
    return Answer(status=200, body=page)


def shown(
    request: Request, row: Json, kind: str, relations: frozenset[str] = frozenset(), status: int = 200
) -> Answer:
    """Answer with one entity."""
    context = f"{request.origin}/v1.0/$metadata#{kind}/$entity"
    cut = _cut(request, row, relations, _expansions(request, relations))
    return Answer(status=status, body={"@odata.context": context, **cut})


def _expansions(request: Request, relations: frozenset[str]) -> dict[str, str | None]:
    """Read ``$expand``: each relationship with its inner ``$select``."""
    text = request.query.get("$expand")
    found: dict[str, str | None] = {}
    for part in _COMMA.split(text) if text is not None else ():
        match = _EXPANSION.fullmatch(part.strip())
        if match is None or match["name"] not in relations:
            message = f"Invalid $expand: '{part.strip()}' is no relationship that can be expanded here."
            raise bad_request(message)
        found[match["name"]] = match["select"]
    return found


def _cut(request: Request, row: Json, relations: frozenset[str], expanded: dict[str, str | None]) -> Json:
    own = {k: v for k, v in row.items() if k not in relations}
    text = request.query.get("$select")
    if text is not None:
        names = check_names(text, frozenset(), frozenset(own), "microsoft.graph.entity")
        own = {**{k: v for k, v in own.items() if k in names}, **({"id": row["id"]} if "id" in row else {})}
    return {**own, **{name: _inner(row[name], select) for name, select in expanded.items()}}


def _inner(related: object, select: str | None) -> object:
    if select is None:
        return related
    names = {name.strip() for name in select.split(",")} | {"id", "@odata.type"}
    if isinstance(related, dict):
        return {k: v for k, v in related.items() if k in names}
    if isinstance(related, list):
        return [{k: v for k, v in one.items() if k in names} for one in related]
    return related
