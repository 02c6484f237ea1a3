"""One guest in words: who it is, what changed, what it reaches, why we ask, and why we ask you."""

from collections.abc import Mapping, Sequence
from typing import Final

from notifications import names
from notifications.contexts import GuestLine
from notifications.words import Words
from reviews.model import AskedAs, Card, Kind, Path, Recommendation, Risk, Sight, Thing

PATHS_SHOWN: Final = 3
"""How many of the things a guest reaches are named; the rest is counted."""

_URGENCY: Final[Mapping[Recommendation, int]] = {
    Recommendation.REMOVE: 0,
    Recommendation.LOOK_CLOSER: 1,
    Recommendation.CANNOT_TELL: 2,
    Recommendation.KEEP: 3,
}
_DANGER: Final[Mapping[Risk | None, int]] = {Risk.CRITICAL: 0, Risk.HIGH: 1, Risk.MEDIUM: 2}
_SAID_ALOUD: Final = frozenset({Risk.HIGH, Risk.CRITICAL})
_LOOKED_HARMLESS: Final = frozenset({Risk.LOW, Risk.MEDIUM})
_ORDINARY: Final = frozenset({Kind.EXTERNAL_GUEST, Kind.PENDING_GUEST})


def in_order(cards: Sequence[Card]) -> tuple[Card, ...]:
    """Return cards as they are shown: the riskiest first, then those we suggest to remove, then by name."""
    return tuple(sorted(cards, key=lambda c: (*_weight(c), c.name.casefold(), c.guest_id)))


def _weight(card: Card) -> tuple[int, int]:
    danger = card.sight.risk if card.sight else None
    return _DANGER.get(danger, 3), _URGENCY[card.recommendation]


def guest_line(card: Card, words: Words, *, told: AskedAs | None = None) -> GuestLine:
    """Return all a mail says of one guest; ``told`` is the role that the mail itself explains."""
    return GuestLine(
        name=words.guest(card.name, card.mail),
        about=about(card, words),
        suggestion=words.say(f"recommendation.{card.recommendation}"),
        risk=risk(card, words),
        changed=changed(card, words),
        because=tuple(words.reason(reason) for reason in card.reasons),
        reach=reach(card, words),
        beyond=beyond(card, words),
        unread=unread(card, words),
        why_you="" if card.asked_as is told else why_you(card, words),
    )


def about(card: Card, words: Words) -> str:
    """Return address, organisation and unusual kind of a guest on one line, as far as they can be shown."""
    organisation = (card.sight and card.sight.home) or card.company
    shown = names.readable(organisation, None) if organisation else None
    kind = words.word(card.sight.kind) if card.sight and card.sight.kind not in _ORDINARY else None
    return " \u00b7 ".join(part for part in (names.address(card.mail), shown, kind) if part)


def risk(card: Card, words: Words) -> str:
    """Say how dangerous the account would be when that is high or critical; else nothing."""
    found = card.sight.risk if card.sight else None
    return words.say(f"risk.{found}") if found in _SAID_ALOUD else ""


def changed(card: Card, words: Words) -> tuple[str, ...]:
    """Say what is new since somebody last answered for the guest."""
    return tuple(words.reason(reason) for reason in card.sight.changed) if card.sight else ()


def reach(card: Card, words: Words) -> str:
    """Say what the guest reaches: the most sensitive by name, the rest as a number."""
    sight = card.sight
    if sight is None:
        return ""
    if not sight.reach:
        return words.say("reach.nothing") if _reaches_nothing(sight) else ""
    shown = [thing(path, words) for path in sight.reach[:PATHS_SHOWN]]
    more = max(sight.reach_count, len(sight.reach)) - len(shown)
    if more > 0:
        shown.append(words.say("reach.more", count=more))
    return words.say("reach.list", things=words.in_a_row(shown))


def _reaches_nothing(sight: Sight) -> bool:
    """Say whether somebody looked everywhere and found nothing; what was not read is not nothing."""
    return sight.risk in _LOOKED_HARMLESS and not sight.unread


def beyond(card: Card, words: Words) -> str:
    """Say what a removal would not take away by itself, and why."""
    paths = card.sight.beyond if card.sight else ()
    if not paths:
        return ""
    shown = [_obstructed(path, words) for path in paths[:PATHS_SHOWN]]
    if len(paths) > PATHS_SHOWN:
        shown.append(words.say("reach.more", count=len(paths) - PATHS_SHOWN))
    return words.say("beyond.list", things=words.in_a_row(shown))


def by_hand(card: Card, words: Words) -> tuple[str, ...]:
    """Say what a removal would leave and who can take it away, one sentence each."""
    paths = card.sight.beyond if card.sight else ()
    return tuple(words.say(f"by-hand.{path.obstacle or 'other'}", thing=thing(path, words)) for path in paths)


def unread(card: Card, words: Words) -> str:
    """Say which sorts of access could not be read: unknown, not empty."""
    sorts = card.sight.unread if card.sight else ()
    return words.say("unread.list", sorts=words.in_a_row([words.word(one) for one in sorts])) if sorts else ""


def why_you(card: Card, words: Words) -> str:
    """Say why the reader is asked about this guest, unless a reason on the card says so already."""
    if any(reason.code.startswith("asked-as-") for reason in card.reasons):
        return ""
    return words.say(f"asked-as.{card.asked_as}")


def thing(path: Path, words: Words) -> str:
    """Return what is reached in words, with its label: team "Tender" (Highly confidential)."""
    shown = _plain(path, words)
    label = names.tame(path.label) if path.label else None
    return words.say("thing.labelled", thing=shown, label=label) if label else shown


def _plain(path: Path, words: Words) -> str:
    name = names.tame(path.name) or words.say("thing.nameless")
    eligible = path.thing is Thing.ROLE and path.eligible
    return words.say("thing.role-eligible" if eligible else f"thing.{path.thing}", name=name)


def _obstructed(path: Path, words: Words) -> str:
    shown = _plain(path, words)
    if path.obstacle is None:
        return shown
    return words.say("beyond.one", thing=shown, why=words.say(f"obstacle.{path.obstacle}"))
