"""A tenant with access packages: policies mended, every guest in one review, answers where they belong."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.clock import HandClock
from admin import packaging
from reviews.messages import WeighAnswers
from reviews.model import Answer, Batch, Card, Choice, Source, Submission
from reviews.records import Act
from sandbox.package_estate import Estate, an_estate
from sandbox.package_stories import PolicyFault
from sandbox.people import People
from sandbox.stories import STARTS_AT, a_population
from sandbox.tenant import Tenant
from sandbox.tenant_licence import Licence
from sandbox.world import SENDER, Quick, in_memory, policy_text
from tests.tables import DOCS, table

PUT = "PUT /identityGovernance/entitlementManagement/assignmentPolicies/{accessPackageAssignmentPolicy-id}"
NIGHT = timedelta(hours=1, minutes=40)


@dataclass(slots=True)
class Town:
    """A tenant with an estate of packages, and Gatehouse at work on it."""

    people: People
    quick: Quick
    estate: Estate
    policy_file: Path

    @property
    def tenant(self) -> Tenant:
        return self.quick.tenant

    def say(self, mode: str, change_mode: str) -> None:
        """Put a policy into force."""
        changes: dict[str, Any] = {
            "mode": mode,
            "reviewers": {"fallback": [self.desk()], "max_open_items": 90},
            "packages": {"change_mode": change_mode},
            "thresholds": {"inactive_after": "P480D"},
            "caps": {"asks_per_run": 5000, "candidates_per_run": 5000},
        }
        self.policy_file.write_text(policy_text(changes, self.people), encoding="utf-8")

    def desk(self) -> str:
        """Return a colleague who reviews the packages natively; our fallback, too."""
        people = self.people
        first = next(iter(self.tenant.directory.groups))
        members = next(
            people.group_members(n) for n in range(people.group_count) if people.group(n)["id"] == first
        )
        records = [record for one in members if (record := self.tenant.user(one)) is not None]
        return next(
            str(record["id"])
            for record in records
            if record["userType"] == "Member" and record["accountEnabled"] and record["mail"]
        )

    async def night(self, day: int) -> None:
        await self.quick.tick(STARTS_AT + timedelta(days=day) + NIGHT)

    async def cards(self) -> tuple[Card, ...]:
        """Return the cards of every question that was put."""
        batches = await self.quick.ledger.live_batches()
        return tuple([card for one in batches for card in await self.quick.ledger.cards(one)])

    def reviewed(self, *, by_us: bool) -> Counter[str]:
        """Return in how many running reviews everybody is: of those we opened, or of the packages'."""
        return Counter(
            key[0]
            for review in self.tenant.definitions()
            if ("[gatehouse " in review.body["displayName"]) is by_us
            for instance in review.instances
            if instance.status == "InProgress"
            for key in instance.items
        )

    def decided(self) -> dict[tuple[str, str], str]:
        """Return what was decided in reviews of packages, by person and policy."""
        return {
            key: item.decision
            for review in self.tenant.definitions()
            if "[gatehouse " not in review.body["displayName"]
            for instance in review.instances
            for key, item in instance.items.items()
            if item.decision != "NotReviewed"
        }

    async def a_question_in_a_package(self) -> tuple[Batch, Card]:
        for one in await self.quick.ledger.live_batches():
            batch = await self.quick.ledger.batch(one)
            for card in await self.quick.ledger.cards(one):
                if batch is not None and card.items:
                    return batch, card
        raise LookupError("nobody was asked in the review of a package")

    async def answer(self, batch: Batch, card: Card, choice: Choice) -> None:
        """Let the reviewer answer about a guest, on the page."""
        said = Answer(
            id="a" * 32,
            choice=choice,
            by=batch.reviewer_id,
            at=self.quick.clock.now(),
            source=Source.PAGE,
            justification="Works with us on the portal.",
        )
        given = Submission(batch_id=batch.id, guest_id=card.guest_id, version=1, answer=said)
        await self.quick.ledger.append_answer(given)
        await self.quick.house.work(WeighAnswers(batch_id=batch.id))

    def meddle(self, card: Card, how: str) -> None:
        """Have the reviews of a guest's packages deleted or stopped."""
        for item in card.items:
            review = self.tenant.reviews.all[item.definition_id]
            if how == "deleted":
                self.tenant.reviews.remove(review)
            elif how == "stopped":
                for instance in review.instances:
                    self.tenant.reviews.life.stop(instance, self.tenant.now(), applies=False)

    def decide(self, card: Card, decision: str, by: str) -> None:
        """Let somebody decide about a guest in My Access, in every review of a package it is in."""
        for item in card.items:
            self.tenant.decide(item.definition_id, item.instance_id, card.guest_id, decision, "seen", by)

    async def track(self, day: float) -> None:
        await self.quick.tick(STARTS_AT + timedelta(days=day))

    def written(self) -> int:
        return sum(call.operation == PUT and call.status == 200 for call in self.tenant.calls)


@asynccontextmanager
async def a_town(folder: Path, *, guests: int, holding: int = 600, **estate: int) -> AsyncIterator[Town]:
    clock = HandClock(STARTS_AT)
    people = a_population(guests)
    tenant = Tenant(people, clock, mailboxes=[SENDER], licence=Licence.GOVERNANCE, throttle=False)
    file = folder / "policy.yaml"
    file.touch()
    quick = in_memory(tenant, clock=clock, policy=file)
    town = Town(people, quick, an_estate(tenant, guests=holding, **estate), file)
    async with town.quick.house:
        yield town


async def listed(town: Town, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return what ``admin packages --json`` prints."""
    capsys.readouterr()
    await packaging.show(town.quick.house, as_json=True)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


async def everybody_is_asked_in_one_place(town: Town) -> None:
    """Who is asked about in the review of a package is in none of ours, and the other way round."""
    cards = await town.cards()
    asked = {card.guest_id for card in cards}
    assert len(cards) == len(asked) > 300, "nobody is asked about twice"
    ours, packages = town.reviewed(by_us=True), town.reviewed(by_us=False)
    for card in cards:
        places = (ours[card.guest_id], len(card.items))
        assert places == ((0, packages[card.guest_id]) if card.items else (1, 0)), card.guest_id
    assert sum(bool(card.items) for card in cards) > 50


@pytest.mark.slow
async def test_three_nights_make_every_policy_sound_and_ask_about_every_guest_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with a_town(tmp_path, guests=2_100) as town:
        town.say("report", "propose")
        await town.night(0)
        before = await listed(town, capsys)
        assert (len(before["policies"]), before["faulty"]) == (27, len(town.estate.faults)) == (27, 19)
        assert town.written() == 0

        town.say("enforce", "apply")
        for day in (1, 2, 3):
            await town.night(day)
        await town.track(3.5)

        after = await listed(town, capsys)
        assert town.written() == before["mendable"] > 0
        assert after["mendable"] == 0
        assert all(policy["reviewed"] for policy in after["policies"])
        assert {one["policy"] for one in after["rounds"]} == {policy["id"] for policy in after["policies"]}
        mended_too_late = {one["policy"] for one in after["rounds"] if not one["reviewers_contacted"]}
        assert {town.estate.faults[one] for one in mended_too_late} == {PolicyFault.NO_FALLBACK}, (
            "as it began"
        )
        left = {finding["code"] for policy in after["policies"] for finding in policy["findings"]}
        assert left == {"package-for-anyone", "package-unapproved"}, (
            "who may have a package is not ours to say"
        )

        await everybody_is_asked_in_one_place(town)
        night = (await town.quick.ledger.recent_runs("night", 1))[0]
        plan = await town.quick.archive.plan(night.id)
        assert plan is not None
        assert plan.held == ()
        assert {action.kind for action in plan.actions} <= {Act.ASK}


@pytest.mark.parametrize("row", table("An answer and the review of a package", DOCS / "reviews.md"), ids=str)
async def test_each_documented_answer_ends_where_it_belongs(tmp_path: Path, row: dict[str, str]) -> None:
    async with a_town(tmp_path, guests=80, packages=2, policies=6, faulty=0, holding=60) as town:
        town.say("enforce", "propose")
        await town.night(1)
        await town.track(1.5)
        batch, card = await town.a_question_in_a_package()
        town.meddle(card, row["the review"])
        if row["its reviewer says"] != "-":
            town.decide(card, row["its reviewer says"], town.desk())
        if row["ours says"] != "-":
            await town.answer(batch, card, Choice(row["ours says"]))
        else:
            await town.track(2)

        held = row["the review then holds"]
        expected = {} if held == "-" else {(card.guest_id, item.resource_id): held for item in card.items}
        assert town.decided() == expected, "this guest under this policy, and nobody else"
        case = await town.quick.ledger.case(card.guest_id)
        assert case is not None
        assert case.step.value == row["the case"]
        kinds = [event.kind for event in await town.quick.ledger.events(card.guest_id)]
        assert kinds[2:][-1:] == ([] if row["the record"] == "-" else [row["the record"]])


async def test_an_operator_sees_the_change_before_it_is_written_and_can_take_it_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with a_town(tmp_path, guests=30, packages=2, policies=4, faulty=1, holding=10) as town:
        town.say("report", "propose")
        (faulty,) = [one["id"] for one in (await listed(town, capsys))["policies"] if one["mendable"]]

        await packaging.apply(town.quick.house, faulty, unasked=True)
        shown = capsys.readouterr().out
        assert "reviewSettings" in shown
        assert '"P14D"' in shown
        assert (await listed(town, capsys))["mendable"] == 0
        await packaging.apply(town.quick.house, faulty, unasked=True)
        assert "nothing to mend" in capsys.readouterr().out

        await packaging.undo(town.quick.house, faulty)
        assert (await listed(town, capsys))["mendable"] == 1
        assert town.written() == 2
        await packaging.show(town.quick.house, as_json=False)
        assert "never ends and is never reviewed" in capsys.readouterr().out
