"""A tenant with access packages: policies mended, every guest in one review, answers where they belong."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.clock import HandClock
from adapters.graph.native_rounds import OUR_MARKER
from admin import packaging, reviewing
from reviews.messages import WeighAnswers
from reviews.model import Answer, Batch, Card, Choice, Source, Submission
from reviews.records import Act
from sandbox.package_estate import Estate, an_estate
from sandbox.package_stories import PolicyFault
from sandbox.people import People
from sandbox.people_groups import GroupFacts, GroupKind, group_record
from sandbox.stories import STARTS_AT, a_population
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Group
from sandbox.tenant_licence import Licence
from sandbox.tenant_review_records import Review
from sandbox.world import SENDER, Quick, in_memory, policy_text
from tests.tables import DOCS, table

POST = "POST /identityGovernance/accessReviews/definitions"
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

    def say(self, mode: str, change_mode: str, groups: str = "propose") -> None:
        """Put a policy into force."""
        changes: dict[str, Any] = {
            "mode": mode,
            "reviewers": {"fallback": [self.desk()], "max_open_items": 90},
            "packages": {"change_mode": change_mode},
            "group_reviews": {"change_mode": groups},
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

    def reviewed(self, sort: str) -> Counter[str]:
        """Return in how many running reviews of a sort everybody is: ours, of groups or of packages."""
        return Counter(
            key[0]
            for review in self.tenant.definitions()
            if _sort_of(review) == sort
            for instance in review.instances
            if instance.status == "InProgress"
            for key in instance.items
        )

    def gather(self, groups: int, size: int) -> dict[str, str]:
        """Leave guests in so many groups only, each in one at most; return the group of each who is in one.

        Who holds a package is in none. Some groups have no owner, some cannot be changed from here.
        """
        directory = self.tenant.directory
        guests = [str(self.people.guest(n)["id"]) for n in range(self.people.guest_count)]
        everybody = set(guests)
        for group_id in [group.record["id"] for _, group in directory.groups.scan(0)]:
            members = directory.groups[group_id].members
            for guest in everybody & members.keys():
                del members[guest]
        others = [one for one in guests if one not in self.estate.holders]
        found: dict[str, str] = {}
        for n in range(groups):
            kind = tuple(GroupKind)[n % len(GroupKind)] if n % 3 == 0 else GroupKind.TEAM
            record = group_record(
                GroupFacts(
                    object_id=self.tenant.new_id(),
                    name=f"Team {n + 1:02}",
                    kind=kind,
                    domain=self.people.domain,
                    created=STARTS_AT.timestamp(),
                )
            )
            inside = others[n * size : (n + 1) * size]
            owners = [] if n % 5 == 0 else [self.desk()]
            directory.groups[record["id"]] = Group(record, inside, owners)
            found |= dict.fromkeys(inside, record["id"])
        return found

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
    assert len(cards) == len(asked) > 200, "nobody is asked about twice"
    ours, groups, packages = map(town.reviewed, ("ours", "group", "package"))
    for card in cards:
        assert groups[card.guest_id] == 0, "whom the owners of a group are asked about, we ask nobody about"
        places = (ours[card.guest_id], len(card.items))
        assert places == ((0, packages[card.guest_id]) if card.items else (1, 0)), card.guest_id
    assert sum(bool(card.items) for card in cards) > 50


async def overview(town: Town, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return what ``admin reviews --json`` prints."""
    capsys.readouterr()
    await reviewing.show(town.quick.house, as_json=True)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


async def the_coverage_is_told_and_every_group_in_none_gets_a_review(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    told = (await overview(town, capsys))["counts"]
    assert (told["groups"], told["covered"], told["proposed"]) == (40, 0, 40)
    assert (told["policies"], told["unsound"]) == (27, 19)
    for _ in range(2):
        await reviewing.apply(town.quick.house, None, unasked=True)
    created = [call for call in town.tenant.calls if (call.operation, call.status) == (POST, 201)]
    assert len(created) == 40
    assert "nothing to open" in capsys.readouterr().out


async def every_flagged_guest_is_in_one_review(
    town: Town, grouped: Mapping[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Who holds two packages under review is asked about once, and the one answer goes to both."""
    told = await overview(town, capsys)
    assert [one for one in told["groups"] if not one["covered_by"] or one["proposed"]] == []
    assert all(one["review_sound"] for one in told["policies"])
    assert told["counts"]["in_none"] == 0
    asked = {card.guest_id for card in await town.cards()}
    for guest in told["guests"]:
        sorts = {one["about"] for one in guest["reviews"]}
        assert len(sorts) == 1, guest
        assert len(guest["reviews"]) == 1 or sorts == {"package"}, guest
        assert (guest["held_by"] == "in-native-review") == (sorts == {"group"}) == (guest["guest"] in grouped)
        assert guest["guest"] not in asked or sorts != {"group"}, guest
    assert {sort for one in told["guests"] for sort in {it["about"] for it in one["reviews"]}} == {
        "ours",
        "group",
        "package",
    }


def _sort_of(review: Review) -> str:
    name = review.body["displayName"]
    return "ours" if OUR_MARKER.search(name) else "group" if "[gatehouse group " in name else "package"


@pytest.mark.slow
async def test_three_nights_make_every_policy_sound_and_ask_about_every_guest_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with a_town(tmp_path, guests=2_100) as town:
        grouped = town.gather(40, 20)
        town.say("report", "propose")
        await town.night(0)
        await the_coverage_is_told_and_every_group_in_none_gets_a_review(town, capsys)
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
        await every_flagged_guest_is_in_one_review(town, grouped, capsys)
        night = (await town.quick.ledger.recent_runs("night", 1))[0]
        plan = await town.quick.archive.plan(night.id)
        assert plan is not None
        assert {one.held_by for one in plan.held} == {"in-native-review"}
        assert {action.kind for action in plan.actions} <= {Act.ASK}


async def test_a_policy_that_says_so_has_every_group_reviewed_before_anybody_is_asked(tmp_path: Path) -> None:
    async with a_town(tmp_path, guests=120, packages=2, policies=4, faulty=0, holding=8) as town:
        grouped = town.gather(6, 12)
        town.say("report", "propose", groups="apply")
        await town.night(0)
        assert town.reviewed("group") == Counter()
        town.say("enforce", "propose", groups="apply")
        for day in (1, 2):
            await town.track(day + 1.3 / 24)  # packages are looked at before the night begins
            await town.night(day)
        await town.track(2.5)
        assert town.reviewed("group") == Counter(grouped.keys()), "each in one review"
        asked = {card.guest_id for card in await town.cards()}
        assert asked
        assert asked.isdisjoint(grouped)
        night = (await town.quick.ledger.recent_runs("night", 1))[0]
        plan = await town.quick.archive.plan(night.id)
        assert plan is not None
        assert {one.held_by for one in plan.held} == {"in-native-review"}
        runs = await town.quick.ledger.recent_runs("packages", 3)
        assert [(run.summary.get("groups"), run.summary.get("groups_proposed")) for run in runs] == [
            (6, 0),
            (6, 6),
            (None, None),
        ]


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
