"""The habits of the house: sizes, doors, names, docstrings, and what tests never do."""

import ast
import importlib.metadata
import re
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.house import PRODUCTION, House, Source, dotted

LONGEST_FILE = 400
LONGEST_FUNCTION = 40
LONGEST_FUNCTION_APP = 150
LONGEST_TRIGGER = 5
OURS = frozenset({room.split(".")[0] for room in PRODUCTION} | {"sandbox"})
CUPBOARDS = re.compile(r"(^|_)(utils?|helpers?|common|misc|managers?|shared|lib|stuff)(_|$)")

CLOCKS = re.compile(
    r"(datetime\.(datetime\.(now|utcnow|today)|date\.today)"
    r"|time\.(time|time_ns|localtime|gmtime|monotonic|monotonic_ns|perf_counter|sleep))"
)
ENVIRONMENTS = re.compile(r"os\.(environ|environb|getenv|getenvb|putenv|unsetenv)")
# Each with a class of one letter in it, so that this file is not its own finding.
ELSEWHERE = re.compile(
    r"(?<![\w.])/(wor[k]|roo[t]|op[t]|User[s]|hom[e](?!/site\b))/"
    r"|registry\.npm[j]s|pyp[i]\.org|files\.python[h]osted"
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def files_fit_in_one_reading(house: House) -> list[str]:
    """No Python file is longer than 400 lines."""
    return [
        f"{source.path}:1: {lines} lines, at most {LONGEST_FILE}"
        for source in house.sources
        if (lines := house.text(source.path).count("\n")) > LONGEST_FILE
    ]


def functions_fit_on_a_screen(house: House) -> list[str]:
    """No function is longer than 40 lines, decorators left out."""
    return [
        f"{source.path}:{node.lineno}: {node.name} has {lines} lines, at most {LONGEST_FUNCTION}"
        for source in house.sources
        for node in _functions(source.tree)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]


def one_module_reads_the_clock(house: House) -> list[str]:
    """Only adapters/clock.py asks what time it is."""
    return _other_doors(house, CLOCKS, "adapters/clock.py", "reads the clock")


def one_module_reads_the_environment(house: House) -> list[str]:
    """Only adapters/settings.py reads the environment."""
    return _other_doors(house, ENVIRONMENTS, "adapters/settings.py", "reads the environment")


def one_handler_catches_everything(house: House) -> list[str]:
    """The trigger boundary catches everything, once, to log and raise on; nobody else does."""
    caught = [(source.path, line) for source in house.production for line in _catches_everything(source)]
    boundary = [place for place in caught if place[0] == "adapters/telemetry.py"]
    return [f"{path}:{line}: catches everything" for path, line in caught if (path, line) not in boundary[:1]]


def nothing_is_caught_unnamed(house: House) -> list[str]:
    """A bare except hides what it caught, in tests and the sandbox too."""
    return [
        f"{source.path}:{node.lineno}: names no exception"
        for source in house.sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]


def rules_run_to_their_end(house: House) -> list[str]:
    """Rules are plain functions: nothing in reviews waits, but its jobs and the ports they wait on."""
    return [
        f"{source.path}:{node.lineno}: waits"
        for source in house.sources
        if source.room == "reviews" and not f"{source.module}.".startswith("reviews.ports.")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
    ]


def rules_call_nothing_built_in_that_speaks(house: House) -> list[str]:
    """Rules and jobs open, print and import nothing behind the import statement's back."""
    speaking = {"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"}
    return [
        f"{source.path}:{node.lineno}: calls {node.func.id}"
        for source in house.sources
        if source.room in {"reviews", "reviews.jobs"}
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in speaking
    ]


def names_say_what_is_inside(house: House) -> list[str]:
    """No cupboards: a file or folder is named for what it holds."""
    return [
        f"{path}:1: {part} could hold anything"
        for path in sorted(house.files)
        for part in PurePosixPath(path).with_suffix("").parts
        if CUPBOARDS.search(part.replace("-", "_").lower())
    ]


def top_level_names_shadow_nothing(house: House) -> list[str]:
    """The root is on sys.path in Functions: a folder there must not hide a library of its name."""
    taken = sys.stdlib_module_names | set(importlib.metadata.packages_distributions())
    tops = {source.path: source.room.split(".")[0] for source in house.sources}
    return [f"{path}:1: {top} hides a library of that name" for path, top in tops.items() if top in taken]


def no_file_is_empty(house: House) -> list[str]:
    """A file that says nothing is not there yet; a package says in one sentence what it is."""
    empty = [f"{path}:1: is empty" for path, content in sorted(house.files.items()) if not content.strip()]
    return empty + [
        f"{source.path}:1: says nothing about its package"
        for source in house.sources
        if source.path.endswith("__init__.py") and not ast.get_docstring(source.tree)
    ]


def public_names_are_explained(house: House) -> list[str]:
    """Modules, public classes, functions and methods that are deployed have docstrings."""
    complaints = [
        f"{source.path}:1: has no module docstring"
        for source in house.production
        if not ast.get_docstring(source.tree)
    ]
    return complaints + [
        f"{source.path}:{node.lineno}: {node.name} is not explained"
        for source in house.production
        for node in _public(source.tree)
        if not ast.get_docstring(node)
    ]


def function_app_is_a_table_of_contents(house: House) -> list[str]:
    """Every trigger is at most five statements long, and all of them fit on three screens."""
    complaints = []
    for source in house.sources:
        if source.path == "function_app.py":
            lines = house.text(source.path).count("\n")
            if lines > LONGEST_FUNCTION_APP:
                complaints.append(f"{source.path}:1: {lines} lines, at most {LONGEST_FUNCTION_APP}")
            complaints += [
                f"{source.path}:{node.lineno}: {node.name} has {count} statements, at most {LONGEST_TRIGGER}"
                for node in _functions(source.tree)
                if (count := _statements(node)) > LONGEST_TRIGGER
            ]
    return complaints


def nothing_names_a_machine(house: House) -> list[str]:
    """No path of somebody's machine and no address of a package registry is written down."""
    return [
        f"{path}:{number}: {found.group()} belongs to one machine"
        for path in sorted(house.files)
        for number, line in enumerate(house.text(path).splitlines(), start=1)
        if (found := ELSEWHERE.search(line))
    ]


def tests_never_replace_our_own_code(house: House) -> list[str]:
    """Tests plug small real things into ports; they patch nothing of ours and import no mocks."""
    complaints = []
    for source in house.sources:
        complaints += [
            f"{source.path}:{line}: imports {name}"
            for line, name in source.imports()
            if name.split(".")[0] in {"mock", "pytest_mock"} or name.startswith("unittest.mock")
        ]
        aliases = source.aliases()
        complaints += [
            f"{source.path}:{node.lineno}: replaces a piece of our own code"
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Call) and _replaces_ours(node, aliases)
        ]
    return complaints


def test_names_are_sentences(house: House) -> list[str]:
    """The name of a test says what is true when it passes; one word cannot."""
    return [
        f"{source.path}:{node.lineno}: {node.name} is no sentence"
        for source in house.sources
        if source.room == "tests"
        for node in _functions(source.tree)
        if node.name.startswith("test_") and len(node.name.split("_")) < 3
    ]


def _functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def _public(tree: ast.Module) -> Iterator[ast.ClassDef | Function]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                inner = (one for one in node.body if isinstance(one, ast.ClassDef | Function))
                yield from (one for one in inner if not one.name.startswith("_"))


def _statements(function: Function) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return sum(isinstance(node, ast.stmt) for statement in body for node in ast.walk(statement))


def _other_doors(house: House, door: re.Pattern[str], home: str, does: str) -> list[str]:
    return [
        f"{source.path}:{line}: {does}, which only {home} may"
        for source in house.production
        if source.path != home
        for line, name in source.named()
        if door.fullmatch(name)
    ]


def _catches_everything(source: Source) -> Iterator[int]:
    aliases = source.aliases()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and node.type is not None:
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        elif isinstance(node, ast.Call) and dotted(node.func, aliases) == "contextlib.suppress":
            kinds = node.args
        else:
            continue
        if any(_is_everything(kind) for kind in kinds):
            yield node.lineno


def _is_everything(kind: ast.expr) -> bool:
    return isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"}


def _replaces_ours(call: ast.Call, aliases: dict[str, str]) -> bool:
    called = call.func
    if not isinstance(called, ast.Attribute) or called.attr not in {"setattr", "delattr", "setitem", "patch"}:
        return False
    if not call.args or not (
        isinstance(called.value, ast.Name) and called.value.id in {"monkeypatch", "mocker"}
    ):
        return False
    target = call.args[0]
    said = target.value if isinstance(target, ast.Constant) else dotted(target, aliases)
    return isinstance(said, str) and said.split(".")[0] in OURS
