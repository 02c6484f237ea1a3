"""What all tests share: one moment in time, and no network where none belongs."""

from datetime import datetime
from pathlib import Path

import pytest
import pytest_socket
from hypothesis import settings

from tests.builders import NOW

_UNIT = Path(__file__).parent / "unit"

# How long one example takes says something about the machine, not about the rule.
settings.register_profile("gatehouse", deadline=None)
# For a second run on another Python: --hypothesis-profile=again.
settings.register_profile("again", settings.get_profile("gatehouse"), max_examples=25)
settings.load_profile("gatehouse")


@pytest.fixture
def now() -> datetime:
    """A Friday, thirty minutes after the night's slot."""
    return NOW


def pytest_runtest_setup(item: pytest.Item) -> None:
    # Unix sockets stay open: an event loop wakes itself through one.
    if item.path.is_relative_to(_UNIT):
        pytest_socket.disable_socket(allow_unix_socket=True)
    else:
        pytest_socket.enable_socket()
