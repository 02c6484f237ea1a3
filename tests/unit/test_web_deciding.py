"""Only a form of our own page, sent by the reviewer while the review is open, is an answer; and once."""

import asyncio
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviews.errors import Transient
from reviews.messages import WeighAnswers
from reviews.model import Choice
from tests.builders import SARA, guid
from tests.letters import BATCH, HERE, a_submission, batch, strict
from tests.reviewers import (
    FORM,
    GOOD,
    OURS,
    Site,
    choice,
    is_silent,
    signed_in,
)

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
    assert 'name="j.' not in await never.page()
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
