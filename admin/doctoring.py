"""``admin doctor``: is everything there that the nights will need?"""

from collections.abc import Awaitable
from dataclasses import dataclass

from rich.console import Console

from adapters.graph.tenant import GraphTenantFacts
from adapters.runtime import House
from notifications.words import Words
from reviews import sponsors
from reviews.errors import BadSettings, Forbidden, GatehouseError, NotSupported
from reviews.model import GuestRole, Licence, Nameless, PersonId, Unreadable
from reviews.policy import Mode, Policy

out = Console(highlight=False, soft_wrap=True)

NOTHING = "00000000-0000-0000-0000-000000000000"
"""An id nothing has: asking for it tells whether we may ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one examination found: ``sound`` True, False (a remedy follows), or None (worth knowing)."""

    sound: bool | None
    says: str


async def examine(house: House) -> bool:
    """Examine policy, directory, licence, reviewers, reviews, mailbox and storage; print; True if sound.

    Only reads. What cannot be read is told with the permission it needs, and does not end the examination.
    """
    try:
        policy = await house.policies.current()
    except BadSettings as error:
        for problem in error.problems:
            tell(Finding(sound=False, says=problem))
        return False
    findings = [Finding(sound=True, says=f"policy {policy.name}, mode {policy.mode}")]
    examinations = [_directory, _tenant, _reviewers, _native_reviews, _costs, _mailbox, _storage]
    for look in examinations:
        findings += await _looked(look(house, policy))
    for finding in findings:
        tell(finding)
    return all(finding.sound is not False for finding in findings)


async def _looked(look: Awaitable[list[Finding]]) -> list[Finding]:
    try:
        return await look
    except Forbidden as error:
        return [Finding(sound=False, says=str(error))]
    except GatehouseError as error:
        return [Finding(sound=False, says=str(error))]


async def _directory(house: House, _policy: Policy) -> list[Finding]:
    first = await anext(house.directory.census().pages(), None)
    if first is None or not first.guests:
        return [Finding(sound=None, says="guests can be read; the first page holds none")]
    found = [Finding(sound=True, says="guests can be read")]
    guest = first.guests[0]
    if isinstance(guest.sign_ins, Unreadable):
        says = f"sign-in activity: {guest.sign_ins.why} (AuditLog.Read.All and Microsoft Entra ID P1)"
        found.append(Finding(sound=False, says=says))
    sponsors_of = [one.sponsors for one in first.guests if not isinstance(one.sponsors, Unreadable)]
    if not sponsors_of or any(isinstance(sponsor, Nameless) for some in sponsors_of for sponsor in some):
        found.append(Finding(sound=False, says="sponsors come without names (User.Read.All)"))
    return found


async def _tenant(house: House, policy: Policy) -> list[Finding]:
    facts = GraphTenantFacts(house.graph)
    found = []
    organization = await facts.organization()
    if isinstance(organization, Unreadable):
        found.append(Finding(sound=None, says=f"organization: {organization.why} (Organization.Read.All)"))
    else:
        found.append(
            Finding(sound=True, says=f"tenant {organization.id}, {len(organization.domains)} domains")
        )
    licence = await facts.licence()
    if isinstance(licence, Unreadable):
        found.append(Finding(sound=None, says=f"licences: {licence.why} (LicenseAssignment.Read.All)"))
    else:
        able = Words("en", "UTC").say(f"tier.{licence}")
        found.append(Finding(sound=licence is not Licence.NONE, says=able))
    role = await facts.guest_role()
    if isinstance(role, Unreadable):
        found.append(Finding(sound=None, says=f"guest access level: {role.why} (Policy.Read.All)"))
    else:
        restricted = role is GuestRole.RESTRICTED
        decides = "" if restricted else f": reviews.cohort decides ({policy.reviews.cohort})"
        says = f"guests see the directory {role}{decides}"
        found.append(Finding(sound=True if restricted else None, says=says))
    return found


async def _reviewers(house: House, policy: Policy) -> list[Finding]:
    if not policy.reviewers.fallback:
        says = "reviewers.fallback is empty: guests without a sponsor are not asked about"
        return [Finding(sound=None, says=says)]
    found = []
    for one in policy.reviewers.fallback:
        refused = sponsors.fit(await house.directory.person(PersonId(one)), (), policy.reviewers)
        says = f"fallback reviewer {one}" + ("" if refused is None else f": {refused.code}")
        found.append(Finding(sound=refused is None, says=says))
    return found


async def _native_reviews(house: House, _policy: Policy) -> list[Finding]:
    await house.access_reviews.review(NOTHING)
    return [Finding(sound=True, says="access reviews can be read")]


async def _costs(house: House, policy: Policy) -> list[Finding]:
    """Say what may be billed, and how many package policies bill guests by themselves."""
    guard = policy.cost_guard
    most = guard.max_metered_guests_per_month
    may = (
        f"at most {most} guests a month may be billed"
        if guard.allow_metered
        else "nothing that bills guests is built"
    )
    found = [Finding(sound=None if guard.allow_metered else True, says=f"cost_guard: {may}")]
    try:
        billing = [one for one in await house.packages.policies() if one.bills]
    except (Forbidden, NotSupported):
        return found
    if billing:
        says = f"access package policies that bill guests already: {len(billing)} (python -m admin packages)"
        found.append(Finding(sound=None, says=says))
    return found


async def _mailbox(house: House, policy: Policy) -> list[Finding]:
    await house.mailer.find("gatehousedoctor")
    return [Finding(sound=True, says=f"the mailbox {policy.mail.sender} can be used")]


async def _storage(house: House, policy: Policy) -> list[Finding]:
    if house.settings.state is None:
        return [Finding(sound=None, says="no storage is named: only `plan` works")]
    runs = await house.ledger.recent_runs("night", 1)
    newest = f"newest night {runs[0].id}, {runs[0].step}" if runs else "no night yet"
    found = [Finding(sound=True, says=f"storage can be read; {newest}")]
    found += [
        Finding(sound=False, says=f"{count} messages parked in {queue}: see docs/runbook.md")
        for queue, count in (await house.queue.parked()).items()
        if count
    ]
    if policy.mode is Mode.ENFORCE and not policy.mail.operators:
        says = "mail.operators is empty: nobody would be told of a failed night"
        found.append(Finding(sound=False, says=says))
    return found


def tell(finding: Finding) -> None:
    """Print one finding with its mark."""
    mark = {True: "[green]ok[/]", False: "[red]! [/]", None: "[yellow]- [/]"}[finding.sound]
    out.print(mark, finding.says, markup=True)
