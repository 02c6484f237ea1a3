"""Who is asked: the ladder of docs/policy.md, and the reviewer read again."""

from typing import Any

import pytest

from reviews.model import GuestId, Nameless, Person, PersonId, Sponsor, SponsorGroup, Unreadable
from reviews.sponsors import fit, health, who_answers
from tests.builders import FALLBACK, GUEST, SECOND_FALLBACK, a_guest, a_person, guid
from tests.tables import codes, table

CHANGES: dict[str, dict[str, Any]] = {
    "healthy": {},
    "disabled": {"enabled": False},
    "guest": {"user_type": "Guest"},
    "mailless": {"mail": None},
}


def person_id(word: str) -> PersonId:
    if word in {"A", "B"}:
        return {"A": FALLBACK, "B": SECOND_FALLBACK}[word]
    return PersonId(GUEST if word == "itself" else guid(9000 + int(word.split()[1])))


def sponsor(word: str) -> Sponsor:
    sort = word.split(maxsplit=1)[0]
    if sort == "group":
        return SponsorGroup(id=person_id(word), name="Vendor office")
    if sort == "nameless":
        return Nameless(id=person_id(word))
    return a_person(person_id(word), **CHANGES.get(sort, {}))


def sponsors(cell: str) -> tuple[Sponsor, ...] | Unreadable:
    if cell == "unreadable":
        return Unreadable(why="no-permission")
    return () if cell == "none" else tuple(sponsor(word.strip()) for word in cell.split(","))


@pytest.mark.parametrize("row", table("Who is asked"), ids=str)
def test_each_documented_guest_has_its_ladder(row: dict[str, str]) -> None:
    fallback = [person_id(word) for word in codes(row["fallback"])]
    ladder = who_answers(a_guest(sponsors=sponsors(row["sponsors"])), fallback)
    expected = tuple(person_id(word) for word in codes(row["who may answer"]))
    assert ladder.reviewers == expected
    assert ladder.reviewer == (expected[0] if expected else None)
    assert tuple(rung.code for rung in ladder.rungs) == codes(row["reasons"])
    assert ladder.held_by == (None if expected else codes(row["reasons"])[-1])


@pytest.mark.parametrize("row", table("The reviewer, read again"), ids=str)
def test_each_documented_reviewer_is_fit_or_not(row: dict[str, str]) -> None:
    person: Person | None
    if row["reviewer"] == "gone":
        person = None
    elif row["reviewer"] == "itself":
        person = a_person(PersonId(GUEST))
    else:
        person = a_person(**CHANGES[row["reviewer"]])
    reason = fit(person, {GUEST, GuestId(guid(2))})
    assert (reason.code if reason else "-") == row["reason"]


def test_an_empty_mail_address_is_none() -> None:
    reason = health(a_person(mail=""), GUEST)
    assert reason is not None
    assert reason.code == "sponsor-without-mail"


def test_the_order_in_which_the_directory_lists_sponsors_changes_nothing() -> None:
    listed = (a_person(PersonId(guid(9003))), a_person(enabled=False), a_person(PersonId(guid(9002))))
    one = who_answers(a_guest(sponsors=listed), (FALLBACK,))
    assert one == who_answers(a_guest(sponsors=listed[::-1]), (FALLBACK,))
    assert one.reviewer == PersonId(guid(9002))
