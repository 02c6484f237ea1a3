"""``admin doctor --probe``: what no documentation settles, asked of the tenant itself. Only reads."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from adapters.graph.tenant import GraphTenantFacts
from adapters.runtime import House
from admin.doctoring import Finding, out, tell
from reviews.errors import Forbidden, GatehouseError, NotSupported
from reviews.model import Covers, Nameless, Unreadable
from reviews.vehicles import Terms, tier


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """A probe that changes something, or needs a permission we do not hold: for a person in a test tenant."""

    steps: str


async def probe(house: House) -> None:
    """Run the probes that only read, and print the others."""
    out.print("What only this tenant can tell:")
    for question, asked in PROBES.items():
        if isinstance(asked, ByHand):
            tell(Finding(sound=None, says=f"{question}: by hand, in a test tenant: {asked.steps}"))
            continue
        try:
            says = await asked(house)
        except GatehouseError as error:
            tell(Finding(sound=None, says=f"{question}: {error}"))
        else:
            tell(Finding(sound=True, says=f"{question}: {says}"))


async def _what_it_can(house: House) -> str:
    facts = GraphTenantFacts(house.graph)
    refused = False
    try:
        await house.access_reviews.rounds(Covers.GROUP)
    except (Forbidden, NotSupported):
        refused = True
    licence = await facts.licence()
    terms = Terms(licence=licence, guest_role=await facts.guest_role(), refuses_reviews=refused)
    bought = f"unreadable ({licence.why})" if isinstance(licence, Unreadable) else licence.value
    reviews = "refused" if refused else "open to us"
    return f"{tier(terms)} (subscriptions: {bought}; access reviews: {reviews})"


async def _package_lifecycle(house: House) -> str:
    found = await house.packages.lifecycle()
    if not found.blocks:
        return "guests who lose their last package keep their account"
    if found.deletes_after is None:
        return "guests it governs are blocked when they lose their last package"
    days = found.deletes_after.days
    return f"guests it governs are blocked with their last package, and deleted {days} days later"


async def _lifecycle_policies(house: House) -> str:
    found = await house.lifecycle_policies.in_force()
    if isinstance(found, Unreadable):
        return f"could not be read ({found.why})"
    told = (f"{one.name} ({one.action}: {', '.join(rule.kind for rule in one.rules)})" for one in found)
    return "; ".join(told) or "none"


async def _sponsors(house: House) -> str:
    page = await anext(house.directory.census().pages(), None)
    lists = [guest.sponsors for guest in page.guests] if page is not None else []
    unread = sum(isinstance(one, Unreadable) for one in lists)
    sponsors = [one for some in lists if not isinstance(some, Unreadable) for one in some]
    nameless = sum(isinstance(one, Nameless) for one in sponsors)
    named = f"{len(sponsors)} sponsors, {nameless} without a name"
    return f"{len(lists)} guests, {unread} without a list of sponsors; {named}"


PROBES: Mapping[str, Callable[[House], Awaitable[str]] | ByHand] = MappingProxyType(
    {
        "what-the-tenant-can": _what_it_can,
        "package-lifecycle": _package_lifecycle,
        "sponsors-with-guests": _sponsors,
        "apps-decide": ByHand(
            steps="answer one guest of an open test batch on the page; then read `reviewedBy` in its review"
        ),
        "sponsors-review": ByHand(
            steps="POST a group definition with a reviewer of `scopeType: sponsor`; expect 400"
        ),
        "stop-applies": ByHand(
            steps="stop an instance with one Deny and `autoApplyDecisionsEnabled: false`;"
            " see whether the member stays"
        ),
        "packages-by-post": ByHand(
            steps="POST a definition whose scope names a package and a policy; expect 400"
        ),
        "guest-lifecycle-policies": _lifecycle_policies,
        "throttles": ByHand(steps="open 50 test batches in one night; look for 429 in the log"),
    }
)
"""Every question, in the order of docs/reviews.md."""
