"""From what a mail says to the mail itself: subject, text and HTML; one folder of templates per mail."""

import re
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, Final

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from notifications.contexts import Context
from notifications.words import Words
from reviews.errors import Malformed
from reviews.ports import Letter

TEMPLATES: Final = Path(__file__).with_name("templates")
LARGEST: Final = 100 * 1024
"""Bytes of HTML a mail may have; Gmail cuts longer ones off at 102 KB."""
GIVEN: Final = frozenset({"say", "lang"})
"""What every template is given beside its context: the words, and the language they are in."""


@cache
def environment() -> Environment:
    """Return the templates: every HTML one escapes all it shows, and a name nobody set is an error."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=_escaped,  # noqa: S701 - only plain text is not
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )


def _escaped(template: str | None) -> bool:
    return template is None or not template.endswith(".txt")


@cache
def _inliner() -> CSSInliner:
    return CSSInliner(keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False)


def letter(context: Context, words: Words, to: str) -> Letter:
    """Render a mail to one address.

    Raises:
        Malformed: the HTML is larger than mail programs show.

    """
    folder = f"mail/{context.KIND}"
    values = shown(context)
    html = _inliner().inline(page(f"{folder}/body.html", values, words))
    if len(html.encode()) > LARGEST:
        raise Malformed(f"the mail {context.KIND} is larger than {LARGEST} bytes")
    return Letter(
        to=to,
        subject=" ".join(page(f"{folder}/subject.txt", values, words).split()),
        text=_tidy(page(f"{folder}/body.txt", values, words)),
        html=html,
    )


def page(template: str, values: Mapping[str, Any], words: Words) -> str:
    """Render one template with values and the words of one language."""
    found = environment().get_template(template)
    return found.render({**values, "say": words.say, "lang": words.language})


def shown(context: Context) -> dict[str, Any]:
    """Return the fields of a context by name."""
    return {one.name: getattr(context, one.name) for one in fields(context)}


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
