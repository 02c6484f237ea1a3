"""A tenant of twelve or fifty guests with Graph over it, in-process, every exchange checked."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from adapters.clock import HandClock
from sandbox.graph_api import create_app
from sandbox.people_cast import Cast
from sandbox.schema_check import SchemaCheck
from sandbox.stories import Story, a_handful, fifty_guests
from sandbox.tenant import TOKEN, Tenant

SCHEMA_DIR = Path(__file__).resolve().parents[3] / "shared" / "graph"
MAILBOX = "guest-reviews@contoso.example"
MESSAGES = f"/users/{MAILBOX}/messages"
DEFINITIONS = "/identityGovernance/accessReviews/definitions"
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}
EVENTUAL = {"ConsistencyLevel": "eventual"}
MARK = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name GatehouseMark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One test's tenant, its people and clock, and a client that speaks to it."""

    tenant: Tenant
    cast: Cast
    clock: HandClock
    graph: httpx.AsyncClient
    seen: set[tuple[str, str]]

    def id(self, name: str) -> str:
        return self.cast.id_of(name)

    async def wait(self, **duration: float) -> None:
        await self.clock.sleep(timedelta(**duration))

    async def get(self, path: str, **options: str) -> Any:
        answer = await self.graph.get(path, params={f"${name}": value for name, value in options.items()})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def every(self, path: str, **options: str) -> list[Any]:
        """Every entry of a collection, over all its pages."""
        page = await self.get(path, **options)
        rows = list(page["value"])
        while "@odata.nextLink" in page:
            answer = await self.graph.get(page["@odata.nextLink"])
            assert answer.status_code == 200, answer.text
            page = answer.json()
            rows += page["value"]
        return rows

    async def a_group(self, *names: str) -> str:
        """A new cohort group, old enough to be read."""
        answer = await self.graph.post("/groups", json=a_group_of([self.id(name) for name in names]))
        assert answer.status_code == 201, answer.text
        await self.wait(seconds=6)
        return str(answer.json()["id"])

    async def a_review(self, group: str, reviewer: str = "sara", **settings: Any) -> tuple[str, str]:
        """A running review of a group: the ids of definition and instance."""
        body = a_definition(group, [f"/users/{self.id(reviewer)}"], **settings)
        answer = await self.graph.post(DEFINITIONS, json=body)
        assert answer.status_code == 201, answer.text
        await self.wait(minutes=11)
        definition = str(answer.json()["id"])
        instance = (await self.get(f"{DEFINITIONS}/{definition}/instances"))["value"][0]
        return definition, str(instance["id"])

    async def a_draft(self, subject: str = "Please confirm", mark: str = "m-1") -> httpx.Response:
        return await self.graph.post(MESSAGES, headers=IMMUTABLE, json=a_message(subject, mark))


def a_group_of(members: Sequence[str], nickname: str = "cohort-1") -> dict[str, Any]:
    links = [f"https://graph.microsoft.com/v1.0/directoryObjects/{member}" for member in members]
    return {
        "displayName": f"Guests under review {nickname}",
        "mailEnabled": False,
        "mailNickname": nickname,
        "securityEnabled": True,
        "members@odata.bind": links,
    }


def a_definition(group: str, reviewers: Sequence[str], **settings: Any) -> dict[str, Any]:
    query = f"/groups/{group}/transitiveMembers/microsoft.graph.user/?$filter=(userType eq 'Guest')"
    kind = "#microsoft.graph.accessReviewQueryScope"
    return {
        "displayName": "Guests of Sara",
        "descriptionForAdmins": "Opened by a test",
        "descriptionForReviewers": "Please confirm these guests.",
        "scope": {"@odata.type": kind, "query": query, "queryType": "MicrosoftGraph"},
        "reviewers": [{"query": reviewer, "queryType": "MicrosoftGraph"} for reviewer in reviewers],
        "settings": {"instanceDurationInDays": 14, "recommendationsEnabled": True, **settings},
    }


def a_message(subject: str, mark: str, to: str = "sara@contoso.example") -> dict[str, Any]:
    return {
        "subject": subject,
        "body": {"contentType": "html", "content": "<p>Three guests</p>"},
        "toRecipients": [{"emailAddress": {"address": to}}],
        "internetMessageHeaders": [{"name": "x-gatehouse-mark", "value": mark}],
        "singleValueExtendedProperties": [{"id": MARK, "value": mark}],
    }


@asynccontextmanager
async def a_room(
    *, checked: bool = True, fifty: bool = False, story: Story | None = None, **dials: Any
) -> AsyncIterator[Room]:
    """A tenant with a client; ``checked`` lets no exchange pass that the metadata does not allow."""
    cast = (story or (fifty_guests() if fifty else a_handful())).population
    assert isinstance(cast, Cast)
    clock = HandClock(cast.as_of)
    tenant = Tenant(cast, clock, **dials)
    app: ASGIApp = create_app(tenant)
    check = SchemaCheck(app, SCHEMA_DIR) if checked and SCHEMA_DIR.exists() else None
    transport = httpx.ASGITransport(app if check is None else check)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1/v1.0", headers=headers
    ) as graph:
        seen = set() if check is None else check.seen
        yield Room(tenant=tenant, cast=cast, clock=clock, graph=graph, seen=seen)
    assert check is None or check.violations == []


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """The status and error code of a refusal."""
    return answer.status_code, answer.json()["error"]["code"]
