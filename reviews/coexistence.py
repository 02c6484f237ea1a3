"""Who else would act on a guest, and when; and before whom we step back.

docs/reviews.md holds the tables.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from reviews.model import (
    Deed,
    Exposure,
    Guest,
    LifecycleRule,
    Others,
    Path,
    Reason,
    Redemption,
    Rival,
    Thing,
    Unreadable,
)
from reviews.policy import Policy
from reviews.reasons import because

PATIENCE = timedelta(days=7)
"""How long a deed that was due is waited for. Others work daily: what is not done by then they leave."""

_SILENCE, _INVITATION, _SPONSORS = "inactivityRule", "invitationRedemptionRule", "sponsorPresenceRule"
_UNTOLD = Unreadable(why="nobody-can-tell")


def who_acts(guest: Guest, exposure: Exposure | Unreadable, others: Others) -> tuple[Deed, ...]:
    """Return what others would do to a guest, the soonest first and what has no day last."""
    deeds = [*_reviews(others), *_lifecycles(guest, others), *_package_end(exposure, others)]
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


def is_near(deed: Deed, policy: Policy, now: datetime) -> bool:
    """Say whether a deed is worth waiting for: due before a question put today would end, and not overdue.

    A review that runs is near, however long it runs. What has no day is not: it would be waited for for ever.
    """
    if deed.on is None or deed.on < now - PATIENCE:
        return False
    return deed.rival is Rival.NATIVE_REVIEW or deed.on <= now + policy.reviews.lasts


def steps_in(deeds: Sequence[Deed], policy: Policy, now: datetime) -> Deed | None:
    """Return the near deed before which we step back: the first of those whom the policy names."""
    named = (deed for deed in deeds if deed.rival in policy.coexistence.yield_to)
    return next((deed for deed in named if is_near(deed, policy, now)), None)


def before_whom(policy: Policy) -> tuple[Rival, ...]:
    """Return those the policy yields to who act on accounts themselves.

    Reviews of others are not among them: what is decided there about a membership is silent on the account,
    so they hold back a question (``reviews.elsewhere``) and no deed.
    """
    return tuple(one for one in policy.coexistence.yield_to if one is not Rival.NATIVE_REVIEW)


def why_we_wait(deed: Deed) -> Reason:
    """Say which deed is waited for, and until when."""
    on = "" if deed.on is None else deed.on.date().isoformat()
    if deed.rival is Rival.LIFECYCLE_POLICY:
        return because("lifecycle-policy-acts", name=deed.what, on=on)
    if deed.rival is Rival.PACKAGE_LIFECYCLE:
        return because("package-lifecycle-acts", on=on)
    return because("in-native-review", name=deed.what, on=on)


def fate(deeds: Sequence[Deed]) -> tuple[Reason, ...]:
    """Say what entitlement management does to the account itself, for the person who is asked about it."""
    deed = next((one for one in deeds if one.rival is Rival.PACKAGE_LIFECYCLE), None)
    if deed is None or deed.on is None:
        return ()
    if deed.deletes_on is None:
        return (why_we_wait(deed),)
    return why_we_wait(deed), because("ends-the-account", days=(deed.deletes_on - deed.on).days)


def _reviews(others: Others) -> Iterator[Deed]:
    for one in () if isinstance(others.rounds, Unreadable) else others.rounds:
        yield Deed(rival=Rival.NATIVE_REVIEW, what=one.name, on=one.ends_at)


def _lifecycles(guest: Guest, others: Others) -> Iterator[Deed]:
    policies = others.lifecycle_policies
    for policy in () if isinstance(policies, Unreadable) else policies:
        broken = [(_broken(guest, rule), rule.grace) for rule in policy.rules]
        days = [_due(at, policy.since, grace) for at, grace in broken if at is not None]
        if days:
            on = min((day for day in days if day is not None), default=None)
            deletes_on = None if policy.deletes_after is None else _later(on, policy.deletes_after)
            yield Deed(rival=Rival.LIFECYCLE_POLICY, what=policy.name, on=on, deletes_on=deletes_on)


def _broken(guest: Guest, rule: LifecycleRule) -> datetime | Unreadable | None:
    """Return when a guest breaks a rule; None when it never does."""
    is_pending = guest.redemption is Redemption.PENDING
    if rule.kind == _SILENCE:
        return None if is_pending else _end_of_silence(guest, rule)
    if rule.kind == _INVITATION:
        return _known(_later(guest.created_at, _limit(rule))) if is_pending else None
    if rule.kind == _SPONSORS and rule.limit is not None and not isinstance(guest.sponsors, Unreadable):
        # Since when they are too few stands nowhere: at the earliest since the account is there.
        return _known(guest.created_at) if len(guest.sponsors) < rule.limit else None
    return _UNTOLD


def _end_of_silence(guest: Guest, rule: LifecycleRule) -> datetime | Unreadable:
    signs = guest.sign_ins
    if isinstance(signs, Unreadable):
        return signs
    return _known(_later(signs.successful_at or guest.created_at, _limit(rule)))


def _due(broken: datetime | Unreadable, since: datetime | None, grace: timedelta) -> datetime | None:
    if isinstance(broken, Unreadable) or since is None:
        return None
    return max(broken, since) + grace


def _limit(rule: LifecycleRule) -> timedelta | None:
    return None if rule.limit is None else timedelta(days=rule.limit)


def _known(moment: datetime | None) -> datetime | Unreadable:
    return _UNTOLD if moment is None else moment


def _later(since: datetime | None, by: timedelta | None) -> datetime | None:
    return None if since is None or by is None else since + by


def _package_end(exposure: Exposure | Unreadable, others: Others) -> Iterator[Deed]:
    """Foretell what follows the last package of a guest whom entitlement management governs."""
    lifecycle = others.package_lifecycle
    if isinstance(exposure, Unreadable) or isinstance(lifecycle, Unreadable) or not lifecycle.blocks:
        return
    last = _last_end([path for path in exposure.paths if path.thing is Thing.PACKAGE])
    if exposure.is_governed and last is not None:
        deletes_on = _later(last, lifecycle.deletes_after)
        yield Deed(rival=Rival.PACKAGE_LIFECYCLE, what="last access package", on=last, deletes_on=deletes_on)


def _last_end(packages: Sequence[Path]) -> datetime | None:
    ends = [path.expires_at for path in packages]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None
