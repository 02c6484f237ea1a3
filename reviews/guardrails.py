"""What keeps a night from doing too much, or anything at all when the directory looks wrong."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from reviews.model import PersonId, Reason, Receipt, Recommendation, Risk
from reviews.policy import Breakers, Caps, Mode, Policy
from reviews.reasons import because
from reviews.records import HARMFUL, Act, Action, Held
from reviews.rule_change import LookingOn
from reviews.schedule import is_quiet
from reviews.staleness import NO_LICENCE

FEW = 5
"""Fewer accounts than this say nothing about a share: one odd record is no broken directory."""

FREED_BY_APPROVAL = frozenset({"cap-harmful", "mode-propose"})
"""What an operator who approves the plan's hash lets pass; nothing else is theirs to free."""

DISTRUST = frozenset(
    {
        "fields-lost",
        "guests-shrunk",
        "sign-ins-not-read",
        "sponsors-not-read",
        "too-many-set-aside",
        "too-many-unseen",
        "unseen-jumped",
    }
)
"""Red lights about what was read: a night under one of them is not remembered."""

_RISK = {Risk.CRITICAL: 0, Risk.HIGH: 1, None: 2, Risk.MEDIUM: 3, Risk.LOW: 4}
"""A guest nobody could look at may be anything, so it comes before those known to be harmless."""

_SUGGESTION = {
    Recommendation.REMOVE: 0,
    Recommendation.LOOK_CLOSER: 1,
    Recommendation.CANNOT_TELL: 2,
    Recommendation.KEEP: 3,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What is left of what was wanted, what was taken out and by which rule, and who must be told what."""

    actions: tuple[Action, ...]
    held: tuple[Held, ...]
    alerts: tuple[Reason, ...]


def rule(
    wanted: Sequence[Action],
    *,
    receipt: Receipt,
    guests: int,
    accepted_guests: int,
    unseen_guests: int,
    previous_guests: int | None,
    open_items: Mapping[PersonId, int],
    policy: Policy,
    now: datetime,
    unseen_before: Sequence[float] = (),
    looking_on: LookingOn | None = None,
) -> Ruling:
    """Rule on what a night wants. Each action is let through or held, never both and never neither.

    ``accepted_guests`` have accepted their invitation; ``unseen_guests`` are those of them without any
    sign-in, and ``unseen_before`` what share they were on the nights before. ``open_items`` counts the
    questions each reviewer has open. A red light holds everything; harmful steps above their cap are held
    all together, because so many at once look like a fault of ours.
    """
    lights = (
        *red_lights(receipt, guests, accepted_guests, unseen_guests, previous_guests, unseen_before, policy),
        *([looking_on.reason()] if looking_on else []),
    )
    tier = (because("without-licence"),) if receipt.sign_ins == NO_LICENCE else ()
    if lights:
        return Ruling(actions=(), held=_hold(wanted, lights[0].code), alerts=tier + lights)
    quiet = is_quiet(policy.quiet, policy.tenant.zone, now)
    asks = [action for action in wanted if action.kind is Act.ASK]
    harmful = [action for action in wanted if action.kind in HARMFUL]
    asking = _rule_asks(asks, open_items, policy, quiet=quiet)
    harming = _rule_harm(harmful, guests, policy, quiet=quiet)
    others = tuple(one for one in wanted if one.kind is not Act.ASK and one.kind not in HARMFUL)
    return Ruling(
        actions=others + asking.actions + harming.actions,
        held=asking.held + harming.held,
        alerts=tier + harming.alerts + asking.alerts,
    )


def red_lights(
    receipt: Receipt,
    guests: int,
    accepted: int,
    unseen: int,
    previous: int | None,
    unseen_before: Sequence[float],
    policy: Policy,
) -> Iterator[Reason]:
    """Yield every reason why the directory looks wrong tonight; the first one holds the plan."""
    breakers = policy.breakers
    if receipt.sign_ins not in {"read", NO_LICENCE}:
        yield because("sign-ins-not-read", why=receipt.sign_ins)
    elif receipt.sign_ins == "read" and unseen >= FEW:
        yield from _too_many_unseen(unseen, accepted, unseen_before, breakers)
    if receipt.lost:
        yield because("fields-lost", fields=", ".join(receipt.lost))
    if receipt.sponsors != "read":
        yield because("sponsors-not-read", why=receipt.sponsors)
    if previous is not None and previous - guests > breakers.shrunk_by * previous:
        yield because("guests-shrunk", **_share(previous - guests, previous, breakers.shrunk_by))
    odd, rows = len(receipt.set_aside), guests + len(receipt.set_aside)
    if odd >= FEW and odd > breakers.set_aside * rows:
        yield because("too-many-set-aside", **_share(odd, rows, breakers.set_aside))


def unseen_share(unseen: int, accepted: int) -> float:
    """Return which share of the accepted guests shows no sign-in."""
    return unseen / accepted if accepted else 0.0


def _too_many_unseen(
    unseen: int, accepted: int, before: Sequence[float], breakers: Breakers
) -> Iterator[Reason]:
    if unseen > breakers.unread_sign_ins * accepted:
        yield because("too-many-unseen", **_share(unseen, accepted, breakers.unread_sign_ins))
        return
    # Held against the best night, so that a share which creeps up night by night is seen as well.
    jump = unseen_share(unseen, accepted) - min(before, default=1.0)
    if jump > breakers.unseen_jump:
        share = _share(unseen, accepted, breakers.unseen_jump)
        yield because("unseen-jumped", points=math.ceil(100 * jump), **share)


def harmful_cap(caps: Caps, guests: int) -> int:
    """Return how many guests may be harmed in one night: the smaller of number and share of all guests."""
    # Rounded first, because 0.07 * 100 is a little more than 7 and 0.29 * 100 a little less than 29.
    return min(caps.harmful_per_run, max(1, int(round(caps.harmful_share * guests, 6))))


def _rule_harm(harmful: Sequence[Action], guests: int, policy: Policy, *, quiet: bool) -> Ruling:
    if quiet:
        return Ruling(actions=(), held=_hold(harmful, "quiet-day"), alerts=())
    cap = harmful_cap(policy.caps, guests)
    harmed = len({action.guest_id for action in harmful})
    if harmed > cap:
        alert = because("cap-harmful", count=harmed, cap=cap)
        return Ruling(actions=(), held=_hold(harmful, "cap-harmful"), alerts=(alert,))
    if policy.mode is Mode.PROPOSE:
        return Ruling(actions=(), held=_hold(harmful, "mode-propose"), alerts=())
    return Ruling(actions=tuple(harmful), held=(), alerts=())


def _rule_asks(
    asks: Sequence[Action], open_items: Mapping[PersonId, int], policy: Policy, *, quiet: bool
) -> Ruling:
    load = Counter(open_items)
    let_through: list[Action] = []
    held: list[Held] = []
    orphans = 0
    for action in sorted(asks, key=_riskiest_first):
        orphans += not action.reviewers
        held_by = _held_ask(action, load, len(let_through), policy, quiet=quiet)
        if held_by is None:
            load[action.reviewers[0]] += 1
            let_through.append(action)
        else:
            held.append(Held(action=action, held_by=held_by))
    alerts = (because("asks-without-reviewer", count=orphans),) if orphans else ()
    return Ruling(actions=tuple(let_through), held=tuple(held), alerts=alerts)


def _held_ask(
    action: Action, load: Mapping[PersonId, int], asked: int, policy: Policy, *, quiet: bool
) -> str | None:
    if not action.reviewers:
        return "no-reviewer"
    if quiet:
        return "quiet-day"
    if load[action.reviewers[0]] >= policy.reviewers.max_open_items:
        return "reviewer-full"
    return "cap-asks" if asked >= policy.caps.asks_per_run else None


def _riskiest_first(action: Action) -> tuple[bool, int, int, int, str]:
    """Order questions: nobody answered before, then by risk, by suggestion, by the longest silence."""
    first_time = all(reason.code != "sponsor-did-not-answer" for reason in action.reasons)
    days = action.reasons[0].params.get("days", 0) if action.reasons else 0
    risk = _RISK[action.sight.risk if action.sight else None]
    suggestion = 4 if action.recommendation is None else _SUGGESTION[action.recommendation]
    return first_time, risk, suggestion, -int(days), action.key


def _hold(actions: Iterable[Action], held_by: str) -> tuple[Held, ...]:
    return tuple(Held(action=action, held_by=held_by) for action in actions)


def _share(part: int, whole: int, limit: float) -> dict[str, int]:
    return {"percent": -(-100 * part // whole), "limit": round(100 * limit)}
