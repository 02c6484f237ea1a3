"""Incidents of links, deeds and timers: a scanner decides, nothing is done, it fires late, twice, never."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from reviews.messages import RunJob
from sandbox.people_cast import GroupSpec, GuestSpec
from sandbox.people_groups import GroupKind
from sandbox.stories import STARTS_AT
from tests.house import ROOT
from tests.incidents import published_rules as rules
from tests.incidents.pack import told
from tests.incidents.setting import Scene, people, scene
from tests.stories.telling import NIGHT

ADA = GuestSpec(name="ada", silent_for=timedelta(days=120), sponsors=("sara",))
OPERATORS = "operators@contoso.example"


async def _denied(here: Scene) -> None:
    await here.tale.night(0)
    await here.tale.quick.clock.sleep(here.tale.quick.tenant.start_delay * 2)
    await here.tale.answer("sara", {"ada": "remove"})


async def test_sent_is_not_done(tmp_path: Path) -> None:
    answered: list[int] = []

    def swallow(method: str, path: str) -> bool:
        lost = method == "PATCH" and path.startswith("/v1.0/users/")
        answered.extend([204] * lost)
        return lost

    async with scene(tmp_path, story=people(ADA), swallow=swallow) as here:
        await _denied(here)
        for day in (1, 9):
            await here.tale.night(day)
        step = (await here.tale.case("ada")).step

        assert here.switched_off() == "nobody", "the directory did nothing"
        told(
            "sent_is_not_done",
            theirs="says it is done" if rules.done(answered) else "says nothing",
            ours=f"re-reads; the case stays {step}, not quarantined",
        )


async def test_a_denial_on_a_dynamic_group_takes_nothing_away(tmp_path: Path) -> None:
    research = GroupSpec(name="Research", kind=GroupKind.DYNAMIC)
    ada = replace(ADA, reaches=("Research",))
    async with scene(tmp_path, story=people(ada, groups=(research,))) as here:
        tale = here.tale
        await _denied(here)
        case = await tale.case("ada")
        (card,) = await tale.quick.ledger.cards(case.batch_id)
        assert card.sight is not None
        (stays,) = card.sight.beyond
        path = f"/v1.0/groups/{tale.id('Research')}/members/{tale.id('ada')}/$ref"
        statuses = [await here.asked_of_graph("DELETE", path)]
        for day in (1, 9):
            await tale.night(day)

        told(
            "a_denial_on_a_dynamic_group_takes_nothing_away",
            theirs=rules.denied(statuses, "Research", here.members("Research")),
            ours=f"shows sara that {stays.name} stays ({stays.obstacle}); switches off {here.switched_off()}",
        )


async def test_a_scanner_that_opens_the_link_decides_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path, story=people(ADA)) as here:
        await here.tale.night(0)
        link = here.tale.link("sara")
        opened = []
        async with here.tale.browser("sara") as client:
            for method in ("HEAD", "GET", "GET"):
                await client.request(method, link)
                opened.append(method)
        await here.tale.quick.work()
        case = await here.tale.case("ada")

        assert case.answer is None
        told(
            "a_scanner_that_opens_the_link_decides_nothing",
            theirs=rules.single_use_link(opened),
            ours=f"still {case.step}, no answer on record",
        )


async def _nights(here: Scene) -> list[datetime]:
    return sorted(run.slot for run in await here.tale.quick.ledger.recent_runs("night", 100))


async def test_a_timer_that_fires_days_late_is_one_night(tmp_path: Path) -> None:
    async with scene(tmp_path, story=people(ADA)) as here:
        await here.tale.night(0)
        late = STARTS_AT + timedelta(days=3, hours=5, minutes=35)
        await here.tale.quick.tick(late)
        (_, night) = await _nights(here)
        mails = len(here.tale.mails("sara"))

        told(
            "a_timer_that_fires_days_late_is_one_night",
            theirs=f"works once, {(late - STARTS_AT).days} days late, for no slot",
            ours=f"runs the newest slot, {night:%H:%M}, once; {mails} mail to sara in all",
        )


async def test_a_timer_that_fires_twice_is_one_night(tmp_path: Path) -> None:
    async with scene(tmp_path, story=people(ADA)) as here:
        firings = [STARTS_AT + NIGHT, STARTS_AT + NIGHT + timedelta(seconds=1)]
        for at in firings:
            here.tale.quick.clock.move(at)
            await here.tale.quick.house.tick.run()
        await here.tale.quick.work()

        told(
            "a_timer_that_fires_twice_is_one_night",
            theirs=f"works {len(rules.runs(firings))} times",
            ours=f"{len(await _nights(here))} night, {len(here.tale.mails('sara'))} mail to sara",
        )


async def test_a_night_that_never_comes_is_told(tmp_path: Path) -> None:
    async with scene(tmp_path, story=people(ADA)) as here:
        await here.tale.night(0)
        for hour in (12, 16.5, 20.5, 24.5):  # the other jobs of the day run, so that only the night is late
            await here.tale.quick.tick(STARTS_AT + timedelta(hours=hour))
        before = len(here.tale.mails_to(OPERATORS))
        slot = STARTS_AT + timedelta(days=1, hours=1, minutes=30)
        quick = here.tale.quick
        for quarter in range(9):
            quick.clock.move(slot + timedelta(minutes=15 * quarter))
            await quick.house.tick.run()
            while (message := quick.queue.take()) is not None:
                if not isinstance(message, RunJob) or message.job != "night":
                    await quick.house.work(message)

        mails = len(here.tale.mails_to(OPERATORS)) - before
        # When not even the tick comes, nothing in the app can speak: Azure Monitor does.
        assert "alert-night-absent" in (ROOT / "infra/modules/alerts.bicep").read_text(encoding="utf-8")
        told(
            "a_night_that_never_comes_is_told",
            theirs=f"works {len(rules.runs([]))} times, tells nobody",
            ours=f"{mails} mail to the operators within two hours",
        )
