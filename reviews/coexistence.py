"""Who else would act on a guest, and when; and before whom we step back.

docs/reviews.md holds the table.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reviews.model import (
    Exposure,
    Guest,
    LifecyclePolicy,
    NativeRound,
    PackageLifecycle,
    Path,
    Redemption,
    Rival,
    Thing,
    Unreadable,
)
from reviews.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """What else there is in the tenant that acts on guests by itself."""

    lifecycle_policies: tuple[LifecyclePolicy, ...] | Unreadable = ()
    package_lifecycle: PackageLifecycle | Unreadable
    rounds: tuple[NativeRound, ...] | Unreadable = ()
    """Running reviews of others that ask about this guest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What one of them would do to a guest. ``on`` is None when nobody can tell the day."""

    rival: Rival
    what: str
    """The service's own name for it: a policy, a review, a setting."""
    on: datetime | None = None
    deletes_on: datetime | None = None
    """When the account is deleted after that; None when it is not, or nobody can tell."""


def who_acts(
    guest: Guest, exposure: Exposure | Unreadable, others: Others, now: datetime
) -> tuple[Deed, ...]:
    """Return what others would do to a guest, the soonest first and what has no day last."""
    deeds = [*_reviews(others), *_lifecycles(guest, others, now), *_package_end(exposure, others)]
    if guest.tenant_synced is True:
        deeds.append(Deed(rival=Rival.TENANT_SYNC, what="cross-tenant synchronisation"))
    return tuple(sorted(deeds, key=lambda deed: (deed.on is None, str(deed.on), deed.rival, deed.what)))


def unread(guest: Guest, exposure: Exposure | Unreadable, others: Others) -> tuple[Rival, ...]:
    """Name those of whom nobody knows whether they act: unknown, which is not the same as absent."""
    no_packages = isinstance(exposure, Unreadable) or "packages" in exposure.unread
    unknown = {
        Rival.NATIVE_REVIEW: isinstance(others.rounds, Unreadable),
        Rival.LIFECYCLE_POLICY: isinstance(others.lifecycle_policies, Unreadable),
        Rival.PACKAGE_LIFECYCLE: isinstance(others.package_lifecycle, Unreadable) or no_packages,
        Rival.TENANT_SYNC: isinstance(guest.tenant_synced, Unreadable),
    }
    return tuple(rival for rival, is_unknown in unknown.items() if is_unknown)


def steps_in(deeds: Sequence[Deed], policy: Policy, now: datetime) -> Deed | None:
    """Return the deed before which we step back: one the policy names, due before our question could end."""
    horizon = now + policy.reviews.duration
    named = (deed for deed in deeds if deed.rival in policy.coexistence.yield_to)
    return next((deed for deed in named if _is_near(deed, horizon)), None)


def _is_near(deed: Deed, horizon: datetime) -> bool:
    """Say whether a deed is near: a running review and a synchronisation always are."""
    if deed.rival in {Rival.NATIVE_REVIEW, Rival.TENANT_SYNC}:
        return True
    return deed.on is not None and deed.on <= horizon


def _reviews(others: Others) -> Iterator[Deed]:
    for one in () if isinstance(others.rounds, Unreadable) else others.rounds:
        yield Deed(rival=Rival.NATIVE_REVIEW, what=one.name, on=one.ends_at)


def _lifecycles(guest: Guest, others: Others, now: datetime) -> Iterator[Deed]:
    policies = others.lifecycle_policies
    for policy in () if isinstance(policies, Unreadable) else policies:
        days = tuple(_days(guest, policy, now))
        if days or policy.other_rules:
            on = min((day for day in days if day is not None), default=None)
            deletes_on = _later(on, policy.grace) if "delete" in policy.action.lower() else None
            yield Deed(rival=Rival.LIFECYCLE_POLICY, what=policy.name, on=on, deletes_on=deletes_on)


def _days(guest: Guest, policy: LifecyclePolicy, now: datetime) -> Iterator[datetime | None]:
    """Yield when each rule of a policy would act on a guest; None where what it looks at is not known."""
    if policy.pending_after is not None and guest.redemption is Redemption.PENDING:
        yield _later(guest.created_at, policy.pending_after)
    if policy.inactive_after is not None and guest.redemption is not Redemption.PENDING:
        signs = guest.sign_ins
        known = None if isinstance(signs, Unreadable) else signs.successful_at or guest.created_at
        yield _later(known, policy.inactive_after)
    if isinstance(guest.sponsors, Unreadable):
        if policy.needs_sponsors:
            yield None
    elif len(guest.sponsors) < policy.needs_sponsors:
        yield now


def _later(since: datetime | None, by: timedelta) -> datetime | None:
    return None if since is None else since + by


def _package_end(exposure: Exposure | Unreadable, others: Others) -> Iterator[Deed]:
    """Foretell what follows the last package; only guests whom entitlement management governs are meant."""
    lifecycle = others.package_lifecycle
    if isinstance(exposure, Unreadable) or isinstance(lifecycle, Unreadable) or not lifecycle.blocks:
        return
    packages = [path for path in exposure.paths if path.thing is Thing.PACKAGE]
    last = _last_end(packages)
    if last is not None:
        deletes_on = None if lifecycle.deletes_after is None else last + lifecycle.deletes_after
        yield Deed(rival=Rival.PACKAGE_LIFECYCLE, what="last access package", on=last, deletes_on=deletes_on)


def _last_end(packages: Sequence[Path]) -> datetime | None:
    ends = [path.expires_at for path in packages]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None
