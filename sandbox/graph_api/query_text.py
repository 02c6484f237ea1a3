"""Reads the query part of a URL; Graph takes every option once."""

from urllib.parse import parse_qsl


def read_query(text: str) -> dict[str, str]:
    """Return the options of a query string; one given again is kept under a name nobody knows."""
    query: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        query[f"{name} (given twice)" if name in query else name] = value
    return query
