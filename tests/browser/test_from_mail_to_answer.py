"""From a mail in the sandbox's inbox to an answer, a change of mind and a hand-over, in a real browser."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.house import ROOT

PATIENCE_S = 90
"""How long a busy machine may take to work off a hand-over, which takes a second."""

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


def readers(page: Page, inboxes: str) -> list[tuple[str, str, str]]:
    """Return path of the inbox, name and address of everybody who got mail, but for the operators."""
    page.goto(inboxes)
    found = []
    for row in page.get_by_role("row").filter(has=page.locator('a[href^="/inbox/"]')).all():
        name, address = row.get_by_role("cell").all_inner_texts()[:2]
        found.append((str(row.get_by_role("link").first.get_attribute("href")), name, address))
    return [reader for reader in found if not reader[1].startswith("operators@")]


def open_question(page: Page, inbox: str) -> None:
    """Open the first mail of an inbox, and follow its link as its reader."""
    page.goto(f"{inbox}/1")
    page.get_by_role("link", name="Answer as").click()


def send(page: Page) -> None:
    page.get_by_role("button", name="Send my").click()


def test_a_sponsor_answers_from_the_mail_changes_her_mind_and_hands_over(
    browser: Browser, inboxes: str
) -> None:
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    (mine, _, _), (_, colleague, address), *_ = readers(page, inboxes)
    open_question(page, f"{inboxes}{mine}")
    card = page.locator("section.card").first

    card.get_by_role("radio", name="Keep").check()
    card.get_by_label("Why", exact=False).first.fill("Works with us until spring.")
    send(page)
    expect(page.get_by_role("status")).to_contain_text("recorded")
    expect(card.get_by_text("Recorded: Keep")).to_be_visible()

    card.get_by_text("Change this answer").click()
    card.get_by_role("radio", name="Not mine").check()
    card.get_by_label("Who should we ask?").fill(address)
    send(page)
    expect(card.get_by_text("Recorded: Not mine")).to_be_visible()

    # The queue asks the colleague; the page, which has no script, says so when it is opened again.
    passed_on = page.get_by_text(f"We now ask {colleague}.")
    patience = time.monotonic() + PATIENCE_S
    while not passed_on.count() and time.monotonic() < patience:
        page.wait_for_timeout(500)
        page.reload()
    expect(passed_on.first).to_be_visible()
    expect(page.get_by_text("We could not pass this question on")).to_have_count(0)
