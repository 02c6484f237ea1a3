"""What a night finds out about guests before it asks, a story per sentence."""

from datetime import timedelta
from pathlib import Path

from reviews.model import Card, Obstacle, Risk, Step, Thing
from sandbox.people_cast import Cast
from sandbox.people_groups import GroupKind, Label, label_id
from sandbox.people_specs import GroupSpec, GuestSpec, MemberSpec
from sandbox.stories import STARTS_AT, Story
from sandbox.tenant import DEFAULT_GRANTED
from tests.stories.telling import Tale, telling

STALE = timedelta(days=120)
CAST = Cast(
    as_of=STARTS_AT,
    members=(MemberSpec(name="sara"), MemberSpec(name="fay"), MemberSpec(name="prisca")),
    group_specs=(
        GroupSpec(name="Tender room", kind=GroupKind.TEAM, label=Label.HIGHLY_CONFIDENTIAL, owners=("sara",)),
        GroupSpec(name="Research", kind=GroupKind.DYNAMIC),
        GroupSpec(name="Buyers", kind=GroupKind.SECURITY, apps=("SAP: Purchasing",)),
    ),
    guests=(
        GuestSpec(
            name="ada", silent_for=STALE, sponsors=("sara",), reaches=("Tender room", "Research", "Buyers")
        ),
        GuestSpec(name="bare", silent_for=STALE + timedelta(days=200), sponsors=("sara",)),
        GuestSpec(name="admin", silent_for=STALE, sponsors=("sara",), roles=("User Administrator",)),
        GuestSpec(name="busy", silent_for=timedelta(days=2), sponsors=("sara",), eligible=("Global Reader",)),
        GuestSpec(
            name="unwelcome",
            silent_for=timedelta(days=2),
            sponsors=("sara",),
            address_domain="litware.example",
        ),
        *(GuestSpec(name=f"used{n}", silent_for=timedelta(days=3), sponsors=("sara",)) for n in range(6)),
    ),
)
REACH = Story(name="reach", says="What guests reach.", population=CAST)
TIERS = {"high": {"labels": [label_id(Label.HIGHLY_CONFIDENTIAL)], "apps": ["SAP"]}}


async def card(tale: Tale, name: str) -> Card:
    case = await tale.case(name)
    return next(one for one in await tale.quick.ledger.cards(case.batch_id) if one.guest_id == tale.id(name))


async def test_a_card_shows_what_the_guest_reaches_and_what_a_denial_leaves(tmp_path: Path) -> None:
    async with telling(tmp_path, story=REACH, quiet=False, tiers=TIERS) as tale:
        await tale.night(0)

        sight = (await card(tale, "ada")).sight
        plan = await tale.plan()

        assert sight is not None
        assert sight.risk is Risk.HIGH
        assert [(path.thing, path.name) for path in sight.reach] == [
            (Thing.APP, "SAP"), (Thing.TEAM, "Tender room"),
            (Thing.GROUP, "Buyers"), (Thing.GROUP, "Research"),
        ]  # fmt: skip
        assert {path.name: path.obstacle for path in sight.beyond} == {
            "SAP": Obstacle.BY_GROUP, "Research": Obstacle.DYNAMIC,
        }  # fmt: skip
        assert sight.unread == ()
        assert sight.home == "Fabrikam"
        told = {finding.code: finding.params for finding in plan.findings}
        assert told.keys() == {"labels-unknown", "groups-unowned"}
        assert told["groups-unowned"] == {"count": 2, "groups": "Buyers, Research"}
        bare = (await card(tale, "bare")).sight
        assert bare is not None
        assert (bare.risk, bare.reach_count) == (Risk.LOW, 0)


async def test_the_riskiest_guest_is_asked_about_first_when_there_is_room_for_one(tmp_path: Path) -> None:
    async with telling(tmp_path, story=REACH, tiers=TIERS, caps={"asks_per_run": 1}) as tale:
        await tale.night(0)

        (ask,) = (await tale.plan()).actions

        assert ask.guest_id == tale.id("admin"), (
            "bare is silent for longer, ada reaches more, admin holds a role"
        )


async def test_privileged_guests_are_named_every_night_and_asked_of_the_people_named_for_them(
    tmp_path: Path,
) -> None:
    fallback, prisca = CAST.id_of("fay"), CAST.id_of("prisca")
    people = {"fallback": [fallback], "privileged": [prisca]}
    async with telling(tmp_path, story=REACH, reviewers=people, caps={"harmful_share": 1.0}) as tale:
        for day in (0, 1):
            await tale.night(day)
            plan = await tale.plan()
            assert set(plan.privileged) == {tale.id("admin"), tale.id("busy")}
            assert "privileged-guests" in {alert.code for alert in plan.alerts}
        assert (await tale.case("admin")).reviewer == prisca
        assert (await card(tale, "admin")).recommendation == "look-closer"
        assert (await tale.case("ada")).reviewer == tale.id("sara")


async def test_a_denied_privileged_guest_is_handed_to_a_person_and_not_even_warned(tmp_path: Path) -> None:
    async with telling(tmp_path, story=REACH, caps={"harmful_share": 1.0}) as tale:
        await tale.night(0)
        await tale.answer("sara", {"admin": "remove", "ada": "remove"})

        await tale.night(1)

        assert (await tale.case("admin")).step is Step.MANUAL
        assert (await tale.events("admin"))[-1].facts["because"] == "privileged"
        assert tale.mails("admin") == []
        assert (await tale.case("ada")).step is Step.NOTICED


async def test_a_guest_who_got_a_role_during_the_grace_is_not_blocked(tmp_path: Path) -> None:
    async with telling(tmp_path, story=REACH, caps={"harmful_share": 1.0}) as tale:
        await tale.night(0)
        await tale.answer("sara", {"ada": "remove"})
        await tale.night(1)
        tale.quick.tenant.reach.give_roles(tale.id("ada"), eligible=("Global Reader",))

        await tale.night(9)

        assert (await tale.case("ada")).step is Step.MANUAL
        ada = tale.guest("ada")
        assert ada is not None
        assert ada["accountEnabled"] is True


async def test_without_sight_of_roles_questions_go_on_and_nothing_harmful_happens(tmp_path: Path) -> None:
    granted = DEFAULT_GRANTED - {"Directory.Read.All", "RoleManagement.Read.Directory"}
    async with telling(tmp_path, story=REACH, granted=tuple(granted), caps={"harmful_share": 1.0}) as tale:
        await tale.night(0)
        await tale.answer("sara", {"ada": "remove"})
        await tale.night(1)

        assert "privileges-not-read" in {alert.code for alert in (await tale.plan()).alerts}
        assert (await tale.case("ada")).step is Step.DENIED
        newest = (await tale.events("ada"))[-1]
        assert (newest.kind, newest.facts["because"]) == ("objection", "privileges-unread")


async def test_what_is_new_since_the_last_answer_leads_the_next_card(tmp_path: Path) -> None:
    async with telling(tmp_path, story=REACH, reviews={"rest_after_keep": "P30D"}) as tale:
        await tale.night(0)
        await tale.answer("sara", {"bare": "keep"})
        tale.quick.tenant.reach.join(tale.id("bare"), tale.id("Tender room"))
        for day in (15, 50):
            await tale.noon(day)
            await tale.night(day + 1)

        sight = (await card(tale, "bare")).sight

        assert sight is not None
        assert [(one.code, one.params["name"]) for one in sight.changed] == [("new-team", "Tender room")]


async def test_a_guest_in_use_is_asked_about_when_its_domain_is_no_longer_allowed(tmp_path: Path) -> None:
    async with telling(tmp_path, story=REACH, partners={"disallowed": ["litware.example"]}) as tale:
        await tale.night(0)

        plan = await tale.plan()

        (ask,) = [action for action in plan.actions if action.guest_id == tale.id("unwelcome")]
        assert [reason.code for reason in ask.reasons][:2] == ["signed-in", "domain-disallowed"]
        assert ask.recommendation == "remove"
        assert "partners-disallowed" in {finding.code for finding in plan.findings}
        assert tale.id("used0") not in {action.guest_id for action in plan.actions}
