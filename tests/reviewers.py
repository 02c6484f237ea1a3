"""People at the door of the answer page: the headers App Service Authentication gives them, and a client."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from adapters.clock import HandClock
from adapters.id_token import SecondProof
from adapters.signing_keys import SigningKeys, keys_url
from adapters.web import make_web
from reviews.model import Batch, BatchId, Card, CaseId, Choice, GuestId, HandOver, Kind, PersonId, Risk, Sight
from reviews.policy import Policy
from reviews.reasons import because
from sandbox.host_tokens import CLIENT_ID, TokenDesk
from sandbox.memory import MemoryLedger
from tests.builders import NOW, SARA, a_person, guid
from tests.letters import BATCH, HERE, POLICY, Tray, Unchanging, a_card, a_submission, batch, keep_batch

TENANT: Final = guid(7777)
CLAIM: Final = "http://schemas.microsoft.com/identity/claims/"
HEADER: Final = "X-MS-CLIENT-PRINCIPAL"
OURS: Final = {"Sec-Fetch-Site": "same-origin"}


def encoded(document: object) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


def principal(object_id: str = SARA, tenant_id: str = TENANT) -> dict[str, Any]:
    claims = [
        {"typ": f"{CLAIM}objectidentifier", "val": object_id},
        {"typ": f"{CLAIM}tenantid", "val": tenant_id},
        {"typ": "name", "val": "Sara Sponsor"},
    ]
    return {"auth_typ": "aad", "claims": claims, "name_typ": "name", "role_typ": "roles"}


def signed_in(object_id: str = SARA, tenant_id: str = TENANT) -> dict[str, str]:
    return {HEADER: encoded(principal(object_id, tenant_id))}


def alike(number: int) -> Card:
    """Return a guest like every other one: harmless, nothing new, and long silent."""
    sight = Sight(kind=Kind.EXTERNAL_GUEST, risk=Risk.LOW)
    name = NAMES[number % len(NAMES)]
    return replace(
        a_card(3), guest_id=GuestId(guid(number)), case_id=CaseId(f"case-{number}"), name=name, sight=sight
    )


NAMES: Final = ("Noor Bakker", "Liam Byrne", "Chiara Rossi", "Tomás Novák")


class Site:
    """The web role over a ledger in memory, with one batch of guests."""

    def __init__(
        self,
        *,
        auth_enabled: bool = True,
        policy: Policy = POLICY,
        ledger: Any = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self.ledger = MemoryLedger()
        self.queue = Tray()
        self.clock = HandClock(NOW)
        self.policies = Unchanging(policy)
        self.tokens = TokenDesk(self.clock.now)
        self.app = make_web(
            ledger=ledger or self.ledger,
            queue=self.queue,
            clock=self.clock,
            policies=self.policies,
            second_proof=SecondProof(
                keys=SigningKeys(keys_url(TENANT), self.clock, http or self.tokens.http()),
                clock=self.clock,
                tenant_id=TENANT,
                client_id=CLIENT_ID,
            ),
            tenant_id=TENANT,
            auth_enabled=auth_enabled,
            public_url=HERE,
        )

    async def with_batch(
        self, count: int = 3, shown: Sequence[Card] | None = None, **changes: object
    ) -> "Site":
        whole: Batch = batch(count, **changes)
        await keep_batch(self.ledger, whole, shown=shown)
        return self

    async def with_passed_on(self) -> "Site":
        """Say "not mine" of two guests: one question went to a colleague, the other came back."""
        for number in (1, 2):
            await self.ledger.append_answer(a_submission(Choice.NOT_MINE, number))
        stored = await self.ledger.batch(BATCH)
        assert stored is not None
        went, back = [
            HandOver(
                guest_id=GuestId(guid(number)),
                case_id=CaseId(f"case-{number}"),
                because=because(why),
                to=to,
                answer_id=answer,
            )
            for number, why, to, answer in (
                (1, "not-mine", a_person(PersonId(guid(9002)), name="Tom Kramer"), "answer-1-1"),
                (2, "colleague-unknown", None, "answer-2-1"),
            )
        ]
        await self.ledger.save_batch(replace(stored, handed_over=(went, back)))
        other = batch(2, id=BatchId("e" * 32), guests=(GuestId(guid(21)), GuestId(guid(22))))
        await self.ledger.begin_batch(other, [])
        return self

    async def request(
        self,
        method: str,
        path: str = f"/r/{BATCH}",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
            return await client.request(method, path, headers=headers, **more)

    async def page(self) -> str:
        return (await self.request("GET", headers=signed_in())).text

    async def answer(self, form: Mapping[str, str], **changes: str) -> httpx.Response:
        sent = {"nonce": "n0nce-of-the-batch", **form}
        return await self.request("POST", headers={**signed_in(), **OURS, **changes}, data=sent)

    async def recorded(self, number: int = 1) -> list[tuple[int, str, str]]:
        """Return version, choice and reason of every answer about a guest."""
        return [
            (one.version, one.answer.choice.value, one.answer.justification)
            for one in await self.ledger.answers(BATCH)
            if one.guest_id == GuestId(guid(number))
        ]


def choice(number: int, value: str, why: str = "", seen: int = 0) -> dict[str, str]:
    """Return what the form sends about one guest."""
    guest = guid(number)
    return {f"c.{guest}": value, f"j.{guest}": why, f"v.{guest}": str(seen)}


FORM: Final = {"content-type": "application/x-www-form-urlencoded"}
GOOD: Final = urlencode({"nonce": batch(3).nonce, **choice(1, "remove")})
"""A form as our page sends it."""


def is_silent(response: httpx.Response) -> bool:
    """Say whether a response holds no name, no address and no count."""
    words = response.text.split("</style>")[-1]
    return not re.search(r"Visser|Aïsha|Bjørn|Sara|fabrikam|contoso|\b\d+\b", words.replace(BATCH, ""))
