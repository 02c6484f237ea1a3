"""What is new about a guest since somebody last answered for it: found by comparing with the card shown then.

Names lie on no card in full, so each card carries a mark of everything the guest reached (``marks``).
"""

import hashlib
from collections.abc import Iterable
from datetime import timedelta

from reviews.model import Card, Exposure, Guest, Path, Reason, SignIns, Thing, Unreadable
from reviews.reasons import because

SHOWN = 4
"""New things named one by one; the others are counted."""
MOST_MARKS = 1_000
"""A card that would need more carries none, and no later card claims to know what is new."""
_MARK = 8
_ECHO = timedelta(days=1)
"""Sign-ins within a day of the one on the card are that one, told more exactly."""

_NEW = {
    Thing.ROLE: "new-role",
    Thing.OWNED: "new-owned",
    Thing.APP: "new-app",
    Thing.TEAM: "new-team",
    Thing.GROUP: "new-group",
    Thing.PACKAGE: "new-package",
}


def marks(paths: Iterable[Path]) -> str:
    """Return the marks of all paths in one text, sorted, eight characters each; empty when too many."""
    found = sorted({_mark(path) for path in paths})
    return "".join(found) if len(found) <= MOST_MARKS else ""


def changed(card: Card | None, guest: Guest, exposure: Exposure | Unreadable) -> tuple[Reason, ...]:
    """Say what is new since the card was shown, the most sensitive first; a return after silence leads.

    Nothing where nobody answered before, where nobody could look then or now, and for the sorts of access
    that were not read at either time: nobody can say that those are new.
    """
    if card is None:
        return ()
    return (*_return(card, guest), *_new_paths(card, exposure))


def _return(card: Card, guest: Guest) -> tuple[Reason, ...]:
    if not isinstance(guest.sign_ins, SignIns) or guest.sign_ins.successful_at is None:
        return ()
    success = guest.sign_ins.successful_at
    before = card.last_success_at
    if before is None and card.invited_at is None:
        return ()
    if before is not None and success - before <= _ECHO:
        return ()
    code = "first-sign-in" if before is None else "back-after-silence"
    return (because(code, on=success.date().isoformat()),)


def _new_paths(card: Card, exposure: Exposure | Unreadable) -> tuple[Reason, ...]:
    if card.sight is None or isinstance(exposure, Unreadable):
        return ()
    if not card.sight.marks and card.sight.reach_count:
        return ()
    was = {card.sight.marks[at : at + _MARK] for at in range(0, len(card.sight.marks), _MARK)}
    unknown = _things_of(card.sight.unread)
    new = [path for path in exposure.paths if _mark(path) not in was and path.thing not in unknown]
    named = tuple(because(_NEW[path.thing], name=path.name) for path in new[:SHOWN])
    return (*named, because("new-more", count=len(new) - SHOWN)) if len(new) > SHOWN else named


def _things_of(unread: Iterable[str]) -> frozenset[Thing]:
    """Return the things that sorts of access which were not read might have held."""
    sorts = {
        "groups": {Thing.GROUP, Thing.TEAM},
        "apps": {Thing.APP},
        "packages": {Thing.PACKAGE},
        "roles": {Thing.ROLE},
        "eligible-roles": {Thing.ROLE},
        "owned": {Thing.OWNED},
    }
    return frozenset(thing for sort in unread for thing in sorts.get(sort, ()))


def _mark(path: Path) -> str:
    # A role that was eligible and is held now is new; the way by which a group is reached is not.
    text = f"{path.thing}|{path.id}|{'eligible' if path.eligible else ''}"
    return hashlib.sha256(text.encode()).hexdigest()[:_MARK]
