"""Gathering the people around candidates: rung by rung, and only for guests nobody above can answer for.

Most guests have a sponsor who can, and cost nothing here. Each person and group is read once for all guests.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from reviews.findings import needing_owners, unowned
from reviews.kinds import home_domain
from reviews.ladder import sponsor_groups, who_answers
from reviews.model import (
    NOT_LOOKED_AT,
    AskedAs,
    Candidate,
    Case,
    Circle,
    Crowd,
    Exposure,
    GroupPeople,
    Guest,
    GuestId,
    Path,
    Person,
    PersonId,
    Rung,
    Thing,
    Tier,
    Unreadable,
)
from reviews.policy import Reviewers
from reviews.ports import Ledger, Named, People
from reviews.sponsors import why_unfit

T = TypeVar("T")
Found = Mapping[GuestId, tuple[Person, ...] | Unreadable]
Exposures = Mapping[GuestId, Exposure | Unreadable]

GROUPS_OF_A_GUEST = 3
"""Of so many of a guest's groups, the most sensitive first, the owners are looked up."""
LEVELS = 3
"""How far up the managers of a sponsor who left are looked for; a circle of managers ends there too."""
_NO_RECORD = Unreadable(why="no-record")
_RANK = {tier: number for number, tier in enumerate(Tier)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """Everything the gathering needs."""

    people: People
    ledger: Ledger | None = None
    """The record; without one, inviters and who was asked before are not known."""

    async def circles(
        self, candidates: Sequence[Candidate], exposures: Exposures, rules: Reviewers
    ) -> Mapping[GuestId, Circle]:
        """Read who stands around each candidate, as far down the ladder as somebody fit is needed.

        A candidate who is asked about again, after a lapse, goes to the fallback and gets no circle.
        """
        guests = {one.guest.id: one.guest for one in candidates if one.case is None}
        circles = dict.fromkeys(guests, Circle())
        for number, rung in enumerate(rules.chain):
            above = rules.model_copy(update={"chain": rules.chain[:number]})
            waiting = [
                guest
                for guest in guests.values()
                if who_answers(guest, circles[guest.id], above).held_by == "no-reviewer"
            ]
            if not waiting or rung is Rung.FALLBACK:
                continue
            if rung in {Rung.SPONSOR, Rung.SPONSOR_GROUP_OWNER}:
                circles |= await self._groups(rung, waiting, circles, rules)
                continue
            for guest_id, found in (await self._others(rung, waiting, exposures, rules)).items():
                others = {**circles[guest_id].others, rung: found}
                circles[guest_id] = replace(circles[guest_id], others=others)
        return circles

    async def unowned(self, exposures: Exposures, rules: Reviewers) -> Mapping[GuestId, tuple[Path, ...]]:
        """Read the owners of every group guests were put into, each group once; keep those without any."""
        groups = {PersonId(path.id) for reach in exposures.values() for path in needing_owners(reach)}
        owners = await self.people.owners(groups)
        return {guest: unowned(reach, owners, rules) for guest, reach in exposures.items()}

    async def _others(
        self, rung: Rung, waiting: Sequence[Guest], exposures: Exposures, rules: Reviewers
    ) -> Found:
        match rung:
            case Rung.INVITER:
                return await self._inviters(waiting)
            case Rung.PACKAGE_APPROVER:
                return await self._approvers(waiting, exposures, rules)
            case Rung.ORGANISATION_SPONSOR:
                return await self._organisation_sponsors(waiting, rules)
            case Rung.GROUP_OWNER:
                return await self._group_owners(waiting, exposures)
            case _:
                return await self._managers(waiting, rules)

    # --- groups that are sponsors -----------------------------------------------------------------

    async def _groups(
        self, rung: Rung, waiting: Sequence[Guest], circles: Mapping[GuestId, Circle], rules: Reviewers
    ) -> Mapping[GuestId, Circle]:
        """Read the members of sponsor groups, for guests without a fit sponsor in person; or their owners."""
        alone = rules.model_copy(update={"chain": (Rung.SPONSOR,)})
        wanted = {
            guest.id: sponsor_groups(guest)
            for guest in waiting
            if who_answers(guest, circles[guest.id], alone).reviewer is None
        }
        groups = frozenset(one for named in wanted.values() for one in named)
        found: Mapping[PersonId, GroupPeople | Unreadable]
        if rung is Rung.SPONSOR:
            found = await self.people.members(groups, rules.group_members)
        else:
            found = await self._owned(groups, circles.values())
        return {
            guest_id: replace(
                circles[guest_id], groups={**circles[guest_id].groups, **{one: found[one] for one in named}}
            )
            for guest_id, named in wanted.items()
        }

    async def _owned(
        self, groups: frozenset[PersonId], circles: Iterable[Circle]
    ) -> Mapping[PersonId, GroupPeople | Unreadable]:
        """Add the owners to what is known of groups; one that could not be read stays unread."""
        known = {one: people for circle in circles for one, people in circle.groups.items()}
        owners = await self.people.owners(groups)
        return {one: _with_owners(known.get(one, NOT_LOOKED_AT), owners[one]) for one in groups}

    # --- the rungs below --------------------------------------------------------------------------

    async def _inviters(self, waiting: Sequence[Guest]) -> Found:
        if self.ledger is None:
            return {guest.id: _NO_RECORD for guest in waiting}
        arrivals = await self.ledger.arrivals([guest.id for guest in waiting])
        inviters = {one.guest_id: one.by for one in arrivals.values() if one.by is not None}
        people = await self.people.persons(frozenset(inviters.values()))
        return {guest.id: _one(people, inviters.get(guest.id)) for guest in waiting}

    async def _approvers(self, waiting: Sequence[Guest], exposures: Exposures, rules: Reviewers) -> Found:
        approvers = await self.people.approvers()
        wanted: dict[GuestId, Named | Unreadable] = {}
        for guest in waiting:
            held = _reached(exposures.get(guest.id, NOT_LOOKED_AT), "packages", {Thing.PACKAGE})
            wanted[guest.id] = held if isinstance(held, Unreadable) else _named(approvers, _ids(held))
        return await self._everybody(wanted, rules)

    async def _organisation_sponsors(self, waiting: Sequence[Guest], rules: Reviewers) -> Found:
        sponsors = await self.people.organisation_sponsors()
        return await self._everybody(
            {guest.id: _named(sponsors, (home_domain(guest) or "",)) for guest in waiting}, rules
        )

    async def _group_owners(self, waiting: Sequence[Guest], exposures: Exposures) -> Found:
        wanted: dict[GuestId, tuple[PersonId, ...] | Unreadable] = {}
        for guest in waiting:
            reached = _reached(exposures.get(guest.id, NOT_LOOKED_AT), "groups", {Thing.GROUP, Thing.TEAM})
            wanted[guest.id] = reached if isinstance(reached, Unreadable) else _most_sensitive(reached)
        groups = (one for named in wanted.values() if not isinstance(named, Unreadable) for one in named)
        owners = await self.people.owners(frozenset(groups))
        return {
            guest_id: named if isinstance(named, Unreadable) else _together(owners[one] for one in named)
            for guest_id, named in wanted.items()
        }

    async def _managers(self, waiting: Sequence[Guest], rules: Reviewers) -> Found:
        """Read the managers of sponsors who left, and theirs while those cannot answer either."""
        last = {} if self.ledger is None else await self.ledger.cases([guest.id for guest in waiting])
        left = {guest.id: _left(guest, last.get(guest.id), rules) for guest in waiting}
        managers: dict[PersonId, Person | Unreadable | None] = {}
        asked = frozenset(one for ids in left.values() for one in ids)
        for _ in range(LEVELS):
            found = await self.people.managers(asked - managers.keys())
            managers |= found
            asked = frozenset(
                one.id for one in found.values() if isinstance(one, Person) and why_unfit(one, (), rules)
            )
        return {guest_id: _together(_upwards(managers, one) for one in ids) for guest_id, ids in left.items()}

    async def _everybody(self, wanted: Mapping[GuestId, Named | Unreadable], rules: Reviewers) -> Found:
        """Read the people that settings name, and the members of the groups they name."""
        named = [one for one in wanted.values() if isinstance(one, Named)]
        people = await self.people.persons(frozenset().union(*(one.people for one in named)))
        groups = await self.people.members(
            frozenset().union(*(one.groups for one in named)), rules.group_members
        )
        return {
            guest_id: one
            if isinstance(one, Unreadable)
            else _together(
                [
                    *(_one(people, person_id) for person_id in sorted(one.people)),
                    *(_members(groups[group_id]) for group_id in sorted(one.groups)),
                ]
            )
            for guest_id, one in wanted.items()
        }


def _left(guest: Guest, last: Case | None, rules: Reviewers) -> tuple[PersonId, ...]:
    """Return the sponsors who are switched off, and whom we asked last if that was a sponsor."""
    named = () if isinstance(guest.sponsors, Unreadable) else guest.sponsors
    left = {one.id for one in named if isinstance(one, Person) and not one.enabled}
    if last is not None and last.asked_as is AskedAs.SPONSOR and last.reviewer not in rules.fallback:
        left.add(last.reviewer)
    return tuple(sorted(left))


def _one(
    people: Mapping[PersonId, Person | Unreadable | None], person_id: PersonId | None
) -> tuple[Person, ...] | Unreadable:
    found = None if person_id is None else people[person_id]
    if isinstance(found, Unreadable):
        return found
    return () if found is None else (found,)


def _members(group: GroupPeople | Unreadable) -> tuple[Person, ...] | Unreadable:
    """Return the members of a group; nobody of a crowd."""
    if isinstance(group, Unreadable):
        return group
    return () if isinstance(group.members, Crowd) else group.members


def _together(parts: Iterable[tuple[Person, ...] | Unreadable]) -> tuple[Person, ...] | Unreadable:
    """Join what was found in several places; unreadable only when nobody was found in any other."""
    people: dict[PersonId, Person] = {}
    unread: Unreadable | None = None
    for part in parts:
        if isinstance(part, Unreadable):
            unread = unread or part
        else:
            people |= {one.id: one for one in part if one.id not in people}
    return tuple(people.values()) if people or unread is None else unread


def _with_owners(
    group: GroupPeople | Unreadable, owners: tuple[Person, ...] | Unreadable
) -> GroupPeople | Unreadable:
    return group if isinstance(group, Unreadable) else replace(group, owners=owners)


def _upwards(
    managers: Mapping[PersonId, Person | Unreadable | None], start: PersonId
) -> tuple[Person, ...] | Unreadable:
    """Follow managers up from somebody who left, once each."""
    line: dict[PersonId, Person] = {}
    at = start
    while (manager := managers.get(at)) is not None:
        if isinstance(manager, Unreadable):
            return tuple(line.values()) or manager
        if manager.id in line:
            break
        line[manager.id] = manager
        at = manager.id
    return tuple(line.values())


def _reached(
    exposure: Exposure | Unreadable, sort: str, things: Collection[Thing]
) -> tuple[Path, ...] | Unreadable:
    if isinstance(exposure, Unreadable):
        return exposure
    if sort in exposure.unread:
        return NOT_LOOKED_AT
    return tuple(path for path in exposure.paths if path.thing in things)


def _most_sensitive(paths: Iterable[Path]) -> tuple[PersonId, ...]:
    first_first = sorted(paths, key=lambda path: (-_RANK[path.tier], len(path.through), path.id))
    return tuple(dict.fromkeys(PersonId(path.id) for path in first_first))[:GROUPS_OF_A_GUEST]


def _ids(paths: Iterable[Path]) -> tuple[str, ...]:
    return tuple(path.id for path in paths)


def _named(settings: Mapping[str, Named] | Unreadable, keys: Iterable[str]) -> Named | Unreadable:
    if isinstance(settings, Unreadable):
        return settings
    found = [settings[key] for key in keys if key in settings]
    return Named(
        people=frozenset().union(*(one.people for one in found)),
        groups=frozenset().union(*(one.groups for one in found)),
    )
