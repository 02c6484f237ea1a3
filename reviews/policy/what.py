"""What is a reason to ask, how a question is put, what follows an answer, and how much a night may do."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from reviews.policy.governance import Cohort
from reviews.policy.types import Duration, Part, Share

LONGEST = timedelta(days=180)
"""How long a question may be open, the time of the guests with it."""


class NoAnswer(StrEnum):
    """What follows when a delivered question stays unanswered past its deadline."""

    ESCALATE = "escalate"
    BLOCK = "block"
    KEEP = "keep"
    """Access stays, without anybody having vouched for it; the guest is asked about again after a rest."""


class Quorum(StrEnum):
    """Whose answers decide a case. docs/reviews.md holds the table."""

    ANY_ONE = "any-one"
    """One person is asked; when several did answer, one "keep" is enough to keep."""
    DENIAL_WINS = "denial-wins"
    """All sponsors are asked, one after the other, and one "remove" is enough."""
    TWO_PEOPLE = "two-people"
    """The next person is asked until two are of the same mind, either way."""
    ALL = "all"
    """All sponsors are asked, one after the other, and all must keep; one "remove" is enough."""


class Thresholds(Part):
    """When silence becomes a reason to ask."""

    inactive_after: Duration = timedelta(days=90)
    """No successful sign-in for longer than this: stale."""
    never_signed_in_after: Duration = timedelta(days=60)
    """Redeemed, never seen: stale after this long since redemption or creation."""
    pending_after: Duration = timedelta(days=30)
    """Invited and never redeemed: asked about after this long."""
    attempts_only_after: Duration = timedelta(days=30)
    """Attempts without success: asked about after this long since the last attempt."""
    unwatched_after: Duration = timedelta(days=180)
    """Without Microsoft Entra ID P1, where nobody can tell who signs in: asked about at this age."""


class Reviews(Part):
    """How a question is put."""

    duration: Duration = timedelta(days=14)
    """From opening to deadline."""
    guest_attests_first: Duration | None = None
    """How long guests are asked themselves, by Entra, before their reviewer is; none: they are not."""
    rest_after_keep: Duration = timedelta(days=180)
    """A guest somebody vouched for is left alone this long."""
    rest_after_no_answer: Duration = timedelta(days=30)
    """A guest nobody answered for, neither sponsor nor fallback, is asked about again after this long."""
    justification_on_keep: Literal["never", "when-suggested-remove", "always"] = "when-suggested-remove"
    """When keeping needs a reason in words."""
    quorum: Quorum = Quorum.ANY_ONE
    """Whose answers decide: any-one, denial-wins, two-people or all."""
    cohort: Cohort = Cohort.ONE_PER_GROUP
    """Where guests can see who else is in a group: refuse, one-per-group or ledger."""

    @property
    def lasts(self) -> timedelta:
        """From opening to deadline, the time the guests have for themselves with it."""
        return self.duration + (self.guest_attests_first or timedelta())

    @field_validator("guest_attests_first")
    @classmethod
    def _stages_fit(cls, first: timedelta | None, info: ValidationInfo) -> timedelta | None:
        if first is None:
            return None
        together = first + info.data.get("duration", timedelta())
        if first % timedelta(days=1) or first < timedelta(days=1) or together > LONGEST:
            raise ValueError(
                "the stages of a review must fit in it: write whole days, P1D or more, with reviews.duration"
                f" P{LONGEST.days}D together at most; shorten one of the two, or leave this one out"
            )
        return first

    @model_validator(mode="after")
    def _whole_days(self) -> Self:
        if self.duration % timedelta(days=1) or not timedelta(days=1) <= self.duration <= LONGEST:
            raise ValueError(
                "reviews.duration must be whole days, P1D to P180D: Graph counts instances in days"
            )
        return self


class Actions(Part):
    """What follows an answer."""

    on_no_answer: NoAnswer = NoAnswer.ESCALATE
    """Past the deadline: ask the fallback, treat silence as a no (block), or leave access (keep)."""
    grace: Duration = timedelta(days=7)
    """From the sent notice to the block."""
    quarantine: Duration = timedelta(days=30)
    """From the verified block to the soft delete."""
    soft_delete: bool = True
    """False leaves denied guests blocked for good."""


class Caps(Part):
    """How much a night may do. Over a harmful cap nothing harmful happens at all and the plan waits."""

    asks_per_run: Annotated[int, Field(ge=0)] = 500
    """New questions in one night; the rest waits for the next."""
    candidates_per_run: Annotated[int, Field(ge=1, le=20_000)] = 2_000
    """Guests looked at closely in one night, the longest silent first; questions are chosen among them."""
    harmful_per_run: Annotated[int, Field(ge=0)] = 25
    """Notices, blocks and deletes together, each guest once."""
    harmful_share: Share = 0.05
    """The same as a share of all guests, never below one guest; the smaller of the two counts."""


class Breakers(Part):
    """When the directory looks wrong: report only, tonight."""

    unread_sign_ins: Share = 0.30
    """Share of accepted guests without any sign-in record, above which the feed counts as broken."""
    shrunk_by: Share = 0.20
    """Share of guests missing against the last night."""
    unseen_jump: Share = 0.10
    """How much more than on the best of the last seven nights that share may be, as a share of all."""
    set_aside: Share = 0.02
    """Share of accounts whose record could not be understood."""
    moved_guests: Annotated[int, Field(ge=0)] = 25
    """New rules (policy or release) that would go further with more guests than this look on first."""
    moved_share: Share = 0.01
    """The same as a share of all guests; the larger of the two counts."""
    look_on_nights: Annotated[int, Field(ge=0, le=30)] = 3
    """How many nights new rules then look on; 0 lets them in at once."""
