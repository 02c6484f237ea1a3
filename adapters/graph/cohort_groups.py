"""Cohort groups in Entra: the security group that holds the guests one reviewer is asked about."""

import logging
from collections.abc import Iterator, Sequence

import msgspec

from adapters.graph.batching import Item, exchange_all
from adapters.graph.client import REPLICATION, GraphClient, decoded
from adapters.graph.operations import ADD_MEMBERS, CREATE_GROUP, DELETE_GROUP, FIND_GROUPS, LIST_MEMBERS
from adapters.graph.refusals import Reply, refusal
from reviews.errors import Gone, NotSupported
from reviews.model import Batch, BatchId, GuestId

log = logging.getLogger(__name__)

AT_ONCE = 20
"""References one request may bind (A:group-post-members)."""
MEMBERS_A_PAGE = 999


class _Named(msgspec.Struct, gc=False):
    id: str


def nickname(batch_id: BatchId) -> str:
    """Return the group's mailNickname: the marker it is found by, unique in the tenant."""
    return f"gatehouse-{batch_id}"


def new_group(batch: Batch, members: Sequence[str]) -> dict[str, object]:
    """Return the body that makes a batch's group; ``members`` are links to objects."""
    body: dict[str, object] = {
        "displayName": f"Gatehouse review {batch.opened_at:%Y-%m-%d} {batch.id[:8]}",
        "description": f"Guests under review; made and removed by Gatehouse. [gatehouse {batch.id}]",
        "mailEnabled": False,
        "mailNickname": nickname(batch.id),
        "securityEnabled": True,
    }
    return {**body, "members@odata.bind": list(members)} if members else body


class CohortGroups:
    """Finding, making, filling and removing cohort groups."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    async def find(self, batch_id: BatchId) -> str | None:
        """Find the group of a batch by its mailNickname."""
        wanted = f"mailNickname eq '{nickname(batch_id)}'"
        rows = self._client.rows(FIND_GROUPS, self._client.urls.groups, filter=wanted, select=["id"])
        found = [decoded(FIND_GROUPS, row, _Named).id async for row in rows]
        return min(found, default=None)

    async def create(self, batch: Batch) -> str:
        """Make the group of a batch with its guests in it; return its id. Raises Ambiguous.

        Graph refuses the whole group when one guest in it is gone, so a refusal makes it empty and fills
        it one by one. A mailNickname that is taken means an earlier try succeeded: that group is returned.
        """
        first, *rest = list(_twenties(batch.guests)) or [()]
        try:
            group_id = await self._post(batch, first)
        except NotSupported:
            found = await self.find(batch.id)
            if found is None:
                raise
            return found
        except Gone:
            group_id = await self._post(batch, ())
            rest = [first, *rest]
        for twenty in rest:
            await self._bind(group_id, twenty)
        return group_id

    async def _post(self, batch: Batch, guests: Sequence[GuestId]) -> str:
        content = await self._client.write(CREATE_GROUP, "/groups", new_group(batch, self._links(guests)))
        return decoded(CREATE_GROUP, content, _Named).id

    async def missing(self, group_id: str, guests: Sequence[GuestId]) -> tuple[GuestId, ...]:
        """Return those of ``guests`` the group does not hold. Raises Gone for a group that stays unfound."""
        builder = self._client.urls.groups.by_group_id(group_id).members
        rows = self._client.rows(
            LIST_MEMBERS, builder, patience=REPLICATION, select=["id"], top=MEMBERS_A_PAGE
        )
        held = {decoded(LIST_MEMBERS, row, _Named).id async for row in rows}
        return tuple(guest for guest in guests if guest not in held)

    async def add(self, group_id: str, guests: Sequence[GuestId]) -> None:
        """Add guests, 20 a call; who is in already stays in, who is gone from the directory is left out."""
        for twenty in _twenties(guests):
            await self._bind(group_id, twenty)

    async def _bind(self, group_id: str, guests: Sequence[GuestId]) -> None:
        try:
            await self._patch(group_id, guests)
        except (Gone, NotSupported):
            # One guest spoils the call: gone, or a member already.
            await self._bind_each(group_id, await self.missing(group_id, guests))

    async def _bind_each(self, group_id: str, guests: Sequence[GuestId]) -> None:
        path = f"/groups/{group_id}"
        items = [Item(operation=ADD_MEMBERS, path=path, content=self._binding([guest])) for guest in guests]
        replies = await exchange_all(self._client, items)
        refused: dict[GuestId, Reply] = {}
        for guest, reply in zip(guests, replies, strict=True):
            if reply.status == 404:
                facts = {"event": "group.member-gone", "guest_id": guest, "group_id": group_id}
                log.warning("guest gone", extra=facts)
            elif not reply.is_success:
                refused[guest] = reply
        # "Already a member" is a refusal too, so what counts is who is in.
        for guest in await self.missing(group_id, tuple(refused)) if refused else ():
            raise refusal(ADD_MEMBERS, refused[guest])

    async def _patch(self, group_id: str, guests: Sequence[GuestId]) -> None:
        body, path = self._binding(guests), f"/groups/{group_id}"
        await self._client.write(ADD_MEMBERS, path, body, patience=REPLICATION[:3])

    def _binding(self, guests: Sequence[GuestId]) -> dict[str, object]:
        return {"members@odata.bind": self._links(guests)}

    async def remove(self, group_id: str) -> None:
        """Delete a group; one that is gone counts as removed."""
        try:
            await self._client.write(DELETE_GROUP, f"/groups/{group_id}")
        except Gone:
            log.info("group was gone", extra={"event": "group.gone", "group_id": group_id})

    def _links(self, guests: Sequence[GuestId]) -> list[str]:
        return [self._client.link(f"/directoryObjects/{guest}") for guest in guests]


def _twenties(guests: Sequence[GuestId]) -> Iterator[Sequence[GuestId]]:
    for start in range(0, len(guests), AT_ONCE):
        yield guests[start : start + AT_ONCE]
