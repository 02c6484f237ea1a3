"""Who may do what on the reviewers' pages, cell by cell, as docs/sponsors.md promises it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import httpx
import pytest

from reviews.model import BatchId, CaseId, Choice, GuestId, HandOver, PersonId, Removed
from reviews.reasons import because
from tests.builders import SARA, a_person, guid
from tests.letters import BATCH, a_submission
from tests.reviewers import HEADER, OURS, Site, choice, encoded, is_silent, principal, signed_in
from tests.tables import DOCS, table

ROWS: Final = {row["who"]: row for row in table("Who may do what", DOCS / "sponsors.md")}
ACTS: Final = ("view", "decide", "change", "delegate", "undo")
COLLEAGUE: Final = PersonId(guid(9002))
THEIRS: Final = BatchId("d" * 32)
"""The batch of the colleague to whom the question about the first guest was passed on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody with a page open, or trying to: what they send along, and whose page it is."""

    headers: Mapping[str, str]
    page: BatchId = BATCH
    passed_on: bool = False
    """Whether the question about the first guest went on to the colleague before."""
    reviewer_enabled: bool = True


def an_admin() -> dict[str, str]:
    """Sign in as somebody with every role there is."""
    claims = [*principal(guid(9100))["claims"], {"typ": "roles", "val": "Global Administrator"}]
    return {HEADER: encoded({**principal(guid(9100)), "claims": claims})}


VISITORS: Final = {
    "the reviewer": Visitor(headers=signed_in()),
    "another sponsor of the guest": Visitor(headers=signed_in(guid(9003))),
    "the guest": Visitor(headers=signed_in(guid(1))),
    "an administrator": Visitor(headers=an_admin()),
    "the reviewer, after the question was passed on": Visitor(headers=signed_in(), passed_on=True),
    "the delegate, on their own page": Visitor(headers=signed_in(COLLEAGUE), page=THEIRS, passed_on=True),
    "the delegate, on the first reviewer's page": Visitor(headers=signed_in(COLLEAGUE), passed_on=True),
    "a disabled user": Visitor(headers={}, reviewer_enabled=False),
    "a disabled user whose session lasts": Visitor(headers=signed_in(), reviewer_enabled=False),
}


async def a_site(visitor: Visitor, act: str) -> Site:
    """Return the pages as the visitor finds them: answered before where an answer is to be changed."""
    site = await Site().with_batch(3, reviewer=a_person(enabled=visitor.reviewer_enabled))
    mine = await site.ledger.batch(BATCH)
    assert mine is not None
    case = CaseId("case-1")
    if visitor.passed_on:
        await site.ledger.append_answer(a_submission(Choice.NOT_MINE))
        went = HandOver(
            guest_id=GuestId(guid(1)),
            case_id=case,
            because=because("not-mine"),
            to=a_person(COLLEAGUE, name="Tom Kramer"),
            answer_id="answer-1-1",
        )
        mine = await site.ledger.save_batch(replace(mine, handed_over=(went,)))
        theirs = replace(mine, id=THEIRS, reviewer_id=COLLEAGUE, handed_over=(), before=BATCH)
        await site.ledger.begin_batch(replace(theirs, guests=theirs.guests[:1]), [])
        await site.ledger.save_cards(THEIRS, (await site.ledger.cards(BATCH))[:1])
    if act == "change" and not (visitor.passed_on and visitor.page == BATCH):
        said = replace(a_submission(Choice.REMOVE), batch_id=visitor.page)
        await site.ledger.append_answer(said)
    if act == "undo":
        holder = await site.ledger.batch(THEIRS if visitor.passed_on else BATCH)
        assert holder is not None
        gone = Removed(guest_id=GuestId(guid(1)), case_id=case, until=site.clock.now() + timedelta(days=20))
        await site.ledger.save_batch(replace(holder, removed=(gone,)))
    return site


FORMS: Final[Mapping[str, Mapping[str, str]]] = {
    "decide": choice(1, "remove"),
    "change": choice(1, "keep", "The tender goes on", seen=1),
    "delegate": {**choice(1, "not-mine"), f"p.{guid(1)}": "tom@contoso.example"},
    "undo": {},
}


async def attempt(site: Site, visitor: Visitor, act: str) -> httpx.Response:
    """Let the visitor do it, with a form as the page itself would send it."""
    where = f"/u/{visitor.page}/case-1" if act == "undo" else f"/r/{visitor.page}"
    headers = {**visitor.headers, **OURS}
    if act == "view":
        return await site.request("GET", where, headers=headers)
    seen = len(await site.ledger.answers(visitor.page)) if act != "change" else 1
    data = {"nonce": "n0nce-of-the-batch", **FORMS[act], f"v.{guid(1)}": str(seen)}
    return await site.request("POST", where, headers=headers, data=data)


async def was_done(site: Site, visitor: Visitor, act: str, response: httpx.Response) -> bool:
    """Say whether the visitor saw the guest, or what they asked for is on record in their name."""
    if act == "view":
        return response.status_code == 200 and "Sam Visser" in response.text
    if act == "undo":
        wishes = await site.ledger.undo_requests(visitor.page)
        return [wish.by for wish in wishes] == [visitor_id(visitor)]
    newest = max(await site.ledger.answers(visitor.page), key=lambda one: one.version, default=None)
    wanted = FORMS[act][f"c.{guid(1)}"]
    return (
        newest is not None
        and (newest.answer.choice, newest.answer.by) == (wanted, visitor_id(visitor))
        and newest.version == (2 if act == "change" else 1)
    )


def visitor_id(visitor: Visitor) -> PersonId:
    return COLLEAGUE if visitor.page == THEIRS else SARA


def test_the_page_names_every_visitor_and_act_of_this_test() -> None:
    assert ROWS.keys() == VISITORS.keys()
    assert {tuple(row) for row in ROWS.values()} == {("who", *ACTS)}
    assert {row[act] for row in ROWS.values() for act in ACTS} == {"yes", "no"}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("who", VISITORS)
async def test_a_cell_of_the_matrix(who: str, act: str) -> None:
    visitor = VISITORS[who]
    site = await a_site(visitor, act)
    before = site.everything()
    response = await attempt(site, visitor, act)
    if ROWS[who][act] == "yes":
        assert response.status_code in {200, 303}
        assert await was_done(site, visitor, act, response)
        return
    assert site.everything() == before, "nothing is written, nothing is queued"
    assert response.status_code in {403, 409, 422}
    is_their_page = visitor.headers.get(HEADER) == signed_in(visitor_id(visitor))[HEADER]
    assert is_their_page or (response.status_code == 403 and is_silent(response))
