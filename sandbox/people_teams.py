"""The project teams of the made-up tenant: who is in which follows from arithmetic, in both directions.

Every round deals all guests into teams of different sizes, by a step that can be undone; a guest joins some
of the rounds. Colleagues stand at fixed distances from the number of the team.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, TypeVar

from sandbox.people_access import AppRole
from sandbox.people_apps import APPS
from sandbox.people_groups import ELSEWHERE, UNIFIED, GroupKind, Label
from sandbox.people_making import FULL, draws, key_of
from sandbox.people_names import TEAM_WORDS

_SIZES: Final = (8, 20, 12, 35, 6, 55, 15, 70, 10, 25)
_UPTO: Final = tuple(accumulate(_SIZES))
_JOINING: Final = (0.75, 0.45, 0.20)
"""How likely a guest joins each round: about three teams for every two guests."""
_STEPS: Final = (999_983, 611_953, 350_377, 104_729, 7_919)
_COLLEAGUES: Final = 7

_KINDS: Final = (
    (0.58, GroupKind.TEAM),
    (0.74, GroupKind.MICROSOFT_365),
    (0.91, GroupKind.SECURITY),
    (0.95, GroupKind.SYNCED),
    (0.98, GroupKind.MAIL_SECURITY),
    (1.00, GroupKind.DISTRIBUTION),
)
_LABELS: Final = (
    (0.40, None),
    (0.70, Label.GENERAL),
    (0.94, Label.CONFIDENTIAL),
    (1.00, Label.HIGHLY_CONFIDENTIAL),
)
_OWNED: Final = (
    (0.10, "nobody"),
    (0.16, "leavers"),
    (0.19, "a guest"),
    (0.21, "an app"),
    (1.00, "colleagues"),
)
_WITH_APP: Final = 0.30

_Thing = TypeVar("_Thing")


def _by_share(draw: int, shares: tuple[tuple[float, _Thing], ...]) -> _Thing:
    share = draw / FULL
    return next(what for upto, what in shares if share < upto)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamMaker:
    """Makes the teams of one tenant: kind, name, label, and the guests and colleagues in each, by number."""

    seed: int
    guest_count: int
    member_count: int
    _key: bytes = field(init=False, repr=False, compare=False)
    _joining: bytes = field(init=False, repr=False, compare=False)
    _rounds: tuple[tuple[int, int, int], ...] = field(init=False, repr=False, compare=False)
    _distances: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        key, count = key_of(self.seed, "teams"), self.guest_count
        chance = draws(key, -1)
        steps = [step for step in _STEPS if count % step][: len(_JOINING)]
        rounds = tuple(
            (step, pow(step, -1, count), start % count) for step, start in zip(steps, chance, strict=False)
        )
        distances = tuple(draw % self.member_count for draw in chance[8 : 8 + _COLLEAGUES])
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_joining", key_of(self.seed, "joining"))
        object.__setattr__(self, "_rounds", rounds)
        object.__setattr__(self, "_distances", distances)

    @property
    def per_round(self) -> int:
        """How many teams one round fills."""
        return _team_at(self.guest_count - 1) + 1

    @property
    def count(self) -> int:
        """How many teams there are."""
        return self.per_round * len(self._rounds)

    # --- what a team is ---------------------------------------------------------------------------

    def kind(self, t: int) -> GroupKind:
        """Return what sort of group team t is."""
        return _by_share(draws(self._key, t)[0], _KINDS)

    def label(self, t: int) -> Label | None:
        """Return the sensitivity label of team t; only Microsoft 365 groups carry one."""
        return _by_share(draws(self._key, t)[1], _LABELS) if self.kind(t) in UNIFIED else None

    def name(self, t: int) -> str:
        """Return what people called team t; names repeat, as they do."""
        drawn = draws(self._key, t)
        code, topic, place = (
            words[draw % len(words)] for words, draw in zip(TEAM_WORDS, drawn[2:5], strict=True)
        )
        if self.kind(t) is GroupKind.SECURITY:
            return f"sg-{code.lower()}-{topic}"
        return (
            f"Project {code}",
            f"{topic.capitalize()} {place}",
            f"{code} {topic}",
            f"{topic} {2021 + t % 6}",
        )[drawn[5] & 3]

    def age(self, t: int) -> float:
        """Return how old team t is, as a share (0 to 1) of the tenant's history."""
        return draws(self._key, t)[6] / FULL

    def app(self, t: int) -> AppRole | None:
        """Return the app the members of team t may use, by being in it."""
        drawn = draws(self._key, t)
        if self.kind(t) not in {GroupKind.SECURITY, GroupKind.SYNCED} or drawn[7] / FULL >= _WITH_APP:
            return None
        app = drawn[8] % len(APPS)
        roles = APPS[app].roles
        return AppRole(app, roles[drawn[9] % len(roles)] if roles else None)

    def owned_by(self, t: int) -> str:
        """Say who owns team t: colleagues, leavers, a guest, an app, or nobody.

        Nobody owns what is kept on premises or in Exchange, as far as Graph can tell.
        """
        if self.kind(t) in ELSEWHERE:
            return "nobody"
        return _by_share(draws(self._key, t)[10], _OWNED)

    # --- who is in it -----------------------------------------------------------------------------

    def guests(self, t: int) -> Iterator[int]:
        """Yield the guests of team t."""
        turn, local = divmod(t, self.per_round)
        _, back, start = self._rounds[turn]
        cycle, within = divmod(local, len(_SIZES))
        end = cycle * _UPTO[-1] + _UPTO[within]
        for place in range(end - _SIZES[within], min(end, self.guest_count)):
            n = (place - start) * back % self.guest_count
            if draws(self._joining, n)[turn] / FULL < _JOINING[turn]:
                yield n

    def of_guest(self, n: int) -> Iterator[int]:
        """Yield the teams of guest n."""
        chances = draws(self._joining, n)
        for turn, (step, _, start) in enumerate(self._rounds):
            if chances[turn] / FULL < _JOINING[turn]:
                yield turn * self.per_round + _team_at((n * step + start) % self.guest_count)

    def colleagues(self, t: int) -> tuple[int, ...]:
        """Return the members in team t, by number, each once."""
        wanted = self._distances[: self._size(t)]
        return tuple(dict.fromkeys((t + distance) % self.member_count for distance in wanted))

    def of_member(self, m: int) -> tuple[int, ...]:
        """Return the teams of member m, in order."""
        found: set[int] = set()
        for place, distance in enumerate(self._distances):
            first = (m - distance) % self.member_count
            found.update(t for t in range(first, self.count, self.member_count) if place < self._size(t))
        return tuple(sorted(found))

    def _size(self, t: int) -> int:
        return 2 + draws(self._key, t)[11] % (_COLLEAGUES - 1)


def _team_at(place: int) -> int:
    cycle, within = divmod(place, _UPTO[-1])
    return cycle * len(_SIZES) + bisect_right(_UPTO, within)
