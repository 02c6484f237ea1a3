"""The answer page shows everything to one person and nothing to anybody else, and only her form decides."""

import asyncio
import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import html5lib
import httpx
import pytest
from azure.functions import AsgiMiddleware, HttpRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviews.errors import Transient
from reviews.messages import WeighAnswers
from reviews.model import BatchStep, Choice
from sandbox.memory import MemoryLedger
from tests.builders import SARA, a_person, guid
from tests.letters import BATCH, DEADLINE, HERE, a_submission, batch, strict
from tests.reviewers import HEADER, OURS, TENANT, Site, choice, encoded, principal, signed_in

READING = ("GET", "HEAD", "OPTIONS", "TRACE")
FORM = {"content-type": "application/x-www-form-urlencoded"}


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


def is_silent(response: httpx.Response) -> bool:
    """Say whether a response holds no name, no address and no count."""
    words = response.text.split("</style>")[-1]
    return not re.search(r"Visser|Aïsha|Bjørn|Sara|fabrikam|contoso|\b\d+\b", words.replace(BATCH, ""))


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


# --- deciding --------------------------------------------------------------------------------------


async def test_answers_are_appended_handed_over_and_shown() -> None:
    site = await Site().with_batch(3)
    response = await site.answer({**choice(1, "keep", "Tender until May"), **choice(2, "remove")})
    assert (response.status_code, response.headers["location"]) == (303, f"/r/{BATCH}")
    assert await site.recorded(1) == [(1, "keep", "Tender until May")]
    assert await site.recorded(2) == [(1, "remove", "")]
    assert await site.recorded(3) == []
    assert site.queue.messages == [WeighAnswers(batch_id=BATCH)]
    html = await site.page()
    assert "2 of 3 answers are recorded" in html
    assert "Recorded: Keep" in html
    assert "Your reason: Tender until May" in html
    (first, *_) = await site.ledger.answers(BATCH)
    assert (first.answer.by, first.answer.source) == (SARA, "page")


async def test_the_same_form_sent_again_is_no_new_answer_but_is_handed_over_again() -> None:
    site = await Site().with_batch(3)
    for _ in range(3):
        assert (await site.answer(choice(1, "remove"))).status_code == 303
    assert await site.recorded(1) == [(1, "remove", "")]
    assert len(site.queue.messages) == 3


async def test_fifty_clicks_at_once_are_one_answer() -> None:
    site = await Site().with_batch(3)
    responses = await asyncio.gather(*(site.answer(choice(1, "remove")) for _ in range(50)))
    assert {response.status_code for response in responses} == {303}
    assert await site.recorded(1) == [(1, "remove", "")]


async def test_different_answers_at_once_lose_none_and_tell_who_was_late() -> None:
    site = await Site().with_batch(3)
    forms = [choice(1, one) for one in ("remove", "dont-know")]
    responses = await asyncio.gather(*(site.answer(form) for form in forms))
    assert sorted(response.status_code for response in responses) in ([303, 409], [303, 422])
    assert len(await site.recorded(1)) == 1
    late = next(response for response in responses if response.status_code != 303)
    assert "Another answer was recorded" in late.text


async def test_a_change_of_mind_is_a_new_version() -> None:
    site = await Site().with_batch(3)
    await site.answer(choice(1, "remove"))
    await site.answer(choice(1, "keep", "Project goes on", seen=1))
    assert await site.recorded(1) == [(1, "remove", ""), (2, "keep", "Project goes on")]


async def test_an_answer_to_an_old_copy_of_the_page_is_shown_again_not_taken() -> None:
    site = await Site().with_batch(3)
    await site.ledger.append_answer(a_submission(Choice.KEEP, 1, 1, "Needed"))
    response = await site.answer({**choice(1, "remove"), **choice(2, "remove")})
    assert response.status_code == 422
    assert "Another answer was recorded after you opened this page" in response.text
    assert await site.recorded(1) == [(1, "keep", "Needed")]
    assert await site.recorded(2) == [], "all of a form is taken, or nothing"
    assert (await site.answer({**choice(1, "remove", seen=1), **choice(2, "remove")})).status_code == 303
    assert len(await site.recorded(1)) == 2


async def test_keeping_a_guest_we_suggest_to_remove_needs_a_reason_and_nothing_typed_is_lost() -> None:
    site = await Site().with_batch(3)
    response = await site.answer(
        {**choice(1, "keep", "  \n "), **choice(2, "keep", "Partner desk"), **choice(3, "remove")}
    )
    assert response.status_code == 422
    html = response.text
    assert html.count("Please say in a few words why this guest should stay.") == 2, (
        "in the summary and the card"
    )
    assert f'<a href="#g{guid(1)}">Sam Visser</a>' in html
    assert "Partner desk</textarea>" in html
    checked = re.findall(r'name="c\.[^"]*(\d)" value="([^"]+)" checked', html)
    assert sorted(checked) == [("1", "keep"), ("2", "keep"), ("3", "remove")]
    assert "Error: " in html.partition("</title>")[0]
    assert await site.ledger.answers(BATCH) == ()
    assert site.queue.messages == []


async def test_whether_a_reason_is_needed_is_the_policys_word() -> None:
    always = await Site(policy=strict()).with_batch(3)
    assert (await always.answer(choice(2, "keep"))).status_code == 422
    reviews = strict().reviews.model_copy(update={"justification_on_keep": "never"})
    never = await Site(policy=strict().model_copy(update={"reviews": reviews})).with_batch(3)
    assert "<textarea" not in await never.page()
    assert (await never.answer(choice(1, "keep"))).status_code == 303


async def test_a_reason_longer_than_the_page_allows_is_refused_beside_its_card() -> None:
    site = await Site().with_batch(3)
    response = await site.answer(choice(1, "keep", "x" * 501))
    assert response.status_code == 422
    assert "under 500 characters" in response.text


async def test_a_reason_typed_beside_another_answer_is_not_kept() -> None:
    site = await Site().with_batch(3)
    await site.answer(choice(1, "remove", "typed before I changed my mind"))
    assert await site.recorded(1) == [(1, "remove", "")]


async def test_a_form_without_any_answer_says_so() -> None:
    response = await (await Site().with_batch(3)).answer({})
    assert response.status_code == 422
    assert "Choose an answer for at least one guest." in response.text


async def test_an_answer_about_a_guest_of_somebody_else_is_not_taken() -> None:
    site = await Site().with_batch(3)
    await site.answer({**choice(1, "remove"), **choice(99, "remove")})
    assert len(await site.ledger.answers(BATCH)) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": HERE},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"{HERE}.evil.example"},
    ],
)
async def test_a_form_from_another_site_is_refused(headers: dict[str, str]) -> None:
    site = await Site().with_batch()
    form = {"nonce": batch(3).nonce, **choice(1, "remove")}
    response = await site.request("POST", headers={**signed_in(), **headers}, data=form)
    assert response.status_code == 403
    assert is_silent(response)
    assert await site.ledger.answers(BATCH) == ()


async def test_an_older_browser_shows_that_it_is_our_page_by_its_origin() -> None:
    site = await Site().with_batch()
    form = {"nonce": batch(3).nonce, **choice(1, "remove")}
    response = await site.request("POST", headers={**signed_in(), "Origin": HERE}, data=form)
    assert response.status_code == 303


GOOD = urlencode({"nonce": batch(3).nonce, **choice(1, "remove")})
MALFORMED: dict[str, tuple[bytes, dict[str, str]]] = {
    "no nonce": (urlencode(choice(1, "remove")).encode(), FORM),
    "a wrong nonce": (GOOD.replace("n0nce", "nonce").encode(), FORM),
    "a field twice": (f"{GOOD}&{GOOD}".encode(), FORM),
    "an unknown answer": (GOOD.replace("=remove", "=delete").encode(), FORM),
    "a version that is no number": (GOOD.replace("=0", "=zero").encode(), FORM),
    "a version of a million digits": (GOOD.replace("=0", "=" + "9" * 100_000).encode(), FORM),
    "raw bytes": (GOOD.encode() + b"\xff", FORM),
    "encoded bytes that are no text": (GOOD.encode() + b"&x=%ff", FORM),
    "too large": (GOOD.encode() + b"&x=" + b"y" * 600_000, FORM),
    "too many fields": (GOOD.encode() + b"&x=" * 1000, FORM),
    "JSON": (b"{}", {"content-type": "application/json"}),
    "plain text, as other sites can send": (GOOD.encode(), {"content-type": "text/plain"}),
    "no type": (GOOD.encode(), {}),
}


@pytest.mark.parametrize(("content", "headers"), MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_form_our_page_never_sends_is_refused_and_changes_nothing(
    content: bytes, headers: dict[str, str]
) -> None:
    site = await Site().with_batch()
    response = await site.request("POST", headers={**signed_in(), **OURS, **headers}, content=content)
    assert response.status_code == 403
    assert await site.ledger.answers(BATCH) == ()
    assert site.queue.messages == []


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200))
async def test_no_form_makes_the_page_fail(content: bytes) -> None:
    site = await Site().with_batch(1)
    response = await site.request("POST", headers={**signed_in(), **OURS, **FORM}, content=content)
    assert response.status_code == 403


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


# --- when something fails --------------------------------------------------------------------------


class Failing:
    """A ledger or queue one of whose calls meets a passing failure, before or after its effect."""

    def __init__(self, inner: Any, call: str, *, after: bool) -> None:
        self._inner, self._call, self._after = inner, call, after

    def __getattr__(self, name: str) -> Any:
        async def call(*args: Any, **kwargs: Any) -> Any:
            if name == self._call and not self._after:
                raise Transient(name)
            found = await getattr(self._inner, name)(*args, **kwargs)
            if name == self._call:
                raise Transient(name)
            return found

        return call


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", ["batch", "cards", "answers", "append_answer"])
async def test_a_passing_failure_asks_to_try_again_and_trying_again_works(call: str, after: bool) -> None:  # noqa: FBT001
    site = await Site().with_batch(3)
    broken = Site(ledger=Failing(site.ledger, call, after=after))
    response = await broken.answer(choice(1, "remove"))
    assert response.status_code == 503
    assert "Please try again in a minute" in response.text
    assert is_silent(response)
    assert (await site.answer(choice(1, "remove"))).status_code == 303
    assert await site.recorded(1) == [(1, "remove", "")]


async def test_an_answer_whose_message_was_lost_is_handed_over_by_sending_it_again() -> None:
    site = await Site().with_batch(3)
    await site.ledger.append_answer(a_submission(Choice.REMOVE))
    assert (await site.answer(choice(1, "remove"))).status_code == 303
    assert site.queue.messages == [WeighAnswers(batch_id=BATCH)]


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
