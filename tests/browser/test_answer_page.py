"""A busy colleague answers on a phone, with a keyboard, enlarged, in the dark, or listening."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Visit, settled, visited
from tests.builders import a_person, guid
from tests.letters import BATCH
from tests.reviewers import alike, choice, signed_in

pytestmark = pytest.mark.browser

IMAGES = Path(os.environ.get("UPDATE_IMAGES") or "out/pages")
"""Where the pictures to look at go; a few of them, made smaller, stand in docs/img."""
Scheme = Literal["light", "dark"]
WIDTHS = {"phone": (390, 844), "narrow": (320, 640), "desktop": (1280, 900)}
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def opened(
    browser: Browser, *, width: int = 390, height: int = 844, scheme: Scheme = "light", **more: Any
) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **more)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    complaints = [
        text for text in said if not text.startswith("Failed to load resource: the server responded")
    ]
    assert not complaints, complaints


def go(page: Page, visit: Visit, path: str = f"/r/{BATCH}") -> None:
    page.goto(visit.address + path)


def follow(page: Page, door: Locator) -> None:
    """Click on what leads to another page, and be there: not between the two."""
    with page.expect_navigation():
        door.click()


def option(page: Page, number: int, name: str) -> Any:
    return page.locator(f"#g{guid(number)}").get_by_role("radio", name=name)


def picture(page: Page, name: str) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=IMAGES / f"{name}.png", full_page=True)


def is_accessible(page: Page, axe: str) -> None:
    page.evaluate(axe)
    result = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    grave = [
        (one["id"], [node["html"] for node in one["nodes"]])
        for one in result["violations"]
        if one["impact"] in {"serious", "critical", "moderate"}
    ]
    assert not grave


def is_narrow_enough(page: Page) -> None:
    """Assert that nobody has to scroll sideways."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("window.innerWidth")


def fresh(page: Page, visit: Visit) -> None:
    go(page, visit)


def amiss(page: Page, visit: Visit) -> None:
    go(page, visit)
    option(page, 1, "Keep").check()
    option(page, 2, "Remove").check()
    follow(page, page.get_by_role("button", name="Send"))


def answered(page: Page, visit: Visit) -> None:
    form = {**choice(1, "keep", "Tender runs until May"), **choice(2, "remove")}
    settled(visit.site.answer(form))
    go(page, visit)


def refused(page: Page, visit: Visit) -> None:
    visit.door.headers = signed_in(guid(4711))
    go(page, visit)


def over(page: Page, visit: Visit) -> None:
    answered(page, visit)
    stored = settled(visit.site.ledger.batch(BATCH))
    assert stored
    visit.site.clock.move(stored.deadline.replace(year=2027))
    go(page, visit)


def wrong_person(page: Page, visit: Visit) -> None:
    """One question went to a colleague, another came back, and another review waits."""
    settled(visit.site.with_passed_on())
    go(page, visit)


def take_back(page: Page, visit: Visit) -> None:
    over(page, visit)
    follow(page, page.get_by_role("link", name="I want this guest back"))


def taken_back(page: Page, visit: Visit) -> None:
    take_back(page, visit)
    follow(page, page.get_by_role("button", name="Bring this guest back"))


STATES = {"fresh": fresh, "error": amiss, "answered": answered, "refused": refused, "over": over}
MORE_STATES = {"handed-over": wrong_person, "undo": take_back, "undone": taken_back}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("state", STATES)
def test_the_page_is_accessible_and_fits_in_every_state(
    browser: Browser, axe: str, state: str, size: str, scheme: Scheme
) -> None:
    width, height = WIDTHS[size]
    with visited(3) as visit, opened(browser, width=width, height=height, scheme=scheme) as page:
        STATES[state](page, visit)
        is_accessible(page, axe)
        is_narrow_enough(page)
        picture(page, f"answer-{state}-{size}-{scheme}")


@pytest.mark.parametrize("state", MORE_STATES)
@pytest.mark.parametrize(("size", "scheme"), [("phone", "light"), ("narrow", "dark"), ("desktop", "dark")])
def test_passing_on_and_taking_back_are_accessible_and_fit(
    browser: Browser, axe: str, state: str, size: str, scheme: Scheme
) -> None:
    width, height = WIDTHS[size]
    with visited(3) as visit, opened(browser, width=width, height=height, scheme=scheme) as page:
        MORE_STATES[state](page, visit)
        is_accessible(page, axe)
        is_narrow_enough(page)
        picture(page, f"answer-{state}-{size}-{scheme}")


@pytest.mark.parametrize(("size", "scheme"), [("phone", "light"), ("desktop", "dark")])
def test_guests_alike_get_one_answer_and_one_of_them_another(
    browser: Browser, axe: str, size: str, scheme: Scheme
) -> None:
    width, height = WIDTHS[size]
    with (
        visited(4, shown=[alike(number) for number in range(1, 5)]) as visit,
        opened(browser, width=width, height=height, scheme=scheme) as page,
    ):
        go(page, visit)
        together = page.get_by_role("region", name="One answer for these 4 guests")
        is_accessible(page, axe)
        is_narrow_enough(page)
        picture(page, f"answer-alike-{size}-{scheme}")
        together.get_by_role("radio", name="Remove").first.check()
        page.locator(f"#g{guid(2)} summary").click()
        option(page, 2, "I do not know").check()
        page.get_by_role("button", name="Send my answers").click()
        expect(page.get_by_role("status")).to_contain_text("All 4 answers are recorded")
        assert settled(visit.site.recorded(1)) == [(1, "remove", "")]
        assert settled(visit.site.recorded(2)) == [(1, "dont-know", "")]


@pytest.mark.parametrize("count", [1, 7])
def test_one_guest_and_seven_fit_on_a_phone(browser: Browser, axe: str, count: int) -> None:
    with visited(count) as visit, opened(browser) as page:
        go(page, visit)
        is_accessible(page, axe)
        is_narrow_enough(page)
        picture(page, f"answer-{count}-guests-phone-light")


def test_a_dutch_reviewer_reads_a_page_that_fits(browser: Browser, axe: str) -> None:
    with visited(2, reviewer=a_person(language="nl-NL")) as visit, opened(browser, width=320) as page:
        go(page, visit)
        expect(page.get_by_role("heading", level=1)).to_have_text("Mogen deze 2 gasten blijven?")
        is_accessible(page, axe)
        is_narrow_enough(page)
        picture(page, "answer-dutch-narrow-light")


def test_enlarged_to_twice_its_size_nothing_is_lost(browser: Browser) -> None:
    with visited(3) as visit, opened(browser, width=640) as page:
        go(page, visit)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        is_narrow_enough(page)
        expect(page.get_by_role("button", name="Send my answers")).to_be_visible()


def test_a_sponsor_answers_changes_her_mind_and_sees_what_was_recorded(browser: Browser) -> None:
    with visited(3) as visit, opened(browser) as page:
        go(page, visit)
        why = page.locator(f"#j{guid(1)}")
        expect(why).to_be_hidden()
        option(page, 1, "Keep").check()
        expect(why).to_be_visible()
        why.fill("Tender runs until May")
        option(page, 2, "I do not know").check()
        page.get_by_role("button", name="Send my answers").click()
        expect(page.get_by_role("status")).to_contain_text("2 of 3 answers are recorded")
        expect(page.get_by_text("Recorded: Keep")).to_be_visible()
        expect(page.get_by_text("Your reason: Tender runs until May")).to_be_visible()

        page.locator(f"#g{guid(1)} summary").click()
        option(page, 1, "Remove").check()
        option(page, 3, "Remove").check()
        page.get_by_role("button", name="Send my answers").click()
        expect(page.get_by_role("status")).to_contain_text("All 3 answers are recorded")
        page.reload()
        assert settled(visit.site.recorded(1)) == [
            (1, "keep", "Tender runs until May"),
            (2, "remove", ""),
        ]
        assert settled(visit.site.recorded(2)) == [(1, "dont-know", "")]


def test_an_error_stands_beside_its_card_and_keeps_everything(browser: Browser) -> None:
    with visited(3) as visit, opened(browser) as page:
        amiss(page, visit)
        expect(page.get_by_role("alert")).to_contain_text("Nothing is sent yet")
        page.get_by_role("alert").get_by_role("link", name="Sam Visser").click()
        expect(page.locator(f"#e{guid(1)}")).to_be_in_viewport()
        expect(option(page, 2, "Remove")).to_be_checked()
        page.locator(f"#j{guid(1)}").fill("Still on the project")
        page.get_by_role("button", name="Send my answers").click()
        expect(page.get_by_role("status")).to_contain_text("2 of 3")


def test_the_keyboard_alone_is_enough_and_focus_is_seen(browser: Browser) -> None:
    with visited(1) as visit, opened(browser, width=1280) as page:
        go(page, visit)
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        expect(option(page, 1, "Remove")).to_be_checked()
        outline = page.locator(f"#g{guid(1)} .option.remove").evaluate(
            "one => getComputedStyle(one).outlineStyle"
        )
        assert outline == "solid"
        page.keyboard.press("Tab")
        expect(page.get_by_label("Why remove?")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Send my answer")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Your answer is recorded")


def test_a_listener_hears_each_question_with_its_guest(browser: Browser) -> None:
    with visited(2) as visit, opened(browser) as page:
        go(page, visit)
        heard = page.locator("main").aria_snapshot()
        assert re.search(r'group "What should happen to Sam Visser\?"', heard)
        assert heard.count('radio "Keep') == 2
        assert 'heading "Sam Visser" [level=2]' in heard


def test_it_works_without_scripts_and_with_forced_colours(browser: Browser) -> None:
    with visited(1) as visit, opened(browser, java_script_enabled=False, forced_colors="active") as page:
        go(page, visit)
        option(page, 1, "Remove").check()
        page.get_by_role("button", name="Send my answer").click()
        expect(page.get_by_role("status")).to_be_visible()
