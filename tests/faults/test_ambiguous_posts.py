"""A POST that fails, or seems to have failed, is done once all the same."""

import itertools
from datetime import timedelta

import pytest

from sandbox.tenant import Fault
from tests.faults.chapters import ACTING, ASKING, WEIGHING, Story, in_the_end, live_on
from tests.faults.outcome import differences
from tests.faults.process import process

pytestmark = pytest.mark.slow

FAULTS = {
    "503 before its effect": Fault(when="before"),
    "504 after its effect": Fault(when="after", status=504, code="gatewayTimeout"),
    "no answer after its effect": Fault(when="after", status=None),
    "429 with a time to wait": Fault(
        when="before", status=429, code="TooManyRequests", retry_after=timedelta(seconds=7)
    ),
}


class Spoiler:
    """Plays a fault on the POSTs with certain numbers, counted over everything a tenant is asked."""

    def __init__(self, fault: Fault, *, first: int, every: int | None = None) -> None:
        self._fault = fault
        self._first = first
        self._every = every
        self.posts = 0
        self.played = 0

    def __call__(self, operation: str, path: str) -> Fault | None:  # noqa: ARG002 - see ``Tenant.faults``
        """Say whether this call fails."""
        if not operation.startswith("POST"):
            return None
        self.posts += 1
        late = self.posts - self._first
        if late < 0 or (late % self._every if self._every else late):
            return None
        self.played += 1
        return self._fault


async def _spoiled(story: Story, chapter: str, spoiler: Spoiler) -> list[str]:
    realm = story.at(chapter)
    since = realm.clock.now()
    realm.tenant.faults = spoiler
    async with process(realm, story.policies[chapter]) as program:
        await live_on(program, since)
    return differences(await in_the_end(realm, since), await story.undisturbed(chapter))


SINGLY = [
    # In the longest chapter the build plays the two faults of which nobody knows whether they took effect.
    pytest.param(chapter, fault, marks=[pytest.mark.long] if chapter == ACTING and is_clear else [])
    for chapter in (ASKING, WEIGHING, ACTING)
    for fault, is_clear in ((name, FAULTS[name].when == "before") for name in FAULTS)
]


@pytest.mark.parametrize(("chapter", "fault"), SINGLY)
async def test_a_post_that_fails_alone_is_done_once(story: Story, chapter: str, fault: str) -> None:
    for number in itertools.count(1):
        spoiler = Spoiler(FAULTS[fault], first=number)
        found = await _spoiled(story, chapter, spoiler)
        if not spoiler.played:
            break
        assert found == [], f"POST number {number}: {fault}"
    print(f"{chapter}, {fault}: {number - 1} POSTs, one after the other")
    assert number > 20


@pytest.mark.parametrize("first", [1, 2, 3])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("chapter", [ASKING, WEIGHING, ACTING])
async def test_every_third_post_may_fail(story: Story, chapter: str, fault: str, first: int) -> None:
    spoiler = Spoiler(FAULTS[fault], first=first, every=3)
    assert await _spoiled(story, chapter, spoiler) == []
    assert spoiler.played > 5
