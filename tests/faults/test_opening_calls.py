"""Every call that makes a group or a review may fail: nothing is made twice, nobody is left out."""

from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from adapters.graph import operations
from reviews.model import BatchStep, GuestRole
from reviews.records import Act
from sandbox.people_cast import GuestSpec
from sandbox.stories import Story
from sandbox.tenant import Fault
from tests.incidents.setting import people
from tests.stories.telling import Tale, telling

pytestmark = pytest.mark.slow

DOZEN = 12
"""How many calls the build plays; people play all of them."""

FAULTS = {
    "503 before its effect": Fault(when="before"),
    "503 after its effect": Fault(when="after"),
    "504 after its effect": Fault(when="after", status=504, code="gatewayTimeout"),
    "no answer after its effect": Fault(when="after", status=None),
    "429 with a time to wait": Fault(
        when="before", status=429, code="TooManyRequests", retry_after=timedelta(seconds=7)
    ),
}
CREATION = frozenset(
    one.name
    for one in (
        operations.FIND_GROUPS,
        operations.CREATE_GROUP,
        operations.LIST_MEMBERS,
        operations.ADD_MEMBERS,
        operations.FIND_DEFINITIONS,
        operations.CREATE_DEFINITION,
    )
)


def three_guests() -> Story:
    """Sara is asked about three guests: six things to make where each has its own."""
    names = ("ada", "pim", "mo")
    return people(
        *(GuestSpec(name=name, silent_for=timedelta(days=120), sponsors=("sara",)) for name in names)
    )


class Spoiler:
    """Plays a fault on one call of the creation path, reads included, and on its repetitions for a while."""

    def __init__(self, fault: Fault, *, number: int, times: int) -> None:
        self._fault = fault
        self._spoilt = range(number, number + times)
        self.calls = 0

    def __call__(self, operation: str, path: str) -> Fault | None:  # noqa: ARG002 - see ``Tenant.faults``
        """Say whether this call fails."""
        if operation not in CREATION:
            return None
        self.calls += 1
        return self._fault if self.calls in self._spoilt else None


async def _everybody_is_asked_once(tale: Tale) -> None:
    groups = [one["mailNickname"] for one in tale.quick.tenant.groups_created()]
    names = [str(one.body["displayName"]) for one in tale.quick.tenant.definitions()]
    assert len(groups) == len(set(groups)) == len(names) == len(set(names)) > 0
    made = {one.id for one in tale.quick.tenant.definitions()}
    members = [guest for one in tale.quick.tenant.groups_created() for guest in one["members"]]
    assert sorted(members) == sorted(case.guest_id for case in await tale.quick.ledger.live_cases())
    for case in await tale.quick.ledger.live_cases():
        batch = await tale.quick.ledger.batch(case.batch_id)
        assert batch is not None
        assert batch.step is BatchStep.OPEN
        (card,) = [one for one in await tale.quick.ledger.cards(batch.id) if one.guest_id == case.guest_id]
        assert (card.alone or batch).definition_id in made
        assert bool(card.alone) is (tale.quick.tenant.guest_role is GuestRole.LIMITED)


SEES = {
    "one group for all": (GuestRole.RESTRICTED, None),
    "a group for each guest": (GuestRole.LIMITED, three_guests),
}


@pytest.mark.parametrize("sees", SEES)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("first", [1, pytest.param(DOZEN + 1, marks=pytest.mark.long)])
async def test_each_call_of_the_creation_path_may_fail(
    tmp_path: Path, fault: str, sees: str, first: int
) -> None:
    for number in count(first) if first > DOZEN else range(1, DOZEN + 1):
        spoiler = Spoiler(FAULTS[fault], number=number, times=1)
        await _asked_all_the_same(tmp_path, sees, spoiler)
        if spoiler.calls < number:
            break
    assert spoiler.calls > DOZEN, "there is more to make than the build plays"


@pytest.mark.parametrize("sees", SEES)
@pytest.mark.parametrize("fault", FAULTS)
async def test_twelve_calls_of_the_creation_path_may_fail_in_a_row(
    tmp_path: Path, fault: str, sees: str
) -> None:
    for number in (1, DOZEN + 1):
        spoiler = Spoiler(FAULTS[fault], number=number, times=DOZEN)
        await _asked_all_the_same(tmp_path, sees, spoiler)


async def _asked_all_the_same(place: Path, sees: str, spoiler: Spoiler) -> None:
    """Play a night with a fault in it; the same guests are asked about as without."""
    role, people_of = SEES[sees]
    async with telling(place, story=people_of() if people_of else None) as tale:
        tale.quick.tenant.guest_role = role
        tale.quick.tenant.faults = spoiler
        await tale.night(0)
        await tale.noon(0)
        await _everybody_is_asked_once(tale)
        planned = {action.guest_id for action in (await tale.plan()).actions if action.kind is Act.ASK}
        assert {case.guest_id for case in await tale.quick.ledger.live_cases()} == planned
