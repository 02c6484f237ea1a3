"""Incidents of sign-in dates: blank, lost, half-counted, and taken for inactivity."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from reviews.model import Step
from sandbox.people_cast import GuestSpec
from sandbox.people_guests import GuestKind
from sandbox.stories import STARTS_AT
from tests.incidents import published_rules as rules
from tests.incidents.pack import told
from tests.incidents.setting import Json, people, scene, write_policy

STALE = timedelta(days=120)
YESTERDAY = timedelta(days=1)


async def test_a_smaller_page_blanks_the_sign_ins_of_active_guests(tmp_path: Path) -> None:
    def blank_after_ten(page: Json) -> None:
        for row in page["value"][10:]:
            row["signInActivity"] = None

    in_use = (GuestSpec(name=f"guest-{n}", silent_for=YESTERDAY, sponsors=("sara",)) for n in range(30))
    async with scene(tmp_path, story=people(*in_use), edit_page=blank_after_ten) as here:
        await here.tale.night(0)
        removed = rules.stale_guests_script(here.wire.rows, here.tale.quick.clock.now())

        told(
            "a_smaller_page_blanks_the_sign_ins_of_active_guests",
            theirs=f"removes {len(removed)} guests, {here.active(removed)} of them active",
            ours=await here.held(),
        )
        assert here.switched_off() == "nobody"


async def test_a_blank_last_sign_in_is_no_inactivity(tmp_path: Path) -> None:
    story = people(GuestSpec(name="alan", silent_for=YESTERDAY, sponsors=("sara",)))

    def blank(row: Json) -> None:
        if "signInActivity" in row:
            row["signInActivity"] = None

    async with scene(tmp_path, story=story, edit=blank, actions={"on_no_answer": "block"}) as here:
        await here.tale.night(0)
        disabled = rules.disable_guests_standard(here.wire.rows, here.tale.quick.clock.now())
        assert here.active(disabled) == 1
        asked = await here.asked()
        # Nobody answers, silence counts as a no, and the date stays blank.
        await here.tale.noon(16)
        assert (await here.tale.case("alan")).step is Step.LAPSED
        for day in (17, 25, 60):
            await here.tale.night(day)
        why = {one.held_by for one in (await here.plan()).held}

        told(
            "a_blank_last_sign_in_is_no_inactivity",
            theirs=f"disables {here.names(disabled)}, who signed in yesterday",
            ours=f"{asked}; unanswered, does nothing: {', '.join(why)}",
        )
        assert here.switched_off() == "nobody"


async def test_a_blank_date_is_looked_up_a_second_time(tmp_path: Path) -> None:
    story = people(GuestSpec(name="alan", silent_for=YESTERDAY, sponsors=("sara",)))

    def blank(row: Json) -> None:
        if "signInActivity" in row:
            row["signInActivity"] = None

    async with scene(tmp_path, story=story, edit=blank) as here:
        await here.tale.night(0)
        disabled = rules.disable_guests_standard(here.wire.rows, here.tale.quick.clock.now())
        # Sara believes the blank date; alan goes on working.
        await here.tale.answer("sara", {"alan": "remove"})
        await here.tale.noon(0)
        here.tale.quick.tenant.sign_in(here.tale.id("alan"))
        await here.tale.night(1)
        case = await here.tale.case("alan")
        warned = here.tale.mails("alan")

        told(
            "a_blank_date_is_looked_up_a_second_time",
            theirs=f"disables {here.names(disabled)}, who signed in yesterday",
            ours=f"sara says remove; the sign-in log shows alan: ends {case.outcome}, "
            f"warns {'alan' if warned else 'nobody'}",
        )
        assert here.switched_off() == "nobody"


async def test_an_invitation_nobody_accepted_does_not_slip_through(tmp_path: Path) -> None:
    story = people(
        GuestSpec(name="ada", silent_for=STALE, sponsors=("sara",)),
        GuestSpec(name="pim", kind=GuestKind.PENDING, aged=timedelta(days=95), sponsors=("sara",)),
    )
    async with scene(tmp_path, story=story) as here:
        await here.tale.night(0)
        disabled = rules.disable_guests_standard_before(here.wire.rows, here.tale.quick.clock.now())

        told(
            "an_invitation_nobody_accepted_does_not_slip_through",
            theirs=f"disables {here.names(disabled)}; never finds pim, invited 95 days ago",
            ours=await here.asked(),
        )


def _only(field: str, ago: timedelta) -> Any:
    """Say that the last use was of one sort alone: the other sort is long ago."""
    recent = (STARTS_AT - ago).strftime("%Y-%m-%dT%H:%M:%SZ")
    long_ago = (STARTS_AT - STALE).strftime("%Y-%m-%dT%H:%M:%SZ")
    both = {rules.INTERACTIVE: long_ago, rules.NON_INTERACTIVE: long_ago, rules.SUCCESS: recent}

    def edit(row: Json) -> None:
        if "signInActivity" in row:
            row["signInActivity"] = {**both, field: recent}

    return edit


async def _half_counted(tmp_path: Path, story: str, used: str, counted: str) -> None:
    guest = people(GuestSpec(name="mo", silent_for=YESTERDAY, sponsors=("sara",)))
    async with scene(tmp_path, story=guest, edit=_only(used, YESTERDAY)) as here:
        await here.tale.night(0)
        disabled = rules.one_sort_of_sign_in(here.wire.rows, here.tale.quick.clock.now(), counted)
        left_alone = [name for name in (await here.plan()).counts if name.startswith("left-alone.")]

        assert here.active(disabled) == 1
        told(
            story,
            theirs=f"disables {here.names(disabled)}, in use yesterday",
            ours=f"{await here.asked()}; {', '.join(left_alone).replace('.', ': ')}",
        )


async def test_use_without_a_password_is_use(tmp_path: Path) -> None:
    await _half_counted(tmp_path, "use_without_a_password_is_use", rules.NON_INTERACTIVE, rules.INTERACTIVE)


async def test_use_at_the_keyboard_is_use(tmp_path: Path) -> None:
    await _half_counted(tmp_path, "use_at_the_keyboard_is_use", rules.INTERACTIVE, rules.NON_INTERACTIVE)


async def test_the_meaning_of_a_rule_flips_in_an_update(tmp_path: Path) -> None:
    in_use = (GuestSpec(name=f"guest-{n}", silent_for=YESTERDAY, sponsors=("sara",)) for n in range(30))
    edit = _only(rules.NON_INTERACTIVE, YESTERDAY)
    async with scene(tmp_path, story=people(*in_use), edit=edit) as here:
        await here.tale.night(0)
        disabled = rules.one_sort_of_sign_in(here.wire.rows, here.tale.quick.clock.now(), rules.INTERACTIVE)
        # Ours cannot lose a sort of sign-in, so its rule is flipped as far as the policy can: all is silence.
        write_policy(here.tale.policy_file, here.tale.cast, thresholds={"inactive_after": "P0D"})
        nights, alerts = 0, set()
        while not (await here.plan()).actions and nights < 9:
            nights += 1
            await here.tale.night(nights)
            alerts |= {alert.params["count"] for alert in (await here.plan()).alerts}

        told(
            "the_meaning_of_a_rule_flips_in_an_update",
            theirs=f"disables {len(disabled)} guests, {here.active(disabled)} of them in use yesterday",
            ours=f"asks nobody for {nights - 1} nights; tells the operators: {max(alerts)} guests further",
        )
        digests = here.tale.quick.tenant.inbox("operators@contoso.example")
        assert sum("New rules" in (mail.html or "") for mail in digests) == nights - 1


async def test_the_share_of_blank_dates_grows_from_night_to_night(tmp_path: Path) -> None:
    in_use = (GuestSpec(name=f"guest-{n}", silent_for=YESTERDAY, sponsors=("sara",)) for n in range(40))
    blank: list[int] = []

    def spoil(page: Json) -> None:
        for row in page["value"][: len(blank)]:
            row["signInActivity"] = None

    async with scene(tmp_path, story=people(*in_use), edit_page=spoil) as here:
        for night in range(4):
            await here.tale.night(night)
            blank += [night, night]
        removed = rules.stale_guests_script(here.wire.pages[-1]["value"], here.tale.quick.clock.now())

        told(
            "the_share_of_blank_dates_grows_from_night_to_night",
            theirs=f"removes {len(removed)} guests, {here.active(removed)} of them active",
            ours=await here.held(),
        )


async def test_null_and_empty_are_not_opposites(tmp_path: Path) -> None:
    story = people(
        GuestSpec(name="nell", silent_for=YESTERDAY, sponsors=("sara",)),
        GuestSpec(name="emma", silent_for=YESTERDAY, sponsors=("sara",)),
    )
    async with scene(tmp_path, story=story) as here:

        def edit(row: Json) -> None:
            nothing = {"nell": None, "emma": ""}.get(here.name(row["id"]))
            row["signInActivity"] = {rules.INTERACTIVE: nothing, rules.NON_INTERACTIVE: nothing}

        here.wire.edit = edit
        await here.tale.night(0)
        deleted = rules.inactive_guests_pipeline(here.wire.rows, here.tale.quick.clock.now())
        aside = [here.name(one.guest_id) for one in (await here.plan()).receipt.set_aside]

        told(
            "null_and_empty_are_not_opposites",
            theirs=f"deletes {here.names(deleted)}, whose date is empty; never nell, whose date is null",
            ours=f"{await here.asked()}; sets aside {', '.join(aside)}",
        )
        assert here.switched_off() == "nobody"


async def test_a_field_that_never_came_is_no_number(tmp_path: Path) -> None:
    def lose(row: Json) -> None:
        row.pop("signInActivity", None)

    async with scene(tmp_path, edit=lose) as here:
        await here.tale.night(0)
        total = len(here.wire.rows)
        matched = rules.last_sign_in_filter(here.wire.rows, here.tale.quick.clock.now())

        told(
            "a_field_that_never_came_is_no_number",
            theirs=f"gives {len(matched)} of {total} guests 999 days, {here.active(matched)} of them active",
            ours=await here.held(),
        )
        assert here.switched_off() == "nobody"
