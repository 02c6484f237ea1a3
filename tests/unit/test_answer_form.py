"""What may be typed beside an answer, and what the form refuses whatever it says."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from reviews.model import Card, Choice
from tests.builders import NOW, guid
from tests.letters import BATCH
from tests.reviewers import Site, alike, choice

GROUP = "0123456789abcdef"
FOUR = tuple(alike(number) for number in range(1, 5))


def one(value: str, **typed: str) -> dict[str, str]:
    return {f"{name}.{guid(1)}": text for name, text in {"c": value, "v": "0", **typed}.items()}


def together(value: str, members: int = 4) -> dict[str, str]:
    return {f"c.{GROUP}": value, **{f"m.{guid(number)}": GROUP for number in range(1, members + 1)}}


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (one("keep", j="Needed", u="2026-11-20"), "Please choose a day that is still to come."),
        (one("keep", j="Needed", u="tomorrow"), "Please choose a day that is still to come."),
        (one("not-mine", p="Tom"), "Please type one whole mail address"),
        (one("not-mine", p="a@b.example,c@d.example"), "Please type one whole mail address"),
        (one("remove", r="x" * 501), "Please keep your reason under 500 characters."),
    ],
)
async def test_what_is_amiss_is_said_beside_it_and_nothing_is_taken(
    form: Mapping[str, str], said: str
) -> None:
    site = await Site().with_batch(3)
    response = await site.answer(form)
    assert response.status_code == 422
    assert said in response.text
    assert await site.ledger.answers(BATCH) == ()


async def test_a_last_day_a_reason_and_a_colleague_are_kept_with_their_answer_only() -> None:
    site = await Site().with_batch(3)
    words = {"j": "Tender", "r": "Left", "u": "2026-12-24", "p": "tom@contoso.example"}
    kept: list[tuple[object, ...]] = []
    for version, value in enumerate(("keep", "remove", "not-mine", "dont-know")):
        assert (await site.answer(one(value, **{**words, "v": str(version)}))).status_code == 303
        last = (await site.ledger.answers(BATCH))[-1].answer
        kept.append((last.justification, str(last.until), last.passes_to))
    assert kept == [
        ("Tender", "2026-12-24", None),
        ("Left", "None", None),
        ("", "None", "tom@contoso.example"),
        ("", "None", None),
    ]


async def test_an_answer_is_later_than_the_one_it_replaces_where_the_clock_stands_still() -> None:
    site = await Site().with_batch(3)
    for version, value in enumerate(("keep", "remove", "dont-know")):
        assert (await site.answer(one(value, j="Needed", r="Left", v=str(version)))).status_code == 303
    given = [submission.answer.at for submission in await site.ledger.answers(BATCH)]
    assert given == [NOW + timedelta(microseconds=number) for number in range(3)]


async def test_one_answer_stands_for_guests_alike_and_a_guests_own_goes_before_it() -> None:
    site = await Site().with_batch(4, shown=FOUR)
    assert (await site.answer({**together("remove"), **choice(3, "dont-know")})).status_code == 303
    said = {one.guest_id: one.answer.choice for one in await site.ledger.answers(BATCH)}
    assert [said[card.guest_id] for card in FOUR] == [
        Choice.REMOVE,
        Choice.REMOVE,
        Choice.DONT_KNOW,
        Choice.REMOVE,
    ]
    assert (await site.answer({**together("remove"), **choice(3, "dont-know")})).status_code == 303
    assert len(await site.ledger.answers(BATCH)) == 4


@pytest.mark.parametrize(("shown", "members"), [(None, 3), (FOUR, 2)], ids=["unlike", "too few"])
async def test_one_answer_for_guests_who_are_not_alike_is_refused(
    shown: tuple[Card, ...] | None, members: int
) -> None:
    site = await Site().with_batch(4, shown=shown)
    response = await site.answer(together("remove", members))
    assert response.status_code == 422
    assert "Some guests are no longer alike." in response.text
    assert await site.ledger.answers(BATCH) == ()


async def test_answers_that_come_too_fast_need_a_reason_each_also_at_the_next_try() -> None:
    site = await Site().with_batch(7)
    keeps = {name: text for number in range(1, 8) for name, text in choice(number, "keep").items()}
    seven = {f"j.{guid(number)}": "Needed" for number in (1, 3, 5, 7)}
    shown = {"t": str(int(NOW.timestamp()))}
    response = await site.answer({**keeps, **seven, **shown})
    assert response.status_code == 422
    assert "That was quick." in response.text
    assert 'name="hurried"' in response.text
    slow = {"t": str(int(NOW.timestamp()) - 900)}
    assert (await site.answer({**keeps, **seven, **slow, "hurried": "1"})).status_code == 422
    reasons = {f"j.{guid(number)}": "Needed" for number in range(1, 8)}
    assert (await site.answer({**keeps, **reasons, **shown, "hurried": "1"})).status_code == 303


async def test_a_question_that_went_elsewhere_takes_no_answer_and_other_questions_are_linked() -> None:
    site = await Site().with_batch(3)
    await site.with_passed_on()
    html = await site.page()
    assert "We now ask Tom Kramer." in html
    assert "We could not pass this question on" in html
    assert f'href="/r/{"e" * 32}"' in html
    response = await site.answer({f"c.{guid(1)}": "keep", f"j.{guid(1)}": "Mine", f"v.{guid(1)}": "1"})
    assert response.status_code == 422
    assert len(await site.recorded(1)) == 1
