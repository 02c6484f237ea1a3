"""What a guest reaches, made of what ties it to the tenant: how sensitive, by which path, what stays.

docs/finding.md holds the tables: obstacles, tiers, what makes a guest privileged, and what nobody can see.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from reviews.model import Exposure, Obstacle, Path, Reason, Thing, Tier, Unreadable
from reviews.model.ties import AppRole, DirectoryRole, Group, HeldPackage, LabelMark, Owned, Ties
from reviews.policy import Label, Policy, TierRule
from reviews.reasons import because

T = TypeVar("T")

BLIND_SPOTS = ("sharepoint-sharing", "azure-roles", "azure-devops")
"""Access that no reading of the directory shows, named wherever exposure is shown: files shared one by one
in SharePoint and OneDrive, roles on Azure resources, projects in Azure DevOps."""

PRIVILEGES = frozenset({"groups", "owned", "roles", "eligible-roles"})
"""Sorts of access that could make a guest privileged: unread, nobody knows that it is not."""

_ORDER = {Tier.HIGH: 0, Tier.MEDIUM: 1, Tier.LOW: 2}
_THINGS = {thing: place for place, thing in enumerate((Thing.ROLE, Thing.OWNED, Thing.APP, Thing.TEAM))}
_LAST = len(_THINGS)


def exposure_of(ties: Ties, policy: Policy) -> Exposure:
    """Say what a guest with these ties reaches, the most sensitive first; what was not read is named."""
    paths = (
        *_by_groups(ties, policy),
        *(_by_app(one, policy) for one in _read(ties.apps)),
        *(_by_package(one, policy) for one in _read(ties.packages)),
        *(_by_role(one) for one in (*_read(ties.roles), *_read(ties.eligible_roles))),
        *(_by_owning(one) for one in _read(ties.owned)),
    )
    return Exposure(
        read_at=ties.read_at,
        paths=tuple(sorted(paths, key=_most_sensitive)),
        unread=_unread(ties),
        strange_labels=tuple(sorted(_strange_labels(ties, policy))),
        is_governed=any(one.is_governed for one in _read(ties.packages)),
    )


def privileges(exposure: Exposure) -> tuple[Path, ...]:
    """Return the paths that make a guest privileged: roles, groups that can hold roles, what it owns."""
    return tuple(path for path in exposure.paths if is_privilege(path))


def is_privilege(path: Path) -> bool:
    """Say whether one path alone makes a guest privileged."""
    return path.thing in {Thing.ROLE, Thing.OWNED} or path.obstacle is Obstacle.ROLE_ASSIGNABLE


def no_step_by_itself(exposure: Exposure | Unreadable) -> Reason | None:
    """Say why nothing harmful may be done to a guest without a person; None when nothing speaks against it.

    A guest nobody could look at may be privileged: it waits until somebody can.
    """
    if isinstance(exposure, Unreadable):
        return because("privileges-unread", what=exposure.why)
    held = privileges(exposure)
    if held:
        return because("privileged", count=len(held))
    unread = sorted(PRIVILEGES.intersection(exposure.unread))
    return because("privileges-unread", what=", ".join(unread)) if unread else None


def tier_of_group(group: Group, policy: Policy) -> Tier:
    """Return how sensitive a group is: by what it can hold, its labels, its name."""
    if group.is_role_assignable:
        return Tier.HIGH
    marks = {mark.id for mark in group.labels}
    for tier, rule in _rules(policy):
        if marks.intersection(rule.labels) or _is_named(group.name, rule):
            return tier
    return Tier.LOW


def tier_of_package(name: str, policy: Policy) -> Tier:
    """Return how sensitive an access package is: by its name."""
    return next((tier for tier, rule in _rules(policy) if _is_named(name, rule)), Tier.LOW)


def obstacle_of_group(group: Group) -> Obstacle | None:
    """Return why a membership cannot simply be taken away; the first of several, the hardest first."""
    if group.is_dynamic:
        return Obstacle.DYNAMIC
    if group.is_synced:
        return Obstacle.SYNCED
    if group.is_role_assignable:
        return Obstacle.ROLE_ASSIGNABLE
    if group.is_restricted:
        return Obstacle.RESTRICTED
    if group.is_mail_enabled and not group.is_unified:
        return Obstacle.MAIL_ENABLED
    return None


def _by_groups(ties: Ties, policy: Policy) -> Iterator[Path]:
    chains: Mapping[str, Sequence[str]] = {chain[0]: chain[1:] for chain in ties.chains}
    labels = {label.id: label for label in policy.labels}
    for group in _read(ties.groups):
        is_nested = not isinstance(ties.direct, Unreadable) and group.id not in ties.direct
        obstacle = obstacle_of_group(group)
        # A role-assignable group holds no groups; what else lies behind another group is the other's to end.
        if is_nested and obstacle is not Obstacle.ROLE_ASSIGNABLE:
            obstacle = Obstacle.NESTED
        yield Path(
            thing=Thing.TEAM if group.is_team else Thing.GROUP,
            id=group.id,
            name=group.name,
            tier=tier_of_group(group, policy),
            label=_label(group.labels, labels),
            through=tuple(chains.get(group.id, ())),
            obstacle=obstacle,
        )


def _by_app(app: AppRole, policy: Policy) -> Path:
    wanted = {app.app_id, app.name.casefold()}
    tier = next(
        (tier for tier, rule in _rules(policy) if wanted.intersection(one.casefold() for one in rule.apps)),
        Tier.LOW,
    )
    return Path(
        thing=Thing.APP,
        id=app.app_id,
        name=app.name,
        tier=tier,
        through=() if app.through is None else (app.through,),
        obstacle=None if app.through is None else Obstacle.BY_GROUP,
    )


def _by_package(package: HeldPackage, policy: Policy) -> Path:
    return Path(
        thing=Thing.PACKAGE,
        id=package.id,
        name=package.name,
        tier=tier_of_package(package.name, policy),
        expires_at=package.expires_at,
    )


def _by_role(role: DirectoryRole) -> Path:
    return Path(
        thing=Thing.ROLE,
        id=role.id if role.scope == "/" else f"{role.id}{role.scope}",
        name=role.name,
        tier=Tier.HIGH,
        through=() if role.through is None else (role.through,),
        obstacle=Obstacle.ROLE,
        eligible=role.eligible,
    )


def _by_owning(owned: Owned) -> Path:
    tier = Tier.HIGH if owned.is_app else Tier.MEDIUM
    return Path(thing=Thing.OWNED, id=owned.id, name=owned.name, tier=tier)


def _rules(policy: Policy) -> tuple[tuple[Tier, TierRule], ...]:
    return (Tier.HIGH, policy.tiers.high), (Tier.MEDIUM, policy.tiers.medium)


def _is_named(name: str, rule: TierRule) -> bool:
    return any(re.search(pattern, name, re.IGNORECASE) for pattern in rule.names)


def _label(marks: Iterable[LabelMark], declared: Mapping[str, Label]) -> str | None:
    """Return the name of the highest label; a declared one before one that is only known to Graph."""
    known = [declared[mark.id] for mark in marks if mark.id in declared]
    if known:
        return max(known, key=lambda label: label.rank).name
    return next((mark.name for mark in marks if mark.name), None)


def _strange_labels(ties: Ties, policy: Policy) -> frozenset[str]:
    declared = {label.id for label in policy.labels}
    return frozenset(mark.id for group in _read(ties.groups) for mark in group.labels) - declared


def _read(fact: tuple[T, ...] | Unreadable) -> tuple[T, ...]:
    return () if isinstance(fact, Unreadable) else fact


def _unread(ties: Ties) -> tuple[str, ...]:
    sorts = {
        "groups": ties.groups,
        "nesting": ties.direct,
        "apps": ties.apps,
        "packages": ties.packages,
        "roles": ties.roles,
        "eligible-roles": ties.eligible_roles,
        "owned": ties.owned,
    }
    return tuple(name for name, fact in sorts.items() if isinstance(fact, Unreadable))


def _most_sensitive(path: Path) -> tuple[int, bool, int, str, str]:
    return _ORDER[path.tier], path.eligible, _THINGS.get(path.thing, _LAST), path.name.casefold(), path.id
