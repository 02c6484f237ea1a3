"""How a question is put natively: what the tenant is able to, and the vehicle that follows.

docs/reviews.md holds both tables.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from reviews.model import NOT_LOOKED_AT, GuestRole, Licence, Reason, Rival, Unreadable, Vehicle
from reviews.policy import Cohort, Policy
from reviews.reasons import because
from reviews.records import Act, Action, Held

_LADDER = tuple(Licence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a tenant lets us do, as its subscriptions say and as its refusals show."""

    licence: Licence | Unreadable = NOT_LOOKED_AT
    guest_role: GuestRole | Unreadable = NOT_LOOKED_AT
    refuses_sign_ins: bool = False
    """Sign-in activity was refused for want of a licence."""
    refuses_reviews: bool = False
    """Access reviews were refused for want of a licence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a guest stands among the reviews of the tenant, and who would be in a group with them."""

    in_package_review: bool = False
    """A running review of an access package has a place for the guest."""
    in_other_review: bool = False
    """So has a running review of something else, opened by others."""
    company: int = 1
    """Guests the same reviewer is asked about in this round, this one included."""


def tier(terms: Terms) -> Licence:
    """Return what the tenant is able to. A refusal outranks a subscription; unreadable ones count as P2.

    To take an unknown licence for P2 costs one refused call, and the question is then put without it.
    """
    bought = Licence.P2 if isinstance(terms.licence, Unreadable) else terms.licence
    if terms.refuses_sign_ins:
        return Licence.NONE
    return min(bought, Licence.P1, key=_LADDER.index) if terms.refuses_reviews else bought


def vehicle(standing: Standing, terms: Terms, policy: Policy) -> Vehicle | Reason:
    """Choose how the question about a guest is put; a reason when the policy allows no way."""
    if standing.in_package_review:
        return Vehicle.PACKAGE
    if standing.in_other_review and Rival.NATIVE_REVIEW in policy.coexistence.yield_to:
        return Vehicle.EXISTING
    if tier(terms) in {Licence.NONE, Licence.P1}:
        return Vehicle.LEDGER
    if terms.guest_role is GuestRole.RESTRICTED:
        return Vehicle.COHORT
    if standing.company == 1:
        return Vehicle.ALONE
    return _where_others_are_seen(policy.reviews.cohort)


def choose(
    wanted: Iterable[Action], terms: Terms, policy: Policy
) -> tuple[tuple[Action, ...], tuple[Held, ...]]:
    """Say of each question how it is put; those that may be put in no way are held, and by what.

    Whatever is no question, or one to nobody, comes back as it is.
    """
    wanted = tuple(wanted)
    company = Counter(action.reviewers[0] for action in wanted if _needs_a_review(action))
    through: list[Action] = []
    held: list[Held] = []
    for action in wanted:
        if action.kind is not Act.ASK or not action.reviewers:
            through.append(action)
            continue
        standing = Standing(in_package_review=bool(action.items), company=company[action.reviewers[0]])
        chosen = vehicle(standing, terms, policy)
        if isinstance(chosen, Reason):
            held.append(Held(action=action, held_by=chosen.code))
        else:
            through.append(replace(action, vehicle=chosen))
    return tuple(through), tuple(held)


def _needs_a_review(action: Action) -> bool:
    return action.kind is Act.ASK and bool(action.reviewers) and not action.items


def _where_others_are_seen(cohort: Cohort) -> Vehicle | Reason:
    match cohort:
        case Cohort.REFUSE:
            return because("co-members-visible")
        case Cohort.ONE_PER_GROUP:
            return Vehicle.ALONE
        case _:
            return Vehicle.LEDGER
