"""The functions of the app as they are registered with the Functions host; it gives them out only once."""

from functools import cache
from typing import Any


@cache
def registered() -> tuple[Any, ...]:
    """Return every function of the app."""
    import function_app

    return tuple(function_app.app.get_functions())
