"""The architecture, executable: every wall and habit of docs/architecture.md holds, and each can fail."""

import inspect
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePath

import pytest

from tests import habits, walls
from tests.house import ROOT, House, Rule, the_house


def test_imports_point_one_way() -> None:
    _holds(walls.imports_point_one_way)


def test_production_imports_neither_sandbox_nor_tests_nor_benchmarks() -> None:
    _holds(walls.production_never_imports_play)


def test_every_source_stands_in_a_known_room() -> None:
    _holds(walls.every_source_stands_in_a_room)


def test_reviews_imports_the_standard_library_and_pydantic_only() -> None:
    _holds(walls.reviews_imports_pydantic_at_most)


def test_notifications_imports_reviews_and_word_libraries_only() -> None:
    _holds(walls.notifications_imports_word_libraries_at_most)


def test_reviews_does_without_the_worldly_half_of_the_standard_library() -> None:
    _holds(walls.reviews_never_touches_the_world)


def test_only_adapters_hold_wires_to_the_world() -> None:
    _holds(walls.only_adapters_hold_wires)


def test_nothing_is_written_for_spreadsheets() -> None:
    _holds(walls.nothing_is_written_for_spreadsheets)


def test_lower_floors_of_reviews_never_look_up() -> None:
    _holds(walls.floors_of_reviews_hold)


def test_every_module_of_reviews_has_a_floor() -> None:
    _holds(walls.every_module_of_reviews_has_a_floor)


def test_imports_run_in_no_circle() -> None:
    _holds(walls.imports_run_in_no_circle)


def test_no_file_is_longer_than_400_lines() -> None:
    _holds(habits.files_fit_in_one_reading)


def test_no_function_is_longer_than_40_lines() -> None:
    _holds(habits.functions_fit_on_a_screen)


def test_only_one_module_reads_the_clock() -> None:
    _holds(habits.one_module_reads_the_clock)
    assert _uses("adapters/clock.py", habits.CLOCKS)


def test_only_one_module_reads_the_environment() -> None:
    _holds(habits.one_module_reads_the_environment)
    assert _uses("adapters/settings.py", habits.ENVIRONMENTS)


def test_only_the_trigger_boundary_catches_everything() -> None:
    _holds(habits.one_handler_catches_everything)
    assert b"except Exception" in the_house().files["adapters/telemetry.py"]


def test_no_except_is_bare() -> None:
    _holds(habits.nothing_is_caught_unnamed)


def test_rules_never_wait() -> None:
    _holds(habits.rules_run_to_their_end)


def test_rules_call_no_builtin_that_speaks_to_the_world() -> None:
    _holds(habits.rules_call_nothing_built_in_that_speaks)


def test_there_are_no_cupboards() -> None:
    _holds(habits.names_say_what_is_inside)


def test_no_top_level_name_hides_a_library() -> None:
    _holds(habits.top_level_names_shadow_nothing)


def test_no_file_is_empty_and_every_package_says_what_it_is() -> None:
    _holds(habits.no_file_is_empty)


def test_every_public_name_that_is_deployed_is_explained() -> None:
    _holds(habits.public_names_are_explained)


@pytest.mark.skipif(not (ROOT / "function_app.py").exists(), reason="function_app.py is not there yet")
def test_function_app_is_a_table_of_contents() -> None:
    _holds(habits.function_app_is_a_table_of_contents)


def test_no_machine_and_no_registry_is_named() -> None:
    _holds(habits.nothing_names_a_machine)


def test_tests_never_replace_our_own_code() -> None:
    _holds(habits.tests_never_replace_our_own_code)


def test_no_two_test_modules_have_one_name() -> None:
    """Of two modules with one name pytest imports only the first."""
    names = Counter(
        PurePath(path).name for path in the_house().files if PurePath(path).match("tests/*/test_*.py")
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_the_names_of_tests_are_sentences() -> None:
    _holds(habits.test_names_are_sentences)


def test_the_pins_are_deployed_with_the_requirements_that_name_them() -> None:
    named = re.findall(r"^-c (\S+)$", the_house().text("requirements.txt"), re.MULTILINE)

    assert named == ["constraints.txt"]
    assert not set(named) & set(the_house().text(".funcignore").splitlines())


def test_every_requirement_is_pinned_to_one_version_for_every_python() -> None:
    pins = the_house().text("constraints.txt").splitlines()[1:]
    shape = r'([a-z0-9.-]+)==[0-9][^ ;]*(; python_version (<|>=) "3\.\d+")?'
    asked = [
        re.split(r"[<>=; ]", line)[0].lower()
        for path in ("requirements.txt", "requirements-dev.txt")
        for line in the_house().text(path).splitlines()
        if line and line[0] not in "#-"
    ]

    assert [pin for pin in pins if not re.fullmatch(shape, pin)] == []
    assert set(asked) <= {pin.split("==")[0] for pin in pins}


LONG = "def f():\n" + "    x = 1\n" * 45
SIX = "def night():\n    '''Run.'''\n    if a:\n        b()\n        c()\n        d()\n    e()\n    f()\n"
BAD: tuple[tuple[Rule, Mapping[str, str]], ...] = (
    (walls.imports_point_one_way, {"reviews/x.py": "from adapters.clock import SystemClock"}),
    (walls.imports_point_one_way, {"reviews/x.py": "import notifications.words"}),
    (walls.imports_point_one_way, {"reviews/x.py": "from reviews.jobs import night"}),
    (walls.imports_point_one_way, {"reviews/jobs/x.py": "from notifications import words"}),
    (walls.imports_point_one_way, {"notifications/x.py": "from reviews.jobs.night import Night"}),
    (walls.imports_point_one_way, {"adapters/x.py": "from ..admin import plan"}),
    (walls.imports_point_one_way, {"adapters/graph/x.py": "import function_app"}),
    (walls.production_never_imports_play, {"function_app.py": "def f():\n    from sandbox import people"}),
    (walls.production_never_imports_play, {"admin/x.py": "import tests.builders as b"}),
    (walls.every_source_stands_in_a_room, {"services/x.py": "x = 1"}),
    (walls.reviews_imports_pydantic_at_most, {"reviews/x.py": "import msgspec"}),
    (walls.reviews_imports_pydantic_at_most, {"reviews/jobs/x.py": "from azure.core import exceptions"}),
    (walls.notifications_imports_word_libraries_at_most, {"notifications/x.py": "import yaml"}),
    (walls.reviews_never_touches_the_world, {"reviews/x.py": "import logging"}),
    (walls.reviews_never_touches_the_world, {"reviews/x.py": "from urllib.parse import urlsplit"}),
    (walls.reviews_never_touches_the_world, {"reviews/jobs/x.py": "import asyncio"}),
    (walls.reviews_never_touches_the_world, {"notifications/x.py": "import smtplib"}),
    (walls.only_adapters_hold_wires, {"admin/x.py": "from azure.data.tables import TableClient"}),
    (walls.only_adapters_hold_wires, {"function_app.py": "import httpx"}),
    (walls.nothing_is_written_for_spreadsheets, {"admin/x.py": "import csv"}),
    (walls.floors_of_reviews_hold, {"reviews/model/people.py": "from reviews.policy import Policy"}),
    (walls.floors_of_reviews_hold, {"reviews/staleness.py": "from reviews import planning"}),
    (walls.every_module_of_reviews_has_a_floor, {"reviews/attic.py": "x = 1"}),
    (
        walls.imports_run_in_no_circle,
        {"reviews/a.py": "from reviews import b", "reviews/b.py": "import reviews.a"},
    ),
    (habits.files_fit_in_one_reading, {"sandbox/x.py": "x = 1\n" * 401}),
    (habits.functions_fit_on_a_screen, {"tests/x.py": LONG}),
    (habits.functions_fit_on_a_screen, {"admin/x.py": "async " + LONG}),
    (habits.one_module_reads_the_clock, {"reviews/x.py": "from datetime import datetime as d\nd.now()"}),
    (habits.one_module_reads_the_clock, {"adapters/x.py": "import time\ntime.time()"}),
    (habits.one_module_reads_the_clock, {"adapters/x.py": "from time import time\nat = time"}),
    (habits.one_module_reads_the_clock, {"admin/x.py": "import datetime\ndatetime.date.today()"}),
    (habits.one_module_reads_the_environment, {"adapters/x.py": "import os\nos.environ['A']"}),
    (habits.one_module_reads_the_environment, {"function_app.py": "from os import getenv as g\ng('A')"}),
    (habits.one_handler_catches_everything, {"adapters/x.py": "try:\n    f()\nexcept Exception:\n    raise"}),
    (
        habits.one_handler_catches_everything,
        {"admin/x.py": "try:\n    f()\nexcept (OSError, Exception):\n    g()"},
    ),
    (
        habits.one_handler_catches_everything,
        {"admin/x.py": "import contextlib\ncontextlib.suppress(Exception)"},
    ),
    (
        habits.one_handler_catches_everything,
        {"adapters/telemetry.py": "try:\n    f()\nexcept Exception:\n    raise\n" * 2},
    ),
    (habits.nothing_is_caught_unnamed, {"tests/x.py": "try:\n    f()\nexcept:\n    raise"}),
    (habits.rules_run_to_their_end, {"reviews/x.py": "async def f():\n    pass"}),
    (habits.rules_call_nothing_built_in_that_speaks, {"reviews/x.py": "open('a')"}),
    (habits.names_say_what_is_inside, {"adapters/graph_utils.py": "x = 1"}),
    (habits.names_say_what_is_inside, {"docs/helpers/mail.md": "x"}),
    (habits.top_level_names_shadow_nothing, {"calendar/x.py": "x = 1"}),
    (habits.top_level_names_shadow_nothing, {"azure/x.py": "x = 1"}),
    (habits.no_file_is_empty, {"docs/policy.md": "\n"}),
    (habits.no_file_is_empty, {"reviews/__init__.py": "x = 1"}),
    (habits.public_names_are_explained, {"reviews/x.py": "def f():\n    return 1"}),
    (
        habits.public_names_are_explained,
        {"reviews/x.py": "'''X.'''\nclass A:\n    '''A.'''\n    def f(self): ..."},
    ),
    (habits.function_app_is_a_table_of_contents, {"function_app.py": SIX}),
    (habits.function_app_is_a_table_of_contents, {"function_app.py": "x = 1\n" * 151}),
    (habits.nothing_names_a_machine, {"Makefile": "cd /" + "root/x"}),
    (habits.nothing_names_a_machine, {"a/package-lock.json": "https://registry." + "npmjs.org/x"}),
    (habits.tests_never_replace_our_own_code, {"tests/x.py": "from unittest import mock"}),
    (
        habits.tests_never_replace_our_own_code,
        {"tests/x.py": "from reviews import planning\nmonkeypatch.setattr(planning, 'a', 1)"},
    ),
    (habits.tests_never_replace_our_own_code, {"tests/x.py": "monkeypatch.setattr('adapters.clock.now', 1)"}),
    (habits.test_names_are_sentences, {"tests/x.py": "def test_plan(): ..."}),
)


@pytest.mark.parametrize(
    ("rule", "files"), BAD, ids=[f"{rule.__name__}-{n}" for n, (rule, _) in enumerate(BAD)]
)
def test_each_rule_notices_a_bad_example(rule: Rule, files: Mapping[str, str]) -> None:
    house = House.of({path: text.encode() for path, text in files.items()})

    assert len(rule(house)) >= 1


def test_each_rule_is_shown_a_bad_example() -> None:
    rules = {
        name
        for module in (walls, habits)
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }

    assert rules == {rule.__name__ for rule, _ in BAD}


def test_the_house_is_read_whole() -> None:
    house = the_house()

    assert {"reviews/planning.py", "adapters/clock.py", "pyproject.toml"} <= set(house.files)
    assert not any("node_modules" in path or path.startswith(".venv") for path in house.files)


def _holds(rule: Rule) -> None:
    complaints = rule(the_house())
    assert not complaints, "\n" + "\n".join(complaints)


def _uses(path: str, door: re.Pattern[str]) -> bool:
    source = next(source for source in the_house().sources if source.path == path)
    return any(door.fullmatch(name) for _, name in source.named())
