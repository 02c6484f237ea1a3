"""How guests came into the tenant: what a line of the audit log adds to what is known of one."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from reviews.model import GuestId
from reviews.records import Arrival

OVERLAP = timedelta(days=1)
"""A harvest looks back this far behind the one before: lines may reach the log hours late."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def joined(lines: Iterable[Arrival]) -> Mapping[GuestId, Arrival]:
    """Join what single lines say of each guest."""
    known: dict[GuestId, Arrival] = {}
    for line in lines:
        before = known.get(line.guest_id)
        known[line.guest_id] = line if before is None else both(before, line)
    return known


def both(one: Arrival, other: Arrival) -> Arrival:
    """Join two accounts of one guest's arrival, in whichever order they came, once or again.

    The newest invitation counts, but a person before an app: an app cannot answer for a guest.
    """
    invitation = max(one, other, key=_worth)
    redeemed = max(one.redeemed_at or _LONG_AGO, other.redeemed_at or _LONG_AGO)
    return replace(invitation, redeemed_at=None if redeemed == _LONG_AGO else redeemed)


def look_back(last_read: datetime | None, now: datetime, kept_for: timedelta) -> tuple[datetime, timedelta]:
    """Return from when on a harvest reads the log, and how much of it was lost since the one before.

    The first harvest reads all there is and has lost nothing that it could know of.
    """
    oldest = now - kept_for
    if last_read is None:
        return oldest, timedelta()
    return max(last_read - OVERLAP, oldest), max(oldest - last_read, timedelta())


def _worth(arrival: Arrival) -> tuple[bool, datetime, str, str]:
    return arrival.by is not None, arrival.invited_at or _LONG_AGO, arrival.by or "", arrival.app or ""
