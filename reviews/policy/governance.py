"""How native governance is used: access packages, other actors on guests, and what is billed."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from reviews.model import Rival
from reviews.policy.types import Duration, ObjectId, Part


class ChangeMode(StrEnum):
    """How far the mending of package policies, and the covering of groups, goes."""

    PROPOSE = "propose"
    APPLY = "apply"


class Cohort(StrEnum):
    """What becomes of a question where guests can see who else is in a group with them."""

    REFUSE = "refuse"
    ONE_PER_GROUP = "one-per-group"
    LEDGER = "ledger"


class Packages(Part):
    """How the policies of access packages are kept sound."""

    change_mode: ChangeMode = ChangeMode.PROPOSE
    """propose: say what is wrong and what would mend it. apply: also write it, outside mode report."""
    every_months: Literal[1, 3, 6, 12] = 3
    """How often a new review of a package comes round."""
    lasts: Duration = timedelta(days=14)
    """How long one round of it is open; whole days."""
    reviewers: tuple[ObjectId, ...] = ()
    """Object ids of reviewers where a package policy names none; empty: its approvers, else the fallback."""
    on_silence: Literal["keepAccess", "removeAccess", "acceptAccessRecommendation"] = "keepAccess"
    """What entitlement management does about a guest nobody answered for, in reviews we add."""
    require_review: bool = True
    """False lets a policy without review be, as long as its assignments end soon enough."""
    longest_unreviewed: Duration = timedelta(days=365)
    """An assignment that lasts longer than this has to be reviewed."""
    self_review: Literal["never", "below-high"] = "never"
    """Where guests may review their own access with nobody else: never, or in packages below tier high."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _check_round(self.lasts, "packages.lasts")
        return self


class GroupReviews(Part):
    """The reviews of groups with guests that no review covers."""

    change_mode: ChangeMode = ChangeMode.PROPOSE
    """propose: only ``admin reviews`` says which. apply: also open them every night, outside mode report."""
    every_months: Literal[1, 3, 6, 12] = 3
    """How often such a review comes round."""
    lasts: Duration = timedelta(days=14)
    """How long one round of it is open; whole days."""
    removes: bool = True
    """Whether a denied guest leaves the group when a round is over, where Entra can do that."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _check_round(self.lasts, "group_reviews.lasts")
        return self


def _check_round(lasts: timedelta, name: str) -> None:
    if lasts % timedelta(days=1) or not timedelta(days=1) <= lasts <= timedelta(days=27):
        raise ValueError(f"{name} must be whole days, P1D to P27D: a round must end before the next")


class Coexistence(Part):
    """How we keep out of the way of others who act on guests."""

    yield_to: tuple[Rival, ...] = (
        Rival.NATIVE_REVIEW,
        Rival.LIFECYCLE_POLICY,
        Rival.PACKAGE_LIFECYCLE,
    )
    """Before whom to step back: a running review asks in our place, the others soon act in our place."""
    recent_native_decision_suppresses: Duration = timedelta(days=60)
    """A guest whom a person kept in a native review of others rests so long."""
    wait_for_package_round: Duration = timedelta(days=7)
    """A question waits this long for the next review of the guest's access package, to be put there."""

    @model_validator(mode="after")
    def _has_an_end(self) -> Self:
        if Rival.TENANT_SYNC in self.yield_to:
            raise ValueError(
                "coexistence.yield_to cannot name tenant-sync: a synchronisation has no day to wait for."
                " Leave it out: its guests are asked about, and a denial becomes a person's task"
            )
        return self


class CostGuard(Part):
    """What may be billed: Microsoft meters guests for some features of Entra ID Governance."""

    allow_metered: bool = False
    """Whether a review or a setting that bills guests may be built at all."""
    max_metered_guests_per_month: Annotated[int, Field(ge=0)] = 0
    """With allow_metered: the most guests that one such review or setting may bill in a month."""
