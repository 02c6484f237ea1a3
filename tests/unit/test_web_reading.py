"""A thousand ways to open the pages change nothing, and no forged principal opens them at all."""

import asyncio
from datetime import timedelta
from itertools import cycle, islice, product
from typing import Final
from urllib.parse import urlencode

import httpx
from starlette.routing import Route

from tests.builders import SARA, guid
from tests.letters import BATCH, HERE
from tests.reviewers import HEADER, OURS, Site, choice, encoded, principal, signed_in
from tests.unit.test_principal import FORGED
from tests.unit.test_web_undoing import removed

READING: Final = ("GET", "HEAD", "OPTIONS")
TIMES: Final = 1_000
QUERIES: Final = (
    "",
    "?" + urlencode({"nonce": "n0nce-of-the-batch", **choice(1, "remove")}),
    "?" + urlencode({"nonce": "n0nce-of-the-batch", "_method": "POST"}),
)
TRICKS: Final[tuple[dict[str, str], ...]] = (
    {},
    {"X-HTTP-Method-Override": "POST"},
    {"Purpose": "prefetch", "Sec-Purpose": "prefetch"},
)


def addresses(site: Site) -> list[str]:
    """Return an address of every route there is, and one there is none at."""
    routes = {route.path for route in site.app.routes if isinstance(route, Route)}
    real = {path.format(batch=BATCH, case="case-1") for path in routes if path}
    return sorted({*real, f"/r/{'f' * 32}", f"/u/{BATCH}/case-9", "/elsewhere"})


async def test_a_thousand_readings_change_nothing() -> None:
    site = await removed()
    visitors = (signed_in(), {}, signed_in(guid(1)), signed_in(guid(9002)))
    ways = product(addresses(site), READING, QUERIES, TRICKS, visitors)
    every = list(ways)
    before, answered = site.everything(), set()
    transport = httpx.ASGITransport(app=site.app)
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        for path, method, query, trick, visitor in islice(cycle(every), max(TIMES, len(every))):
            content = QUERIES[1][1:].encode() if trick else b""
            headers = {**visitor, **OURS, **trick, "Content-Type": "application/x-www-form-urlencoded"}
            response = await client.request(method, path + query, headers=headers, content=content)
            answered.add((path, method, response.status_code))
            assert "set-cookie" not in response.headers
    assert site.everything() == before
    assert {(f"/r/{BATCH}", "GET", 200), (f"/u/{BATCH}/case-1", "HEAD", 200)} <= answered
    assert {method for _, method, _ in answered} == set(READING)


def forged_headers() -> dict[str, list[tuple[str, str]]]:
    """Return every header that names nobody we may believe, each as it would come in."""
    values = {
        name: [(HEADER, one) for one in found]
        for name, found in FORGED.items()
        if all(one.isascii() and "\n" not in one for one in found)
    }
    lies = {
        "only the id beside it": [("X-MS-CLIENT-PRINCIPAL-ID", SARA)],
        "only the name beside it": [("X-MS-CLIENT-PRINCIPAL-NAME", "sara@contoso.example")],
        "another tenant": [(HEADER, encoded(principal(SARA, guid(8888))))],
        "another person with the reviewer's name": [
            (HEADER, encoded(principal(guid(9002)))),
            ("X-MS-CLIENT-PRINCIPAL-NAME", "sara@contoso.example"),
        ],
        "a bearer token": [("Authorization", f"Bearer {encoded(principal())}")],
        "a cookie": [("Cookie", f"AppServiceAuthSession={encoded(principal())}")],
        "another spelling of the header": [("X_MS_CLIENT_PRINCIPAL", encoded(principal()))],
    }
    return {**values, **lies}


async def test_no_forged_principal_opens_or_sends_anything() -> None:
    site = await removed()
    before, forged = site.everything(), forged_headers()
    assert len(forged) >= 20
    transport = httpx.ASGITransport(app=site.app)
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        for name, headers in forged.items():
            sent = {"nonce": "n0nce-of-the-batch", **choice(1, "remove")}
            for path in (f"/r/{BATCH}", f"/u/{BATCH}/case-1"):
                own = [*headers, *OURS.items()]
                shown = await client.get(path, headers=own)
                taken = await client.post(path, headers=own, data=sent)
                assert (shown.status_code, taken.status_code) == (403, 403), name
                assert "Visser" not in shown.text + taken.text, name
    assert site.everything() == before


async def test_fifty_double_submits_of_each_answer_are_one_version_for_each() -> None:
    """Twice the same click, fifty times over, with a change of mind in between each."""
    site = await Site().with_batch(3)
    answers = [("remove", ""), ("keep", "The tender goes on"), ("dont-know", "")]
    for seen, (value, why) in enumerate(islice(cycle(answers), 50)):
        site.clock.move(site.clock.now() + timedelta(seconds=1))
        form = choice(1, value, why, seen=seen)
        responses = await asyncio.gather(site.answer(form), site.answer(form))
        assert [one.status_code for one in responses] == [303, 303]
    recorded = await site.recorded(1)
    assert [version for version, _, _ in recorded] == list(range(1, 51))
