"""Fifty forms at once, in memory and against Azurite: one version of each distinct answer."""

import asyncio
from collections import Counter

from reviews.model import GuestId
from reviews.ports import Ledger
from tests.builders import guid
from tests.letters import BATCH, batch, keep_batch
from tests.reviewers import Site, choice

COPIES = 10
ANSWERS = ("keep", "remove", "dont-know", "not-mine", "keep for another reason")


def form(answer: str, seen: int) -> dict[str, str]:
    """Return what one of the reviewer's windows sends; the last one differs in its reason alone."""
    word, _, other = answer.partition(" ")
    why = (other or "Needed for the tender") if word == "keep" else ""
    return choice(1, word, why, seen)


async def send(site: Site, answers: list[str], seen: int) -> Counter[tuple[str, int]]:
    """Send every answer ten times, all of them at once; count what came back."""
    sent = [answer for answer in answers for _ in range(COPIES)]
    responses = await asyncio.gather(*(site.answer(form(answer, seen)) for answer in sent))
    return Counter((answer, one.status_code) for answer, one in zip(sent, responses, strict=True))


async def recorded(ledger: Ledger) -> list[tuple[int, str, str]]:
    found = [one for one in await ledger.answers(BATCH) if one.guest_id == GuestId(guid(1))]
    return [(one.version, one.answer.choice.value, one.answer.justification) for one in found]


async def test_fifty_forms_at_once_are_one_version_of_each_distinct_answer(ledger: Ledger) -> None:
    await keep_batch(ledger, batch(3))
    site = Site(ledger=ledger)
    left = list(ANSWERS)
    while left:
        seen = len(ANSWERS) - len(left)
        came_back = await send(site, left, seen)
        (taken,) = [answer for answer, status in came_back if status == 303]
        assert came_back[taken, 303] == COPIES, "each copy of what is on record is told so"
        assert {status for answer, status in came_back if answer != taken} <= {409, 422}, (
            "the others are told"
        )
        assert len(await recorded(ledger)) == seen + 1
        left.remove(taken)
    found = await recorded(ledger)
    assert [version for version, _, _ in found] == [1, 2, 3, 4, 5]
    assert len({(word, why) for _, word, why in found}) == len(ANSWERS), "none twice, none lost"
