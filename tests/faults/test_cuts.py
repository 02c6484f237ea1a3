"""Whatever call it is killed after, the program that is started again ends where it would have ended."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from adapters.graph.access_reviews import GraphAccessReviews
from reviews.model import BatchId, GuestRole
from tests.faults.chapters import ACTING, ASKING, WEIGHING, Story, in_the_end, live_on
from tests.faults.outcome import differences, steps
from tests.faults.process import Process, process
from tests.faults.realm import Realm

ALONE = 12
"""So many parts where each guest has a review of their own, which takes far more calls."""
PARTS = 4
"""Each sweep is cut into so many tests, for as many cores; the build plays one, and people all of them."""
pytestmark = pytest.mark.slow


@dataclass(slots=True, kw_only=True)
class Cuts:
    """The world as each call of one undisturbed life left it.

    A kill leaves nothing of a process but what it has written, so a copy of the world right after a call is
    what is left when the program is killed right after that call, or right before the next one takes effect.
    Calls that changed nothing leave the same world behind, and of equal worlds one is kept.
    """

    program: Process
    part: int
    parts: int
    worlds: list[tuple[str, Realm]] = field(default_factory=list)
    states: int = 0
    last: tuple[int, datetime] | None = None

    def keep(self) -> None:
        """Keep the world, if it is another than after the call before and belongs to this part."""
        state = (self.program.wire.writes, self.program.realm.clock.now())
        if state != self.last:
            self.last = state
            self.states += 1
            if self.states % self.parts == self.part:
                self.worlds.append((self.program.wire.calls[-1], self.program.realm.twin()))


async def undisturbed_life(realm: Realm, policy: Path, part: int, parts: int = PARTS) -> Cuts:
    """Let the program live undisturbed, and keep every ``parts``-th world it leaves."""
    async with process(realm, policy) as program:
        cuts = Cuts(program=program, part=part, parts=parts)
        program.wire.watch = cuts.keep
        await live_on(program, realm.clock.now())
    return cuts


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, PARTS))])
@pytest.mark.parametrize("chapter", [ASKING, WEIGHING, ACTING])
async def test_a_program_killed_after_any_call_ends_as_if_it_had_not_been(
    story: Story, chapter: str, part: int
) -> None:
    realm, policy = story.at(chapter), story.policies[chapter]
    since = realm.clock.now()
    cuts = await undisturbed_life(realm, policy, part)
    wanted = await in_the_end(realm, since)
    assert not differences(wanted, await story.undisturbed(chapter)), "the story is the same each time"
    for call, left in cuts.worlds:
        async with process(left, policy) as again:
            await live_on(again, since)
        assert differences(await in_the_end(left, since), wanted) == [], f"killed after {call}"
    print(
        f"{chapter}: {len(cuts.program.wire.calls)} remote calls leave {cuts.states} different worlds;"
        f" {len(cuts.worlds)} of them gone on from here; {dict(steps(wanted))}"
    )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, ALONE))])
async def test_killed_while_each_guest_is_given_a_review_of_their_own_it_makes_none_twice(
    story: Story, part: int
) -> None:
    realm, policy = story.at(ASKING), story.policies[ASKING]
    realm.tenant.guest_role = GuestRole.LIMITED
    since = realm.clock.now()
    cuts = await undisturbed_life(realm, policy, part, ALONE)
    wanted = await in_the_end(realm, since)
    groups = realm.tenant.groups_created()
    assert len(groups) == len(realm.tenant.definitions()) == len(wanted["live"]) > 10
    assert {len(one["members"]) for one in groups} == {1}
    for call, left in cuts.worlds:
        async with process(left, policy) as again:
            await live_on(again, since)
        assert differences(await in_the_end(left, since), wanted) == [], f"killed after {call}"
    print(f"{cuts.states} different worlds, {len(cuts.worlds)} of them gone on from here")


class Forgetful(GraphAccessReviews):
    """Never finds what it has made."""

    async def find_definition(self, batch_id: BatchId) -> str | None:  # noqa: ARG002 - what the port says
        """Find nothing."""
        return None


async def test_a_program_that_made_without_looking_would_be_found_out(story: Story) -> None:
    realm, policy = story.at(ASKING), story.policies[ASKING]
    since = realm.clock.now()
    cuts = await undisturbed_life(realm, policy, 0, 1)
    left = next(world for call, world in cuts.worlds if call.startswith("graph: POST") and "Reviews" in call)
    async with process(left, policy) as again:
        vars(again.house)["access_reviews"] = Forgetful(again.house.graph)
        await live_on(again, since)
    found = differences(await in_the_end(left, since), await story.undisturbed(ASKING))
    assert {line.partition(":")[0] for line in found} == {"/tenant/reviews"}
