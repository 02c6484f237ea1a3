"""Who is asked about a guest: the rungs of the ladder, climbed down until somebody can answer.

Never nobody silently, never a guest, never the guest itself. What every rung came to is kept as a reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from reviews.model import (
    NOT_LOOKED_AT,
    AskedAs,
    Circle,
    Crowd,
    GroupPeople,
    Guest,
    Nameless,
    Person,
    PersonId,
    Reason,
    Rung,
    Sponsor,
    SponsorGroup,
    Unreadable,
)
from reviews.policy import Reviewers
from reviews.reasons import because
from reviews.sponsors import health, is_never_asked, why_unfit

MOST = 10
"""People named on one ladder besides the fallback: nobody is passed on more often than that."""
_ASKED_AS = {Rung.SPONSOR: AskedAs.SPONSOR, Rung.FALLBACK: AskedAs.FALLBACK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """Who may answer for a guest, first first, and what every rung that was tried came to.

    ``reviewer`` is the first of ``reviewers``; None when there is nobody, or when who sponsors the guest
    is unknown. ``held_by`` then tells which of the two, as a reason code.
    """

    reviewer: PersonId | None
    reviewers: tuple[PersonId, ...]
    rungs: tuple[Reason, ...]
    asked_as: AskedAs | None = None
    """Why the first reviewer is asked; None when there is nobody."""

    @property
    def held_by(self) -> str | None:
        """Return the code of why nobody can be asked; None when somebody can."""
        return None if self.reviewer is not None else self.rungs[-1].code

    @property
    def why_asked(self) -> Reason | None:
        """Return why a reviewer who is not known to answer for the guest is asked of all people."""
        return self.rungs[-1] if self.asked_as is AskedAs.CANDIDATE else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """What one rung came to: who on it can answer, and why others on it cannot."""

    able: tuple[PersonId, ...] = ()
    reasons: tuple[Reason, ...] = ()
    unknown: Reason | None = None
    """Why it cannot be told whether somebody on it could answer; then nobody below is asked instead."""


def who_answers(guest: Guest, circle: Circle, rules: Reviewers) -> Ladder:
    """Find who may answer for a guest: down the rungs of the policy's chain to the first with somebody fit.

    Unknown is not "no sponsor": when sponsors, or the people of a group that is one, could not be read and
    nobody certain stands above, nobody is asked in their place. Of other rungs it only leaves a reason.
    """
    asked_as: AskedAs | None = None
    found: list[PersonId] = []
    last: tuple[PersonId, ...] = ()
    reasons: list[Reason] = []
    for rung in rules.chain:
        tried = _try(rung, guest, circle, rules)
        if rung is Rung.FALLBACK:
            last = tried.able
        else:
            found += tried.able
        if asked_as is not None:
            continue
        reasons += tried.reasons
        if tried.able:
            asked_as = _ASKED_AS.get(rung, AskedAs.CANDIDATE)
            reasons += () if rung is Rung.SPONSOR else (because(f"asked-as-{rung}"),)
        elif tried.unknown is not None:
            return _nobody(*reasons, tried.unknown)
    if asked_as is None:
        return _nobody(*reasons, because("no-reviewer"))
    named = list(dict.fromkeys(found))[:MOST]
    first_first = [*last, *named] if asked_as is AskedAs.FALLBACK else [*named, *last]
    reviewers = tuple(dict.fromkeys(first_first))
    return Ladder(reviewer=reviewers[0], reviewers=reviewers, rungs=tuple(reasons), asked_as=asked_as)


def _try(rung: Rung, guest: Guest, circle: Circle, rules: Reviewers) -> _Tried:
    match rung:
        case Rung.SPONSOR:
            return _sponsors(guest, circle, rules)
        case Rung.FALLBACK:
            able = (PersonId(one) for one in rules.fallback if one != guest.id)
            return _Tried(able=tuple(one for one in able if not is_never_asked(one, "", rules)))
        case Rung.SPONSOR_GROUP_OWNER:
            return _people(rung, _owners(guest, circle, rules), guest, rules)
        case _:
            return _people(rung, circle.others.get(rung, NOT_LOOKED_AT), guest, rules)


def _people(rung: Rung, people: tuple[Person, ...] | Unreadable, guest: Guest, rules: Reviewers) -> _Tried:
    """Try people whom nothing but the rung ties to the guest."""
    if isinstance(people, Unreadable):
        return _Tried(reasons=(because("rung-unreadable", rung=rung.value, why=people.why),))
    if not people:
        return _Tried(reasons=(because("rung-empty", rung=rung.value),))
    unfit = {person.id: why_unfit(person, (guest.id,), rules) for person in people}
    words = dict.fromkeys(why for why in unfit.values() if why is not None)
    return _Tried(
        able=tuple(person_id for person_id, why in unfit.items() if why is None),
        reasons=tuple(because("rung-unfit", rung=rung.value, why=why) for why in words),
    )


# --- sponsors, and groups that are ------------------------------------------------------------------


def _sponsors(guest: Guest, circle: Circle, rules: Reviewers) -> _Tried:
    if isinstance(guest.sponsors, Unreadable):
        return _Tried(unknown=because("sponsors-unreadable", why=guest.sponsors.why))
    if not guest.sponsors:
        return _Tried(reasons=(because("no-sponsor"),))
    able: list[PersonId] = []
    members: list[PersonId] = []
    reasons: list[Reason] = []
    unknown: Reason | None = None
    for sponsor in sorted(guest.sponsors, key=_by_id):
        if isinstance(sponsor, SponsorGroup):
            tried = _group(circle.groups.get(sponsor.id, NOT_LOOKED_AT), guest, rules)
            members += tried.able
            reasons += tried.reasons
            unknown = unknown or tried.unknown
            continue
        unfit = health(sponsor, guest.id, rules)
        if unfit is None:
            able.append(sponsor.id)
        else:
            reasons.append(unfit)
        if isinstance(sponsor, Nameless):
            unknown = because("sponsors-unreadable", why="nameless")
    return _Tried(able=(*able, *members), reasons=tuple(reasons), unknown=unknown)


def _group(people: GroupPeople | Unreadable, guest: Guest, rules: Reviewers) -> _Tried:
    """Try the members of a group that is a sponsor; who owns a crowd is a rung of its own."""
    if isinstance(people, Unreadable):
        reason = because("sponsor-group-unreadable", why=people.why)
        return _Tried(reasons=(reason,), unknown=because("sponsors-unreadable", why=people.why))
    if people.members is Crowd.DYNAMIC:
        return _Tried(reasons=(because("sponsor-group-dynamic"),))
    if people.members is Crowd.LARGE:
        return _Tried(reasons=(because("sponsor-group-large", cap=rules.group_members),))
    able = [one.id for one in people.members if why_unfit(one, (guest.id,), rules) is None]
    return _Tried(able=tuple(able), reasons=() if able else (because("sponsor-group-unfit"),))


def _owners(guest: Guest, circle: Circle, rules: Reviewers) -> tuple[Person, ...] | Unreadable:
    """Return who owns the sponsor groups that have no members to ask; the first that is unknown otherwise."""
    owners: list[Person] = []
    unknown: Unreadable | None = None
    for group_id in sponsor_groups(guest):
        people = circle.groups.get(group_id, NOT_LOOKED_AT)
        if isinstance(people, Unreadable):
            unknown = unknown or people
        elif not _group(people, guest, rules).able:
            if isinstance(people.owners, Unreadable):
                unknown = unknown or people.owners
            else:
                owners += people.owners
    return tuple(owners) if owners or unknown is None else unknown


def sponsor_groups(guest: Guest) -> tuple[PersonId, ...]:
    """Return the ids of the groups that are sponsors of a guest, in order."""
    named: Iterable[Sponsor] = () if isinstance(guest.sponsors, Unreadable) else guest.sponsors
    return tuple(sorted(one.id for one in named if isinstance(one, SponsorGroup)))


def _by_id(sponsor: Sponsor) -> str:
    return sponsor.id


def _nobody(*rungs: Reason) -> Ladder:
    return Ladder(reviewer=None, reviewers=(), rungs=rungs)
