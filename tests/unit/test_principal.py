"""Nobody is let in on a header that App Service Authentication would not have written."""

import base64
import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.principal import LARGEST, Principal, read_principal
from tests.builders import SARA, guid
from tests.letters import BATCH, HERE
from tests.reviewers import CLAIM, FORM, HEADER, OURS, TENANT, Site, encoded, is_silent, principal
from tests.reviewers import GOOD as GOOD_FORM

OID, TID = f"{CLAIM}objectidentifier", f"{CLAIM}tenantid"


def with_claims(*claims: object) -> str:
    return encoded({**principal(), "claims": list(claims)})


def claim(typ: str, val: object) -> dict[str, object]:
    return {"typ": typ, "val": val}


@pytest.mark.parametrize(("oid", "tid"), [(OID, TID), ("oid", "tid"), (OID, "tid")])
def test_a_person_is_known_by_object_and_tenant_under_either_name(oid: str, tid: str) -> None:
    header = with_claims(
        claim(oid, SARA.upper()), claim(tid, TENANT), claim("roles", "a"), claim("roles", "b")
    )
    assert read_principal([header]) == Principal(object_id=SARA, tenant_id=TENANT)


GOOD = encoded(principal())
FORGED: dict[str, list[str]] = {
    "no header": [],
    "empty": [""],
    "two headers": [GOOD, GOOD],
    "not base64": ["Sara Sponsor"],
    "base64 with a stray character": [GOOD[:8] + "*" + GOOD[8:]],
    "base64 with line breaks": [GOOD[:8] + "\n" + GOOD[8:]],
    "cut off": [GOOD[:-6]],
    "joined by a proxy": [f"{GOOD}, {GOOD}"],
    "plain JSON": [json.dumps(principal())],
    "not UTF-8": [base64.b64encode(b"\xff\xfe{}").decode()],
    "not ASCII": [GOOD + "é"],
    "a list": [encoded([principal()])],
    "a string": [encoded(SARA)],
    "null": [encoded(None)],
    "deep": [base64.b64encode(b"[" * 20_000).decode()],
    "too large": [encoded({**principal(), "filler": "x" * LARGEST})],
    "another provider": [encoded({**principal(), "auth_typ": "google"})],
    "no provider": [encoded({k: v for k, v in principal().items() if k != "auth_typ"})],
    "provider in capitals": [encoded({**principal(), "auth_typ": "AAD"})],
    "no claims": [encoded({"auth_typ": "aad"})],
    "claims as an object": [encoded({**principal(), "claims": {OID: SARA, TID: TENANT}})],
    "too many claims": [with_claims(*[claim("x", "y")] * 600, claim(OID, SARA), claim(TID, TENANT))],
    "a claim that is none": [with_claims("oid", claim(OID, SARA), claim(TID, TENANT))],
    "a claim with a number": [with_claims(claim(OID, 5), claim(TID, TENANT))],
    "a claim without value": [with_claims({"typ": OID}, claim(TID, TENANT))],
    "no object id": [with_claims(claim(TID, TENANT))],
    "no tenant": [with_claims(claim(OID, SARA))],
    "two object ids": [with_claims(claim(OID, SARA), claim(OID, guid(2)), claim(TID, TENANT))],
    "two names for one": [with_claims(claim(OID, SARA), claim("oid", SARA), claim(TID, TENANT))],
    "two tenants": [with_claims(claim(OID, SARA), claim(TID, TENANT), claim("tid", guid(2)))],
    "an id with a space": [with_claims(claim(OID, f" {SARA}"), claim(TID, TENANT))],
    "an id with a line break": [with_claims(claim(OID, f"{SARA}\n"), claim(TID, TENANT))],
    "an id without dashes": [with_claims(claim(OID, SARA.replace("-", "")), claim(TID, TENANT))],
    "an address for an id": [with_claims(claim(OID, "sara@contoso.example"), claim(TID, TENANT))],
    "claim name in capitals": [with_claims(claim("OID", SARA), claim("TID", TENANT))],
    "a name twice in one object": [
        base64.b64encode(json.dumps(principal())[:-1].encode() + b', "auth_typ": "aad"}').decode()
    ],
}


@pytest.mark.parametrize("values", FORGED.values(), ids=FORGED.keys())
def test_a_forged_header_names_nobody(values: list[str]) -> None:
    assert read_principal(values) is None


@pytest.mark.parametrize("values", FORGED.values(), ids=FORGED.keys())
async def test_a_forged_header_opens_no_page_and_decides_nothing(values: list[str]) -> None:
    site = await Site().with_batch()
    headers = [(HEADER.encode(), value.encode()) for value in values]
    ours = [(name.encode(), value.encode()) for name, value in (*OURS.items(), *FORM.items())]
    transport = httpx.ASGITransport(app=site.app)
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        for response in (
            await client.get(f"/r/{BATCH}", headers=headers),
            await client.post(f"/r/{BATCH}", headers=[*headers, *ours], content=GOOD_FORM),
        ):
            assert response.status_code == 403
            assert is_silent(response)
    assert await site.ledger.answers(BATCH) == ()
    assert site.queue.messages == []


def test_more_than_twenty_forgeries_are_tried() -> None:
    assert len(FORGED) >= 20


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
)


@given(document=json_values, text=st.text(max_size=60))
def test_no_header_makes_the_reader_fail(document: Any, text: str) -> None:
    assert read_principal([encoded(document)]) is None
    assert read_principal([text]) is None
