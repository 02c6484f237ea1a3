"""Groups that guests are in, and native reviews of one by its owners; see ``reviews.ports.GroupReviews``."""

import msgspec

from adapters.graph.batching import Item, exchange_all
from adapters.graph.client import GraphClient, decoded
from adapters.graph.operations import (
    APPLY_DECISIONS,
    CREATE_DEFINITION,
    FIND_DEFINITIONS,
    FIND_GROUPS,
    LIST_GUEST_MEMBERS,
)
from adapters.graph.refusals import refusal
from adapters.graph.ties import GROUP_FIELDS, read_groups
from notifications.words import in_every_language
from reviews.errors import Forbidden
from reviews.metering import guarded
from reviews.model import GroupReview, GuestGroup, NativeRound, PersonId, Unreadable
from reviews.policy import CostGuard

DEFINITIONS = "/identityGovernance/accessReviews/definitions"
SCOPE_QUERY = "scope/microsoft.graph.accessReviewQueryScope/query"
GROUPS_A_PAGE = 999
PAGE_SIZE = 100
_THEIR_GUESTS = "?$filter=userType eq 'Guest'&$count=true&$select=id&$top=1"
_ADVANCED = {"ConsistencyLevel": "eventual"}


class _Count(msgspec.Struct, gc=False):
    count: int = msgspec.field(name="@odata.count")


class _Definition(msgspec.Struct, rename="camel", gc=False):
    id: str
    display_name: str | None = None


_OURS = "[gatehouse group "


def marker(review: GroupReview) -> str:
    """Return what the definition's displayName and descriptionForAdmins end with."""
    return f"{_OURS}{review.group_id} {review.starts_on.isoformat()}]"


def new_definition(review: GroupReview) -> dict[str, object]:
    """Return the body that opens a review. Raises Malformed if it billed anybody."""
    members = f"/groups/{review.group_id}/transitiveMembers/microsoft.graph.user"
    body: dict[str, object] = {
        "displayName": f"Guests of {review.group_name[:100]} {marker(review)}",
        "descriptionForAdmins": f"Made by Gatehouse: no review covered these guests. {marker(review)}",
        "descriptionForReviewers": in_every_language("native.group"),
        "scope": {
            "@odata.type": "#microsoft.graph.accessReviewQueryScope",
            "query": f"{members}/?$count=true&$filter=(userType eq 'Guest')",
            "queryType": "MicrosoftGraph",
        },
        "reviewers": [_reviewer(one) for one in review.reviewers],
        "fallbackReviewers": [_reviewer(one) for one in review.fallback],
        "settings": _settings(review),
    }
    return guarded(body, CostGuard(), guests=review.guests)


def _settings(review: GroupReview) -> dict[str, object]:
    pattern = {
        "type": review.rhythm.unit,
        "interval": review.rhythm.interval,
        "dayOfMonth": review.starts_on.day,
    }
    return {
        "mailNotificationsEnabled": True,
        "reminderNotificationsEnabled": True,
        "justificationRequiredOnApproval": True,
        "defaultDecisionEnabled": False,
        "defaultDecision": "None",
        "instanceDurationInDays": review.lasts.days,
        "autoApplyDecisionsEnabled": review.removes,
        "recommendationsEnabled": True,
        "recurrence": {
            "pattern": pattern,
            "range": {"type": "noEnd", "startDate": review.starts_on.isoformat()},
        },
    }


def _reviewer(person_id: PersonId) -> dict[str, str]:
    return {"query": f"/users/{person_id}", "queryType": "MicrosoftGraph"}


class GraphGroupReviews:
    """Reads groups with guests, and opens reviews of them, through Microsoft Graph."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    async def with_guests(self, only: str | None = None) -> tuple[GuestGroup, ...]:
        """Read every group that guests are direct members of, or one: all of them or a failure."""
        which = {"filter": f"id eq '{only}'"} if only else {"top": GROUPS_A_PAGE}
        listed = self._client.rows(
            FIND_GROUPS, self._client.urls.groups, select=GROUP_FIELDS.split(","), **which
        )
        groups = read_groups([row async for row in listed])
        if isinstance(groups, Unreadable):
            words = f"{FIND_GROUPS.name}: the groups could not be understood ({groups.why})"
            raise Forbidden(words, needs=FIND_GROUPS.needs[0])
        items = [
            Item(
                operation=LIST_GUEST_MEMBERS,
                path=f"/groups/{group.id}/members/microsoft.graph.user{_THEIR_GUESTS}",
                headers=_ADVANCED,
            )
            for group in groups
        ]
        found = []
        for group, reply in zip(groups, await exchange_all(self._client, items), strict=True):
            if reply.status == 404:  # gone since the list was read
                continue
            if not reply.is_success:
                raise refusal(LIST_GUEST_MEMBERS, reply)
            guests = decoded(LIST_GUEST_MEMBERS, reply.content, _Count).count
            if guests:
                found.append(GuestGroup(group=group, guests=guests))
        return tuple(found)

    async def find(self, review: GroupReview) -> str | None:
        """Find the definition of a review by its marker; its id, or None."""
        builder = self._client.urls.identity_governance.access_reviews.definitions
        wanted = f"contains({SCOPE_QUERY}, '{review.group_id}')"
        rows = self._client.rows(FIND_DEFINITIONS, builder, filter=wanted, top=PAGE_SIZE)
        found = [decoded(FIND_DEFINITIONS, row, _Definition) async for row in rows]
        ours = (one.id for one in found if (one.display_name or "").endswith(marker(review)))
        return min(ours, default=None)

    async def create(self, review: GroupReview) -> str:
        """Open a review; return the definition's id. Raises Ambiguous."""
        content = await self._client.write(CREATE_DEFINITION, DEFINITIONS, new_definition(review))
        return decoded(CREATE_DEFINITION, content, _Definition).id

    def is_ours(self, one: NativeRound) -> bool:
        """Say whether a round belongs to a review that was opened here: its name bears our marker."""
        return _OURS in one.name

    async def apply_again(self, one: NativeRound) -> None:
        """Have what was decided in a round carried out once more."""
        path = f"{DEFINITIONS}/{one.definition_id}/instances/{one.instance_id}/applyDecisions"
        await self._client.write(APPLY_DECISIONS, path)
