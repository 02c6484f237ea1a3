import json
import re

import pytest
from tree_sitter import Node

from tests.infra.bicep_files import INFRA, ROOT, Template, all_names, complaints, parse, read, text, walk

# The functions our templates call; a misspelt one is in no list.
FUNCTIONS = {
    "allowed", "description", "maxLength", "maxValue", "minLength", "minValue",
    "bool", "concat", "empty", "environment", "guid", "join", "resourceGroup", "subscription",
    "subscriptionResourceId", "tenant", "union", "uniqueString",
}  # fmt: skip


def own_name(node: Node) -> bool:
    """Whether this identifier names a property, a function or a declaration instead of referring to one."""
    parent = node.parent
    if parent is None:
        return False
    first = parent.named_children[0].id == node.id
    return first and (
        parent.type in {"object_property", "call_expression"} or parent.type.endswith("_declaration")
    )


def loop_names(template: Template) -> set[str]:
    names: set[str] = set()
    for node in walk(template.root):
        if node.type == "for_statement" and node.named_children[0].type == "identifier":
            names.add(text(node.named_children[0]))
        if node.type in {"loop_variable", "loop_enumerator"}:
            names.add(text(node))
    return names


def declared(template: Template) -> set[str]:
    symbols = {item.symbol for item in (*template.resources, *template.modules)}
    return {*template.params, *template.variables, *symbols, *loop_names(template)}


def used(template: Template) -> set[str]:
    """Every name that an expression refers to."""
    return {
        text(node) for node in walk(template.root) if node.type == "identifier" and not own_name(node)
    } - loop_names(template)


def calls(template: Template) -> set[str]:
    return {
        text(node.named_children[0])
        for node in walk(template.root)
        if node.type == "call_expression" and node.named_children[0].type == "identifier"
    }


def wrong_params(caller: Template, symbol: str) -> set[str]:
    """Parameters that a module call misses or invents."""
    (module,) = [item for item in caller.modules if item.symbol == symbol]
    callee = read(str((caller.path.parent / module.of).resolve().relative_to(INFRA)))
    passed = set(module.body["params"])
    required = {name for name, has_default in callee.params.items() if not has_default}
    return (required - passed) | (passed - set(callee.params))


@pytest.mark.parametrize("name", all_names())
def test_every_template_is_understood_by_the_grammar(name: str) -> None:
    assert complaints(read(name).root) == []


def test_a_broken_template_is_not_understood() -> None:
    assert complaints(parse(b"param a string\nresource x 'A/b@2024-01-01' = {\n  name: \n").root)


@pytest.mark.parametrize("name", all_names())
def test_every_name_used_is_declared(name: str) -> None:
    template = read(name)
    assert used(template) - declared(template) == set()


@pytest.mark.parametrize("name", all_names())
def test_every_parameter_and_variable_is_used(name: str) -> None:
    template = read(name)
    assert {*template.params, *template.variables} - used(template) == set()


def test_an_undeclared_name_and_an_unused_one_are_both_found() -> None:
    template = parse(b"param here string\nvar idle = 1\noutput o string = '${there}-${here}'\n")
    assert used(template) - declared(template) == {"there"}
    assert {*template.params, *template.variables} - used(template) == {"idle"}


@pytest.mark.parametrize("name", all_names())
def test_every_function_called_exists(name: str) -> None:
    assert calls(read(name)) <= FUNCTIONS


@pytest.mark.parametrize(
    ("name", "symbol"), [(name, module.symbol) for name in all_names() for module in read(name).modules]
)
def test_every_module_gets_the_parameters_it_asks_for(name: str, symbol: str) -> None:
    assert wrong_params(read(name), symbol) == set()


def test_every_output_asked_of_a_module_is_given_by_it() -> None:
    main = read("main.bicep")
    paths = {module.symbol: module.of for module in main.modules}
    asked = re.findall(r"\b(\w+)\.outputs\.(\w+)", main.source)
    assert asked
    assert [(of, name) for of, name in asked if name not in read(paths[of]).outputs] == []


@pytest.mark.parametrize("name", [name for name in all_names() if name != "main.bicep"])
def test_every_module_is_deployed_by_somebody(name: str) -> None:
    paths = {
        (read(by).path.parent / module.of).resolve() for by in all_names() for module in read(by).modules
    }
    assert (INFRA / name).resolve() in paths


@pytest.mark.parametrize("name", all_names())
def test_every_parameter_says_whether_it_is_required(name: str) -> None:
    template = read(name)
    described = re.findall(
        r"@description\('(Required|Optional|Conditional)\. [^\n]+'\)\nparam (\w+)", template.source
    )
    assert {param: word != "Required" for word, param in described} == template.params


def test_every_extension_used_is_configured_with_a_pinned_version() -> None:
    configured: dict[str, str] = json.loads((INFRA / "bicepconfig.json").read_text())["extensions"]
    used_ones = {extension for name in all_names() for extension in read(name).extensions}
    assert set(configured) == used_ones
    assert all(re.search(r":\d+\.\d+\.\d+$", place) for place in configured.values())


def test_the_parameter_file_answers_every_required_parameter_and_no_other() -> None:
    source = (INFRA / "main.bicepparam").read_text()
    assert "using './main.bicep'" in source
    as_template = re.sub(
        r"^using .*$", "", re.sub(r"^param ", "var ", source, flags=re.MULTILINE), flags=re.MULTILINE
    )
    assert complaints(parse(as_template.encode()).root) == []
    answered = set(re.findall(r"^param (\w+) = ", source, re.MULTILINE))
    params = read("main.bicep").params
    assert {name for name, has_default in params.items() if not has_default} <= answered <= set(params)


def test_every_azd_variable_read_is_explained_in_the_deployment_page() -> None:
    read_ones = set(
        re.findall(r"readEnvironmentVariable\('(GATEHOUSE_\w+)'", (INFRA / "main.bicepparam").read_text())
    )
    hook = (INFRA / "hooks" / "postprovision.ps1").read_text()
    asked = set(re.findall(r"Read-Setting '(\w+)'", hook)) - read("main.bicep").outputs
    page = (ROOT / "docs" / "deploy.md").read_text()
    assert asked == {"GATEHOUSE_MAIL_SENDER"}
    assert set(re.findall(r"^\| `(GATEHOUSE_\w+)` \|", page, re.MULTILINE)) == read_ones | asked


def test_the_deployment_page_names_only_outputs_that_exist() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text()
    named = set(re.findall(r"azd env get-value (\w+)", page))
    assert named
    assert named <= read("main.bicep").outputs
