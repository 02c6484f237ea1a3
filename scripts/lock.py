"""Writes constraints.txt: the exact version of every library, for the oldest and the newest Python we run on.

Usage: ``python -m scripts.lock python3.11 python3.13``. Asks pip what it would install; installs nothing.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD = """\
# The exact version of every library, for Python {oldest} to {newest}. Made by `make lock`, never by hand.
"""


def requirements() -> str:
    """Return what both requirement files ask for, without the pins that are to be made anew."""
    texts = (ROOT / name for name in ("requirements.txt", "requirements-dev.txt"))
    lines = (line for text in texts for line in text.read_text(encoding="utf-8").splitlines())
    return "\n".join(line for line in lines if not line.startswith("-"))


def resolve(interpreter: str, folder: Path) -> tuple[tuple[int, int], dict[str, str]]:
    """Return the version of an interpreter and what pip would install there, name to version.

    Raises:
        subprocess.CalledProcessError: there is no such interpreter, or the requirements do not fit together.

    """
    subprocess.run([interpreter, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    said = subprocess.run(
        [python, "-c", "import sys; print(*sys.version_info[:2])"], check=True, capture_output=True, text=True
    )
    major, minor = map(int, said.stdout.split())
    asked = ("-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-")
    wanted = folder / "wanted.txt"
    wanted.write_text(requirements(), encoding="utf-8")
    report = subprocess.run([python, *asked, "-r", str(wanted)], check=True, stdout=subprocess.PIPE)
    chosen = (entry["metadata"] for entry in json.loads(report.stdout)["install"])
    return (major, minor), {one["name"].lower().replace("_", "-"): one["version"] for one in chosen}


def merged(oldest: Mapping[str, str], newest: Mapping[str, str], border: str) -> list[str]:
    """Return the lines: one where both agree, else one for each side of ``border``."""
    lines = []
    for name in sorted(oldest.keys() | newest.keys()):
        if oldest.get(name) == newest.get(name):
            lines.append(f"{name}=={oldest[name]}")
            continue
        if name in oldest:
            lines.append(f'{name}=={oldest[name]}; python_version < "{border}"')
        if name in newest:
            lines.append(f'{name}=={newest[name]}; python_version >= "{border}"')
    return lines


def main(interpreters: list[str]) -> int:
    """Write the file; exit code 2 unless two interpreters are named, oldest first."""
    if len(interpreters) != 2:
        sys.stderr.write("usage: python -m scripts.lock <oldest python> <newest python>\n")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        older, oldest = resolve(interpreters[0], Path(folder, "oldest"))
        newer, newest = resolve(interpreters[1], Path(folder, "newest"))
    first, last = (".".join(map(str, version)) for version in (older, newer))
    lines = merged(oldest, newest, last)
    text = HEAD.format(oldest=first, newest=last) + "\n".join(lines) + "\n"
    (ROOT / "constraints.txt").write_text(text, encoding="utf-8")
    sys.stdout.write(f"constraints.txt: {len(lines)} lines\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
