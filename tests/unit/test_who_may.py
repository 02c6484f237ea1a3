"""Who may do what on the pages: the table of docs/sponsors.md, cell by cell, and no name for anybody else."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

import httpx
import pytest

from adapters.id_token import HEADER as TOKEN
from reviews.model import BatchId, CaseId, Choice, GuestId, HandOver, PersonId, Removed
from reviews.reasons import because
from tests.builders import SARA, a_person, guid
from tests.letters import a_card, a_submission, batch
from tests.reviewers import HEADER, OURS, TENANT, Site, choice, encoded, is_silent, principal
from tests.tables import DOCS, table

TOM: Final = PersonId(guid(9002))
EVA: Final = PersonId(guid(9003))
ADMIN: Final = PersonId(guid(9004))
ASKED, OF_TOM, OF_EVA = (BatchId(one * 32) for one in "abc")
UNANSWERED, ANSWERED, DELETED = 1, 2, 3
WAS_DELETED: Final = "case-3"
NONCE: Final = "n0nce-of-the-batch"
ADMINS: Final = ("Global Administrator", "62e90394-69f5-4237-9190-012177145e10", "Gatehouse.Tick")


def at_the_door(person: PersonId, *roles: str) -> dict[str, str]:
    """Return the headers of a person who has signed in, with the second proof."""
    document = principal(person)
    claims = [*document["claims"], *({"typ": "roles", "val": role} for role in roles)]
    token = Site().tokens.token(person, TENANT, roles=list(roles))
    return {HEADER: encoded({**document, "claims": claims}), TOKEN: token}


PEOPLE: Final[Mapping[str, dict[str, str]]] = {
    "the reviewer": at_the_door(SARA),
    "another sponsor of the guests": at_the_door(PersonId(guid(9005))),
    "the guest": at_the_door(PersonId(guid(UNANSWERED))),
    "an administrator": at_the_door(ADMIN, *ADMINS),
    "who was asked before": at_the_door(EVA),
    "the colleague named": at_the_door(TOM),
    # Entra refuses the sign-in, so App Service Authentication names nobody.
    "the reviewer, account disabled": {},
}
PAGES: Final = {"the reviewer's": ASKED, "their own": OF_TOM, "their own, passed on": OF_EVA}


async def a_site() -> Site:
    """Three open batches about the same three guests: the reviewer's, a colleague's, and one passed on."""
    site = Site()
    for batch_id, reviewer in ((ASKED, SARA), (OF_TOM, TOM), (OF_EVA, EVA)):
        whole = batch(3, id=batch_id, reviewer_id=reviewer, reviewer=a_person(reviewer))
        await site.ledger.begin_batch(whole, [])
        await site.ledger.save_cards(batch_id, [a_card(number) for number in (1, 2, 3)])
        said = replace(a_submission(Choice.REMOVE, ANSWERED), batch_id=batch_id)
        await site.ledger.append_answer(said)
        stored = await site.ledger.batch(batch_id)
        assert stored is not None
        gone = Removed(
            guest_id=GuestId(guid(DELETED)),
            case_id=CaseId(WAS_DELETED),
            until=site.clock.now() + timedelta(days=30),
        )
        if batch_id == OF_EVA:
            await site.ledger.save_batch(replace(stored, handed_over=tuple(map(to_sara, whole.guests))))
        else:
            await site.ledger.save_batch(replace(stored, removed=(gone,)))
    return site


def to_sara(guest: GuestId) -> HandOver:
    number = int(guest[-2:], 16)
    case_id = CaseId(f"case-{number}")
    return HandOver(
        guest_id=guest, case_id=case_id, because=because("not-mine"), to=a_person(SARA), batch_id=ASKED
    )


async def view(site: Site, page: BatchId, who: dict[str, str]) -> httpx.Response:
    return await site.request("GET", f"/r/{page}", headers=who)


def posting(form: Mapping[str, str], where: str = "/r/{page}") -> "Deed":
    async def deed(site: Site, page: BatchId, who: dict[str, str]) -> httpx.Response:
        sent = {"nonce": NONCE, **form}
        return await site.request("POST", where.format(page=page), headers={**who, **OURS}, data=sent)

    return deed


Deed = Callable[[Site, BatchId, dict[str, str]], Awaitable[httpx.Response]]
DEEDS: Final[Mapping[str, Deed]] = {
    "view": view,
    "decide": posting(choice(UNANSWERED, "remove")),
    "change": posting(choice(ANSWERED, "dont-know", seen=1)),
    "delegate": posting(
        {**choice(UNANSWERED, "not-mine"), f"p.{guid(UNANSWERED)}": "colleague@contoso.example"}
    ),
    "undo": posting({}, f"/u/{{page}}/{WAS_DELETED}"),
}
ROWS: Final = table("Who may", DOCS / "sponsors.md")
CELLS: Final = [
    pytest.param(row["who"], row["page"], deed, row[deed], id=f"{row['who']}, {row['page']}: {deed}")
    for row in ROWS
    for deed in DEEDS
]


async def written(site: Site) -> tuple[object, ...]:
    """Return all that the pages can write."""
    known = [(await site.ledger.answers(one), await site.ledger.undo_requests(one)) for one in PAGES.values()]
    return (*known, *site.queue.messages)


@pytest.mark.parametrize(("who", "page", "deed", "expected"), CELLS)
async def test_each_may_do_what_the_table_says_and_the_others_learn_nothing(
    who: str, page: str, deed: str, expected: str
) -> None:
    site = await a_site()
    before = await written(site)
    response = await DEEDS[deed](site, PAGES[page], PEOPLE[who])
    changed = await written(site) != before
    if expected == "yes":
        assert response.status_code == (200 if deed == "view" else 303)
        assert changed == (deed != "view")
    elif expected == "refused":
        assert response.status_code in {409, 422}
        assert not changed
    else:
        assert expected == "no"
        assert response.status_code == 403
        assert is_silent(response)
        assert not changed


def test_the_table_has_every_person_and_every_deed() -> None:
    assert {row["who"] for row in ROWS} == set(PEOPLE)
    assert all(set(row) == {"who", "page", *DEEDS} for row in ROWS)
    assert {row["who"] for row in ROWS if row["page"] == "the reviewer's"} == set(PEOPLE)


async def test_whoever_may_not_enter_cannot_tell_a_page_that_exists_from_one_that_does_not() -> None:
    site = await a_site()
    for who in ("another sponsor of the guests", "the guest", "an administrator", "who was asked before"):
        seen = []
        for page in (ASKED, BatchId("d" * 32)):
            response = await view(site, page, PEOPLE[who])
            seen.append((response.status_code, len(response.text), sorted(response.headers)))
        assert seen[0] == seen[1], who
