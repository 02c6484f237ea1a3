"""Whether a person can answer for a guest: an enabled member with a mailbox whom nobody ruled out."""

import re
from collections.abc import Collection
from functools import lru_cache

from reviews.model import GuestId, Nameless, Person, Reason
from reviews.policy import Reviewers
from reviews.reasons import because


def health(sponsor: Person | Nameless, guest_id: GuestId, rules: Reviewers) -> Reason | None:
    """Say why a sponsor cannot answer; None when they can.

    A sponsor known by id only is unknown, not unfit (``sponsor-unreadable``).
    """
    if isinstance(sponsor, Nameless):
        return because("sponsor-unreadable")
    unfit = why_unfit(sponsor, (guest_id,), rules)
    return because(f"sponsor-{unfit}") if unfit else None


def fit(person: Person | None, guest_ids: Collection[GuestId], rules: Reviewers) -> Reason | None:
    """Say why a reviewer, read afresh just before asking, cannot be asked about these guests; or None."""
    unfit = "gone" if person is None else why_unfit(person, guest_ids, rules)
    return because(f"reviewer-{unfit}") if unfit else None


def why_unfit(person: Person, guest_ids: Collection[str], rules: Reviewers) -> str | None:
    """Return the word for why a person cannot answer for any of these guests; None when they can."""
    if person.id in guest_ids:
        return "is-the-guest"
    if person.user_type != "Member":
        return "not-member"
    if not person.enabled:
        return "disabled"
    if not person.mail:
        return "without-mail"
    return "never-asked" if is_never_asked(person.id, person.user_principal_name, rules) else None


def is_never_asked(person_id: str, user_principal_name: str, rules: Reviewers) -> bool:
    """Say whether the policy rules a person out, by object id or by the name they sign in with."""
    return any(
        one == person_id or (user_principal_name and _pattern(one).search(user_principal_name))
        for one in rules.never
    )


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)
