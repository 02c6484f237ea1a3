"""From a mail in the sandbox's inbox to an answer, a change of mind and a hand-over, in a real browser."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.house import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def inboxes(tmp_path: Path) -> Iterator[str]:
    """Keep a small tenant open after its first night; where its inboxes are."""
    ports = ("--graph-port", "0", "--pages-port", "0", "--inbox-port", "0")
    command = [sys.executable, "-m", "sandbox", "serve", "--guests", "60", "--state", str(tmp_path), *ports]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said: list[str] = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("Ctrl-C"):
                break
        where = [line.split()[-1] for line in said if line.startswith("Inboxes and clock")]
        assert where, "".join(said)
        yield where[0]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def open_question(page: Page, inboxes: str) -> None:
    """Open the first mail that leads to a page, and follow its link as its reader."""
    page.goto(inboxes)
    found = page.locator('a[href^="/inbox/"]')
    for path in [str(one.get_attribute("href")) for one in found.all()]:
        page.goto(f"{inboxes}{path}/1")
        door = page.get_by_role("link", name="Answer as")
        if door.count():
            door.click()
            return
    pytest.fail("no mail leads to a page")


def send(page: Page) -> None:
    page.get_by_role("button", name="Send my").click()


def test_a_sponsor_answers_from_the_mail_changes_her_mind_and_hands_over(
    browser: Browser, inboxes: str
) -> None:
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    open_question(page, inboxes)
    card = page.locator("section.card").first

    card.get_by_role("radio", name="Keep").check()
    card.get_by_label("Why", exact=False).first.fill("Works with us until spring.")
    send(page)
    expect(page.get_by_role("status")).to_contain_text("recorded")
    expect(card.get_by_text("Recorded: Keep")).to_be_visible()

    card.get_by_text("Change this answer").click()
    card.get_by_role("radio", name="Not mine").check()
    card.get_by_label("Who should we ask?").fill("nobody.at.all@contoso.example")
    send(page)
    expect(card.get_by_text("Recorded: Not mine")).to_be_visible()

    said = page.get_by_text("We could not pass this question on").or_(page.get_by_text("We now ask"))
    for _ in range(20):
        if said.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(said.first).to_be_visible()
