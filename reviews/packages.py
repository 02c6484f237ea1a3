"""Access packages: what is wrong with a policy that guests can reach, and which review would mend it.

docs/reviews.md holds the tables. Only the review of a policy is ever mended; who may ask for a package, who
approves that and when it ends is for its owner to decide, so that is told and left alone.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from reviews.exposure import tier_of_package
from reviews.model import (
    Asked,
    Audience,
    OnSilence,
    PackagePolicy,
    PackageReview,
    PersonId,
    Reason,
    Rhythm,
    Tier,
)
from reviews.policy import Policy
from reviews.reasons import because

MENDABLE = frozenset(
    {
        "package-never-ends",
        "package-lasts-long",
        "package-unreviewed",
        "package-review-over",
        "package-no-fallback",
        "package-removes-no-fallback",
        "package-no-suggestions",
        "package-self-review",
    }
)
"""Findings that another review settles; the others need the owner of the package."""
_UNREVIEWED = frozenset(
    {"package-never-ends", "package-lasts-long", "package-unreviewed", "package-review-over"}
)
WEEKLY, MONTHLY = "weekly", "absoluteMonthly"
"""The rhythms there are, in Graph's words."""
_PEOPLE = frozenset({"user", "group"})


def lint(package: PackagePolicy, rules: Policy, today: date) -> tuple[Reason, ...]:
    """Return everything that is wrong with one policy; nothing for one that guests cannot reach."""
    if not package.is_open_to_guests:
        return ()
    return tuple(_findings(package, rules, today))


def _findings(package: PackagePolicy, rules: Policy, today: date) -> Iterator[Reason]:
    if package.audience is Audience.ANYONE:
        yield because("package-for-anyone")
    if not package.is_approved:
        yield because("package-unapproved")
    review = package.review
    if review is None:
        yield from _without_review(package, rules, today)
        return
    if review.rhythm is None or (review.ends_on is not None and review.ends_on < today):
        yield because("package-review-over")
    if review.is_self_review and _may_not_attest(package, rules):
        yield because("package-self-review")
    elif not review.is_self_review and not review.fallback:
        removes = review.on_silence is OnSilence.REMOVE
        yield because("package-removes-no-fallback" if removes else "package-no-fallback")
    if not review.has_suggestions:
        yield because("package-no-suggestions")


def _without_review(package: PackagePolicy, rules: Policy, today: date) -> Iterator[Reason]:
    limit = rules.packages.longest_unreviewed
    if package.lasts is None and package.ends_at is None:
        yield because("package-never-ends")
        return
    lasts = package.lasts
    if package.ends_at is not None:
        lasts = package.ends_at - datetime.combine(today, time(), UTC)
    if lasts is not None and lasts > limit:
        yield because("package-lasts-long", days=lasts.days, limit=limit.days)
    elif rules.packages.require_review:
        yield because("package-unreviewed")


def _may_not_attest(package: PackagePolicy, rules: Policy) -> bool:
    return rules.packages.self_review == "never" or tier_of_package(package.package_name, rules) is Tier.HIGH


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """The review a policy should have, and the findings it settles."""

    review: PackageReview
    settles: tuple[Reason, ...]


def mend(package: PackagePolicy, rules: Policy, now: datetime) -> Mending | Reason | None:
    """Return the review that settles what is wrong with a policy's own; None when nothing is.

    No more is changed than the findings name. A reason is returned when nobody can be named to review.
    """
    found = tuple(one for one in lint(package, rules, now.date()) if one.code in MENDABLE)
    if not found:
        return None
    codes = {one.code for one in found}
    review = package.review
    if review is None or codes & _UNREVIEWED:
        review = _again(review, rules, now) if review is not None else _new(rules, now)
    if "package-self-review" in codes or not (review.primary or review.is_self_review):
        review = replace(review, is_self_review=False, primary=_primary(package, rules))
    if not (review.fallback or review.is_self_review):
        review = replace(review, fallback=_people(rules.reviewers.fallback))
    review = replace(review, has_suggestions=True)
    if not (review.is_self_review or (review.primary and review.fallback)):
        return because("package-nobody-to-review")
    return Mending(review=review, settles=found)


def _new(rules: Policy, now: datetime) -> PackageReview:
    return PackageReview(
        starts_at=_tomorrow(now),
        lasts=rules.packages.lasts,
        rhythm=_rhythm(rules),
        on_silence=OnSilence(rules.packages.on_silence),
        has_suggestions=True,
        needs_justification=True,
    )


def _again(review: PackageReview, rules: Policy, now: datetime) -> PackageReview:
    """Let a review that is over come round again, from tomorrow."""
    rhythm = review.rhythm or _rhythm(rules)
    lasts = min(review.lasts, _shortest(rhythm))
    return replace(review, starts_at=_tomorrow(now), lasts=lasts, rhythm=rhythm, ends_on=None)


def _rhythm(rules: Policy) -> Rhythm:
    return Rhythm(unit=MONTHLY, interval=rules.packages.every_months)


def _tomorrow(now: datetime) -> datetime:
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)


def _shortest(rhythm: Rhythm) -> timedelta:
    return timedelta(days=(7 if rhythm.unit == WEEKLY else 28) * rhythm.interval)


def _primary(package: PackagePolicy, rules: Policy) -> tuple[Asked, ...]:
    """Name who reviews: those the policy names, else who approves requests, else the fallback."""
    named = _people(rules.packages.reviewers)
    approvers = tuple(one for one in package.approvers if one.kind in _PEOPLE)
    return named or approvers or _people(rules.reviewers.fallback)


def _people(ids: Sequence[str]) -> tuple[Asked, ...]:
    return tuple(Asked(kind="user", id=PersonId(one)) for one in ids)


# --- when a round comes ----------------------------------------------------------------------------


def next_round(review: PackageReview, now: datetime) -> date | None:
    """Return the day on which the next round begins, today at the earliest; None when none comes."""
    first, today = review.starts_at.date(), now.astimezone(UTC).date()
    day: date | None = first
    if first < today:
        day = None if review.rhythm is None else _on_or_after(first, review.rhythm, today)
    over = day is None or (review.ends_on is not None and day > review.ends_on)
    return None if over else day


def occurrence(first: date, rhythm: Rhythm, n: int) -> date:
    """Return the day of round ``n``, the first being 0; the last of a month that has no such day."""
    steps = n * max(1, rhythm.interval)
    if rhythm.unit == WEEKLY:
        return first + timedelta(weeks=steps)
    year, month = divmod(first.year * 12 + first.month - 1 + steps, 12)
    return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))


def _on_or_after(first: date, rhythm: Rhythm, today: date) -> date | None:
    if rhythm.unit not in {WEEKLY, MONTHLY}:
        return None
    longest = timedelta(days=(7 if rhythm.unit == WEEKLY else 31) * max(1, rhythm.interval))
    n = (today - first) // longest
    while (day := occurrence(first, rhythm, n)) < today:
        n += 1
    return day
