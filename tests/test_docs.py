"""What the pages say is so: triggers, settings, events, links, commands, promises and words."""

import ast
import re
from pathlib import PurePosixPath

import pytest

from adapters.settings import SETTINGS
from tests.events import events
from tests.house import ROOT, House, the_house
from tests.pages import anchors, links, page, pages, section, table, tables
from tests.triggers import registered

ARCHITECTURE = "docs/architecture.md"
NO_APP = pytest.mark.skipif(
    not (ROOT / "function_app.py").exists(), reason="function_app.py is not there yet"
)


@NO_APP
def test_the_trigger_table_is_what_the_functions_host_finds() -> None:
    rows = table(section(page(ARCHITECTURE), "Triggers"))

    assert {row["Function"]: (row["Started by"], row["In role"]) for row in rows} == _triggers()


def test_the_settings_table_is_what_the_app_reads() -> None:
    rows = table(section(page(ARCHITECTURE), "Settings"))

    assert {row["Setting"]: (row["Where"], row["Meaning"]) for row in rows} == {
        name: (setting.where, setting.meaning) for name, setting in SETTINGS.items()
    }


def test_every_log_event_is_in_the_runbook_and_back() -> None:
    rows = table(section(page("docs/runbook.md"), "Events"))

    assert {row["Event"] for row in rows} == events(the_house().production)


def test_events_are_found_however_they_are_written() -> None:
    house = House.of({
        "reviews/x.py": b"log.info('a', extra={'event': 'night.ran'})",
        "reviews/y.py": b"def f(kind):\n    log.info('a', extra={'event': f'action.{kind}', 'b': 1})",
        "reviews/z.py": b"def f(self, e):\n    g(extra={'event': e})\ndef h(self):\n    self.f('mail.left')",
        "reviews/w.py": b"def f(x):\n    g(extra={'event': x.name})",
    })  # fmt: skip

    assert events(house.sources) == {"night.ran", "action.<kind>", "mail.left", "?reviews/w.py:2"}


def test_every_alert_of_the_infrastructure_has_its_page_in_the_runbook() -> None:
    alerts = re.findall(r"name: '(alert-[a-z-]+)'", page("infra/modules/alerts.bicep"))
    headings = re.findall(r"^## `(alert-[a-z-]+)`", page("docs/runbook.md"), re.MULTILINE)

    assert alerts
    assert sorted(headings) == sorted(alerts)


def test_every_alert_says_what_it_means_how_to_look_what_to_do_and_how_to_undo() -> None:
    parts = re.split(r"^## ", page("docs/runbook.md"), flags=re.MULTILINE)[1:]
    asked = ("**Means.**", "**Look.**", "**Do.**", "**Undo.**")
    told = {part.splitlines()[0]: part for part in parts}
    del told["Events"]
    lacking = [name for name, part in told.items() if not all(one in part for one in asked)]

    assert lacking == []


def test_every_link_to_a_file_of_the_repository_leads_somewhere() -> None:
    broken = [f"{path}: {target}" for path in pages() for target in links(path) if not _leads(path, target)]

    assert broken == []


def test_a_broken_link_would_be_noticed() -> None:
    assert not _leads("README.md", "docs/nowhere.md")
    assert not _leads("README.md", "docs/architecture.md#no-such-heading")
    assert _leads("docs/runbook.md", "architecture.md#triggers")


def test_every_make_command_of_the_pages_is_a_target() -> None:
    targets = set(re.findall(r"^([a-z-]+):", page("Makefile"), re.MULTILINE))
    told = {
        name for path in pages() for name in re.findall(r"(?:^|`)make ([a-z-]+)", page(path), re.MULTILINE)
    }

    assert {"demo", "sandbox", "test"} <= told
    assert told <= targets


def test_every_command_of_the_operators_line_in_the_pages_exists() -> None:
    typer_main = pytest.importorskip("typer.main")
    from admin.cli import app

    known = _commands(typer_main.get_command(app))
    told = {
        found
        for path in pages()
        for found in re.findall(
            r"python -m admin ((?:evidence |policy |mail |packages |reviews )?[a-z-]+)", page(path)
        )
    }

    assert told
    assert told <= known


def test_every_promise_of_the_readme_names_a_test_that_exists() -> None:
    rows = table(section(page("README.md"), "Eight promises"))
    named = [row["Test"] for row in rows]

    assert len(named) == 8
    assert [name for name in named if not _is_a_test(name)] == []


ASVS = (
    *("1.2.1", "1.2.4", "1.2.10", "1.3.7", "1.3.11", "2.3.1", "2.3.2", "2.3.3", "2.3.4"),
    *("3.3.1", "3.3.2", "3.3.3", "3.3.4", "3.4.1", "3.4.2", "3.4.3", "3.4.4", "3.4.5", "3.4.6"),
    *("3.5.1", "3.5.3", "3.7.2", "8.2.1", "8.2.2", "8.2.3", "8.2.4", "8.3.1", "9.1.1", "9.1.2", "9.1.3"),
    *("9.2.1", "9.2.3", "10.3.3", "14.2.1", "14.2.7", "14.3.2"),
    *("16.2.1", "16.2.2", "16.2.3", "16.2.4", "16.2.5", "16.3.1", "16.3.2", "16.3.3", "16.3.4"),
    *("16.4.1", "16.4.2", "16.4.3", "16.5.1", "16.5.2", "16.5.3"),
)
"""The items of OWASP ASVS 5.0 that concern pages and mails such as ours."""


def test_every_item_of_the_verification_standard_has_its_test_or_a_reason() -> None:
    rows = table(section(page("docs/security.md"), "What is held of ASVS 5.0"))

    assert [row["item"] for row in rows] == list(ASVS)
    for row in rows:
        named = [] if row["test"] == "-" else row["test"].split(", ")
        assert named or len(row["reason"]) > 20, row["item"]
        assert [name for name in named if not _is_a_test_or_a_module_of_tests(name)] == [], row["item"]


def test_every_part_of_finding_names_its_table_its_property_and_its_story() -> None:
    rows = table(section(page("docs/finding.md"), "Where each part is held"))

    assert len(rows) >= 10
    for row in rows:
        where, _, heading = row["table"].partition(": ")
        assert table(section(page(f"docs/{where}"), heading))
        tests = [name.strip("`") for name in (row["property"], row["story"]) if name != "-"]
        assert [name for name in tests if not _is_a_test(name)] == []


@pytest.mark.parametrize("heading", ["Ends", "Edge cases"])
def test_every_end_and_edge_case_names_a_test_or_says_why_it_has_none(heading: str) -> None:
    rows = [tuple(row.values()) for row in table(section(page("docs/reviews.md"), heading))]

    assert rows
    assert [name for *_, name in rows if name != "-" and not _is_a_test(name.strip("`"))] == []
    assert [
        case for case, told, name in rows if name == "-" and not re.search("cannot occur|not built", told)
    ] == []


def test_every_place_on_the_map_of_the_house_exists() -> None:
    rows = table(section(page("README.md"), "Find anything in under a minute"))
    places = [
        place
        for row in rows
        for place in re.findall(r"`?([\w./-]+)`?", row["Place"])
        if "." in place or "/" in place
    ]

    assert places
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_every_word_of_the_glossary_is_used_in_the_code() -> None:
    text = "\n".join(the_house().text(source.path) for source in the_house().production).lower()
    rows = [row for one in tables(page("docs/glossary.md")) for row in one]
    words = {word.strip(" `*") for row in rows for word in next(iter(row.values())).split(",")}

    assert len(words) > 20
    assert [
        word for word in sorted(words) if not re.search(rf"(?<![a-z]){re.escape(word.lower())}", text)
    ] == []


def test_every_library_of_production_has_its_reason_in_the_changelog() -> None:
    lines = page("requirements.txt").splitlines()
    libraries = {re.split(r"[<>=; ]", line)[0].lower() for line in lines if line and line[0] not in "#-"}
    rows = table(section(page("CHANGELOG.md"), "Libraries"))
    told = {name.strip(" `").lower() for row in rows for name in row["Library"].split(",")}

    assert libraries <= told


def test_the_walls_in_the_pages_are_the_walls_in_the_tests() -> None:
    from tests.walls import FLOORS

    rows = table(section(page(ARCHITECTURE), "Floors of reviews"))
    told = [frozenset(name.strip(" `") for name in row["Modules"].split(",")) for row in rows]

    assert told[::-1] == list(FLOORS)


def _triggers() -> dict[str, tuple[str, str]]:
    roles, found = _roles(), {}
    for function in registered():
        name, trigger = function.get_function_name(), function.get_trigger()
        assert name is not None
        assert trigger is not None
        found[name] = (_started_by(trigger.get_dict_repr()), roles[name])
    return found


def _roles() -> dict[str, str]:
    """Return each trigger's blueprint, which bears the name of the role it is deployed in."""
    source = next(source for source in the_house().sources if source.path == "function_app.py")
    return {
        node.name: ast.unparse(node.decorator_list[0]).split(".", maxsplit=1)[0]
        for node in source.tree.body
        if isinstance(node, ast.AsyncFunctionDef)
    }


def _started_by(binding: dict[str, object]) -> str:
    if binding["type"] == "timerTrigger":
        return f"timer {binding['schedule']}"
    if binding["type"] == "queueTrigger":
        return f"queue {binding['queueName']}"
    methods = binding["methods"]
    assert isinstance(methods, list | tuple)
    return f"{', '.join(str(getattr(method, 'value', method)) for method in methods)} /{binding['route']}"


def _leads(path: str, target: str) -> bool:
    place, _, anchor = target.partition("#")
    if re.match(r"[a-z]+:", place):
        return True
    file = ROOT / path if not place else (ROOT / path).parent / place
    if not file.exists():
        return False
    inside = PurePosixPath(file.resolve().relative_to(ROOT).as_posix())
    return not anchor or (inside.suffix == ".md" and anchor in anchors(str(inside)))


def _is_a_test(name: str) -> bool:
    path, _, function = name.partition("::")
    file = ROOT / path
    if not file.exists():
        return False
    tree = ast.parse(file.read_text(encoding="utf-8"))
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return any(isinstance(node, kinds) and node.name == function for node in ast.walk(tree))


def _is_a_test_or_a_module_of_tests(name: str) -> bool:
    return (
        _is_a_test(name)
        if "::" in name
        else (ROOT / name).name.startswith("test_") and (ROOT / name).exists()
    )


def _commands(group: object, before: str = "") -> set[str]:
    inner = getattr(group, "commands", None)
    if inner is None:
        return {before.strip()}
    alone = {before.strip()} if getattr(group, "invoke_without_command", False) else set()
    return alone | {name for key, one in inner.items() for name in _commands(one, f"{before} {key}")}
