"""The demo and the open sandbox, as a stranger starts them: child processes on loopback."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.house import ROOT

OURS = {"sec-fetch-site": "same-origin"}
LINK = re.compile(r'href="([^"]*/\.auth/login/aad[^"]*)"')


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


@pytest.mark.slow
def test_a_small_demo_ends_well_and_leaves_the_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"

    played = run("sandbox", "demo", "--guests", "300", "--days", "56", "--out", str(out))

    assert played.returncode == 0, played.stdout + played.stderr
    assert "the record holds" in played.stdout
    assert json.loads((out / "evidence" / "verify.json").read_text())["faults"] == []
    mails = {file.stem for file in (out / "mails").glob("0*.html")}
    assert mails
    assert mails == {file.stem for file in (out / "mails").glob("0*.txt")}
    index = (out / "mails" / "index.html").read_text()
    assert all(f'href="{mail}.html"' in index for mail in mails)
    plans = [json.loads(file.read_text()) for file in (out / "plans").glob("*.json")]
    assert any(plan["actions"] for plan in plans)
    summary = (out / "index.html").read_text()
    assert all((out / target).exists() for target in re.findall(r'href="([^"#]+)"', summary))


def test_a_demo_cut_short_says_what_is_missing_and_fails(tmp_path: Path) -> None:
    played = run("sandbox", "demo", "--guests", "60", "--days", "1", "--out", str(tmp_path / "out"))

    assert played.returncode == 1
    assert "no guest was asked about" in played.stdout


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Keep an open sandbox running; its state folder, and where its inboxes are."""
    ports = ("--graph-port", "0", "--pages-port", "0", "--inbox-port", "0")
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox", "serve", "--guests", "60", "--state", str(tmp_path), *ports],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        where = ""
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("Inboxes and clock"):
                where = line.split()[-1]
            if line.startswith("Ctrl-C"):
                break
        assert where, "".join(said)
        yield tmp_path, where
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert "Stopped." in process.stdout.read()


def fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))


def test_the_open_sandbox_can_be_clicked_through_and_operated(sandbox: tuple[Path, str]) -> None:
    state, inboxes = sandbox
    with httpx.Client(follow_redirects=True, headers={"accept": "text/html"}, timeout=60) as browser:
        listed = browser.get(inboxes).text
        inbox = next(
            found
            for found in re.findall(r'href="(/inbox/[^"]+)"', listed)
            if "operators" not in found and LINK.search(browser.get(f"{inboxes}{found}/1").text)
        )
        door = LINK.search(browser.get(f"{inboxes}{inbox}/1").text)
        assert door is not None
        page = browser.get(door[1].replace("&amp;", "&"))
        data = fields(page.text)
        guests = [name.removeprefix("v.") for name in data if name.startswith("v.")]
        data |= {f"c.{guest}": "keep" for guest in guests}
        data |= {f"j.{guest}": "Works with us." for guest in guests}
        answered = browser.post(str(page.url), data=data, headers=OURS)
        assert (answered.status_code, answered.history[0].status_code) == (200, 303)
        moved = browser.post(f"{inboxes}/clock", data={"to": "night"}, headers=OURS)
        assert moved.status_code == 200
        assert browser.post(f"{inboxes}/clock", headers={"sec-fetch-site": "cross-site"}).status_code == 403

    lines = (state / "environment.sh").read_text().splitlines()
    settings = dict(line.removeprefix("export ").split("=", 1) for line in lines)
    settings = {name: value.strip("'") for name, value in settings.items()}
    asked = (("plan", "--json"), ("guest", guests[0], "--json"), ("evidence", "verify"))
    with ThreadPoolExecutor() as side_by_side:
        plan, told, verified = side_by_side.map(lambda words: run("admin", *words, **settings), asked)
    assert plan.returncode == 0, plan.stderr
    assert json.loads(plan.stdout)["guests"] == 60
    assert json.loads(told.stdout)["case"]["step"] == "kept"
    assert (verified.returncode, "the record holds" in verified.stdout) == (0, True), verified.stdout
