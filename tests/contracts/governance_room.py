"""Access reviews of every shape for tests: bodies to post, and a room that has Microsoft 365 groups."""

from collections.abc import Sequence
from typing import Any

from sandbox.people_groups import GroupFacts, GroupKind, group_record
from sandbox.tenant_directory import Group
from tests.contracts.graph_room import DEFINITIONS, Room

QUERY = "#microsoft.graph.accessReviewQueryScope"
INACTIVE = "#microsoft.graph.accessReviewInactiveUsersQueryScope"
MEMBERSHIPS = "#microsoft.graph.principalResourceMembershipsScope"
EVERY_GROUP = "/groups?$filter=(groupTypes/any(c:c eq 'Unified'))&$count=true"
THEIR_GUESTS = "./members/microsoft.graph.user/?$count=true&$filter=(userType eq 'Guest')"
OWNERS = {"query": "./owners", "queryType": "MicrosoftGraph"}
MANAGERS = {"query": "./manager", "queryType": "MicrosoftGraph", "queryRoot": "decisions"}
DELETES = {"@odata.type": "#microsoft.graph.disableAndDeleteUserApplyAction"}


def user(object_id: str) -> dict[str, str]:
    return {"query": f"/users/{object_id}", "queryType": "MicrosoftGraph"}


def of_every_group(reviewers: Sequence[dict[str, str]], **settings: Any) -> dict[str, Any]:
    """A review of the guests of every Microsoft 365 group."""
    return {
        "displayName": "All groups with guests",
        "descriptionForAdmins": "a",
        "descriptionForReviewers": "r",
        "instanceEnumerationScope": {
            "@odata.type": QUERY,
            "query": EVERY_GROUP,
            "queryType": "MicrosoftGraph",
        },
        "scope": {"@odata.type": QUERY, "query": THEIR_GUESTS, "queryType": "MicrosoftGraph"},
        "reviewers": list(reviewers),
        "settings": {"instanceDurationInDays": 14, **settings},
    }


def of_resources(
    groups: Sequence[str], reviewers: Sequence[dict[str, str]], **settings: Any
) -> dict[str, Any]:
    """One review of the guests of several groups."""
    people = {"@odata.type": QUERY, "query": "/users?$filter=(userType eq 'Guest')"}
    return {
        "displayName": "Guests of several groups",
        "descriptionForAdmins": "a",
        "descriptionForReviewers": "r",
        "scope": {
            "@odata.type": MEMBERSHIPS,
            "principalScopes": [{**people, "queryType": "MicrosoftGraph"}],
            "resourceScopes": [
                {"@odata.type": QUERY, "query": f"/groups/{group}", "queryType": "MicrosoftGraph"}
                for group in groups
            ],
        },
        "reviewers": list(reviewers),
        "settings": {"instanceDurationInDays": 14, **settings},
    }


def a_team(room: Room, name: str, members: Sequence[str], owners: Sequence[str] = (), **facts: Any) -> str:
    """A group of the directory as it might have been for years; Microsoft 365 unless ``facts`` differ."""
    record = group_record(
        GroupFacts(
            object_id=room.tenant.new_id(),
            name=name,
            kind=GroupKind.TEAM,
            domain="contoso.example",
            created=room.clock.now().timestamp(),
        )
    )
    group = Group({**record, **facts}, map(room.id, members), map(room.id, owners))
    room.tenant.directory.groups[record["id"]] = group
    return str(record["id"])


async def post(room: Room, body: dict[str, Any], **wait: float) -> str:
    """Create a definition and let it begin; its id."""
    answer = await room.graph.post(DEFINITIONS, json=body)
    assert answer.status_code == 201, answer.text
    await room.wait(**(wait or {"minutes": 11}))
    room.tenant.now()
    return str(answer.json()["id"])


async def instances(room: Room, definition: str) -> list[Any]:
    return await room.every(f"{DEFINITIONS}/{definition}/instances")


async def only(room: Room, definition: str) -> str:
    """The path of a definition's only instance."""
    [instance] = await instances(room, definition)
    return f"{DEFINITIONS}/{definition}/instances/{instance['id']}"


async def names(room: Room, path: str) -> set[str]:
    """Who is under review, by name in the cast."""
    cast = _cast(room)
    return {cast[d["principal"]["id"]] for d in await room.every(f"{path}/decisions")}


def _cast(room: Room) -> dict[str, str]:
    everybody = [spec.name for spec in room.cast.guests] + [spec.name for spec in room.cast.members]
    return {room.id(name): name for name in everybody}


async def decide(room: Room, path: str, name: str, decision: str, resource: str) -> int:
    content = {"decision": decision, "principalId": room.id(name), "resourceId": resource}
    answer = await room.graph.post(f"{path}/batchRecordDecisions", json={**content, "justification": "j"})
    return answer.status_code


async def results(room: Room, path: str) -> dict[str, str]:
    """What became of each decision, by name in the cast."""
    cast = _cast(room)
    return {cast[d["principal"]["id"]]: d["applyResult"] for d in await room.every(f"{path}/decisions")}
