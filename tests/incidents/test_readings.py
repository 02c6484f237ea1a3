"""Incidents of half-read directories: one page for all, a refusal for nobody, an error for "none"."""

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.policy_source import PolicySource
from reviews.errors import BadSettings
from reviews.model import Step
from reviews.records import RunStep
from sandbox.people_cast import GuestSpec
from sandbox.stories import Story
from sandbox.tenant import DEFAULT_GRANTED
from tests.incidents import published_rules as rules
from tests.incidents.pack import told
from tests.incidents.setting import Json, people, scene, write_policy

STALE = timedelta(days=120)
ADA = GuestSpec(name="ada", silent_for=STALE, sponsors=("sara",))
MANY = 1_100


def crowd() -> Story:
    """Return more guests than two pages hold."""
    return people(*(GuestSpec(name=f"guest-{n}", silent_for=timedelta(days=2)) for n in range(MANY)))


async def test_the_first_page_is_not_the_tenant(tmp_path: Path) -> None:
    async with scene(tmp_path, story=crowd(), mode="report") as here:
        await here.tale.night(0)
        seen = rules.first_page(here.wire.pages)
        receipt = (await here.plan()).receipt

        told(
            "the_first_page_is_not_the_tenant",
            theirs=f"sees {len(seen)} of {MANY} guests",
            ours=f"reads {receipt.rows} of {MANY} on {receipt.pages} pages; Graph counts {receipt.counted}",
        )


async def test_a_lost_link_to_the_next_page_makes_no_smaller_tenant(tmp_path: Path) -> None:
    def lose(page: Json) -> None:
        page.pop("@odata.nextLink", None)

    async with scene(tmp_path, story=crowd(), edit_page=lose) as here:
        await here.tale.night(0)
        seen = rules.first_page(here.wire.pages)
        run = await here.tale.newest_night()

        assert (run.step, run.plan_hash) == (RunStep.FINISHED, None)
        assert len(here.tale.mails_to("operators@contoso.example")) == 1
        told(
            "a_lost_link_to_the_next_page_makes_no_smaller_tenant",
            theirs=f"sees {len(seen)} of {MANY} guests",
            ours=f"draws no plan: {run.summary['failed']}; tells the operators",
        )


async def test_a_refusal_is_no_empty_tenant(tmp_path: Path) -> None:
    async with scene(tmp_path, story=people(ADA)) as here:
        await here.tale.night(0)
        assert (await here.tale.case("ada")).step is Step.ASKED
        here.tale.quick.tenant.granted = DEFAULT_GRANTED - {
            one for one in DEFAULT_GRANTED if one.startswith(("User.", "Directory."))
        }
        await here.tale.night(1)
        seen = rules.refusal_as_empty(here.wire.statuses["/v1.0/users"], here.wire.rows)
        run = await here.tale.newest_night()

        assert run.plan_hash is None
        assert (await here.tale.case("ada")).step is Step.ASKED, "nobody vanished"
        told(
            "a_refusal_is_no_empty_tenant",
            theirs=f"finds {len(seen)} guests, all is well",
            ours=f"draws no plan: {run.summary['failed']}; open cases stay open",
        )


async def test_an_unread_setting_unprotects_nobody(tmp_path: Path) -> None:
    async with scene(tmp_path, story=people(ADA)) as here:
        cast, file = here.tale.cast, here.tale.policy_file
        spared = [{"guest": cast.id_of("ada"), "reason": "on the board", "until": "2027-12-31"}]
        write_policy(file, cast, exemptions=spared)
        await here.tale.quick.house.policies.current()
        # The next edit has the name wrong by one capital letter, as the README of the incident had.
        write_policy(file, cast, Exemptions=spared)
        await here.tale.night(0)
        hit = rules.unprotected(here.wire.rows, {"AdminGroupID": cast.id_of("ada")})

        with pytest.raises(BadSettings) as refused:
            await PolicySource(str(file)).current()
        assert "Exemptions: there is no such setting" in str(refused.value)
        left_alone = [name for name in (await here.plan()).counts if name.startswith("left-alone.")]
        told(
            "an_unread_setting_unprotects_nobody",
            theirs=f"protects nobody, deletes {here.names(hit)}",
            ours=f"refuses the file, {await here.asked()}; {', '.join(left_alone).replace('.', ': ')}",
        )


async def test_sponsors_that_could_not_be_read_are_not_missing(tmp_path: Path) -> None:
    async with scene(
        tmp_path, story=people(ADA, GuestSpec(name="max", silent_for=STALE, sponsors=("sara",)))
    ) as here:

        def edit(row: Json) -> None:
            if here.name(row["id"]) == "ada":
                row.pop("sponsors", None)

        here.wire.edit = edit
        await here.tale.night(0)
        unsponsored = rules.without_sponsor(here.wire.rows)
        held = [f"holds {here.name(one.action.guest_id)}: {one.held_by}" for one in (await here.plan()).held]

        told(
            "sponsors_that_could_not_be_read_are_not_missing",
            theirs=f"calls {here.names(unsponsored)} unsponsored",
            ours=f"{await here.asked()}; {', '.join(held)}",
        )
