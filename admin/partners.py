"""``admin partners``: the organisations guests come from, counted over one reading of the directory."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from adapters.runtime import House
from admin.as_json import tell
from notifications.names import clean
from notifications.words import Words
from reviews import staleness
from reviews.partners import CONSUMER_DOMAINS, DomainCount, PartnerCount, is_disallowed, is_surge
from reviews.policy import Policy

out = Console(highlight=False)
SHOWN = 30
"""Partners in the table for people; the JSON object holds all."""


async def show(house: House, *, as_json: bool) -> None:
    """Count the guests of each partner and print the count; nothing is stored or changed."""
    policy = await house.policies.current()
    count = await _counted(house, policy)
    if as_json:
        tell(as_object(count, policy))
    else:
        _print(count, policy)


def as_object(count: PartnerCount, policy: Policy) -> dict[str, Any]:
    """Return the count as the documented JSON object."""
    return {
        "partners": [_partner(one, policy) for one in count.partners()],
        "guests_without_domain": count.nameless,
        "guests_of_further_domains": count.others,
        "findings": [{"code": one.code, "params": dict(one.params)} for one in count.findings(policy)],
    }


async def _counted(house: House, policy: Policy) -> PartnerCount:
    now = house.clock.now()
    count = PartnerCount(now)
    async for page in house.directory.census().pages():
        for guest in page.guests:
            verdict = staleness.judge(guest, policy.thresholds, policy.scope.min_account_age, now)
            count.look(guest, verdict)
    return count


def _partner(one: DomainCount, policy: Policy) -> dict[str, Any]:
    return {
        "domain": one.domain,
        "guests": one.guests,
        "stale": one.stale,
        "pending": one.pending,
        "new_in_7_days": one.recent,
        "new_in_13_weeks_before": one.before,
        "first_at": None if one.first_at is None else one.first_at.isoformat(),
        "marks": _marks(one, policy),
    }


def _marks(one: DomainCount, policy: Policy) -> list[str]:
    marks = {
        "disallowed": is_disallowed(one.domain, policy),
        "personal": one.domain in CONSUMER_DOMAINS,
        "surging": is_surge(one, policy),
    }
    return [name for name, holds in marks.items() if holds]


def _print(count: PartnerCount, policy: Policy) -> None:
    partners = count.partners()
    table = Table("domain", "guests", "stale", "pending", "new", "", box=None, header_style="bold")
    for one in partners[:SHOWN]:
        marks = ", ".join(_marks(one, policy))
        figures = (str(one.guests), str(one.stale), str(one.pending), str(one.recent))
        table.add_row(escape(clean(one.domain)), *figures, marks)
    out.print(table)
    if len(partners) > SHOWN:
        out.print(f"and {len(partners) - SHOWN} domains more; --json shows all")
    words = Words("en", "UTC")
    for finding in count.findings(policy):
        out.print(f"[yellow]-[/] {escape(words.reason(finding))}")
