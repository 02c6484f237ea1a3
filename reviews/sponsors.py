"""Who answers for a guest: sponsors who can, then the fallback; never nobody silently, never the guest."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from reviews.model import (
    AskedAs,
    Guest,
    GuestId,
    Nameless,
    Person,
    PersonId,
    Reason,
    Sponsor,
    SponsorGroup,
    Unreadable,
)
from reviews.reasons import because


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """Who may answer for a guest, first first, and why those before them on the ladder cannot.

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


def who_answers(guest: Guest, fallback: Sequence[PersonId]) -> Ladder:
    """Find who may answer for a guest: healthy sponsors by id, then the fallback in the policy's order.

    Unknown is not "no sponsor": when sponsors could not be read, or the only ones left are known by id
    alone, the fallback is not asked in their place.
    """
    if isinstance(guest.sponsors, Unreadable):
        return _nobody(because("sponsors-unreadable", why=guest.sponsors.why))
    rungs: list[Reason] = []
    healthy: list[PersonId] = []
    for sponsor in sorted(guest.sponsors, key=_by_id):
        unfit = health(sponsor, guest.id)
        if unfit is None:
            healthy.append(sponsor.id)
        else:
            rungs.append(unfit)
    if not healthy and any(isinstance(sponsor, Nameless) for sponsor in guest.sponsors):
        return _nobody(*rungs, because("sponsors-unreadable", why="nameless"))
    if not guest.sponsors:
        rungs.append(because("no-sponsor"))
    others = [person for person in fallback if person != PersonId(guest.id)]
    if not healthy:
        if not others:
            return _nobody(*rungs, because("no-reviewer"))
        rungs.append(because("asked-as-fallback"))
    reviewers = tuple(dict.fromkeys([*healthy, *others]))
    asked_as = AskedAs.SPONSOR if healthy else AskedAs.FALLBACK
    return Ladder(reviewer=reviewers[0], reviewers=reviewers, rungs=tuple(rungs), asked_as=asked_as)


def health(sponsor: Sponsor, guest_id: GuestId) -> Reason | None:
    """Say why a sponsor cannot answer; None when they can: an enabled member with mail, not the guest.

    A sponsor known by id only is unknown, not unfit (``sponsor-unreadable``). Groups are not asked.
    """
    if isinstance(sponsor, Nameless):
        return because("sponsor-unreadable")
    if isinstance(sponsor, SponsorGroup):
        return because("sponsor-is-group")
    unfit = _unfit(sponsor, (guest_id,))
    return because(f"sponsor-{unfit}") if unfit else None


def fit(person: Person | None, guest_ids: Collection[GuestId]) -> Reason | None:
    """Say why a reviewer, read afresh just before asking, cannot be asked about these guests; or None."""
    unfit = "gone" if person is None else _unfit(person, guest_ids)
    return because(f"reviewer-{unfit}") if unfit else None


def _unfit(person: Person, guest_ids: Collection[str]) -> str | None:
    if person.id in guest_ids:
        return "is-the-guest"
    if person.user_type != "Member":
        return "not-member"
    if not person.enabled:
        return "disabled"
    if not person.mail:
        return "without-mail"
    return None


def _by_id(sponsor: Sponsor) -> str:
    return sponsor.id


def _nobody(*rungs: Reason) -> Ladder:
    return Ladder(reviewer=None, reviewers=(), rungs=rungs)
