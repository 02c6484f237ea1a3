"""How a question is put natively: what the tenant is able to, and the vehicle that follows.

docs/reviews.md holds both tables.
"""

from dataclasses import dataclass

from reviews.model import GuestRole, Licence, Reason, Rival, Unreadable, Vehicle
from reviews.policy import Cohort, Policy
from reviews.reasons import because

_LADDER = tuple(Licence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a tenant lets us do, as its subscriptions say and as its refusals show."""

    licence: Licence | Unreadable
    guest_role: GuestRole | Unreadable
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


def _where_others_are_seen(cohort: Cohort) -> Vehicle | Reason:
    match cohort:
        case Cohort.REFUSE:
            return because("co-members-visible")
        case Cohort.ONE_PER_GROUP:
            return Vehicle.ALONE
        case _:
            return Vehicle.LEDGER
