"""Every mail, in both languages, is read on a phone, on a desk, in the dark and by listening."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from admin.mailing import write_mails
from notifications import render
from notifications.contexts import Context
from notifications.render import letter
from notifications.words import LANGUAGES
from tests.letters import golden_mails, setting

pytestmark = pytest.mark.browser

IMAGES: Final = Path(os.environ["UPDATE_IMAGES"]) if os.environ.get("UPDATE_IMAGES") else None
"""Where the pictures to look at go, when they are asked for; made smaller, they stand in docs/img."""
PICTURED: Final = {("three-guests", "en"): "{}", ("two-batches", "nl"): "{}-digest"}
PHONE, NARROW, DESK = 390, 320, 760
RULES: Final = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
AXE: Final = """async rules => {
    const found = await axe.run(document, {runOnly: rules});
    const grave = one => ["moderate", "serious", "critical"].includes(one.impact);
    const unsure = found.incomplete.filter(one => one.id === "color-contrast");
    const sure = found.passes.filter(one => one.id === "color-contrast");
    return {
        wrong: [...found.violations.filter(grave), ...unsure].map(one => one.nodes.map(
            node => `${one.id}: ${node.html}`)),
        measured: sure.reduce((sum, one) => sum + one.nodes.length, 0),
    };
}"""

MAILS: Final = {
    f"{mail.KIND}.{case}.{language}": (mail, language)
    for language in LANGUAGES
    for case, mail in golden_mails(language)
}


@pytest.fixture(scope="module", params=["light", "dark"])
def reader(browser: Browser, request: pytest.FixtureRequest) -> Iterator[tuple[Page, str]]:
    """Open one window for all mails, light or dark."""
    context = browser.new_context(color_scheme=request.param, viewport={"width": PHONE, "height": 844})
    page = context.new_page()
    yield page, request.param
    context.close()


def show(page: Page, mail: Context, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.set_content(letter(mail, setting(language).words, "to@contoso.example").html)


def checked(page: Page, axe: str) -> Any:
    # A mail is no page: its headline stands in a table and there is no landmark around it.
    page.evaluate("document.body.setAttribute('role', 'main')")
    page.evaluate(axe)
    return page.evaluate(AXE, RULES)


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_is_legible_for_everybody(reader: tuple[Page, str], axe: str, name: str) -> None:
    mail, language = MAILS[name]
    page, scheme = reader
    for width in (NARROW, PHONE, DESK):
        show(page, mail, language, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width != NARROW:
            pictured(page, name, f"{'phone' if width == PHONE else 'desktop'}-{scheme}")
    found = checked(page, axe)
    assert found["wrong"] == []
    assert found["measured"] > 3, "contrast was measured on nothing"


@pytest.mark.parametrize("name", ["review-request.three-guests.en", "final-reminder.three-guests.nl"])
def test_a_mail_is_heard_in_the_order_it_is_read(reader: tuple[Page, str], name: str) -> None:
    mail, language = MAILS[name]
    page, _ = reader
    show(page, mail, language, PHONE)
    heard = page.locator("body").aria_snapshot()
    assert heard.index("heading") < heard.index("link") < heard.index("rowheader")
    assert heard.count("rowheader") == 3


def test_the_index_of_the_preview_is_accessible(reader: tuple[Page, str], axe: str, tmp_path: Path) -> None:
    here = setting()
    rows = list(write_mails(tmp_path, here))
    page, _ = reader
    page.set_viewport_size({"width": DESK, "height": 844})
    page.set_content(render.page("preview.html", {"rows": rows}, here.words))
    page.evaluate(axe)
    assert page.evaluate(AXE, RULES)["wrong"] == []


def pictured(page: Page, name: str, how: str) -> None:
    kind, case, language = name.split(".")
    if IMAGES is not None and (case, language) in PICTURED:
        IMAGES.mkdir(parents=True, exist_ok=True)
        page.screenshot(
            path=IMAGES / f"mail-{PICTURED[case, language].format(kind)}-{how}.png", full_page=True
        )
