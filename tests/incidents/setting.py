"""The stage of the incident stories: a sandbox tenant whose answers can be edited on their way to the app."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.clock import HandClock
from reviews.records import Plan
from sandbox.people_cast import Cast, GroupSpec, GuestSpec, MemberSpec
from sandbox.stories import STARTS_AT, Story, fifty_guests
from sandbox.tenant import DEFAULT_GRANTED, TOKEN, Tenant
from sandbox.world import SENDER, in_memory, policy_text
from tests.stories.telling import Tale

Json = dict[str, Any]
Edit = Callable[[Json], None]
"""Changes one account as Graph is about to send it, in place."""
LIST = "/v1.0/users"
OPEN_CAPS = {"harmful_per_run": 100, "harmful_share": 1.0}


@dataclass(slots=True)
class Wire:
    """The way from Graph to the app. What passes is kept, for a published rule to judge."""

    app: ASGIApp
    edit: Edit | None = None
    edit_page: Edit | None = None
    swallow: Callable[[str, str], bool] | None = None
    """Says which requests get a "done" without anything being done."""
    pages: list[Json] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    """The newest status by path."""

    @property
    def rows(self) -> list[Json]:
        """Every account of every page that was sent."""
        return [row for page in self.pages for row in page["value"]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.swallow is not None and self.swallow(scope["method"], scope["path"]):
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        await self.app(scope, receive, keep)
        content = b"".join(message.get("body", b"") for message in kept)
        self.statuses[scope["path"]] = kept[0]["status"]
        if scope["method"] == "GET" and kept[0]["status"] == 200:
            content = self._edited(scope["path"], content)
        headers = [pair for pair in kept[0]["headers"] if pair[0] != b"content-length"]
        await send({**kept[0], "headers": [*headers, (b"content-length", str(len(content)).encode())]})
        await send({"type": "http.response.body", "body": content})

    def _edited(self, path: str, content: bytes) -> bytes:
        is_list = path == LIST
        if not is_list and not (path.startswith(f"{LIST}/") and path.count("/") == 3 and "$" not in path):
            return content
        document = json.loads(content)
        for row in document["value"] if is_list else [document]:
            if self.edit is not None:
                self.edit(row)
        if is_list:
            if self.edit_page is not None:
                self.edit_page(document)
            self.pages.append(document)
        return json.dumps(document).encode()


@dataclass(slots=True)
class Scene:
    """One incident being told."""

    tale: Tale
    wire: Wire

    def name(self, object_id: str) -> str:
        """Return what somebody is called in the cast."""
        cast = self.tale.cast
        called = [one.name for one in cast.guests] + [one.name for one in cast.members]
        return next(name for name in called if cast.id_of(name) == object_id)

    def names(self, rows: Sequence[Json]) -> str:
        """Return who is meant, in the order of the alphabet."""
        return ", ".join(sorted(self.name(row["id"]) for row in rows)) or "nobody"

    def active(self, rows: Sequence[Json], days: int = 90) -> int:
        """Count who of these has truly signed in within so many days."""
        limit = (self.tale.quick.clock.now() - timedelta(days=days)).isoformat()
        records = [self.tale.quick.tenant.user(row["id"]) or {} for row in rows]
        seen = [
            (one.get("signInActivity") or {}).get("lastSuccessfulSignInDateTime") or "" for one in records
        ]
        return sum(moment > limit for moment in seen)

    async def plan(self) -> Plan:
        return await self.tale.plan()

    async def asked(self) -> str:
        """Tell whom the newest plan asks about whom, and what it suggests."""
        plan = await self.plan()
        told = []
        for action in plan.actions:
            reviewer, guest = self.name(action.reviewers[0]), self.name(action.guest_id)
            told.append(f"asks {reviewer} about {guest}: {action.recommendation}")
        return ", ".join(sorted(told)) or "asks nobody"

    async def held(self) -> str:
        """Tell what holds everything the newest plan wanted."""
        plan = await self.plan()
        assert plan.held
        assert plan.actions == ()
        return f"holds everything: {', '.join(sorted({one.held_by for one in plan.held}))}"

    async def asked_of_graph(self, method: str, path: str) -> int:
        """Ask the tenant's Graph something as another program would; return the status."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        transport = httpx.ASGITransport(app=self.wire.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return (await client.request(method, path, headers=headers)).status_code

    def members(self, group: str) -> list[str]:
        """Return who is in a group now."""
        directory = self.tale.quick.tenant.directory
        found = directory.group(self.tale.id(group), self.tale.quick.clock.now())
        return [] if found is None else sorted(self.name(one) for one in directory.members(found))

    def switched_off(self) -> str:
        """Tell which guests are blocked or gone now and were not at the start."""
        cast, tenant = self.tale.cast, self.tale.quick.tenant
        before = [cast.guest(number) for number in range(cast.guest_count)]
        off = [
            row
            for row in before
            if row["accountEnabled"]
            and not (tenant.user(row["id"]) or {"accountEnabled": False})["accountEnabled"]
        ]
        return self.names(off)


def people(*guests: GuestSpec, groups: Sequence[GroupSpec] = ()) -> Story:
    """Make a small story of these guests and a few colleagues."""
    members = (
        MemberSpec(name="sara", shown_as="Sara Sponsor"),
        MemberSpec(name="fay", shown_as="Fay Fallback"),
    )
    cast = Cast(guests=guests, members=members, group_specs=tuple(groups), as_of=STARTS_AT)
    return Story(name="incident", says="An incident.", population=cast)


@asynccontextmanager
async def scene(
    folder: Path,
    *,
    story: Story | None = None,
    edit: Edit | None = None,
    edit_page: Edit | None = None,
    swallow: Callable[[str, str], bool] | None = None,
    **policy: Any,
) -> AsyncIterator[Scene]:
    """Set a scene at midnight of its first day: mode enforce, Fay the fallback, ``policy`` changed."""
    cast = (story or fifty_guests()).population
    assert isinstance(cast, Cast)
    clock = HandClock(STARTS_AT)
    tenant = Tenant(cast, clock, mailboxes=[SENDER], granted=DEFAULT_GRANTED)
    file = folder / "policy.yaml"
    write_policy(file, cast, **policy)
    wires: list[Wire] = []

    def wrap(app: ASGIApp) -> ASGIApp:
        wires.append(Wire(app=app, edit=edit, edit_page=edit_page, swallow=swallow))
        return wires[0]

    quick = in_memory(tenant, clock=clock, policy=file, wrap=wrap)
    async with quick.house:
        yield Scene(tale=Tale(quick=quick, cast=cast, policy_file=file, check=None), wire=wires[0])


def write_policy(file: Path, cast: Cast, **policy: Any) -> None:
    """Write the policy of a scene."""
    defaults: Json = {"mode": "enforce", "caps": OPEN_CAPS, "reviewers": {"fallback": [cast.id_of("fay")]}}
    file.write_text(policy_text({**defaults, **policy}, cast), encoding="utf-8")
