"""Every answer of the pages, also a refusal, carries what keeps a browser from being turned against us."""

from collections.abc import Awaitable, Callable
from typing import Final

import httpx
import pytest

from tests.letters import BATCH
from tests.reviewers import OURS, Site, choice, signed_in

Ask = Callable[[Site], Awaitable[httpx.Response]]
NEVER: Final = ("set-cookie", "access-control-allow-origin", "access-control-allow-credentials")


def asking(method: str, path: str = f"/r/{BATCH}", **headers: str) -> Ask:
    async def ask(site: Site) -> httpx.Response:
        return await site.request(method, path, headers={**headers, "Origin": "https://evil.example"})

    return ask


async def answering(site: Site) -> httpx.Response:
    return await site.answer(choice(1, "remove"))


async def answering_nothing(site: Site) -> httpx.Response:
    return await site.answer({})


ANSWERS: Final[dict[str, tuple[Ask, int]]] = {
    "the page": (asking("GET", **signed_in()), 200),
    "health": (asking("GET", "/health"), 200),
    "an answer taken": (answering, 303),
    "a stranger": (asking("GET"), 403),
    "a form of another site": (asking("POST", **signed_in()), 403),
    "no such page": (asking("GET", "/elsewhere", **signed_in()), 404),
    "a slash too many": (asking("GET", f"/r/{BATCH}/", **signed_in()), 404),
    "a method no page has": (asking("DELETE", **signed_in()), 405),
    "asked what is allowed": (asking("OPTIONS", **{"Access-Control-Request-Method": "POST"}), 405),
    "something amiss": (answering_nothing, 422),
}


@pytest.mark.parametrize(("ask", "status"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_every_answer_tells_the_browser_to_keep_to_our_own(ask: Ask, status: int) -> None:
    response = await ask(await Site().with_batch())
    assert response.status_code == status
    check_headers(response)


async def test_so_does_the_answer_of_closed_pages() -> None:
    response = await Site(auth_enabled=False).request("GET")
    assert response.status_code == 503
    check_headers(response)


def check_headers(response: httpx.Response) -> None:
    told = response.headers
    assert told["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert told["x-content-type-options"] == "nosniff"
    assert told["referrer-policy"] == "same-origin"
    assert told["cache-control"] == "no-store"
    policy = dict(part.partition(" ")[::2] for part in told["content-security-policy"].split("; "))
    assert (policy["default-src"], policy["base-uri"], policy["frame-ancestors"]) == ("'none'",) * 3
    assert "script-src" not in policy
    assert not [name for name in NEVER if name in told]


async def test_a_redirect_leads_to_our_own_page_whatever_the_request_says() -> None:
    site = await Site().with_batch()
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Referer": "https://evil.example"}
    response = await site.answer(choice(1, "remove"), **headers)
    assert (response.status_code, response.headers["location"]) == (303, f"/r/{BATCH}")


async def test_what_tries_to_get_past_the_guards_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    site = await Site().with_batch()
    await site.request("GET")
    await site.request("POST", headers=signed_in(), data=choice(1, "remove"))
    await site.answer({"nonce": "another", **choice(1, "remove")})
    await site.request("POST", f"/u/{BATCH}/case-1", headers={**signed_in(), **OURS}, data={"nonce": "x"})
    assert [vars(one)["event"] for one in caplog.records] == ["page.nobody", *(["form.refused"] * 3)]
