"""A mail can say what its context holds, all of it and nothing else."""

from dataclasses import fields
from pathlib import Path

import pytest
from jinja2 import meta

from notifications.contexts import CONTEXTS, LINES, Context
from notifications.contexts.reference import reference
from notifications.render import GIVEN, TEMPLATES, environment
from reviews.records import MailKind

PAGE = Path(__file__).parents[2] / "docs" / "mail.md"


def variables(template: str) -> set[str]:
    """Return what a template and the templates it extends use (imported macros are given all they use)."""
    source = (TEMPLATES / template).read_text(encoding="utf-8")
    tree = environment().parse(source)
    found = meta.find_undeclared_variables(tree)
    for other in meta.find_referenced_templates(tree):
        if other is not None and "layout" in other:
            found |= variables(other)
    return found - GIVEN - {"self", "parts", "guests"}


def test_there_is_one_context_per_kind_of_mail() -> None:
    assert [kind.KIND for kind in CONTEXTS] == list(MailKind)
    assert {path.name for path in (TEMPLATES / "mail").iterdir()} == {*map(str, MailKind), "_base"}


@pytest.mark.parametrize("kind", CONTEXTS)
def test_templates_use_exactly_the_fields_of_their_context(kind: type[Context]) -> None:
    parts = {part: variables(f"mail/{kind.KIND}/{part}") for part in ("subject.txt", "body.txt", "body.html")}
    declared = {one.name for one in fields(kind)}
    assert set().union(*parts.values()) == declared
    assert parts["subject.txt"] <= declared
    assert parts["body.txt"] == parts["body.html"], "text and HTML must say the same"


@pytest.mark.parametrize("kind", [*CONTEXTS, *LINES])
def test_every_field_is_explained(kind: type[Context]) -> None:
    for one in fields(kind):
        assert one.metadata["says"].endswith("."), one.name


def test_docs_mail_md_is_what_the_contexts_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference()
