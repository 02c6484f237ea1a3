"""What a route is: an operation of Graph named as in Microsoft's metadata, with what it takes and costs."""

from dataclasses import dataclass
from enum import StrEnum

from sandbox.graph_api.bodies import Fields
from sandbox.graph_api.exchange import Operation


class Budget(StrEnum):
    """Which of Graph's allowances a request is charged to."""

    DIRECTORY = "directory"
    REPORTS = "reports"
    MAIL = "mail"
    REVIEWS = "reviews"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation: who answers it, which query options and body it takes, what it costs."""

    name: str
    perform: Operation
    options: frozenset[str] = frozenset()
    body: Fields | None = None
    budget: Budget = Budget.DIRECTORY
    cost: int = 1
    sends: bool = False
    reads: bool = False
    """A POST that changes nothing."""

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.name.partition(" ")[0]

    @property
    def template(self) -> str:
        """The path with its parameters in braces."""
        return self.name.partition(" ")[2]


def options(*names: str) -> frozenset[str]:
    """Return query options by name, each with its dollar sign."""
    return frozenset(f"${name}" for name in names)


DIRECTORY_LIST = options("count", "filter", "select", "skiptoken", "top")
OBJECTS = options("count", "select", "skiptoken", "top")
OFFSET_LIST = options("count", "filter", "select", "skip", "top")
