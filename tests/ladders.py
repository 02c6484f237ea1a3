"""Reads people, sponsors and the circle around a guest off the tables of docs/policy.md."""

from typing import Any

from reviews.model import (
    Circle,
    Crowd,
    GroupPeople,
    Nameless,
    Person,
    PersonId,
    Rung,
    Sponsor,
    SponsorGroup,
    Unreadable,
)
from reviews.policy import Reviewers
from tests.builders import FALLBACK, GUEST, SECOND_FALLBACK, a_person, guid

NO_PERMISSION = Unreadable(why="no-permission")
NEVER_A_SERVICE = Reviewers(never=("^svc-",))
CHANGES: dict[str, dict[str, Any]] = {
    "healthy": {},
    "disabled": {"enabled": False},
    "guest": {"user_type": "Guest"},
    "mailless": {"mail": None},
    "service": {"user_principal_name": "svc-sync@contoso.example"},
}
NOBODY_ELSE: dict[Rung, tuple[Person, ...] | Unreadable] = dict.fromkeys(Rung, ())


def person_id(word: str) -> PersonId:
    if word in {"A", "B"}:
        return {"A": FALLBACK, "B": SECOND_FALLBACK}[word]
    return PersonId(GUEST if word == "itself" else guid(9000 + int(word.split()[1])))


def person(word: str) -> Person:
    return a_person(person_id(word), **CHANGES.get(word.split(maxsplit=1)[0], {}))


def people(cell: str) -> tuple[Person, ...]:
    return () if cell == "nobody" else tuple(person(word.strip()) for word in cell.split(","))


def sponsor(word: str) -> Sponsor:
    sort = word.split(maxsplit=1)[0]
    if sort == "group":
        return SponsorGroup(id=person_id(word), name="Vendor office")
    return Nameless(id=person_id(word)) if sort == "nameless" else person(word)


def sponsors(cell: str) -> tuple[Sponsor, ...] | Unreadable:
    if cell == "unreadable":
        return NO_PERMISSION
    return () if cell == "none" else tuple(sponsor(word.strip()) for word in cell.split(","))


def circle(cell: str) -> Circle:
    """Read ``inviter: healthy 3; group 1: large; group 1 owners: healthy 4``; who is not named is nobody."""
    said = dict(part.split(": ", 1) for part in cell.split("; ")) if cell != "-" else {}
    groups: dict[PersonId, GroupPeople | Unreadable] = {}
    others = dict(NOBODY_ELSE)
    for name, words in said.items():
        if name in set(Rung):
            others[Rung(name)] = NO_PERMISSION if words == "unreadable" else people(words)
        elif not name.endswith(" owners"):
            owned = said.get(f"{name} owners", "nobody")
            owners = NO_PERMISSION if owned == "unreadable" else people(owned)
            members = Crowd(words) if words in set(Crowd) else words
            groups[person_id(name)] = (
                NO_PERMISSION
                if words == "unreadable"
                else GroupPeople(
                    members=members if isinstance(members, Crowd) else people(members), owners=owners
                )
            )
    return Circle(groups=groups, others=others)
