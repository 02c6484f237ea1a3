"""Who invited whom, from the directory's audit log, within the narrow limits Graph sets to reports."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

from adapters.graph.client import GraphClient
from adapters.graph.operations import LIST_AUDITS
from adapters.graph.tenant import GraphTenantFacts
from reviews.model import GuestId, Licence, PersonId, Unreadable
from reviews.ports import Lines
from reviews.records import Arrival

INVITED, ACCEPTED = "Invite external user", "Redeem external user invite"
KEPT, KEPT_WITHOUT_LICENCE = timedelta(days=30), timedelta(days=7)
"""How long the log is kept (Entra documentation, data retention)."""
A_PAGE = 500
"""Lines joined at a time: a log of any length is read in a memory that does not grow."""
_LONGEST_NAME = 120


class _User(msgspec.Struct, gc=False):
    id: str | None = None


class _App(msgspec.Struct, rename="camel", gc=False):
    display_name: str | None = None


class _Initiator(msgspec.Struct, gc=False):
    user: _User | None = None
    app: _App | None = None


class _Target(msgspec.Struct, gc=False):
    id: str | None = None
    type: str | None = None


class _Line(msgspec.Struct, rename="camel", gc=False):
    activity_date_time: Annotated[datetime, msgspec.Meta(tz=True)]
    activity_display_name: str
    target_resources: list[_Target]
    initiated_by: _Initiator | None = None
    result: str | None = None


_LINE = msgspec.json.Decoder(_Line)


class GraphInvitations:
    """Reads the audit log; see ``reviews.ports.Invitations``."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client
        self._facts = GraphTenantFacts(client)

    async def kept_for(self) -> timedelta:
        """Return how long the tenant keeps its log; a licence that cannot be read counts as none."""
        licence = await self._facts.licence()
        unlicensed = isinstance(licence, Unreadable) or licence is Licence.NONE
        return KEPT_WITHOUT_LICENCE if unlicensed else KEPT

    async def since(self, moment: datetime) -> AsyncIterator[Lines]:
        """Yield the lines about invitations and acceptances written since a moment."""
        at = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        for activity in (INVITED, ACCEPTED):
            said: list[Arrival] = []
            odd = 0
            rows = self._client.rows(
                LIST_AUDITS,
                self._client.urls.audit_logs.directory_audits,
                pace=self._client.logs,
                filter=f"activityDisplayName eq '{activity}' and activityDateTime ge {at}",
            )
            async for row in rows:
                line = _read(row)
                if isinstance(line, Arrival):
                    said.append(line)
                elif line is _ODD:
                    odd += 1
                if len(said) == A_PAGE:
                    yield Lines(arrivals=tuple(said), odd=odd)
                    said, odd = [], 0
            yield Lines(arrivals=tuple(said), odd=odd)


_ODD = Unreadable(why="not-understood")


def _read(row: msgspec.Raw) -> Arrival | Unreadable | None:
    """Read what one line says; None when it tells of something that did not happen."""
    try:
        line = _LINE.decode(row)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _ODD
    if line.result not in {None, "success"}:
        return None
    guest = next((one.id for one in line.target_resources if one.id and one.type in {None, "User"}), None)
    if guest is None:
        return _ODD
    at = line.activity_date_time.astimezone(UTC)
    if line.activity_display_name == ACCEPTED:
        return Arrival(guest_id=GuestId(guest), redeemed_at=at)
    person = line.initiated_by.user.id if line.initiated_by and line.initiated_by.user else None
    app = line.initiated_by.app.display_name if line.initiated_by and line.initiated_by.app else None
    return Arrival(
        guest_id=GuestId(guest),
        invited_at=at,
        by=PersonId(person) if person else None,
        app=(app or "")[:_LONGEST_NAME] or None if not person else None,
    )
