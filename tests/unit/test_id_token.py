"""A token beside the platform's header has to prove the very person that the header names."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from adapters.clock import HandClock
from adapters.id_token import HEADER, LARGEST, SESSION, SecondProof
from adapters.principal import Principal
from adapters.signing_keys import KEPT, PATIENCE, SigningKeys, keys_url
from reviews.errors import Transient
from sandbox.host_tokens import CLIENT_ID, KEY, TokenDesk, published, signing_key
from tests.builders import NOW, SARA, guid
from tests.letters import BATCH
from tests.reviewers import OURS, TENANT, Site, choice, is_silent, signed_in

HOUR = timedelta(hours=1)
SARA_HERE = Principal(object_id=SARA, tenant_id=TENANT)
GOOD = TokenDesk(lambda: NOW).token(SARA, TENANT)
HEAD, BODY, SIGNATURE = GOOD.split(".")


def proof(clock: HandClock | None = None, http: httpx.AsyncClient | None = None) -> SecondProof:
    hands = clock or HandClock(NOW)
    keys = SigningKeys(keys_url(TENANT), hands, http or TokenDesk(hands.now).http())
    return SecondProof(keys=keys, clock=hands, tenant_id=TENANT, client_id=CLIENT_ID)


def a_token(**changes: object) -> str:
    return TokenDesk(lambda: NOW).token(SARA, TENANT, **changes)


def without(claim: str) -> str:
    claims = jwt.decode(GOOD, options={"verify_signature": False})
    return jwt.encode(
        {name: value for name, value in claims.items() if name != claim},
        signing_key(),
        algorithm="RS256",
        headers={"kid": KEY},
    )


def signed_by(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, algorithm: str) -> str:
    claims = jwt.decode(GOOD, options={"verify_signature": False})
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": KEY})


def part(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def by_hash_of_the_public_key() -> str:
    """Sign with the public key as if it were a password: the old confusion of algorithms."""
    public = signing_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    said = f"{part({'alg': 'HS256', 'kid': KEY})}.{BODY}"
    tag = base64.urlsafe_b64encode(hmac.digest(public, said.encode(), "sha256"))
    return f"{said}.{tag.decode().rstrip('=')}"


OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SECONDS = int(NOW.timestamp())

FORGED: dict[str, tuple[str, str]] = {
    "empty": ("", "unreadable"),
    "a word": ("Sara", "unreadable"),
    "two parts": (f"{HEAD}.{BODY}", "unreadable"),
    "two joined by a proxy": (f"{GOOD},{GOOD}", "unreadable"),
    "not ASCII": (f"{GOOD}é", "unreadable"),
    "too large": (GOOD + "A" * LARGEST, "unreadable"),
    "deep": (f"{base64.urlsafe_b64encode(b'[' * 9_000).decode()}.{BODY}.{SIGNATURE}", "unreadable"),
    "no signature": (f"{HEAD}.{BODY}.", "forged"),
    "algorithm none": (f"{part({'alg': 'none', 'kid': KEY})}.{BODY}.", "unreadable"),
    "algorithm None": (f"{part({'alg': 'None', 'kid': KEY})}.{BODY}.", "unreadable"),
    "no algorithm": (f"{part({'kid': KEY})}.{BODY}.{SIGNATURE}", "unreadable"),
    "the public key as password": (by_hash_of_the_public_key(), "unreadable"),
    "another curve": (signed_by(ec.generate_private_key(ec.SECP256R1()), "ES256"), "unreadable"),
    "a longer hash": (signed_by(signing_key(), "RS512"), "unreadable"),
    "another key": (signed_by(OTHER_KEY, "RS256"), "forged"),
    "another body": (f"{HEAD}.{part({'oid': SARA, 'tid': TENANT})}.{SIGNATURE}", "forged"),
    "no key named": (f"{part({'alg': 'RS256'})}.{BODY}.{SIGNATURE}", "unknown-key"),
    "a key we do not know": (f"{part({'alg': 'RS256', 'kid': 'x'})}.{BODY}.{SIGNATURE}", "unknown-key"),
    "a number for a key": (f"{part({'alg': 'RS256', 'kid': 5})}.{BODY}.{SIGNATURE}", "unreadable"),
    "its own key in it": (
        jwt.encode({"oid": SARA}, OTHER_KEY, algorithm="RS256", headers={"jwk": published(), "kid": "own"}),
        "unknown-key",
    ),
    "its own address of keys": (
        jwt.encode({"oid": SARA}, OTHER_KEY, algorithm="RS256", headers={"jku": "https://evil.example"}),
        "unknown-key",
    ),
    "for another app": (a_token(aud=guid(9)), "meant-for-others"),
    "for Graph": (a_token(aud="00000003-0000-0000-c000-000000000000"), "meant-for-others"),
    "of another tenant's sign-in": (
        a_token(iss=f"https://login.microsoftonline.com/{guid(8888)}/v2.0"),
        "meant-for-others",
    ),
    "of another issuer": (a_token(iss="https://evil.example"), "meant-for-others"),
    "of version 1": (a_token(iss=f"https://sts.windows.net/{TENANT}/"), "meant-for-others"),
    "another person": (a_token(oid=guid(9002)), "another-person"),
    "another tenant": (a_token(tid=guid(8888)), "another-person"),
    "a list of persons": (a_token(oid=[SARA]), "another-person"),
    "no person": (without("oid"), "unreadable"),
    "no tenant": (without("tid"), "unreadable"),
    "no audience": (without("aud"), "unreadable"),
    "no issuer": (without("iss"), "unreadable"),
    "no end": (without("exp"), "unreadable"),
    "no beginning": (without("iat"), "unreadable"),
    "an end in words": (a_token(exp="tomorrow"), "out-of-date"),
    "an end that is no number": (a_token(exp=True), "out-of-date"),
    "of tomorrow": (a_token(iat=SECONDS + 86_400, exp=SECONDS + 90_000), "out-of-date"),
    "of yesterday": (a_token(iat=SECONDS - 86_400, exp=SECONDS - 82_800), "out-of-date"),
}


@pytest.mark.parametrize(("token", "why"), FORGED.values(), ids=FORGED.keys())
async def test_a_forged_token_proves_nobody(token: str, why: str) -> None:
    assert await proof().objection([token], SARA_HERE) == why


@pytest.mark.parametrize("name", [name for name, (token, _) in FORGED.items() if token.isascii()])
async def test_a_forged_token_opens_no_page_and_decides_nothing(name: str) -> None:
    token, _ = FORGED[name]
    site = await Site().with_batch()
    headers = {**signed_in(), **OURS, HEADER: token}
    form = {"nonce": "n0nce-of-the-batch", **choice(1, "remove")}
    for response in (
        await site.request("GET", headers=headers),
        await site.request("POST", headers=headers, data=form),
    ):
        assert response.status_code == 403
        assert is_silent(response)
    assert await site.ledger.answers(BATCH) == ()
    assert site.queue.messages == []


async def test_the_token_of_the_person_is_accepted_and_so_is_none() -> None:
    assert await proof().objection([GOOD], SARA_HERE) is None
    assert await proof().objection([a_token(oid=SARA.upper())], SARA_HERE) is None
    assert await proof().objection([], SARA_HERE) is None
    assert await proof().objection([GOOD, GOOD], SARA_HERE) == "unreadable"
    site = await Site().with_batch()
    with_proof = {**signed_in(), HEADER: site.tokens.token(SARA, TENANT)}
    assert (await site.request("GET", headers=with_proof)).status_code == 200


async def test_a_token_may_be_as_old_as_a_session_and_no_older() -> None:
    clock = HandClock(NOW)
    check = proof(clock)
    clock.move(NOW + HOUR + SESSION)
    assert await check.objection([GOOD], SARA_HERE) is None
    clock.move(NOW + HOUR + SESSION + timedelta(seconds=1))
    assert await check.objection([GOOD], SARA_HERE) == "out-of-date"


async def test_a_refusal_is_logged_with_its_reason_and_ids_only(caplog: pytest.LogCaptureFixture) -> None:
    site = await Site().with_batch()
    await site.request("GET", headers={**signed_in(), HEADER: a_token(oid=guid(9002))})
    (record,) = caplog.records
    assert (vars(record)["event"], vars(record)["because"]) == ("page.unproven", "another-person")
    assert GOOD[:20] not in str(vars(record))


@given(st.text(st.characters(codec="latin-1"), max_size=80), st.binary(max_size=60))
async def test_no_token_makes_the_check_fail(text: str, content: bytes) -> None:
    encoded = base64.urlsafe_b64encode(content).decode()
    for token in (
        text,
        f"{text}.{text}.{text}",
        f"{HEAD}.{encoded}.{encoded}",
        f"{encoded}.{BODY}.{SIGNATURE}",
    ):
        assert await proof().objection([token], SARA_HERE) is not None


# --- the keys --------------------------------------------------------------------------------------


class Publisher:
    """Publishes keys over HTTP, counts who asks, and can be out of order."""

    def __init__(self, answer: Callable[[], httpx.Response]) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        return self.answer()


def keys_named(name: str) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(200, json=published(name))


def refused() -> httpx.Response:
    raise httpx.ConnectError("no route")


BROKEN: dict[str, Callable[[], httpx.Response]] = {
    "no connection": refused,
    "an error": lambda: httpx.Response(503),
    "another place": lambda: httpx.Response(302, headers={"location": "https://evil.example"}),
    "no JSON": lambda: httpx.Response(200, text="<html>"),
    "a list": lambda: httpx.Response(200, json=[]),
    "no keys": lambda: httpx.Response(200, json={"keys": []}),
    "keys of no use": lambda: httpx.Response(200, json={"keys": [{"kty": "RSA"}, 5]}),
    "keys that are none": lambda: httpx.Response(200, json={"keys": "RSA"}),
}


async def test_keys_are_fetched_from_the_tenants_own_address_and_kept_for_a_day() -> None:
    publisher, clock = Publisher(keys_named("one")), HandClock(NOW)
    keys = SigningKeys(keys_url(TENANT), clock, publisher.http())
    for _ in range(3):
        assert await keys.find("one") is not None
    assert publisher.asked == [f"https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys"]
    clock.move(NOW + KEPT + timedelta(seconds=1))
    await keys.find("one")
    assert len(publisher.asked) == 2


async def test_a_new_key_is_found_soon_and_made_up_names_cost_no_requests() -> None:
    publisher, clock = Publisher(keys_named("one")), HandClock(NOW)
    keys = SigningKeys(keys_url(TENANT), clock, publisher.http())
    await keys.find("one")
    publisher.answer = keys_named("two")
    for number in range(50):
        assert await keys.find(f"made-up-{number}") is None
    assert len(publisher.asked) == 1
    clock.move(NOW + PATIENCE + timedelta(seconds=1))
    assert await keys.find("two") is not None
    assert await keys.find("one") is None, "a key that is withdrawn opens nothing more"
    assert len(publisher.asked) == 2


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
async def test_keys_that_cannot_be_read_ask_to_try_again_unless_there_are_those_of_yesterday(
    answer: Callable[[], httpx.Response],
) -> None:
    publisher, clock = Publisher(answer), HandClock(NOW)
    keys = SigningKeys(keys_url(TENANT), clock, publisher.http())
    with pytest.raises(Transient):
        await keys.find("one")
    publisher.answer = keys_named("one")
    assert await keys.find("one") is not None
    clock.move(NOW + 2 * KEPT)
    publisher.answer = answer
    assert await keys.find("one") is not None


async def test_the_page_says_try_again_while_the_keys_cannot_be_read() -> None:
    site = await Site(http=Publisher(refused).http()).with_batch()
    response = await site.request("GET", headers={**signed_in(), HEADER: GOOD})
    assert response.status_code == 503
    assert is_silent(response)
