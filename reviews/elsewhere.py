"""When a guest is left to a review that others opened, and when their answer lets it rest.

docs/reviews.md holds the table.
"""

from datetime import datetime

from reviews.model import Reason, Rival, Surroundings
from reviews.policy import Policy
from reviews.reasons import because


def left_to_others(around: Surroundings, policy: Policy, now: datetime) -> Reason | None:
    """Say why nobody is asked by us, because others asked or are asking; None when we may.

    A running review of the guest's package holds nothing back: the question is put there.
    """
    rules = policy.coexistence
    kept = around.kept_elsewhere_at
    if kept is not None and now < kept + rules.recent_native_decision_suppresses:
        return because("kept-natively", on=kept.date().isoformat())
    if around.elsewhere and not around.items and Rival.NATIVE_REVIEW in rules.yield_to:
        first = around.elsewhere[0]
        until = "" if first.ends_at is None else first.ends_at.date().isoformat()
        return because("in-native-review", name=first.name, on=until)
    return None
