"""What all tests share: one moment in time, and no network where none belongs."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_socket

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""A Friday, thirty minutes after the night's slot."""

_UNIT = Path(__file__).parent / "unit"


@pytest.fixture
def now() -> datetime:
    return NOW


def pytest_runtest_setup(item: pytest.Item) -> None:
    # Unix sockets stay open: an event loop wakes itself through one.
    if item.path.is_relative_to(_UNIT):
        pytest_socket.disable_socket(allow_unix_socket=True)
    else:
        pytest_socket.enable_socket()
