"""A whole estate of access packages over a population, seeded: the same tenant, the same estate."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sandbox.package_stories import (
    PolicyFault,
    a_connected_organization,
    a_group_of_people,
    a_package,
    a_policy,
    an_internal_policy,
    holds,
)
from sandbox.people_making import FULL, draws, key_of
from sandbox.tenant import Tenant
from sandbox.tenant_package_records import Package, Policy

PACKAGES: Final = (
    "Supplier portal",
    "Joint design",
    "Research alliance",
    "Tender documents",
    "Audit room",
    "Franchise desk",
    "Clinical partners",
    "Building works",
    "Legal counsel",
    "Campaign agencies",
    "Support partners",
    "Board papers",
)
_PARTNERS: Final = (
    ("Fabrikam", "fabrikam.example"),
    ("Northwind Traders", "northwind.example"),
    ("Litware", "litware.example"),
)
_INTERNAL_POLICIES: Final = 3
_GOVERNED: Final = 0.7
_TWO_PACKAGES: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """What was added: ``faults`` names the faulty policies by id, ``holders`` the guests."""

    packages: tuple[Package, ...]
    policies: tuple[Policy, ...]
    faults: Mapping[str, PolicyFault]
    holders: frozenset[str]


def an_estate(
    tenant: Tenant, *, packages: int = 12, policies: int = 30, faulty: int = 19, guests: int = 600
) -> Estate:
    """Give a tenant packages, policies with faults in turn, guests who hold them, and partner organisations.

    The first ``guests`` guests of the population hold a package each, one in ten a second. The last three
    sound policies are for colleagues.
    """
    shelf = [_package(tenant, n) for n in range(packages)]
    desk = next(iter(tenant.directory.groups))
    reviewers = [a_group_of_people(desk)]
    kinds = tuple(PolicyFault)
    made: list[Policy] = []
    faults: dict[str, PolicyFault] = {}
    inside = set(range(policies - min(_INTERNAL_POLICIES, policies - faulty), policies))
    for n in range(policies):
        package = shelf[n % packages]
        if n in inside:
            made.append(an_internal_policy(tenant, package, f"Colleagues {n + 1}"))
            continue
        wrong = (kinds[n % len(kinds)],) if n < faulty else ()
        name = f"External partners {n + 1}"
        policy = a_policy(tenant, package, wrong, name=name, reviewers=reviewers, fallbacks=reviewers)
        faults.update((policy.id, fault) for fault in wrong)
        made.append(policy)
    open_to_guests = [policy for n, policy in enumerate(made) if n not in inside]
    holders = frozenset(_hold(tenant, n, open_to_guests) for n in range(guests))
    for name, domain in _PARTNERS:
        a_connected_organization(tenant, name, domain, internal=[_a_colleague(tenant)])
    return Estate(packages=tuple(shelf), policies=tuple(made), faults=faults, holders=holders)


def _package(tenant: Tenant, n: int) -> Package:
    name = PACKAGES[n % len(PACKAGES)]
    return a_package(tenant, name if n < len(PACKAGES) else f"{name} {n + 1}")


def _a_colleague(tenant: Tenant) -> str:
    return str(tenant.population.member(0)["id"])


def _hold(tenant: Tenant, n: int, policies: list[Policy]) -> str:
    """Let guest n hold one package or two, begun within the last year, ending within the next half."""
    guest_id = str(tenant.population.guest(n)["id"])
    drawn = draws(key_of(0, "packages"), n)
    first = policies[drawn[0] % len(policies)]
    chosen = [first]
    if drawn[1] / FULL < _TWO_PACKAGES:
        chosen += [p for p in policies if p.package_id != first.package_id][:1]
    for policy in chosen:
        ends = policy.record["expiration"]["type"] != "noExpiration"
        holds(
            tenant,
            guest_id,
            policy,
            since=timedelta(days=1 + drawn[2] % 365),
            ends_in=timedelta(days=5 + drawn[3] % 175) if ends else None,
            governed=drawn[4] / FULL < _GOVERNED,
        )
    return guest_id
