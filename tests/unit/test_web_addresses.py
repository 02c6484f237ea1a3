"""Nothing private travels in an address of the pages, and nothing in one leads anywhere else."""

import re
from typing import Final

import pytest

from tests.letters import BATCH
from tests.reviewers import OURS, Site, choice, signed_in

FORM: Final = {"nonce": "n0nce-of-the-batch", **choice(1, "remove")}


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
