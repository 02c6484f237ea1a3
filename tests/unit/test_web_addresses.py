"""Every answer of the pages tells browsers to keep nothing, share nothing and frame nothing."""

import re
from typing import Final

import httpx
import pytest

from tests.letters import BATCH
from tests.reviewers import OURS, Site, choice, signed_in

FORM: Final = {"nonce": "n0nce-of-the-batch", **choice(1, "remove")}
HEADERS: Final = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex",
}
ELSEWHERE: Final = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


async def answers(site: Site) -> dict[str, httpx.Response]:
    """Return one answer of each sort."""
    page, mine = f"/r/{BATCH}", {**signed_in(), **OURS}
    return {
        "health": await site.request("GET", "/health", headers=ELSEWHERE),
        "page": await site.request("GET", page, headers=signed_in()),
        "page from elsewhere": await site.request("GET", page, headers={**signed_in(), **ELSEWHERE}),
        "refused": await site.request("GET", page),
        "refused post": await site.request("POST", page, headers={**signed_in(), **ELSEWHERE}, data=FORM),
        "amiss": await site.request("POST", page, headers=mine, data={"nonce": FORM["nonce"]}),
        "nowhere": await site.request("GET", "/elsewhere", headers=signed_in()),
        "no way back": await site.request("GET", f"/u/{BATCH}/case-1", headers=signed_in()),
        "taken": await site.request("POST", page, headers=mine, data=FORM),
        "no such method": await site.request("PUT", page, headers=mine),
        "closed": await Site(auth_enabled=False).request("GET", page, headers=mine),
    }


async def test_every_answer_keeps_itself_to_itself() -> None:
    found = await answers(await Site().with_batch(3))
    assert {one.status_code for one in found.values()} == {200, 303, 403, 404, 405, 422, 503}
    for name, response in found.items():
        assert HEADERS.items() <= dict(response.headers).items(), name
        assert not {"set-cookie", "access-control-allow-origin", "server"} & set(response.headers), name
        policy = response.headers["content-security-policy"]
        is_page = response.headers.get("content-type", "").startswith("text/html")
        page = r" style-src 'nonce-[\w-]{22}'; form-action 'self';" if is_page else ""
        assert re.fullmatch(rf"default-src 'none';{page} base-uri 'none'; frame-ancestors 'none'", policy), (
            name
        )


@pytest.mark.parametrize(
    "query", ["?next=https://evil.example", "?post_logout_redirect_uri=//evil.example", "?nonce=1"]
)
async def test_nothing_in_an_address_leads_elsewhere_or_comes_back(query: str) -> None:
    site = await Site().with_batch(3)
    taken = await site.request("POST", f"/r/{BATCH}{query}", headers={**signed_in(), **OURS}, data=FORM)
    assert (taken.status_code, taken.headers["location"]) == (303, f"/r/{BATCH}")
    for headers in (signed_in(), {}):
        shown = await site.request("GET", f"/r/{BATCH}{query}", headers=headers)
        assert "evil.example" not in shown.text


async def test_what_is_answered_travels_in_the_body_and_never_in_an_address() -> None:
    html = await (await Site().with_batch(3)).page()
    assert {one.lower() for one in re.findall(r"<form[^>]*method=\"?(\w+)", html)} == {"post"}
    assert not [link for link in re.findall(r'(?:href|action)="([^"]*)"', html) if "?" in link]
