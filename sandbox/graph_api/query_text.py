"""Reads the query part of a URL; Graph takes every option once."""

from urllib.parse import parse_qsl

from sandbox.graph_api.exchange import bad_request


def read_query(text: str) -> dict[str, str]:
    """Return the options of a query string; 400 for one that is given twice."""
    query: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name in query:
            message = f"Query option '{name}' was specified more than once, but it must be specified at most once."
            raise bad_request(message)
        query[name] = value
    return query
