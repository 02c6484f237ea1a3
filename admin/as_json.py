"""What ``--json`` prints: one object in plain ASCII, so that no name in it can steer a terminal."""

import json
import sys


def tell(document: object) -> None:
    """Print a document for a machine to read."""
    sys.stdout.write(f"{written(document)}\n")


def written(document: object) -> str:
    """Write a document as JSON; whatever is not a visible ASCII character is written as its number."""
    # JSON lets DEL stand for itself; it occurs inside strings only.
    return json.dumps(document, indent=2).replace("\x7f", "\\u007f")
