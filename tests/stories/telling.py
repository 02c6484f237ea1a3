"""How stories are told: a tenant of named people, nights by date, sponsors answering on the real page."""

import base64
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from adapters.clock import HandClock
from reviews.model import BatchId, Case, GuestId
from reviews.policy import Mode
from reviews.records import Event, Plan, Run
from sandbox.people_cast import Cast
from sandbox.schema_check import SchemaCheck
from sandbox.stories import STARTS_AT, Story, fifty_guests
from sandbox.tenant import DEFAULT_GRANTED, Tenant
from sandbox.world import SENDER, Quick, in_memory, policy_text
from tests.graph_door import undeclared

SCHEMA_DIR = Path(__file__).resolve().parents[3] / "shared" / "graph"
CLAIM = "http://schemas.microsoft.com/identity/claims/"
NIGHT = timedelta(hours=1, minutes=40)
"""Ten minutes after the night's slot, from midnight UTC."""


@dataclass(slots=True)
class Tale:
    """One story being told."""

    quick: Quick
    cast: Cast
    policy_file: Path
    check: SchemaCheck | None

    def id(self, name: str) -> str:
        return self.cast.id_of(name)

    def guest(self, name: str) -> dict[str, Any] | None:
        return self.quick.tenant.user(self.id(name))

    async def night(self, day: int) -> int:
        """Go on to the night of a day of the story (the first is 0); work through all of it."""
        return await self.quick.tick(STARTS_AT + timedelta(days=day) + NIGHT)

    async def noon(self, day: float) -> int:
        """Go on to noon of a day."""
        return await self.quick.tick(STARTS_AT + timedelta(days=day, hours=12))

    async def newest_night(self) -> Run:
        return (await self.quick.ledger.recent_runs("night", 1))[0]

    async def plan(self) -> Plan:
        plan = await self.quick.archive.plan((await self.newest_night()).id)
        assert plan is not None
        return plan

    async def case(self, name: str) -> Case:
        case = await self.quick.ledger.case(GuestId(self.id(name)))
        assert case is not None, f"{name} was never asked about"
        return case

    async def events(self, name: str) -> tuple[Event, ...]:
        return await self.quick.ledger.events(GuestId(self.id(name)))

    async def kinds(self, name: str) -> list[str]:
        return [event.kind for event in await self.events(name)]

    def mails(self, name: str) -> list[str]:
        """Return the subjects of what somebody got, oldest first."""
        record = self.guest(name) or self.quick.tenant.directory.population.member(0)
        return [mail.subject for mail in self.quick.tenant.inbox(record["mail"])]

    def mails_to(self, address: str) -> list[str]:
        """Return the subjects of what an address got, oldest first."""
        return [mail.subject for mail in self.quick.tenant.inbox(address)]

    def link(self, name: str, batch: str = "") -> str:
        """Return the newest answer link somebody was mailed, or that of one batch."""
        record = self.guest(name)
        assert record is not None
        for mail in reversed(self.quick.tenant.inbox(record["mail"])):
            found = re.search(r'href="([^"]*/r/[0-9a-f]{32})"', mail.html or "")
            if found and found.group(1).endswith(batch):
                return found.group(1)
        raise LookupError(f"{name} was mailed no link")

    @asynccontextmanager
    async def browser(self, person: str) -> AsyncIterator[httpx.AsyncClient]:
        """Open a browser in which somebody has signed in."""
        headers = {"X-MS-CLIENT-PRINCIPAL": self.principal(person)}
        transport = httpx.ASGITransport(app=self.quick.house.web)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", headers=headers
        ) as client:
            yield client

    def principal(self, person: str) -> str:
        claims = [
            {"typ": f"{CLAIM}objectidentifier", "val": self.id(person)},
            {"typ": f"{CLAIM}tenantid", "val": self.cast.tenant_id},
        ]
        return base64.b64encode(json.dumps({"auth_typ": "aad", "claims": claims}).encode()).decode()

    async def answer(
        self, person: str, choices: Mapping[str, str], why: str = "still on the project"
    ) -> None:
        """Answer on the page: open the mailed link, fill in the form, send it; the worker weighs it."""
        async with self.browser(person) as client:
            link = self.link(person, (await self.case(next(iter(choices)))).batch_id)
            page = await client.get(link)
            assert page.status_code == 200
            form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
            for guest, choice in choices.items():
                form[f"c.{self.id(guest)}"] = choice
                form[f"j.{self.id(guest)}"] = why if choice == "keep" else ""
            sent = await client.post(link, data=form, headers={"Sec-Fetch-Site": "same-origin"})
            assert sent.status_code == 303, sent.text
        await self.quick.work()

    async def answer_natively(self, person: str, guest: str, decision: str) -> None:
        """Answer in My Access instead."""
        case = await self.case(guest)
        batch = await self.quick.ledger.batch(BatchId(case.batch_id))
        assert batch is not None
        assert batch.definition_id is not None
        for review in self.quick.tenant.definitions():
            if review.id == batch.definition_id:
                self.quick.tenant.decide(
                    review.id, review.instance_id, self.id(guest), decision, "in My Access", self.id(person)
                )

    def change_policy(self, **changes: Any) -> None:
        self.policy_file.write_text(policy_text(_with_fallback(self.cast, changes), self.cast))


def _with_fallback(cast: Cast, changes: Mapping[str, Any]) -> dict[str, Any]:
    return {"reviewers": {"fallback": [cast.id_of("fay")]}, **changes}


@asynccontextmanager
async def telling(
    folder: Path,
    *,
    story: Story | None = None,
    mode: Mode = Mode.ENFORCE,
    granted: Sequence[str] | None = None,
    premium: bool = True,
    quiet: bool = True,
    **changes: Any,
) -> AsyncIterator[Tale]:
    """Begin a story at midnight of its first day; ``changes`` go into the policy.

    Unless ``quiet``, every exchange with Graph is held against the schema; always, every request against
    the list of operations.
    """
    cast = (story or fifty_guests()).population
    assert isinstance(cast, Cast)
    clock = HandClock(STARTS_AT)
    tenant = Tenant(cast, clock, mailboxes=[SENDER], granted=granted or DEFAULT_GRANTED, premium=premium)
    policy_file = folder / "policy.yaml"
    checks: list[SchemaCheck] = []
    tale_policy = _with_fallback(cast, {"mode": mode.value, **changes})
    _write(policy_file, policy_text(tale_policy, cast))
    wrap = None if quiet or not SCHEMA_DIR.is_dir() else _checked(checks)
    quick = in_memory(tenant, clock=clock, policy=policy_file, wrap=wrap)
    async with quick.house:
        yield Tale(quick=quick, cast=cast, policy_file=policy_file, check=checks[0] if checks else None)
    assert not undeclared(tenant)


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def _checked(checks: list[SchemaCheck]) -> Callable[[ASGIApp], ASGIApp]:
    def wrap(app: ASGIApp) -> ASGIApp:
        checks.append(SchemaCheck(app, SCHEMA_DIR))
        return checks[0]

    return wrap


def moment(day: int, hour: float = 0) -> datetime:
    return (STARTS_AT + timedelta(days=day, hours=hour)).astimezone(UTC)
