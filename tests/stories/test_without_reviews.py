"""Where Entra refuses native reviews: the same question, page and evidence, and no native object."""

from pathlib import Path

import pytest

from reviews.model import BatchId, Step
from sandbox.tenant import DEFAULT_GRANTED
from sandbox.tenant_licence import Licence
from tests.stories.telling import Tale, telling

WITHOUT_REVIEWS = frozenset(DEFAULT_GRANTED) - {"AccessReview.ReadWrite.All", "AccessReview.Read.All"}
REFUSALS = {
    "no Microsoft Entra ID P2": (Licence.P1, sorted(DEFAULT_GRANTED)),
    "no permission for reviews": (Licence.P2, sorted(WITHOUT_REVIEWS)),
}


async def page_of(tale: Tale) -> str:
    async with tale.browser("sara") as client:
        return (await client.get(tale.link("sara"))).text


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_the_question_is_put_and_answered_in_the_record_alone(
    tmp_path: Path, refusal: str, caplog: pytest.LogCaptureFixture
) -> None:
    licence, granted = REFUSALS[refusal]
    async with telling(tmp_path, caps={"harmful_share": 1.0}, granted=granted) as tale:
        tale.quick.tenant.licence = licence
        await tale.night(0)
        batch = await tale.quick.ledger.batch(BatchId((await tale.case("ada")).batch_id))
        assert batch is not None
        assert (batch.group_id, batch.definition_id) == (None, None)
        assert tale.quick.tenant.groups_created() == ()
        assert tale.quick.tenant.definitions() == ()
        told = [one for one in caplog.records if getattr(one, "event", "") == "batch.without-review"]
        assert bool(told) is (licence is Licence.P2), "what the licence does not hold is not even tried"
        (asked,) = tale.quick.tenant.inbox(str((tale.guest("sara") or {})["mail"]))
        assert "My Access" not in (asked.html or "") + await page_of(tale), "nothing is to be found there"
        await tale.answer("sara", {"ada": "keep", "pim": "remove"})
        await tale.noon(1)
        assert (await tale.case("ada")).step is Step.KEPT
        assert (await tale.case("pim")).step in {Step.DENIED, Step.NOTICED}
