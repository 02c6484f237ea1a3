"""The walls of the house: who may import whom, and which library may be seen from where."""

import sys
from collections.abc import Mapping

from tests.house import House, Source, room_of

REVIEWS = frozenset({"reviews"})
RULES_AND_JOBS = REVIEWS | {"reviews.jobs"}
OUTSIDE = RULES_AND_JOBS | {"notifications", "adapters"}
MAY_IMPORT: Mapping[str, frozenset[str]] = {
    "reviews": REVIEWS,
    "reviews.jobs": RULES_AND_JOBS,
    "notifications": REVIEWS | {"notifications"},
    "adapters": OUTSIDE,
    "function_app": OUTSIDE,
    "admin": OUTSIDE | {"admin"},
    "sandbox": OUTSIDE | {"admin", "function_app", "sandbox"},
    "benchmarks": OUTSIDE | {"admin", "function_app", "sandbox", "benchmarks"},
    "scripts": frozenset({"scripts"}),
}
ROOMS = frozenset(MAY_IMPORT) | {"tests"}

FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"errors", "model", "cron"}),
    frozenset({"policy", "reasons"}),
    frozenset({"records"}),
    frozenset({"evidence", "messages", "steps", "kinds", "staleness", "schedule", "shortlist", "quorum"})
    | {"sponsors", "ladder", "arrivals", "exposure", "changes", "partners", "native", "alone", "forgetting"}
    | {
        "regret",
        "remembering",
        "rule_change",
        "snapshots",
        "incoming",
        "attention",
        "attesting",
        "forgetting",
    },
    frozenset({"vehicles", "metering", "coexistence", "packages", "risk", "decisions", "remediation"})
    | {"coverage", "elsewhere", "handover", "backfill", "cadence"},
    frozenset({"guardrails", "questions", "findings", "second_look", "undo", "quality"}),
    frozenset({"planning"}),
    frozenset({"ports"}),
    frozenset({"jobs"}),
)
"""Inside reviews a module imports from its own floor or a lower one."""


SPREADSHEETS = frozenset({"csv", "openpyxl", "pandas", "xlsxwriter", "xlwt"})


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Half of the standard library speaks to the world; rules are functions from values to values.
WORLDLY = _names(
    "asyncio builtins concurrent ctypes dbm email fcntl fileinput ftplib getpass glob http imaplib importlib"
    " io logging mmap multiprocessing os pathlib pickle platform poplib pty queue random runpy sched secrets"
    " select selectors shelve shutil signal smtplib socket socketserver sqlite3 ssl subprocess sys tempfile"
    " threading time urllib urllib3 uuid webbrowser wsgiref xmlrpc _thread"
)
OF_JOBS = WORLDLY - {"logging"}
OF_WORDS = _names("asyncio ftplib http multiprocessing os smtplib socket sqlite3 ssl subprocess")
WORD_LIBRARIES = frozenset({"jinja2", "babel", "markupsafe", "css_inline"})
WIRES = (
    *(
        "httpx",
        "aiohttp",
        "requests",
        "urllib3",
        "msgraph",
        "msgraph_core",
        "kiota_abstractions",
        "kiota_http",
    ),
    *("azure.core", "azure.data", "azure.storage", "http.client", "urllib.request", "socket", "smtplib"),
)


def imports_point_one_way(house: House) -> list[str]:
    """Every room imports only the rooms below it."""
    return [
        f"{source.path}:{line}: {source.room} may not import {name}"
        for source in house.sources
        if source.room != "tests"
        for line, name in source.imports()
        if room_of(name) in ROOMS and room_of(name) not in MAY_IMPORT.get(source.room, frozenset())
    ]


def production_never_imports_play(house: House) -> list[str]:
    """What is deployed does without sandbox, tests, benchmarks and scripts."""
    return [
        f"{source.path}:{line}: {name} is not deployed"
        for source in house.production
        for line, name in source.imports()
        if room_of(name) in {"sandbox", "tests", "benchmarks", "scripts"}
    ]


def every_source_stands_in_a_room(house: House) -> list[str]:
    """A Python file belongs to a room whose walls are known here."""
    return [
        f"{source.path}:1: {source.room} is no room of this house"
        for source in house.sources
        if source.room not in ROOMS
    ]


def reviews_imports_pydantic_at_most(house: House) -> list[str]:
    """The ground needs the standard library and pydantic, nothing else."""
    return _strangers(house, RULES_AND_JOBS, frozenset({"pydantic"}))


def notifications_imports_word_libraries_at_most(house: House) -> list[str]:
    """Words need templates, catalogues and inlined styles."""
    return _strangers(house, frozenset({"notifications"}), WORD_LIBRARIES)


def reviews_never_touches_the_world(house: House) -> list[str]:
    """No rule reads a file, a socket, a clock, chance or the environment; jobs may log."""
    complaints = []
    for source in house.sources:
        forbidden = {"reviews": WORLDLY, "reviews.jobs": OF_JOBS, "notifications": OF_WORDS}.get(source.room)
        if forbidden is not None:
            complaints += [
                f"{source.path}:{line}: {name} speaks to the world"
                for line, name in source.imports()
                if name.split(".")[0] in forbidden
            ]
    return complaints


def only_adapters_hold_wires(house: House) -> list[str]:
    """One folder speaks HTTP, Graph and storage."""
    return [
        f"{source.path}:{line}: {name} belongs behind a port in adapters"
        for source in house.production
        if source.room != "adapters"
        for line, name in source.imports()
        if any(f"{name}.".startswith(f"{wire}.") for wire in WIRES)
    ]


def nothing_is_written_for_spreadsheets(house: House) -> list[str]:
    """Names that begin with "=" would compute in a CSV or a workbook; there are none for them to sit in."""
    return [
        f"{source.path}:{line}: {name} writes cells; escape what guests choose (OWASP ASVS 1.2.10)"
        for source in house.production
        for line, name in source.imports()
        if name.split(".")[0] in SPREADSHEETS
    ]


def floors_of_reviews_hold(house: House) -> list[str]:
    """Lower floors of reviews never import higher ones."""
    return [
        f"{source.path}:{line}: {_storey(source.module)} may not look up to {_storey(name)}"
        for source in house.sources
        if source.module.startswith("reviews.")
        for line, name in source.imports()
        if name.startswith("reviews.") and _floor(name) > _floor(source.module)
    ]


def every_module_of_reviews_has_a_floor(house: House) -> list[str]:
    """A module without a floor has no rule about what it may import; a floor without a module is stale."""
    named = frozenset().union(*FLOORS)
    standing = {_storey(source.module) for source in house.sources if source.module.startswith("reviews.")}
    return [f"reviews/{name}.py:1: give it a floor in tests/walls.py" for name in sorted(standing - named)]


def imports_run_in_no_circle(house: House) -> list[str]:
    """No module reaches itself by its imports."""
    known = {source.module for source in house.sources}
    graph = {source.module: _modules(source, known) for source in house.sources if source.room != "tests"}
    done: set[str] = set()
    complaints: list[str] = []
    for start in sorted(graph):
        _walk(start, (), graph, done, complaints)
    return complaints


def _walk(
    module: str, path: tuple[str, ...], graph: Mapping[str, set[str]], done: set[str], complaints: list[str]
) -> None:
    if module in path:
        circle = [*path[path.index(module) :], module]
        complaints.append(f"{module}: {' -> '.join(circle)}")
    elif module not in done:
        for other in sorted(graph.get(module, set())):
            _walk(other, (*path, module), graph, done, complaints)
        done.add(module)


def _modules(source: Source, known: set[str]) -> set[str]:
    found = set()
    for _, name in source.imports():
        home = name if name in known else name.rpartition(".")[0]
        # A package and its parts are one thing: its __init__ may present them.
        if home in known and not f"{source.module}.".startswith(f"{home}."):
            found.add(home)
    return found


def _strangers(house: House, rooms: frozenset[str], allowed: frozenset[str]) -> list[str]:
    return [
        f"{source.path}:{line}: {name} is not for this room"
        for source in house.sources
        if source.room in rooms
        for line, name in source.imports()
        if (top := name.split(".")[0])
        not in allowed | sys.stdlib_module_names | {room.split(".")[0] for room in ROOMS}
        and top != "__future__"
    ]


def _storey(module: str) -> str:
    return module.split(".")[1]


def _floor(module: str) -> int:
    return next((number for number, names in enumerate(FLOORS) if _storey(module) in names), -1)
