"""The story and the storage account that the sweeps of this folder share."""

import asyncio
from collections.abc import Iterator

import pytest

from sandbox.azurite import Azurite
from tests.faults.chapters import Story, tell


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The story, told once up to its acting night."""
    return asyncio.run(tell(tmp_path_factory.mktemp("story")))


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """An Azurite that outlives every process these tests kill."""
    with Azurite() as running:
        yield running
