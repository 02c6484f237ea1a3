"""A reviewer takes a removal back on a page; opening it changes nothing, and nobody else can."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reviews.messages import Undo
from reviews.model import CaseId, GuestId, Removed, Undone
from reviews.reasons import because
from tests.builders import NOW, guid
from tests.letters import BATCH, DEADLINE
from tests.reviewers import OURS, Site, choice, is_silent, signed_in

PATH = f"/u/{BATCH}/case-1"
FORM = {"nonce": "n0nce-of-the-batch"}


async def removed(days: int = 30) -> Site:
    """Return a site whose first guest was deleted, to be brought back for so many days yet."""
    site = await Site().with_batch(3)
    stored = await site.ledger.batch(BATCH)
    assert stored is not None
    gone = Removed(
        guest_id=GuestId(guid(1)), case_id=CaseId("case-1"), until=site.clock.now() + timedelta(days=days)
    )
    await site.ledger.save_batch(replace(stored, removed=(gone,)))
    return site


async def read(site: Site, path: str = PATH) -> str:
    return (await site.request("GET", path, headers=signed_in())).text


async def test_a_wish_is_kept_once_handed_over_and_shown() -> None:
    site = await removed()
    assert "Should Sam Visser come back?" in await read(site)
    for _ in range(2):
        response = await site.request("POST", PATH, headers={**signed_in(), **OURS}, data=FORM)
        assert (response.status_code, response.headers["location"]) == (303, PATH)
    assert len(await site.ledger.undo_requests(BATCH)) == 1
    assert set(site.queue.messages) == {Undo(batch_id=BATCH)}
    assert "We are bringing Sam Visser back" in await read(site)


@pytest.mark.parametrize(
    ("why", "said"),
    [(None, "Sam Visser is back"), ("case-replaced", "Sam Visser could not be brought back")],
)
async def test_what_became_of_a_wish_is_shown_and_it_is_not_taken_again(why: str | None, said: str) -> None:
    site = await removed()
    stored = await site.ledger.batch(BATCH)
    assert stored is not None
    reason = because(why) if why else None
    undone = Undone(guest_id=GuestId(guid(1)), case_id=CaseId("case-1"), at=NOW, because=reason)
    await site.ledger.save_batch(replace(stored, undone=(undone,)))
    assert said in await read(site)
    response = await site.request("POST", PATH, headers={**signed_in(), **OURS}, data=FORM)
    assert response.status_code == 409
    assert site.queue.messages == []


async def test_it_can_be_too_late_or_not_yet_time() -> None:
    assert "It is too late to bring Sam Visser back" in await read(await removed(-1))
    site = await Site().with_batch(3)
    await site.answer(choice(1, "remove"))
    assert "There is nothing to undo" in await read(site)
    site.clock.move(DEADLINE + timedelta(days=1))
    assert "Should Sam Visser come back?" in await read(site)
    assert f'href="{PATH}"' in await site.page()


@pytest.mark.parametrize(
    ("headers", "form", "path"),
    [
        ({}, FORM, PATH),
        (signed_in(guid(1)), FORM, PATH),
        (signed_in(guid(9002)), FORM, PATH),
        (signed_in(), FORM, f"/u/{BATCH}/case-9"),
        (signed_in(), {"nonce": "another"}, PATH),
        ({**signed_in(), "Sec-Fetch-Site": "cross-site"}, FORM, PATH),
    ],
    ids=["nobody", "the guest", "a colleague", "no such case", "a wrong nonce", "another site"],
)
async def test_nobody_else_takes_anything_back(
    headers: dict[str, str], form: dict[str, str], path: str
) -> None:
    site = await removed()
    response = await site.request("POST", path, headers={**OURS, **headers}, data=form)
    assert response.status_code == 403
    assert is_silent(response)
    assert await site.ledger.undo_requests(BATCH) == ()
    assert site.queue.messages == []
