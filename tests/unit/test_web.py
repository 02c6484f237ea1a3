"""The answer page shows everything to one person and nothing to anybody else."""

import re
from dataclasses import replace
from urllib.parse import urlencode

import html5lib
import httpx
import pytest
from azure.functions import AsgiMiddleware, HttpRequest

from reviews.model import BatchStep
from sandbox.memory import MemoryLedger
from tests.builders import SARA, a_person, guid
from tests.letters import BATCH, DEADLINE, HERE, batch
from tests.reviewers import (
    FORM,
    GOOD,
    HEADER,
    OURS,
    TENANT,
    Site,
    choice,
    encoded,
    is_silent,
    principal,
    signed_in,
)

READING = ("GET", "HEAD", "OPTIONS", "TRACE")


# --- showing ---------------------------------------------------------------------------------------


async def test_the_page_shows_every_guest_in_words_with_what_each_answer_leads_to() -> None:
    page = (await Site().with_batch(7)).page
    html = await page()
    for said in (
        "May these 7 guests stay?",
        "Sam Visser",
        "sam.visser@fabrikam.example · Fabrikam",
        "Last signed in on 14 March 2026, 251 days ago.",
        "We suggest: Remove",
        "Guest of litware.example",
        "Sam Jansen",
        "Sign-in is blocked on 27 November 2026 at the earliest",
        "We do not ask again before 19 May 2027",
        "What we cannot see",
        "Answer by Friday 4 December 2026, 23:59",
        "If you do not answer, we ask a colleague",
    ):
        assert said.lower() in html.lower(), said
    assert "evil.example" not in html
    html5lib.HTMLParser(strict=True).parse(html)


async def test_a_dutch_reviewer_reads_dutch() -> None:
    site = await Site().with_batch(3, reviewer=a_person(language="nl-BE"))
    html = await site.page()
    assert '<html lang="nl">' in html
    assert "Mogen deze 3 gasten blijven?" in html
    assert "Behouden" in html


async def test_the_page_needs_no_script_and_names_its_own_style_only() -> None:
    site = await Site().with_batch()
    first, second = [await site.request("GET", headers=signed_in()) for _ in range(2)]
    policy = first.headers["content-security-policy"]
    nonce = re.search(r"style-src 'nonce-([^']+)'", policy)
    assert nonce
    assert f'<style nonce="{nonce[1]}">' in first.text
    assert policy.startswith("default-src 'none'; ")
    assert policy.endswith("form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
    assert policy != second.headers["content-security-policy"], "a nonce is used once"
    assert not re.search(r"<script|javascript:|\son\w+=|style=", first.text)
    expected = {
        "cache-control": "no-store",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }
    assert expected.items() <= dict(first.headers).items()


@pytest.mark.parametrize("method", READING)
async def test_reading_in_any_way_decides_nothing(method: str) -> None:
    site = await Site().with_batch()
    query = urlencode({"nonce": batch(3).nonce, **choice(1, "remove")})
    for path in (f"/r/{BATCH}", f"/r/{BATCH}?{query}"):
        for _ in range(25):
            await site.request(method, path, headers={**signed_in(), **OURS})
    assert await site.ledger.answers(BATCH) == ()
    assert site.queue.messages == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_other_methods_are_not_allowed(method: str) -> None:
    site = await Site().with_batch()
    assert (await site.request(method, headers={**signed_in(), **OURS})).status_code == 405


async def test_a_guest_dropped_while_the_batch_was_opened_is_not_shown() -> None:
    site = await Site().with_batch(3)
    stored = await site.ledger.batch(BATCH)
    assert stored
    await site.ledger.save_batch(replace(stored, guests=stored.guests[1:]))
    assert "Sam Visser" not in await site.page()


# --- who may ---------------------------------------------------------------------------------------


STRANGERS: dict[str, dict[str, str]] = {
    "nobody": {},
    "another colleague": signed_in(guid(9002)),
    "a guest asked about": signed_in(guid(1)),
    "the reviewer's id in another tenant": signed_in(SARA, guid(8888)),
    "a forged name": {"X-MS-CLIENT-PRINCIPAL-ID": SARA, "X-MS-CLIENT-PRINCIPAL-NAME": "sara@contoso.example"},
    "a broken header": {HEADER: "e30="},
    "two persons": {HEADER: encoded({**principal(), "claims": principal()["claims"] * 2})},
}


@pytest.mark.parametrize("headers", STRANGERS.values(), ids=STRANGERS.keys())
async def test_a_stranger_learns_nothing_and_decides_nothing(headers: dict[str, str]) -> None:
    site = await Site().with_batch()
    shown = await site.request("GET", headers=headers)
    sent = await site.request(
        "POST", headers={**headers, **OURS}, data={"nonce": batch(3).nonce, **choice(1, "remove")}
    )
    nowhere = await site.request("GET", f"/r/{'f' * 32}", headers=headers)
    for response in (shown, sent, nowhere):
        assert response.status_code == 403
        assert is_silent(response)
    length = {len(re.sub(rf"{BATCH}|f{{32}}|nonce=\"[^\"]*\"", "", one.text)) for one in (shown, nowhere)}
    assert len(length) == 1, "a batch that exists looks like one that does not"
    assert await site.ledger.answers(BATCH) == ()


async def test_two_headers_are_nobody() -> None:
    site = await Site().with_batch()
    value = signed_in()[HEADER]
    transport = httpx.ASGITransport(app=site.app)
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        response = await client.get(f"/r/{BATCH}", headers=[(HEADER, value), (HEADER, value)])
    assert response.status_code == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("path", [f"/r/{BATCH}", f"/r/{'f' * 32}", "/elsewhere"])
async def test_without_authentication_in_front_nothing_is_served(method: str, path: str) -> None:
    site = await Site(auth_enabled=False).with_batch()
    response = await site.request(method, path, headers={**signed_in(), **OURS}, content=b"")
    assert (response.status_code, response.content) == (503, b"")


async def test_health_is_open_and_tells_nothing() -> None:
    for enabled in (True, False):
        response = await Site(auth_enabled=enabled).request("GET", "/health")
        assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/r/", "/r/x", "/r/../health", f"/r/{BATCH.upper()}", f"/r/{BATCH}/", "/x"])
async def test_an_address_we_never_gave_out_leads_nowhere(path: str) -> None:
    site = await Site().with_batch()
    response = await site.request("GET", path, headers=signed_in(), follow_redirects=False)
    assert response.status_code in {200, 307, 403, 404}
    assert response.status_code != 200 or response.json() == {"status": "ok"}
    assert is_silent(response)


async def test_the_refusal_is_read_in_the_browsers_language_and_offers_another_account() -> None:
    site = await Site().with_batch()
    response = await site.request("GET", headers={"Accept-Language": "nl-NL,nl;q=0.9"})
    assert "U kunt deze pagina niet openen" in response.text
    assert f"/.auth/logout?post_logout_redirect_uri=/r/{BATCH}" in response.text


# --- when ------------------------------------------------------------------------------------------


async def test_after_the_deadline_the_page_says_so_and_takes_nothing() -> None:
    site = await Site().with_batch(3)
    await site.answer(choice(1, "remove"))
    site.clock.move(DEADLINE)
    assert (await site.answer(choice(2, "remove"))).status_code == 303
    site.clock.move(DEADLINE.replace(hour=23))
    html = await site.page()
    assert "This review is over. Answers were taken until Friday 4 December 2026." in html
    assert "Recorded: Remove" in html
    assert "No answer was recorded." in html
    assert "<form" not in html
    assert (await site.answer(choice(3, "remove"))).status_code == 409
    assert await site.recorded(3) == []


@pytest.mark.parametrize(
    ("step", "said"),
    [(BatchStep.CLOSED, "This review is over"), (BatchStep.DEFINED, "This review is being prepared")],
)
async def test_a_batch_that_is_not_open_takes_nothing(step: BatchStep, said: str) -> None:
    site = await Site().with_batch(3, step=step)
    assert said in await site.page()
    assert (await site.answer(choice(1, "remove"))).status_code == 409
    assert await site.ledger.answers(BATCH) == ()


# --- in the Functions host -------------------------------------------------------------------------


async def test_the_page_works_behind_the_functions_host() -> None:
    site = await Site().with_batch(3)
    request = HttpRequest(
        method="POST",
        url=f"{HERE}/r/{BATCH}",
        headers={**signed_in(), **OURS, **FORM},
        route_params={"batch": BATCH},
        body=GOOD.encode(),
    )
    host = AsgiMiddleware(site.app)  # type: ignore[no-untyped-call]
    response = await host.handle_async(request)
    assert response.status_code == 303
    assert await site.recorded(1) == [(1, "remove", "")]


async def test_logs_of_the_page_hold_ids_only(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="gatehouse")
    site = await Site().with_batch(3)
    await site.answer(choice(1, "keep", "A secret reason"))
    await site.request("GET", headers=signed_in(guid(9002)))
    assert [getattr(record, "event", "") for record in caplog.records] == ["answers.taken", "page.refused"]
    told = " ".join(str(vars(record)) for record in caplog.records)
    assert not re.search(r"@|Visser|secret|Sara", told)


def test_the_ledger_of_these_tests_is_the_one_of_the_contract() -> None:
    assert isinstance(Site().ledger, MemoryLedger)
    assert TENANT != SARA
